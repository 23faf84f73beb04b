/* How other servers write values: addresses, times, sizes, words; and what names become. */
#include "tools/draft.h"
#include "tools/legacy.h"
#include "tools/unit_words.h"
#include "tools/xinetd_access.h"
#include "unit/test.h"

static int setup(void **state)
{
	static struct draft draft;

	*state = &draft;
	return draft_init(&draft);
}

static int teardown(void **state)
{
	draft_free(*state);
	return 0;
}

static struct draft_service *new_service(struct draft *draft, const char *name, const char *second)
{
	static const struct draft_where where = {"f", 1};
	struct draft_service *service = draft_service(draft, &where, name, second);

	assert_non_null(service);
	return service;
}

static void access__every_form__is_a_prefix(void **state)
{
	static const struct {
		const char *value, *first, *second;
	} rows[] = {
	    {"10.1.2.3", "10.1.2.3", NULL},
	    {"10.1.2.0", "10.1.2.0/24", NULL},
	    {"10.1.0.0", "10.1.0.0/16", NULL},
	    {"10.0.0.0", "10.0.0.0/8", NULL},
	    {"0.0.0.0", "0.0.0.0/0", NULL},
	    {"10.0.0.1", "10.0.0.1", NULL},
	    {"10.1", "10.1.0.0/16", NULL},
	    {"10.1.0", "10.1.0.0/24", NULL},
	    {"10", "10.0.0.0/8", NULL},
	    {"10.1.{2,0}", "10.1.2.0/24", "10.1.0.0/24"},
	    {"10.1.2.{3,4}", "10.1.2.3", "10.1.2.4"},
	    {"10.1.2.3/8", "10.0.0.0/8", NULL},
	    {"2001:db8::1", "2001:db8::1", NULL},
	    {"2001:db8::1/32", "2001:db8::/32", NULL},
	    {"localhost", "127.0.0.1", "::1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct draft_service *service = new_service(*state, "x", NULL);
		struct draft_option *list;

		assert_true(xinetd_access(*state, service, "only_from", rows[i].value));
		list = draft_option(service, "only_from");
		assert_int_equal(list->count, rows[i].second ? 2 : 1);
		assert_string_equal(list->value[0], rows[i].first);
		if (rows[i].second)
			assert_string_equal(list->value[1], rows[i].second);
	}
}

static void access__names_and_nonsense__are_refused(void **state)
{
	static const char *const rows[] = {
	    "host",        ".example",   "10.0.0.256", "1.2.3.4.5", "10..1",      "10.",
	    "10.0.0.0/33", "10.0.0.0/",  "::1/129",    "10.0.{1,2", "10.0.{}",    "{1,2}x",
	    "1.2.3.4.{5}", "10.0.{1;2}", "",           "/8",        "1000.1.1.1", "10.0.{1,2}.3"};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct draft_service *service = new_service(*state, "x", NULL);

		if (xinetd_access(*state, service, "only_from", rows[i]))
			fail_msg("\"%s\" is taken for an address", rows[i]);
	}
}

