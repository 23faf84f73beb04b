/* config/admission.h: access lists from text to model, and which rules are futile. */
#include "unit/config_case.h"

static void admission__lists__are_sorted_and_know_where_they_stood(void **state)
{
	const struct conf_service *s = config_only(
	    config_service(
		"only_from = {\"192.0.2.0/24\",\n\"10.0.0.0/8\",\n\"::ffff:10.1.0.0/112\"}\n"
		"no_access = {\"2001:db8::/32\", 192.0.2.7}\n"),
	    false);
	const struct conf_where *where;
	char text[ADDR_TEXT_MAX];

	(void)state;
	assert_true(s->only_from_set);
	assert_int_equal(s->only_from.count, 3);
	prefix_format(&s->only_from.net[1].prefix, text, sizeof(text));
	assert_string_equal(text, "10.1.0.0/16");
	assert_ptr_equal(nets_up(s->only_from.net, &s->only_from.net[1]), &s->only_from.net[0]);
	where = s->only_from.net[1].note;
	assert_string_equal(where->file, "t");
	assert_int_equal(where->line, 4);
	assert_int_equal(s->no_access.count, 2);
	where = s->no_access.net[0].note;
	assert_int_equal(where->line, 5);
}

static void admission__not_set__lets_everybody_in(void **state)
{
	const struct conf_service *s = config_only(config_service(""), false);

	(void)state;
	assert_false(s->only_from_set);
	assert_false(s->allow_users_set);
	assert_int_equal(s->only_from.count + s->no_access.count + s->access_times_count, 0);
}

static void admission__defaults__are_added_to(void **state)
{
	const struct conf_service *s = config_only("defaults { only_from = {\"10.0.0.0/8\"} }\n"
	                                           "service s { listen = 4000 exec = \"" PROGRAM
	                                           "\" only_from += {\"192.0.2.0/24\"} }\n",
	                                           false);

	(void)state;
	assert_int_equal(s->only_from.count, 2);
	s = config_only("defaults { only_from = {\"10.0.0.0/8\"} }\n"
	                "service s { listen = 4000 exec = \"" PROGRAM "\" only_from = {} }\n",
	                false);
	assert_true(s->only_from_set);
	assert_int_equal(s->only_from.count, 0);
	assert_string_equal(config_case.said, "t:2: warning: service \"s\": only_from: is empty: "
	                                      "nobody can come in\n");
}

static void admission__wrong_addresses__are_said(void **state)
{
	(void)state;
	config_expect_in_service(
	    "only_from = {\"10.0.0.1/8\", \"10.0.0.0/33\",\n\"here.example\", \"fe80::1%lo\"}\n"
	    "no_access = {\"::ffff:10.0.0.0/33\"}\n",
	    "t:2: service \"s\": only_from: \"10.0.0.1/8\" has bits set past its length\n"
	    "t:2: service \"s\": only_from: \"10.0.0.0/33\" needs a length from 0 to 32 after the "
	    "slash\n"
	    "t:3: service \"s\": only_from: \"here.example\" is not an address\n"
	    "t:3: service \"s\": only_from: \"fe80::1%lo\" is not an address\n"
	    "t:4: service \"s\": no_access: \"::ffff:10.0.0.0/33\" needs a length from 96 to 128 "
	    "after the slash\n");
}

