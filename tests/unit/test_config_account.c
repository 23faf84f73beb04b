/* config/account.h, check.h: who handlers and the supervisor are, and what that leads to. */
#include "unit/config_case.h"

#include "unit/config_accounts.h"

static void expect_as_root(const char *lines, const char *said)
{
	config_read(config_service(lines), true);
	assert_string_equal(config_case.said, said);
}

static void account__service_without_user__runs_as_nobody(void **state)
{
	const struct conf_service *s = config_only(config_service(""), true);

	(void)state;
	assert_string_equal(s->user, "nobody");
	assert_int_equal(s->uid, 65534);
	assert_int_equal(s->gid, 65534);
	assert_int_equal(s->group_count, 2);
	assert_int_equal(s->groups[0], 65534);
	assert_int_equal(s->groups[1], 77);
}

static void account__root__must_be_said_by_name(void **state)
{
	static const char *const slips[] = {"0", "00", "000000000"};
	static const char *const unknown[] = {"0x0", "-1", "4294967296", "+0", " 0", "0 ", ""};
	char lines[100], said[300];

	(void)state;
	assert_int_equal(config_only(config_service("user = root\n"), true)->uid, 0);
	for (size_t i = 0; i < ARRAY_LEN(slips); i++) {
		snprintf(lines, sizeof(lines), "user = \"%s\"\n", slips[i]);
		snprintf(
		    said, sizeof(said),
		    "t:2: service \"s\": user: \"%s\" is no user (numbers are decimal; root is "
		    "written root)\n",
		    slips[i]);
		expect_as_root(lines, said);
	}
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		snprintf(lines, sizeof(lines), "user = \"%s\"\n", unknown[i]);
		config_read(config_service(lines), true);
		assert_null(config_case.conf);
		assert_int_equal(config_case.errors, 1);
	}
	expect_as_root("group = \"0\"\n",
	               "t:2: service \"s\": group: \"0\" is no group (numbers are "
	               "decimal; root is written root)\n");
}

static void account__numbers__must_be_those_of_an_account(void **state)
{
	(void)state;
	assert_string_equal(config_only(config_service("user = 65534\n"), true)->user, "nobody");
	expect_as_root("user = 65533\n", "t:2: service \"s\": user: there is no user \"65533\"\n");
	expect_as_root("group = 65533\n",
	               "t:2: service \"s\": group: there is no group \"65533\"\n");
}

static void account__group_and_groups__replace_those_of_the_account(void **state)
{
	const struct conf_service *s;

	(void)state;
	s = config_only(config_service("user = 65534\ngroup = usherd\ngroups = no\n"), true);
	assert_string_equal(s->user, "nobody");
	assert_int_equal(s->gid, 990);
	assert_int_equal(s->group_count, 0);
	s = config_only(config_service("groups = {\"root\", \"990\"}\n"), true);
	assert_int_equal(s->gid, 65534);
	assert_int_equal(s->group_count, 2);
	assert_int_equal(s->groups[0], 0);
	assert_int_equal(s->groups[1], 990);
	s = config_only(config_service("groups = {}\n"), true);
	assert_int_equal(s->group_count, 0);
	expect_as_root("groups = {\"yes\", \"no\"}\nsocket_user = x\nsocket_group = y\ngroup = z\n",
	               "t:2: service \"s\": groups: there is no group \"yes\"\n"
	               "t:2: service \"s\": groups: there is no group \"no\"\n"
	               "t:3: service \"s\": socket_user: there is no user \"x\"\n"
	               "t:3: warning: service \"s\": socket_user: has no effect on \"4000\" "
	               "(remove it)\n"
	               "t:4: service \"s\": socket_group: there is no group \"y\"\n"
	               "t:4: warning: service \"s\": socket_group: has no effect on \"4000\" "
	               "(remove it)\n"
	               "t:5: service \"s\": group: there is no group \"z\"\n");
	s = config_only(config_service("socket_user = nobody\nsocket_group = usherd\n"), true);
	assert_int_equal(s->socket_uid, 65534);
	assert_int_equal(s->socket_gid, 990);
}

