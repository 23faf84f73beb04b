/* admit/hours.h and config/times.h: text to minutes of the week. */
#include <stdio.h>

#include "admit/hours.h"
#include "config/times.h"
#include "unit/test.h"

static unsigned minute_of(unsigned day, unsigned hour, unsigned minute)
{
	return (day * 24 + hour) * 60 + minute;
}

static bool is_open(const char *text, unsigned day, unsigned hour, unsigned minute)
{
	struct conf_times times = {0};
	char why[VALUE_WHY_MAX];

	assert_int_equal(times_parse(text, &times, why), 0);
	return hours_find(&times, 1, minute_of(day, hour, minute)) != NULL;
}

enum { MON, TUE, WED, THU, FRI, SAT, SUN };

static void hours__every_day__from_begin_to_before_end(void **state)
{
	(void)state;
	for (unsigned day = MON; day <= SUN; day++) {
		assert_false(is_open("08:00-18:00", day, 7, 59));
		assert_true(is_open("08:00-18:00", day, 8, 0));
		assert_true(is_open("8:00-18:00", day, 17, 59));
		assert_false(is_open("08:00-18:00", day, 18, 0));
		assert_true(is_open("00:00-24:00", day, 23, 59));
		assert_true(is_open("0:0-24:0", day, 0, 0));
	}
}

static void hours__over_midnight__belongs_to_the_day_it_begins_on(void **state)
{
	(void)state;
	assert_true(is_open("22:00-06:00", WED, 5, 59));
	assert_false(is_open("22:00-06:00", WED, 6, 0));
	assert_true(is_open("22:00-06:00", WED, 22, 0));
	assert_true(is_open("Fri 22:00-06:00", FRI, 22, 0));
	assert_true(is_open("Fri 22:00-06:00", SAT, 5, 59));
	assert_false(is_open("Fri 22:00-06:00", FRI, 5, 59));
	assert_false(is_open("Fri 22:00-06:00", SAT, 22, 0));
	/* The week is round. */
	assert_true(is_open("Sun 22:00-06:00", MON, 0, 0));
	assert_false(is_open("Mon 22:00-06:00", MON, 0, 0));
	assert_true(is_open("22:00-00:00", SUN, 23, 59));
	assert_false(is_open("22:00-00:00", MON, 0, 0));
}

static void hours__days__are_lists_and_ranges(void **state)
{
	static const struct {
		const char *text;
		unsigned days;
	} row[] = {{"Mon-Fri 08:00-18:00", 0x1f},      {"sat,SUN 08:00-18:00", 0x60},
	           {"Fri-Mon 08:00-18:00", 0x71},      {"Wed 08:00-18:00", 0x04},
	           {"Mon, Wed,Fri 08:00-18:00", 0x15}, {"Mon-Mon 08:00-18:00", 0x01},
	           {"Mon Tue 08:00-18:00", 0x03},      {"Tue-Mon 08:00-18:00", 0x7f}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		for (unsigned day = MON; day <= SUN; day++)
			assert_int_equal(is_open(row[i].text, day, 12, 0), row[i].days >> day & 1);
}

static void hours__several__the_first_that_holds(void **state)
{
	struct conf_times times[3] = {{0}};
	char why[VALUE_WHY_MAX];

	(void)state;
	assert_int_equal(times_parse("08:00-12:00", &times[0], why), 0);
	assert_int_equal(times_parse("11:00-13:00", &times[1], why), 0);
	assert_int_equal(times_parse("14:00-14:00", &times[2], why), 0);
	assert_ptr_equal(hours_find(times, 3, minute_of(THU, 11, 30)), &times[0]);
	assert_ptr_equal(hours_find(times, 3, minute_of(THU, 12, 30)), &times[1]);
	assert_null(hours_find(times, 3, minute_of(THU, 13, 0)));
	assert_null(hours_find(times, 3, minute_of(THU, 14, 0)));
	assert_null(hours_find(NULL, 0, 0));
}

static void times__anything_else__is_refused_with_a_reason(void **state)
{
	static const char *const text[] = {"",
	                                   "8-18",
	                                   "08:00",
	                                   "08:00-",
	                                   "-18:00",
	                                   "24:00-8:0",
	                                   "08:00-24:01",
	                                   "08:60-18:00",
	                                   "25:00-26:00",
	                                   "08:00-18:00 ",
	                                   "Mon",
	                                   "Mon 8",
	                                   "Mo 8:00-9:00",
	                                   "Mon-8:0-9:0",
	                                   "Mon-Fry 8:00-9:00",
	                                   "Mon8:0-9:0",
	                                   ",8:00-9:00",
	                                   "008:00-18:00",
	                                   "08:00-18:000",
	                                   "08:00 - 18:00",
	                                   "08:00-18:00,19:00-20:00",
	                                   "99999999:0-1:0",
	                                   "Mon,,Tue 8:00-9:00"};
	struct conf_times times;
	char why[VALUE_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		if (times_parse(text[i], &times, why) == 0)
			print_message("# taken: \"%s\"\n", text[i]);
		assert_int_equal(times_parse(text[i], &times, why), -1);
		assert_int_equal(why[0], '"');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hours__every_day__from_begin_to_before_end),
	    cmocka_unit_test(hours__over_midnight__belongs_to_the_day_it_begins_on),
	    cmocka_unit_test(hours__days__are_lists_and_ranges),
	    cmocka_unit_test(hours__several__the_first_that_holds),
	    cmocka_unit_test(times__anything_else__is_refused_with_a_reason),
	};

	return cmocka_run_group_tests_name("admit/hours", tests, NULL, NULL);
}