static void admission__rules_that_never_match__are_warned_of(void **state)
{
	(void)state;
	config_expect_in_service(
	    "no_access = {\"10.0.0.0/8\",\n\"10.1.0.0/16\", \"10.0.0.0/8\", \"0.0.0.0\", \"::\"}\n",
	    "t:3: warning: service \"s\": no_access: \"0.0.0.0\" is nobody's address (everybody is "
	    "\"0.0.0.0/0\")\n"
	    "t:3: warning: service \"s\": no_access: \"::\" is nobody's address (everybody is "
	    "\"::/0\")\n"
	    "t:3: warning: service \"s\": no_access: \"10.0.0.0/8\" stands there already (t:2)\n"
	    "t:3: warning: service \"s\": no_access: \"10.1.0.0/16\" is refused already by "
	    "\"10.0.0.0/8\" of no_access (t:2)\n");
	config_expect_in_service(
	    "only_from = {\"10.0.0.0/8\",\n\"10.1.0.0/16\", \"192.0.2.0/24\"}\n"
	    "no_access = {\"192.0.2.0/24\",\n\"172.16.0.0/12\"}\n",
	    "t:3: warning: service \"s\": only_from: \"10.1.0.0/16\" is let in already by "
	    "\"10.0.0.0/8\" of only_from (t:2)\n"
	    "t:3: warning: service \"s\": only_from: \"192.0.2.0/24\" lets nobody in: it is "
	    "refused "
	    "by \"192.0.2.0/24\" of no_access (t:4)\n"
	    "t:5: warning: service \"s\": no_access: \"172.16.0.0/12\" is refused already: it is "
	    "not in only_from\n");
}

/* One inside the other makes sense where a rule of the other list lies between. */
static void admission__rules_that_take_turns__are_not_warned_of(void **state)
{
	(void)state;
	config_expect_in_service("only_from = {\"10.0.0.0/8\", \"10.1.2.0/24\", \"10.1.2.3\"}\n"
	                         "no_access = {\"10.1.0.0/16\", \"10.1.2.0/28\"}\n",
	                         "");
	config_expect_in_service("no_access = {\"0.0.0.0/0\"}\nonly_from = {\"10.0.0.0/8\"}\n", "");
}

static void admission__times__are_read_and_judged(void **state)
{
	const struct conf_service *s = config_only(
	    config_service("access_times = {08:00-18:00, \"Sat,Sun 10:00-02:00\"}\n"), false);

	(void)state;
	assert_int_equal(s->access_times_count, 2);
	assert_int_equal(s->access_times[0].days, 0x7f);
	assert_int_equal(s->access_times[1].begin, 600);
	assert_int_equal(s->access_times[1].end, 120);
	assert_string_equal(s->access_times[1].text, "Sat,Sun 10:00-02:00");
	config_expect_in_service(
	    "access_times = {\"8-18\",\n\"Son 08:00-18:00\", 08:00-08:00}\n",
	    "t:2: service \"s\": access_times: \"8-18\" is not a time (like \"08:00-18:00\" or "
	    "\"Mon-Fri 08:00-18:00\")\n"
	    "t:3: service \"s\": access_times: \"Son 08:00-18:00\" has no day or time where one "
	    "should be (days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, as in \"Mon-Fri,Sun "
	    "08:00-18:00\")\n"
	    "t:3: warning: service \"s\": access_times: \"08:00-08:00\" never holds (a whole day "
	    "is "
	    "00:00-24:00)\n");
}

static void admission__users__are_names_numbers_and_groups(void **state)
{
	const struct conf_service *s =
	    config_only("service s { listen = \"unix:/tmp/x\" exec = \"" PROGRAM "\"\n"
	                "allow_users = {root, 4000000, \"@root\"} }\n",
	                false);

	(void)state;
	assert_true(s->allow_users_set);
	assert_int_equal(s->allow_users_count, 3);
	assert_int_equal(s->allow_users[0].uid, 0);
	assert_int_equal(s->allow_users[1].uid, 4000000);
	assert_true(s->allow_users[2].is_group);
	assert_int_equal(s->allow_users[2].gid, 0);
	config_expect(
	    "service s { listen = \"unix:/tmp/x\" exec = \"" PROGRAM "\"\n"
	    "allow_users = {0, \"@0\", \"no such\", \"@no such\"} }\n",
	    "t:2: service \"s\": allow_users: \"0\" is no user (numbers are decimal; root "
	    "is written root)\n"
	    "t:2: service \"s\": allow_users: \"0\" is no group (numbers are decimal; root "
	    "is written root)\n"
	    "t:2: service \"s\": allow_users: there is no user \"no such\"\n"
	    "t:2: service \"s\": allow_users: there is no group \"no such\"\n");
	config_expect_in_service("allow_users = root\n",
	                         "t:2: warning: service \"s\": allow_users: has no effect on "
	                         "\"4000\" (remove it)\n");
}