static void account__supervisor__is_usherd_or_root_with_a_warning(void **state)
{
	(void)state;
	config_only(config_service(""), true);
	assert_string_equal(config_case.said, "");
	assert_string_equal(config_case.conf->user, "usherd");
	assert_int_equal(config_case.conf->uid, 990);
	assert_true(config_case.conf->user_is_default);
	config_has_usherd = false;
	config_only(config_service(""), true);
	config_has_usherd = true;
	assert_string_equal(
	    config_case.said,
	    "t: warning: user: there is no account usherd: the supervisor stays root "
	    "(make one, or name one)\n");
	assert_null(config_case.conf->user);
	assert_int_equal(config_case.conf->uid, geteuid());
	config_read("user = nosuch\n", true);
	assert_string_equal(config_case.said, "t:1: user: there is no user \"nosuch\"\n");
	config_read("user = \"0x0\"\n", true);
	assert_string_equal(config_case.said, "t:1: user: there is no user \"0x0\"\n");
	config_read("user = root\n", true);
	assert_string_equal(config_case.said, "t: warning: no service is enabled\n");
	assert_string_equal(config_case.conf->user, "root");
	assert_false(config_case.conf->user_is_default);
}

static void account__ordinary_user__cannot_name_another_supervisor(void **state)
{
	(void)state;
	if (geteuid() == 65534)
		skip_because("this is nobody");
	config_expect(
	    "user = nobody\n",
	    "t:1: user: usherd was not started by root: it cannot become nobody (remove it)\n");
}

static void account__supervisors_own__is_no_account_for_a_service(void **state)
{
	(void)state;
	expect_as_root("user = usherd\n",
	               "t:2: service \"s\": user: usherd is the supervisor's own "
	               "account (a handler could control it)\n");
}

static void account__shared_by_services__is_one_warning(void **state)
{
	(void)state;
	config_read("service a { listen = 4000 exec = \"" PROGRAM "\" }\n"
	            "service b { listen = 4001 exec = \"" PROGRAM "\" user = root }\n"
	            "service c { listen = 4002 exec = \"" PROGRAM "\"\n user = nobody }\n"
	            "service d { listen = 4003 exec = \"" PROGRAM "\" }\n"
	            "service e { listen = 4004 exec = \"" PROGRAM
	            "\" user = root stderr = client }\n",
	            true);
	assert_string_equal(
	    config_case.said,
	    "t:4: warning: service \"c\": user: shares the account nobody with service "
	    "\"a\" and others (handlers of one account can disturb each other)\n"
	    "t:6: warning: service \"e\": stderr: messages of a program that runs as "
	    "root go to the client\n");
	assert_non_null(config_case.conf);
}

static void account__limits_that_limit_nothing__are_warnings(void **state)
{
	(void)state;
	expect_as_root(
	    "instances = 5\nper_source = 6\nqueue = 7\nqueue_per_source = 8\n",
	    "t:3: warning: service \"s\": per_source: is above instances (5), so it limits "
	    "nothing\n"
	    "t:5: warning: service \"s\": queue_per_source: is above queue (7), so it limits "
	    "nothing\n");
	expect_as_root("instances = 5\nqueue = 7\n", "");
}

static const char *find_env(const struct conf_service *s, const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;

	for (size_t i = 0; s->env[i]; i++) {
		if (strncmp(s->env[i], name, len) == 0 && s->env[i][len] == '=') {
			assert_null(found); /* no name twice */
			found = s->env[i] + len + 1;
		}
	}
	return found;
}

