#include "config/times.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/problem.h"

enum { DAYS = 7, HOUR = 60, DAY = 24 * HOUR };

static const char *const days[DAYS] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static int fail(char why[VALUE_WHY_MAX], const char *text, const char *what)
{
	char quoted[QUOTED_MAX];

	snprintf(why, VALUE_WHY_MAX, "\"%s\" %s", problem_quote(text, strlen(text), quoted), what);
	return -1;
}

/* Takes a number of one or two digits; -1 where there is none. */
static int take_number(const char **at)
{
	int n = 0, digits = 0;

	for (; **at >= '0' && **at <= '9' && digits < 3; (*at)++, digits++)
		n = n * 10 + (**at - '0');
	return digits == 1 || digits == 2 ? n : -1;
}

/* HH:MM in minutes; -1 if it is none. */
static int take_time(const char **at)
{
	int hour = take_number(at), minute;

	if (hour < 0 || **at != ':')
		return -1;
	(*at)++;
	minute = take_number(at);
	if (minute < 0 || minute > 59 || hour * HOUR + minute > DAY)
		return -1;
	return hour * HOUR + minute;
}

static int take_day(const char **at)
{
	for (int i = 0; i < DAYS; i++) {
		if (strncasecmp(*at, days[i], 3) == 0) {
			*at += 3;
			return i;
		}
	}
	return -1;
}

/* "Mon" or "Fri-Mon" added to the set. */
static int take_days(const char **at, uint8_t *set)
{
	int first = take_day(at), last = first;

	if (first >= 0 && **at == '-') {
		(*at)++;
		last = take_day(at);
	}
	if (first < 0 || last < 0)
		return -1;
	for (int day = first; *set |= (uint8_t)(1U << day), day != last; day = (day + 1) % DAYS)
		;
	return 0;
}

int times_parse(const char *text, struct conf_times *times, char why[VALUE_WHY_MAX])
{
	const char *at = text;
	uint8_t set = 0;
	int begin, end;

	while (*at && strchr("0123456789", *at) == NULL) {
		if (take_days(&at, &set) < 0 || !strchr(", ", *at) || !*at)
			return fail(why, text,
			            "has no day or time where one should be (days are Mon, Tue, "
			            "Wed, Thu, Fri, Sat, Sun, as in \"Mon-Fri,Sun 08:00-18:00\")");
		at += *at == ',';
		at += strspn(at, " ");
	}
	begin = take_time(&at);
	end = begin >= 0 && *at == '-' ? (at++, take_time(&at)) : -1;
	if (end < 0 || *at || begin == DAY)
		return fail(why, text,
		            "is not a time (like \"08:00-18:00\" or \"Mon-Fri 08:00-18:00\")");
	times->days = set ? set : TIMES_EVERY_DAY;
	times->begin = (uint16_t)begin;
	times->end = (uint16_t)end;
	return 0;
}