static void admission__wait__cannot_keep_a_promise(void **state)
{
	(void)state;
	config_expect("defaults { only_from = {\"10.0.0.0/8\"} }\n"
	              "service s { listen = \"udp:4000\" wait = yes exec = \"" PROGRAM "\"\n"
	              "no_access = {\"10.0.0.1\"}\naccess_times = 08:00-18:00 }\n",
	              "t:1: service \"s\": only_from: cannot be kept where wait = yes: the handler "
	              "itself meets the clients (only {\"0.0.0.0/0\", \"::/0\"} is possible)\n"
	              "t:3: service \"s\": no_access: cannot be kept where wait = yes: the handler "
	              "itself meets the clients (only {} is possible)\n"
	              "t:4: service \"s\": access_times: cannot be kept where wait = yes: the "
	              "handler itself meets the clients (only {} is possible)\n");
	config_expect("defaults { only_from = {\"10.0.0.0/8\"} }\n"
	              "service s { listen = \"udp:4000\" wait = yes exec = \"" PROGRAM "\"\n"
	              "only_from = {\"0.0.0.0/0\", \"::/0\"} no_access = {} access_times = {} }\n"
	              "service u { listen = \"unix-dgram:/tmp/x\" wait = yes exec = \"" PROGRAM
	              "\" }\n",
	              "");
}

static void admission__rates__have_a_time_and_a_burst(void **state)
{
	const struct conf_service *s =
	    config_only(config_service("rate = 50/s\nrate_per_source = 600/m\n"
	                               "rate_per_source_burst = 20\n"),
	                false);

	(void)state;
	assert_int_equal(s->rate.count, 50);
	assert_int_equal(s->rate.time, 1000);
	assert_int_equal(s->rate.burst, 50);
	assert_int_equal(s->rate_per_source.count, 600);
	assert_int_equal(s->rate_per_source.time, 60000);
	assert_int_equal(s->rate_per_source.burst, 20);
	s = config_only(config_service("rate = 12/h rate_per_source = 1/d\n"), false);
	assert_int_equal(s->rate.time, 3600000);
	assert_int_equal(s->rate_per_source.time, 86400000);
	s = config_only("defaults { rate = 5/s rate_burst = 9 }\n"
	                "service s { listen = 4000 exec = \"" PROGRAM
	                "\" rate = 0 rate_per_source = "
	                "\"0\" }\n",
	                false);
	assert_int_equal(s->rate.count, 0);
}

static void admission__wrong_rates__are_said(void **state)
{
	(void)state;
	config_expect_in_service(
	    "rate = 50\nrate_per_source = 50/w\n",
	    "t:2: service \"s\": rate: \"50\" has no time (write it as 50/s, 600/m, 12/h or "
	    "100/d)\n"
	    "t:3: service \"s\": rate_per_source: \"50/w\" is not a rate (like 50/s, 600/m, 12/h, "
	    "100/d)\n");
	config_expect_in_service(
	    "rate = 0/s\nrate_per_source = 1000001/s\n",
	    "t:2: service \"s\": rate: \"0/s\" is out of range (1 to 1000000 in "
	    "a time; 0 alone: no limit)\n"
	    "t:3: service \"s\": rate_per_source: \"1000001/s\" is out of range "
	    "(1 to 1000000 in a time; 0 alone: no limit)\n");
	config_expect_in_service(
	    "rate = -1/s\nrate_per_source = \"5 /s\"\nrate_burst = 0\n",
	    "t:2: service \"s\": rate: \"-1/s\" is not a rate (like 50/s, "
	    "600/m, 12/h, 100/d)\n"
	    "t:3: service \"s\": rate_per_source: \"5 /s\" is not a rate (like "
	    "50/s, 600/m, 12/h, 100/d)\n"
	    "t:4: service \"s\": rate_burst: \"0\" is out of range (1 to "
	    "10000000)\n");
}

