/* base/clock.h: RFC 3339 text, and a clock that does not go back. */
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "unit/test.h"

static void clock__format__is_rfc_3339(void **state)
{
	static const struct {
		usec_t wall;
		const char *text;
	} row[] = {
	    {0, "1970-01-01T00:00:00.000000Z"},
	    {1, "1970-01-01T00:00:00.000001Z"},
	    {999999, "1970-01-01T00:00:00.999999Z"},
	    {951782399000000, "2000-02-28T23:59:59.000000Z"},
	    {951782400000000, "2000-02-29T00:00:00.000000Z"},
	    {1795428000123456, "2026-11-23T10:00:00.123456Z"},
	    {4102444800000000, "2100-01-01T00:00:00.000000Z"},
	};
	char text[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(clock_format(row[i].wall, text, sizeof text), 27);
		assert_string_equal(text, row[i].text);
	}
}

static void clock__format_without_room__writes_nothing_past_it(void **state)
{
	char text[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t size = 0; size < 28; size++) {
		memset(text, '#', sizeof text);
		assert_int_equal(clock_format(0, text, size), 0);
		assert_int_equal(text[size], '#');
	}
	assert_int_equal(clock_format(0, text, 28), 27);
}

static void clock__monotonic__never_goes_back(void **state)
{
	usec_t last = clock_usec();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		usec_t now = clock_usec();

		assert_true(now >= last);
		last = now;
	}
	assert_true(clock_msec() - last / 1000 < 1000);
	assert_true(clock_wall() > (usec_t)1700000000 * 1000000);
}

static unsigned week_minute(const char *zone, usec_t sec)
{
	setenv("TZ", zone, 1);
	tzset();
	return clock_week_minute(sec * 1000000);
}

static void clock__week_minute__is_local_and_begins_on_monday(void **state)
{
	const unsigned day = 24 * 60;

	(void)state;
	/* The clock began on a Thursday. */
	assert_int_equal(week_minute("UTC0", 0), 3 * day);
	assert_int_equal(week_minute("UTC0", 4 * 86400 - 1), 7 * day - 1);
	assert_int_equal(week_minute("UTC0", 4 * 86400), 0);
	assert_int_equal(week_minute("UTC0", 4 * 86400 + 59), 0);
	assert_int_equal(week_minute("UTC0", 4 * 86400 + 60), 1);
	assert_int_equal(week_minute("EAST-2:30", 4 * 86400), 150);
	assert_int_equal(week_minute("WEST5", 4 * 86400), 7 * day - 5 * 60);
	/* In summer the same zone is an hour ahead. */
	assert_int_equal(week_minute("CET-1CEST,M3.5.0,M10.5.0/3", 4 * 86400), 60);
	assert_int_equal(week_minute("CET-1CEST,M3.5.0,M10.5.0/3", (4 + 7 * 26) * 86400), 120);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clock__format__is_rfc_3339),
	    cmocka_unit_test(clock__format_without_room__writes_nothing_past_it),
	    cmocka_unit_test(clock__monotonic__never_goes_back),
	    cmocka_unit_test(clock__week_minute__is_local_and_begins_on_monday),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
