/* config/value.h, schema.h and suggest.h: texts and what they mean. */
#include "config/schema.h"
#include "config/suggest.h"
#include "config/value.h"
#include "unit/config_case.h"

struct value_case {
	const char *option, *text;
	long long want;
	const char *why; /* NULL: right */
};

static const struct schema_option *find(const char *name)
{
	const struct schema_option *option = schema_find(SCHEMA_SERVICE, name, strlen(name));

	assert_non_null(option);
	return option;
}

/* Reads a field of any width: they start zeroed, and the machine is little-endian or
 * the type is asked for. */
static long long field_of(enum schema_type type, const void *field)
{
	switch (type) {
	case SCHEMA_BOOL:
		return *(const bool *)field;
	case SCHEMA_BITS:
		return *(const uint8_t *)field;
	case SCHEMA_DURATION:
		return *(const msec_t *)field;
	case SCHEMA_MODE:
		return *(const mode_t *)field;
	default:
		return *(const int *)field;
	}
}

static void check_cases(const struct value_case *c, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct schema_option *option = find(c[i].option);
		char why[VALUE_WHY_MAX] = "";
		union {
			long long n;
			msec_t msec;
		} field = {-77};
		int rc = value_parse(option, c[i].text, &field, why);

		if (c[i].why) {
			assert_int_equal(rc, -1);
			assert_string_equal(why, c[i].why);
			assert_int_equal(field.n, -77);
		} else {
			if (rc < 0)
				print_message("# %s = %s: %s\n", c[i].option, c[i].text, why);
			assert_int_equal(rc, 0);
			assert_int_equal(field_of(option->type, &field), c[i].want);
		}
	}
}