static void admission__limits_that_limit_nothing__are_warned_of(void **state)
{
	(void)state;
	config_expect_in_service(
	    "rate_burst = 5\nrate_per_source_burst = 5\n",
	    "t:2: warning: service \"s\": rate_burst: has no effect without "
	    "rate (set it, or remove this)\n"
	    "t:3: warning: service \"s\": rate_per_source_burst: has no effect "
	    "without rate_per_source (set it, or remove this)\n");
	config_expect_in_service("rate = 60/m\nrate_per_source = 60/m\n",
	                         "t:3: warning: service \"s\": rate_per_source: is no less than "
	                         "rate, so it limits nothing (lower it)\n");
	config_expect_in_service("rate = 60/m\nrate_per_source = 2/s\nrate_per_source_burst = 2\n",
	                         "");
	config_expect_in_service("rate = 1/s\nrate_per_source = 59/m\n", "");
	config_expect_in_service("rate = 5/s\nrate_per_source = 1/s\nrate_per_source_burst = 6\n",
	                         "t:4: warning: service \"s\": rate_per_source_burst: is above the "
	                         "burst of rate (5), which is reached first (lower it)\n");
	config_expect("service s { listen = \"udp:4000\" wait = yes exec = \"" PROGRAM "\"\n"
	              "rate = 5/s\nexempt = {\"10.0.0.0/8\"} }\n"
	              "defaults { rate_per_source = 1/s }\n",
	              "t:2: warning: service \"s\": rate: has no effect where wait = yes: the "
	              "handler meets the clients (remove it)\n"
	              "t:3: warning: service \"s\": exempt: has no effect where wait = yes: the "
	              "handler meets the clients (remove it)\n");
}

static void admission__exempt__is_read_and_judged(void **state)
{
	const struct conf_service *s = config_only(
	    config_service("exempt = {\"10.0.0.0/8\", \"::1\"} only_from = {\"10.1.0.0/16\"}\n"),
	    false);

	(void)state;
	assert_int_equal(s->exempt.count, 2);
	assert_string_equal(config_case.said, "t:2: warning: service \"s\": exempt: \"::1\" is "
	                                      "refused: it is not in only_from\n");
	config_expect_in_service("exempt = {\"10.1.0.0/16\", \"10.1.2.0/24\"}\n"
	                         "no_access = {\"10.0.0.0/8\"}\n",
	                         "t:2: warning: service \"s\": exempt: \"10.1.0.0/16\" is refused "
	                         "by \"10.0.0.0/8\" of no_access (t:3)\n"
	                         "t:2: warning: service \"s\": exempt: \"10.1.2.0/24\" is exempt "
	                         "already by \"10.1.0.0/16\" of exempt (t:2)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(admission__lists__are_sorted_and_know_where_they_stood),
	    cmocka_unit_test(admission__not_set__lets_everybody_in),
	    cmocka_unit_test(admission__defaults__are_added_to),
	    cmocka_unit_test(admission__wrong_addresses__are_said),
	    cmocka_unit_test(admission__rules_that_never_match__are_warned_of),
	    cmocka_unit_test(admission__rules_that_take_turns__are_not_warned_of),
	    cmocka_unit_test(admission__times__are_read_and_judged),
	    cmocka_unit_test(admission__users__are_names_numbers_and_groups),
	    cmocka_unit_test(admission__wait__cannot_keep_a_promise),
	    cmocka_unit_test(admission__rates__have_a_time_and_a_burst),
	    cmocka_unit_test(admission__wrong_rates__are_said),
	    cmocka_unit_test(admission__limits_that_limit_nothing__are_warned_of),
	    cmocka_unit_test(admission__exempt__is_read_and_judged),
	};

	return cmocka_run_group_tests_name("config/admission", tests, NULL, config_case_end);
}