static void times__of_systemd__are_milliseconds(void **state)
{
	static const struct {
		const char *text;
		int64_t msec;
	} rows[] = {
	    {"5", 5000},
	    {"1.5s", 1500},
	    {"100ms", 100},
	    {"2min 30s", 150000},
	    {"2min30s", 150000},
	    {"1h", 3600000},
	    {"1d", 86400000},
	    {"1w 1d", 691200000},
	    {"500us", 0},
	    {"3 sec", 3000},
	    {"infinity", UNIT_FOREVER},
	    {"0", 0},
	    {"", -1},
	    {"soon", -1},
	    {"5x", -1},
	    {"-5", -1},
	    {"5 s s", -1},
	    {"0x10", -1},
	    {"99999999999999w", -1},
	    {"1s infinity", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(unit_time(rows[i].text), rows[i].msec);
}

static void words__of_systemd__lose_quotes_and_escapes(void **state)
{
	static const struct {
		const char *text;
		const char *word[4];
	} rows[] = {
	    {"a  b\tc", {"a", "b", "c"}},
	    {"\"a b\" 'c \"d'", {"a b", "c \"d"}},
	    {"a\"b c\"d", {"ab cd"}},
	    {"a\\tb \\x41 \\101 \\s", {"a\tb", "A", "A", " "}},
	    {"\\q \\x0 \\; \\", {"\\q", "\\x0", "\\;", "\\"}},
	    {"\"\"", {""}},
	    {"", {NULL}},
	};
	struct draft *draft = *state;
	struct unit_words words;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t count = 0;

		assert_true(unit_split(draft->arena, rows[i].text, &words));
		while (count < 4 && rows[i].word[count])
			count++;
		assert_int_equal(words.count, count);
		for (size_t j = 0; j < count; j++)
			assert_string_equal(words.word[j], rows[i].word[j]);
	}
	assert_false(unit_split(draft->arena, "a 'b", &words));
}

static void sizes__of_both__are_ours(void **state)
{
	struct draft *draft = *state;

	assert_string_equal(legacy_size(draft, "64k"), "64K");
	assert_string_equal(legacy_size(draft, "8M"), "8M");
	assert_string_equal(legacy_size(draft, "100"), "100");
	assert_null(legacy_size(draft, "k"));
	assert_null(legacy_size(draft, "64kb"));
	assert_null(legacy_size(draft, "1.5M"));
	assert_string_equal(unit_size(draft->arena, "64K"), "64K");
	assert_string_equal(unit_size(draft->arena, "100B"), "100");
	assert_string_equal(unit_size(draft->arena, "infinity"), "unlimited");
	assert_null(unit_size(draft->arena, "10%"));
	assert_null(unit_size(draft->arena, "64k"));
}

static void names__of_services__are_names_and_unique(void **state)
{
	struct draft *draft = *state;
	char name[DRAFT_NAME_MAX + 100];

	assert_string_equal(new_service(draft, "echo", "udp")->name, "echo");
	assert_string_equal(new_service(draft, "echo", "udp")->name, "echo-udp");
	assert_string_equal(new_service(draft, "echo", "udp")->name, "echo-3");
	assert_string_equal(new_service(draft, "echo", NULL)->name, "echo-4");
	assert_string_equal(new_service(draft, "echo-5", NULL)->name, "echo-5");
	assert_string_equal(new_service(draft, "echo", NULL)->name, "echo-6");
	assert_string_equal(new_service(draft, "80", NULL)->name, "port-80");
	assert_string_equal(new_service(draft, "a b/c", NULL)->name, "a_b_c");
	assert_string_equal(new_service(draft, "", NULL)->name, "_");
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (int i = 0; i < 20; i++)
		assert_true(strlen(new_service(draft, name, "udp")->name) <= DRAFT_NAME_MAX);
}

static void services__too_many__are_said_once(void **state)
{
	struct draft_where where = {"f", 1};
	struct draft *draft = *state;

	while (draft->services < DRAFT_SERVICES_MAX)
		assert_non_null(draft_service(draft, &where, "s", NULL));
	assert_null(draft_service(draft, &where, "s", NULL));
	assert_null(draft_service(draft, &where, "s", NULL));
	assert_int_equal(draft->dropped, 1);
	assert_string_equal(draft->warnings.data, "f:1: more than 5000 services\n");
}

static void variables__of_usherd__are_not_given(void **state)
{
	(void)state;
	assert_true(draft_is_variable("LANG=C"));
	assert_true(draft_is_variable("_x"));
	assert_true(draft_is_variable("P=1"));
	assert_true(draft_is_variable("SO"));
	assert_true(draft_is_variable("PROTOCOL=1"));
	assert_false(draft_is_variable("PROTO=TCP"));
	assert_false(draft_is_variable("TCPREMOTEIP"));
	assert_false(draft_is_variable("REMOTE_HOST=x"));
	assert_false(draft_is_variable("1A=x"));
	assert_false(draft_is_variable("A-B=x"));
	assert_false(draft_is_variable("=x"));
	assert_false(draft_is_variable(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(access__every_form__is_a_prefix, setup, teardown),
	    cmocka_unit_test_setup_teardown(access__names_and_nonsense__are_refused, setup,
	                                    teardown),
	    cmocka_unit_test(times__of_systemd__are_milliseconds),
	    cmocka_unit_test_setup_teardown(words__of_systemd__lose_quotes_and_escapes, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(sizes__of_both__are_ours, setup, teardown),
	    cmocka_unit_test_setup_teardown(names__of_services__are_names_and_unique, setup,
	                                    teardown),
	    cmocka_unit_test_setup_teardown(services__too_many__are_said_once, setup, teardown),
	    cmocka_unit_test(variables__of_usherd__are_not_given),
	};

	return cmocka_run_group_tests_name("tools/convert", tests, NULL, NULL);
}
