/* Text of others as HTML, and /proc of others. */
#include "../../handlers/html.h"
#include "../../handlers/process.h"

#include "unit/test.h"

#include <unistd.h>

static void text__of_any_bytes__is_no_markup(void **state)
{
	struct buf out = BUF_INIT(65536);
	char all[256];

	(void)state;
	html_text(&out, "a<b>&\"c'\x01\xc3\xa9", 11);
	assert_string_equal(out.data, "a&lt;b&gt;&amp;&quot;c&#39;???");
	buf_clear(&out);
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	html_text(&out, all, sizeof(all));
	for (size_t i = 0; i < out.len; i++) {
		assert_true(out.data[i] >= ' ' && out.data[i] < 0x7f);
		assert_null(strchr("<>\"'", out.data[i]));
	}
	buf_free(&out);
}

static void table__has_titles_and_so_many_rows(void **state)
{
	struct buf out = BUF_INIT(65536);

	(void)state;
	html_table(&out, "A\tB\n1\t<\n2\t\n3\tx\n", 2);
	assert_string_equal(out.data, "<table>\n<thead>\n<tr><th>A</th><th>B</th></tr>\n</thead>\n"
	                              "<tbody>\n<tr><td>1</td><td>&lt;</td></tr>\n"
	                              "<tr><td>2</td><td></td></tr>\n</tbody>\n</table>\n"
	                              "<p class=\"empty\">And 1 more.</p>\n");
	buf_free(&out);
}

static void table__without_rows__says_so(void **state)
{
	static const char *const empty[] = {"A\n", "A", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct buf out = BUF_INIT(65536);

		html_table(&out, empty[i], 2);
		assert_non_null(strstr(out.data, "</table>\n<p class=\"empty\">None.</p>\n"));
		buf_free(&out);
	}
}

static void fields__are_names_and_values(void **state)
{
	struct buf out = BUF_INIT(65536);

	(void)state;
	html_fields(&out, "pid\t7\nodd\n<\t>\t.\n");
	assert_string_equal(out.data, "<dl>\n<dt>pid</dt><dd>7</dd>\n<dt>odd</dt><dd></dd>\n"
	                              "<dt>&lt;</dt><dd>&gt;?.</dd>\n</dl>\n");
	buf_free(&out);
}

static void cpu__is_read_after_the_name(void **state)
{
	static const struct {
		const char *stat;
		int64_t msec;
	} cases[] = {
	    {"7 (a) S 1 7 7 0 -1 4194560 100 0 0 0 12 3 4 1 20 0 1 0 99", 200},
	    {"7 (a) 1 2 (b) R 1 7 7 0 -1 4194560 100 0 0 0 1 0 0 0 20 0", 10},
	    {"7 (a) S 1 7 7 0 -1 4194560 100 0 0 0 12 3", -1},
	    {"7 a S 1 7 7", -1},
	    {"", -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(process_parse_cpu(cases[i].stat, 100), cases[i].msec);
	assert_int_equal(process_parse_cpu(cases[0].stat, 0), -1);
	assert_true(process_cpu_msec((unsigned long)getpid()) >= 0);
	assert_int_equal(process_cpu_msec(4000000000UL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text__of_any_bytes__is_no_markup),
	    cmocka_unit_test(table__has_titles_and_so_many_rows),
	    cmocka_unit_test(table__without_rows__says_so),
	    cmocka_unit_test(fields__are_names_and_values),
	    cmocka_unit_test(cpu__is_read_after_the_name),
	};

	return cmocka_run_group_tests_name("handlers_html", tests, NULL, NULL);
}