static void value__durations__need_a_unit(void **state)
{
	static const struct value_case cases[] = {
	    {"queue_timeout", "500ms", 500, NULL},
	    {"queue_timeout", "10s", 10000, NULL},
	    {"queue_timeout", "5m", 300000, NULL},
	    {"queue_timeout", "2h", 7200000, NULL},
	    {"queue_timeout", "1d", 86400000, NULL},
	    {"queue_timeout", "0", 0, NULL},
	    {"queue_timeout", "365d", 31536000000, NULL},
	    {"queue_timeout", "10", 0, "\"10\" has no unit (write 10s, or ms, m, h, d)"},
	    {"queue_timeout", "10 s", 0,
	     "\"10 s\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"queue_timeout", "-1s", 0, "\"-1s\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"queue_timeout", "1.5s", 0,
	     "\"1.5s\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"queue_timeout", "", 0, "\"\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"queue_timeout", "10S", 0, "\"10S\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"queue_timeout", "366d", 0, "\"366d\" is out of range (0s to 31536000s)"},
	    {"queue_timeout", "99999999999999999999d", 0,
	     "\"99999999999999999999d\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"queue_timeout", "18446744073709551615d", 0,
	     "\"18446744073709551615d\" is not a duration (like 500ms, 10s, 5m, 2h, 1d)"},
	    {"keepalive_time", "2m", 120, NULL},
	    {"keepalive_time", "1500ms", 0, "\"1500ms\" is no whole number of seconds"},
	    {"keepalive_time", "0", 0, "\"0\" is out of range (1s to 32767s)"},
	    {"user_timeout", "1500ms", 1500, NULL},
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void value__numbers__are_decimal_and_in_range(void **state)
{
	static const struct value_case cases[] = {
	    {"instances", "1", 1, NULL},
	    {"instances", "10000000", 10000000, NULL},
	    {"instances", "0", 0, "\"0\" is out of range (1 to 10000000)"},
	    {"instances", "10000001", 0, "\"10000001\" is out of range (1 to 10000000)"},
	    {"instances", "99999999999999999999", 0,
	     "\"99999999999999999999\" is out of range (1 to 10000000)"},
	    {"instances", "-1", 0, "\"-1\" is out of range (1 to 10000000)"},
	    {"instances", "0x10", 0, "\"0x10\" is not a number"},
	    {"instances", "010", 0, "\"010\" begins with 0 (numbers are decimal)"},
	    {"instances", "+1", 0, "\"+1\" is not a number"},
	    {"instances", "", 0, "\"\" is not a number"},
	    {"instances", "1 ", 0, "\"1 \" is not a number"},
	    {"instances", "1\n\033[2J", 0, "\"1\\x0a\\x1b[2J\" is not a number"},
	    {"nice", "-20", -20, NULL},
	    {"nice", "19", 19, NULL},
	    {"nice", "-21", 0, "\"-21\" is out of range (-20 to 19)"},
	    {"source_prefix_v6", "128", 128, NULL},
	    {"source_prefix_v6", "129", 0, "\"129\" is out of range (1 to 128)"},
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void value__sizes__have_units_of_1024(void **state)
{
	static const struct value_case cases[] = {
	    {"sndbuf", "0", 0, NULL},
	    {"sndbuf", "50000", 50000, NULL},
	    {"sndbuf", "64K", 65536, NULL},
	    {"rcvbuf", "2M", 2 << 20, NULL},
	    {"rcvbuf", "1G", 1 << 30, NULL},
	    {"rcvbuf", "1073741825", 0, "\"1073741825\" is too large (at most 1G)"},
	    {"rcvbuf", "99999999T", 0, "\"99999999T\" is not a size (like 65536, 64K, 2M)"},
	    {"rcvbuf", "64k", 0, "\"64k\" is not a size (like 65536, 64K, 2M)"},
	    {"rcvbuf", "-1", 0, "\"-1\" is not a size (like 65536, 64K, 2M)"},
	    {"rcvbuf", "", 0, "\"\" is not a size (like 65536, 64K, 2M)"},
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void value__codes__may_be_hexadecimal(void **state)
{
#define NO_CODE(text) "\"" text "\" is not a number (decimal, or hexadecimal like 0x10)"
	static const struct value_case cases[] = {
	    {"tos", "0xb8", 0xb8, NULL},
	    {"tos", "184", 184, NULL},
	    {"tos", "256", 0, "\"256\" is out of range (0 to 255)"},
	    {"tos", "0x100", 0, "\"0x100\" is out of range (0 to 255)"},
	    {"mark", "0xFFFFFFFF", -1, NULL},
	    {"mark", "4294967296", 0, "\"4294967296\" is out of range (0 to 4294967295)"},
	    {"mark", "0x10000000000", 0, "\"0x10000000000\" is out of range (0 to 4294967295)"},
	    {"mark", "0", 0, NULL},
	    {"mark", "010", 0, NO_CODE("010")},
	    {"mark", "0x", 0, NO_CODE("0x")},
	    {"mark", "0X1", 0, NO_CODE("0X1")},
	    {"mark", "0xg", 0, NO_CODE("0xg")},
	    {"mark", "-1", 0, NO_CODE("-1")},
	    {"mark", "", 0, NO_CODE("")},
	    {"priority", "0x7fffffff", INT32_MAX, NULL},
	    {"priority", "0x80000000", 0, "\"0x80000000\" is out of range (0 to 2147483647)"},
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void value__words_modes_and_booleans__are_exact(void **state)
{
	static const struct value_case cases[] = {
	    {"nodelay", "yes", 1, NULL},
	    {"nodelay", "No", 0, NULL},
	    {"nodelay", "on", 1, NULL},
	    {"nodelay", "false", 0, NULL},
	    {"nodelay", "1", 0, "\"1\" is neither yes nor no"},
	    {"when_full", "refuse", CONF_FULL_REFUSE, NULL},
	    {"when_full", "wiat", 0,
	     "\"wiat\" is not one of: wait refuse (did you mean \"wait\"?)"},
	    {"when_full", "wait refuse", 0, "\"wait refuse\" is not one of: wait refuse"},
	    {"when_full", "", 0, "\"\" is not one of: wait refuse"},
	    {"stderr", "null", CONF_STDERR_NULL, NULL},
	    {"umask", "027", 027, NULL},
	    {"umask", "27", 027, NULL},
	    {"umask", "0", 0, NULL},
	    {"umask", "1000", 0, "\"1000\" is out of range (0 to 0777)"},
	    {"umask", "028", 0, "\"028\" is not an octal mode (like 0660)"},
	};

	(void)state;
	check_cases(cases, ARRAY_LEN(cases));
}

static void check_limit(const char *option, const char *text, rlim_t soft, rlim_t hard)
{
	struct conf_rlimit limit = {.resource = 55};
	char why[VALUE_WHY_MAX];

	assert_int_equal(value_parse(find(option), text, &limit, why), 0);
	assert_true(limit.set);
	assert_int_equal(limit.resource, 55);
	assert_true(limit.soft == soft && limit.hard == hard);
}

static void check_no_limit(const char *option, const char *text, const char *want)
{
	struct conf_rlimit limit = {0};
	char why[VALUE_WHY_MAX];

	assert_int_equal(value_parse(find(option), text, &limit, why), -1);
	assert_string_equal(why, want);
	assert_false(limit.set);
}

static void value__limits__have_two_halves_and_units_of_their_own(void **state)
{
	(void)state;
	check_limit("rlimit_files", "64", 64, 64);
	check_limit("rlimit_files", "64:128", 64, 128);
	check_limit("rlimit_files", "64:unlimited", 64, RLIM_INFINITY);
	check_limit("rlimit_as", "64M", 64 << 20, 64 << 20);
	check_limit("rlimit_as", "1K:2G", 1 << 10, (rlim_t)2 << 30);
	check_limit("rlimit_core", "0", 0, 0);
	check_limit("rlimit_cpu", "90", 90, 90);
	check_limit("rlimit_cpu", "5m", 300, 300);
	check_no_limit("rlimit_files", "64K",
	               "\"64K\" is not a limit (a number, unlimited, or SOFT:HARD)");
	check_no_limit("rlimit_cpu", "1500ms",
	               "\"1500ms\" is not a limit (a number, unlimited, or SOFT:HARD)");
	check_no_limit("rlimit_as", "64MB",
	               "\"64MB\" is not a limit (a size like 64M, unlimited, or SOFT:HARD)");
	check_no_limit("rlimit_as", "1:2:3",
	               "\"1:2:3\" is not a limit (a size like 64M, unlimited, or SOFT:HARD)");
	check_no_limit("rlimit_as", ":",
	               "\":\" is not a limit (a size like 64M, unlimited, or "
	               "SOFT:HARD)");
	check_no_limit("rlimit_files", "2:1", "\"2:1\" has a soft limit above the hard one");
	check_no_limit("rlimit_files", "unlimited:1",
	               "\"unlimited:1\" has a soft limit above the hard one");
}

static void value__every_default__is_right(void **state)
{
	char why[VALUE_WHY_MAX], field[64];

	(void)state;
	for (int kind = 0; kind < SCHEMA_SECTIONS; kind++) {
		size_t count;
		const struct schema_option *option =
		    schema_options((enum schema_section)kind, &count);

		for (size_t i = 0; i < count; i++) {
			assert_non_null(option[i].help);
			assert_true(schema_find((enum schema_section)kind, option[i].name,
			                        strlen(option[i].name)) == &option[i]);
			if (option[i].value)
				assert_int_equal(
				    value_parse(&option[i], option[i].value, field, why), 0);
		}
	}
}

static const char *suggest(const char *wrong)
{
	static const char *const names[] = {"listen", "exec", "env", "instances", "nice", "user"};
	struct suggest s = SUGGEST_INIT(wrong, strlen(wrong));

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		suggest_offer(&s, names[i]);
	return s.best;
}

static void suggest__two_slips__find_the_name_and_three_do_not(void **state)
{
	(void)state;
	assert_string_equal(suggest("lisetn"), "listen");
	assert_string_equal(suggest("listne"), "listen");
	assert_string_equal(suggest("lstn"), "listen");
	assert_null(suggest("lst"));
	assert_string_equal(suggest("exce"), "exec");
	assert_string_equal(suggest("instance"), "instances");
	assert_string_equal(suggest("usr"), "user");
	assert_null(suggest("frobnicate"));
	assert_null(suggest("x"));
	assert_null(suggest(""));
	assert_null(suggest("listenlistenlistenlistenlistenlistenlistenlistenlistenlisten"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(value__durations__need_a_unit),
	    cmocka_unit_test(value__numbers__are_decimal_and_in_range),
	    cmocka_unit_test(value__sizes__have_units_of_1024),
	    cmocka_unit_test(value__codes__may_be_hexadecimal),
	    cmocka_unit_test(value__words_modes_and_booleans__are_exact),
	    cmocka_unit_test(value__limits__have_two_halves_and_units_of_their_own),
	    cmocka_unit_test(value__every_default__is_right),
	    cmocka_unit_test(suggest__two_slips__find_the_name_and_three_do_not),
	};

	return cmocka_run_group_tests_name("config/value", tests, NULL, NULL);
}
