/* config/print.h: what is printed is all that counts, and reads back as itself. */
#include "config/schema.h"
#include "unit/config_case.h"

static const char rich[] =
    "control = \"/x/\\\"c\\\\\"\n"
    "log { format = json }\n"
    "defaults { env = {\"A=1\"} instances = 100 groups = yes }\n"
    "template t { per_source = 7 nodelay = yes env = {\"C=\\${x}\"} listen = {\"4005\"} }\n"
    "service one {\n"
    "use(\"t\") listen += {\"4000\", \"unix:/run/x\", \"[::1]:4001\"}\n"
    "exec = {\"" PROGRAM "\", \"a b\", \"\", \"\\n\\t\\r\\x01\\x7f\", '${HOME}', \"$5 # \\\"\"}\n"
    "argv0 = \"-sh\" rlimit_files = 10:20 rlimit_as = unlimited queue_timeout = 5m\n"
    "log_on_success = {} banner_fail = \"busy\\r\\n\" wait = no umask = 0 env += \"A=2\"\n"
    "}\n"
    "service two { listen = 4002 exec = \"" PROGRAM "\" enabled = no }\n";

static struct buf print(const char *text)
{
	struct buf out = BUF_INIT(1 << 20);

	if (!config_read(text, false))
		print_message("# said: %s\n# of: %s\n", config_case.said, text);
	assert_non_null(config_case.conf);
	conf_print(config_case.conf, &out);
	assert_false(out.failed);
	return out;
}

static void print__output__reads_back_as_itself(void **state)
{
	struct buf first, second;

	(void)state;
	first = print(rich);
	second = print(first.data);
	assert_string_equal(second.data, first.data);
	assert_string_equal(config_case.said, "");
	buf_free(&first);
	buf_free(&second);
}

static void print__every_option__has_its_value_or_is_called_unset(void **state)
{
	struct buf out = print("service s { listen = 4000 exec = \"" PROGRAM "\" }\n");
	size_t count;
	const struct schema_option *option = schema_options(SCHEMA_SERVICE, &count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char value[100], unset[100];

		if (strcmp(option[i].name, "use") == 0)
			continue;
		snprintf(value, sizeof(value), "\t%s = ", option[i].name);
		snprintf(unset, sizeof(unset), " %s", option[i].name);
		if (!strstr(out.data, value) && !strstr(strstr(out.data, "# not set:"), unset)) {
			print_message("# %s is missing\n", option[i].name);
			fail();
		}
	}
	assert_non_null(strstr(out.data, "\n\tinstances = 512\n"));
	assert_non_null(strstr(out.data, "\n\tgroups = {\"yes\"}\n"));
	assert_non_null(strstr(out.data, "\n\tstderr = \"log\"\n"));
	assert_non_null(strstr(out.data, "\nmax_sessions = 0\n"));
	assert_non_null(strstr(out.data, "control = \"/run/usherd/control\"\n"));
	assert_non_null(strstr(out.data, "\n\t# address: [::]:4000 (and IPv4)\n"));
	assert_non_null(strstr(out.data, "\n\t# program: " PROGRAM "\n"));
	buf_free(&out);
}

static void print__inherited_values__are_shown_where_they_count(void **state)
{
	struct buf out = print(rich);
	const char *two;

	(void)state;
	two = strstr(out.data, "service \"two\"");
	assert_non_null(two);
	assert_non_null(strstr(two, "\n\tinstances = 100\n"));
	assert_non_null(strstr(two, "\n\tnodelay = no\n"));
	assert_non_null(strstr(
	    out.data, "\n\tlisten = {\"4005\", \"4000\", \"unix:/run/x\", \"[::1]:4001\"}\n"));
	assert_non_null(strstr(out.data, "\n\tenv = {\"A=1\", \"C=\\${x}\", \"A=2\"}\n"));
	assert_null(strstr(out.data, "use"
	                             "("));
	buf_free(&out);
}

/* What a model says after the way through the text is the same, value by value. */
static void print__values__survive_byte_by_byte(void **state)
{
	struct buf out = print(rich);
	const struct conf_service *s = config_read(out.data, false)->services[0];

	(void)state;
	assert_string_equal(s->argv[0], "-sh");
	assert_string_equal(s->argv[2], "");
	assert_string_equal(s->argv[3], "\n\t\r\x01\x7f");
	assert_string_equal(s->argv[4], "${HOME}");
	assert_string_equal(s->argv[5], "$5 # \"");
	assert_string_equal(config_case.conf->control, "/x/\"c\\");
	assert_int_equal(s->rlimit[CONF_RLIMIT_FILES].hard, 20);
	assert_int_equal(s->log_on_success, CONF_RECORD_NONE);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(print__output__reads_back_as_itself),
	    cmocka_unit_test(print__every_option__has_its_value_or_is_called_unset),
	    cmocka_unit_test(print__inherited_values__are_shown_where_they_count),
	    cmocka_unit_test(print__values__survive_byte_by_byte),
	};

	return cmocka_run_group_tests_name("config/print", tests, NULL, config_case_end);
}
