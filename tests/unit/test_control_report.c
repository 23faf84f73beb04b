/* control/report.h: the same walk as a table, as fields and as JSON. */
#include <stdio.h>

#include "control/report.h"
#include "unit/test.h"

static const struct report_column columns[] = {
    {"name", "NAME"}, {"count", "COUNT"}, {"hidden", NULL}, {"age_ms", "AGE"}, {"listen", "LISTEN"},
};

static void write_list(struct report *report, int items)
{
	report_list(report);
	if (items > 0) {
		report_item(report);
		report_member_text(report, "address", "*:80");
		report_item_end(report);
	}
	if (items > 1) {
		report_item(report);
		report_member_text(report, "address", "/run/\tx");
		report_member_text(report, "error", "bind: no");
		report_member_msec(report, "retry_ms", "again in ", 4000);
		report_item_end(report);
	}
	report_list_end(report);
}

static void write_values(struct report *report, const char *name, msec_t age, int items)
{
	report_text(report, name);
	report_uint(report, 18446744073709551615U);
	report_uint(report, 7);
	report_msec(report, age);
	write_list(report, items);
}

static void write_table(struct buf *out, bool as_json)
{
	struct report report;

	report_init(&report, out, as_json);
	report_table(&report, "things", columns, ARRAY_LEN(columns));
	report_row(&report);
	write_values(&report, "one", 250, 2);
	report_row_end(&report);
	report_row(&report);
	write_values(&report, NULL, 61000, 0);
	report_row_end(&report);
	report_table_end(&report);
}

static void report__table__has_titles_and_cells(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	write_table(&out, false);
	assert_string_equal(out.data, "NAME\tCOUNT\tAGE\tLISTEN\n"
	                              "one\t18446744073709551615\t250ms\t"
	                              "*:80, /run/\\x09x (bind: no, again in 4s)\n"
	                              "-\t18446744073709551615\t1m01s\t-\n");
	buf_free(&out);
}

static void report__json__has_keys_and_all_columns(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	write_table(&out, true);
	assert_string_equal(
	    out.data,
	    "{\"things\":["
	    "{\"name\":\"one\",\"count\":18446744073709551615,\"hidden\":7,\"age_ms\":250,"
	    "\"listen\":[{\"address\":\"*:80\"},"
	    "{\"address\":\"/run/\\tx\",\"error\":\"bind: no\",\"retry_ms\":4000}]},"
	    "{\"count\":18446744073709551615,\"hidden\":7,\"age_ms\":61000,"
	    "\"listen\":[]}]}\n");
	buf_free(&out);
}

static void write_fields(struct buf *out, bool as_json)
{
	struct report report;

	report_init(&report, out, as_json);
	report_fields(&report, columns, ARRAY_LEN(columns));
	write_values(&report, "", 0, 1);
	report_fields_end(&report);
}

static void report__fields__are_lines_of_title_and_value(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	write_fields(&out, false);
	assert_string_equal(out.data, "COUNT\t18446744073709551615\nAGE\t0ms\nLISTEN\t*:80\n");
	buf_clear(&out);
	write_fields(&out, true);
	assert_string_equal(out.data, "{\"name\":\"\",\"count\":18446744073709551615,\"hidden\":7,"
	                              "\"age_ms\":0,\"listen\":[{\"address\":\"*:80\"}]}\n");
	buf_free(&out);
}

static void report__empty_table__has_titles_only(void **state)
{
	struct buf out = BUF_INIT(4096);
	struct report report;

	(void)state;
	for (int json = 0; json < 2; json++) {
		buf_clear(&out);
		report_init(&report, &out, json);
		report_table(&report, "things", columns, 2);
		report_table_end(&report);
		assert_string_equal(out.data, json ? "{\"things\":[]}\n" : "NAME\tCOUNT\n");
	}
	buf_free(&out);
}

static void report__hostile_text__cannot_leave_its_cell(void **state)
{
	struct buf out = BUF_INIT(4096);
	struct report report;

	(void)state;
	report_init(&report, &out, false);
	report_table(&report, "things", columns, 1);
	report_row(&report);
	report_text(&report, "a\tb\nc\r\x1b[2J\\x41\x7f\xc2\x9b");
	report_row_end(&report);
	assert_string_equal(out.data, "NAME\na\\x09b\\x0ac\\x0d\\x1b[2J\\x5cx41\\x7f\\xc2\\x9b\n");
	buf_free(&out);
}

static void report__durations__have_two_units(void **state)
{
	static const struct {
		msec_t msec;
		const char *text;
	} row[] = {
	    {0, "0ms"},         {999, "999ms"},      {1000, "1s"},
	    {59999, "59s"},     {60000, "1m00s"},    {3599999, "59m59s"},
	    {3600000, "1h00m"}, {86400000, "1d00h"}, {86400000LL * 400 + 7200000, "400d02h"}};
	static const struct report_column column[] = {{"age_ms", "AGE"}};
	struct buf out = BUF_INIT(4096);
	struct report report;
	char want[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		buf_clear(&out);
		report_init(&report, &out, false);
		report_fields(&report, column, 1);
		report_msec(&report, row[i].msec);
		report_fields_end(&report);
		snprintf(want, sizeof want, "AGE\t%s\n", row[i].text);
		assert_string_equal(out.data, want);
	}
	buf_free(&out);
}

static void write_entries(struct buf *out, bool as_json, int entries)
{
	static const struct report_column column[] = {{"n", "n"}, {"options", "options"}};
	static const char *const list[] = {"", "a b", "x\ty"};
	struct report report;

	report_init(&report, out, as_json);
	report_fields(&report, column, ARRAY_LEN(column));
	report_uint(&report, 1);
	report_entries(&report);
	if (entries > 0) {
		report_entry_uint(&report, "many", 3);
		report_entry_text(&report, "text", "c\\d");
		report_entry_list(&report, "list", list, ARRAY_LEN(list));
		report_entry_list(&report, "empty", list, 0);
	}
	report_entries_end(&report);
	report_fields_end(&report);
}

static void report__entries__are_lines_or_an_object(void **state)
{
	struct buf out = BUF_INIT(4096);

	(void)state;
	write_entries(&out, false, 1);
	assert_string_equal(out.data, "n\t1\noptions\n  many\t3\n  text\tc\\x5cd\n"
	                              "  list\t\"\", \"a b\", \"x\\x09y\"\n  empty\t\n");
	buf_clear(&out);
	write_entries(&out, false, 0);
	assert_string_equal(out.data, "n\t1\n");
	buf_clear(&out);
	write_entries(&out, true, 1);
	assert_string_equal(out.data, "{\"n\":1,\"options\":{\"many\":3,\"text\":\"c\\\\d\","
	                              "\"list\":[\"\",\"a b\",\"x\\ty\"],\"empty\":[]}}\n");
	buf_clear(&out);
	write_entries(&out, true, 0);
	assert_string_equal(out.data, "{\"n\":1,\"options\":{}}\n");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(report__table__has_titles_and_cells),
	    cmocka_unit_test(report__json__has_keys_and_all_columns),
	    cmocka_unit_test(report__fields__are_lines_of_title_and_value),
	    cmocka_unit_test(report__empty_table__has_titles_only),
	    cmocka_unit_test(report__hostile_text__cannot_leave_its_cell),
	    cmocka_unit_test(report__entries__are_lines_or_an_object),
	    cmocka_unit_test(report__durations__have_two_units),
	};

	return cmocka_run_group_tests_name("control/report", tests, NULL, NULL);
}