static void environment__base_list__is_in_order(void **state)
{
	const struct conf_service *s;

	(void)state;
	setenv("USHERD_TEST", "x", 1);
	setenv("TEST_PASSED", "p", 1);
	unsetenv("TEST_GONE");
	s = config_only(
	    config_service(
		"env = {\"B=2\", \"A=1\"}\npass_env = {\"TEST_PASSED\", \"TEST_GONE\"}\n"),
	    true);
	assert_string_equal(s->env[0],
	                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	assert_string_equal(s->env[1], "B=2");
	assert_string_equal(s->env[2], "A=1");
	assert_string_equal(s->env[3], "TEST_PASSED=p");
	assert_string_equal(s->env[4], "USER=nobody");
	assert_string_equal(s->env[5], "LOGNAME=nobody");
	assert_string_equal(s->env[6], "HOME=/");
	assert_string_equal(s->env[7], "SHELL=/bin/sh");
	assert_null(s->env[8]);
}

static void environment__names__are_there_once_in_favour_of_env(void **state)
{
	const struct conf_service *s;

	(void)state;
	setenv("HOME", "/passed", 1);
	setenv("SHELL", "/passed", 1);
	s = config_only("defaults { env = {\"A=1\", \"B=1\", \"PATH=/x\"} pass_env = {\"HOME\"} }\n"
	                "service s { listen = 4000 exec = \"" PROGRAM "\" env = {\"B=2\", \"C=\", "
	                "\"C=3\", \"HOME=/mine\"} pass_env += {\"SHELL\", \"A\"} }\n",
	                true);
	assert_string_equal(find_env(s, "A"), "1");
	assert_string_equal(find_env(s, "B"), "2");
	assert_string_equal(find_env(s, "C"), "3");
	assert_string_equal(find_env(s, "PATH"), "/x");
	assert_string_equal(find_env(s, "HOME"), "/mine");
	assert_string_equal(find_env(s, "SHELL"), "/passed");
	assert_string_equal(find_env(s, "USER"), "nobody");
}

static void environment__usherds_own_names__are_refused(void **state)
{
	static const char *const names[] = {
	    "PROTO",         "TCPREMOTEIP",   "TCP",          "REMOTE_ADDR", "SO_COOKIE",
	    "USHERD_X",      "IPCREMOTEEUID", "LISTEN_FDS",   "LISTEN_PID",  "NOTIFY_SOCKET",
	    "WATCHDOG_USEC", "UDPLOCALIP",    "VSOCKLOCALCID"};
	char lines[200], said[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(lines, sizeof(lines), "env = {\"%s=1\"}\npass_env = {\"%s\"}\n", names[i],
		         names[i]);
		snprintf(
		    said, sizeof(said),
		    "t:2: service \"s\": env: %s is set by usherd itself (choose another name)\n"
		    "t:3: service \"s\": pass_env: %s is set by usherd itself (choose another "
		    "name)\n",
		    names[i], names[i]);
		config_expect_in_service(lines, said);
	}
	config_expect_in_service("env = {\"PROTOCOL=1\", \"REMOTE=1\", \"LISTEN=1\"}\n", "");
	config_expect_in_service(
	    "env = {\"=x\", \"1A=x\", \"A B=x\", \"A\"}\npass_env = {\"A=1\", \"\"}\n",
	    "t:2: service \"s\": env: \"\" is no name of a variable\n"
	    "t:2: service \"s\": env: \"1A\" is no name of a variable\n"
	    "t:2: service \"s\": env: \"A B\" is no name of a variable\n"
	    "t:2: service \"s\": env: \"A\" is not NAME=VALUE\n"
	    "t:3: service \"s\": pass_env: \"A=1\" is no name of a variable\n"
	    "t:3: service \"s\": pass_env: \"\" is no name of a variable\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(account__service_without_user__runs_as_nobody),
	    cmocka_unit_test(account__root__must_be_said_by_name),
	    cmocka_unit_test(account__numbers__must_be_those_of_an_account),
	    cmocka_unit_test(account__group_and_groups__replace_those_of_the_account),
	    cmocka_unit_test(account__supervisor__is_usherd_or_root_with_a_warning),
	    cmocka_unit_test(account__ordinary_user__cannot_name_another_supervisor),
	    cmocka_unit_test(account__supervisors_own__is_no_account_for_a_service),
	    cmocka_unit_test(account__shared_by_services__is_one_warning),
	    cmocka_unit_test(account__limits_that_limit_nothing__are_warnings),
	    cmocka_unit_test(environment__base_list__is_in_order),
	    cmocka_unit_test(environment__names__are_there_once_in_favour_of_env),
	    cmocka_unit_test(environment__usherds_own_names__are_refused),
	};

	return cmocka_run_group_tests_name("config/account", tests, NULL, config_case_end);
}
