/* How daytime and time tell a point in time. */
#include "../../handlers/moment.h"

#include "unit/test.h"

static void daytime__is_one_line_in_the_first_form(void **state)
{
	static const struct {
		time_t now;
		const char *text;
	} cases[] = {
	    {0, "Thursday, January 1, 1970 00:00:00-UTC\r\n"},
	    {383247463, "Monday, February 22, 1982 17:37:43-UTC\r\n"},
	    {951782399, "Monday, February 28, 2000 23:59:59-UTC\r\n"},
	    {951782400, "Tuesday, February 29, 2000 00:00:00-UTC\r\n"},
	    {2147483648, "Tuesday, January 19, 2038 03:14:08-UTC\r\n"},
	    {253402300799, "Friday, December 31, 9999 23:59:59-UTC\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[MOMENT_DAYTIME_MAX + 1] = "";

		text[moment_daytime(text, cases[i].now)] = '\0';
		assert_string_equal(text, cases[i].text);
	}
}

static void daytime__longest__fits(void **state)
{
	(void)state;
	for (time_t day = 0; day < 800; day++) {
		char text[MOMENT_DAYTIME_MAX];

		assert_true(moment_daytime(text, day * 86400) <= sizeof(text));
	}
}

static void time__after_2036__starts_again(void **state)
{
	static const struct {
		time_t now;
		const char *bytes;
	} cases[] = {
	    {-2208988800, "\0\0\0\0"},        {0, "\x83\xaa\x7e\x80"},
	    {383247463, "\x9a\x82\x62\xe7"},  {2085978495, "\xff\xff\xff\xff"},
	    {2085978496, "\0\0\0\0"},         {2085978497, "\0\0\0\1"},
	    {2147483648, "\x03\xaa\x7e\x80"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char bytes[MOMENT_TIME_LEN];

		moment_time(bytes, cases[i].now);
		assert_memory_equal(bytes, cases[i].bytes, sizeof(bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(daytime__is_one_line_in_the_first_form),
	    cmocka_unit_test(daytime__longest__fits),
	    cmocka_unit_test(time__after_2036__starts_again),
	};

	return cmocka_run_group_tests_name("handlers_moment", tests, NULL, NULL);
}
