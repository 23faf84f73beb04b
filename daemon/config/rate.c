#include "config/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/problem.h"

enum { COUNT_MAX = 1000000 };

static int fail(char why[VALUE_WHY_MAX], const char *text, const char *what)
{
	char quoted[QUOTED_MAX];

	snprintf(why, VALUE_WHY_MAX, "\"%s\" %s", problem_quote(text, strlen(text), quoted), what);
	return -1;
}

int rate_parse(const char *text, struct conf_rate *rate, char why[VALUE_WHY_MAX])
{
	static const char units[] = "smhd";
	static const msec_t times[] = {1000, 60 * 1000, 3600 * 1000, 24 * 3600 * 1000};
	size_t digits = strspn(text, "0123456789");
	unsigned long count = digits < 10 ? strtoul(text, NULL, 10) : COUNT_MAX + 1UL;
	const char *unit = text + digits + 1;

	if (strcmp(text, "0") == 0) {
		rate->count = 0;
		return 0;
	}
	if (digits && !text[digits])
		return fail(why, text, "has no time (write it as 50/s, 600/m, 12/h or 100/d)");
	if (!digits || text[digits] != '/' || !*unit || unit[1] || !strchr(units, *unit))
		return fail(why, text, "is not a rate (like 50/s, 600/m, 12/h, 100/d)");
	if (count < 1 || count > COUNT_MAX)
		return fail(why, text,
		            "is out of range (1 to 1000000 in a time; 0 alone: no limit)");
	rate->count = (unsigned)count;
	rate->time = times[strchr(units, *unit) - units];
	return 0;
}
