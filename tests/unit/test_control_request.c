/* control/request.h: what is a request, and what is not. */
#include "control/request.h"
#include "unit/test.h"

static int parse(struct request *request, const char *line, const char **why)
{
	memset(request, 0xa5, sizeof *request);
	return request_parse(request, line, strlen(line), why);
}

static void request__words__are_cut_at_spaces(void **state)
{
	static const struct {
		const char *line;
		bool json;
		int args;
		const char *command, *first, *last;
	} row[] = {
	    {"status", false, 0, "status", NULL, NULL},
	    {"-j status", true, 0, "status", NULL, NULL},
	    {"  sessions   echo  ", false, 1, "sessions", "echo", "echo"},
	    {"-j  check echo 192.0.2.1", true, 2, "check", "echo", "192.0.2.1"},
	    {"status -j", false, 1, "status", "-j", "-j"},
	    {"-j -j", true, 0, "-j", NULL, NULL},
	    {"a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", false, 15, "a", "1", "15"},
	};
	struct request request;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(parse(&request, row[i].line, &why), 0);
		assert_int_equal(request.json, row[i].json);
		assert_int_equal(request.args, row[i].args);
		assert_string_equal(request.command, row[i].command);
		if (row[i].args > 0) {
			assert_string_equal(request.arg[0], row[i].first);
			assert_string_equal(request.arg[request.args - 1], row[i].last);
		}
		assert_null(request.arg[request.args]);
	}
}

static void request__without_a_command_or_with_strange_bytes__is_refused(void **state)
{
	static const char *const line[] = {"",         " ",
	                                   "-j",       " -j ",
	                                   "sta\ttus", "status\r",
	                                   "\x7f",     "st\xc3\xa4tus",
	                                   "\x1b[2J",  "a 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"};
	struct request request;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(line); i++) {
		why = NULL;
		assert_int_equal(parse(&request, line[i], &why), -1);
		assert_non_null(why);
	}
	assert_int_equal(request_parse(&request, "status\0x", 8, &why), -1);
}

static void request__too_long__is_refused(void **state)
{
	char line[CONTROL_REQUEST_MAX + 8];
	struct request request;
	const char *why;

	(void)state;
	memset(line, 'a', sizeof line);
	assert_int_equal(request_parse(&request, line, CONTROL_REQUEST_MAX - 1, &why), 0);
	assert_int_equal(strlen(request.command), CONTROL_REQUEST_MAX - 1);
	assert_int_equal(request_parse(&request, line, CONTROL_REQUEST_MAX, &why), -1);
	assert_int_equal(request_parse(&request, line, sizeof line, &why), -1);
	assert_string_equal(why, "the request is too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request__words__are_cut_at_spaces),
	    cmocka_unit_test(request__without_a_command_or_with_strange_bytes__is_refused),
	    cmocka_unit_test(request__too_long__is_refused),
	};

	return cmocka_run_group_tests_name("control/request", tests, NULL, NULL);
}
