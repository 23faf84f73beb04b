/* tools/table.h: columns that stand under each other, and nothing else on them. */
#include "tools/table.h"

#include <stdlib.h>

#include "unit/test.h"

enum kind { TABLE, FIELDS, TEXT };

static void expect(enum kind kind, bool colour, const char *body, const char *want)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	if (kind == TABLE)
		table_print(to, body, strlen(body), colour);
	else if (kind == FIELDS)
		fields_print(to, body, strlen(body), colour);
	else
		text_print(to, body, strlen(body));
	assert_int_equal(fclose(to), 0);
	assert_string_equal(text, want);
	free(text);
}

static void table__columns__are_aligned(void **state)
{
	(void)state;
	expect(TABLE, false,
	       "SERVICE\tSTATE\tPID\tLISTEN\n"
	       "a\trunning\t7\t*:80\n"
	       "longer-name\tfull\t12345\t/run/x, 22\n"
	       "b\t-\t-\t-\n",
	       "SERVICE      STATE      PID  LISTEN\n"
	       "a            running      7  *:80\n"
	       "longer-name  full     12345  /run/x, 22\n"
	       "b            -            -  -\n");
}

static void table__titles_only_or_nothing__is_fine(void **state)
{
	(void)state;
	expect(TABLE, false, "A\tB\n", "A  B\n");
	expect(TABLE, false, "", "");
	expect(FIELDS, false, "", "");
}

static void table__rows_of_other_lengths__do_no_harm(void **state)
{
	(void)state;
	expect(TABLE, false, "A\tB\nx\ny\tz\tw\n\nlast", "A     B\nx\ny     z  w\n\nlast\n");
}

static void table__with_colour__marks_titles_and_states(void **state)
{
	(void)state;
	expect(TABLE, true, "STATE\tN\nrunning\t1\nfailing\t2\ndisabled\t3\n",
	       "\033[1mSTATE\033[0m     \033[1mN\033[0m\n"
	       "\033[32mrunning\033[0m   1\n"
	       "\033[33mfailing\033[0m   2\n"
	       "\033[2mdisabled\033[0m  3\n");
}

static void table__hostile_cells__cannot_steer_the_terminal(void **state)
{
	(void)state;
	expect(TABLE, false, "A\tB\n\033[2J\tx\n", "A        B\n\\x1b[2J  x\n");
	expect(FIELDS, false, "a\r\tb\x7f\xc2\x9b\n", "a\\x0d  b\\x7f\\xc2\\x9b\n");
	expect(TEXT, false, "a\tb\n\033c\x7f \xc3\xa4\n", "a\tb\n\\x1bc\\x7f \xc3\xa4\n");
}

static void fields__values__are_aligned(void **state)
{
	(void)state;
	expect(FIELDS, false, "pid\t1\nmax sessions\t20\nalone\n",
	       "pid           1\nmax sessions  20\nalone\n");
	expect(FIELDS, true, "pid\t1\n", "\033[1mpid\033[0m  1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table__columns__are_aligned),
	    cmocka_unit_test(table__titles_only_or_nothing__is_fine),
	    cmocka_unit_test(table__rows_of_other_lengths__do_no_harm),
	    cmocka_unit_test(table__with_colour__marks_titles_and_states),
	    cmocka_unit_test(table__hostile_cells__cannot_steer_the_terminal),
	    cmocka_unit_test(fields__values__are_aligned),
	};

	return cmocka_run_group_tests_name("tools/table", tests, NULL, NULL);
}
