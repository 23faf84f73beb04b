#include "admit/hours.h"

static bool is_on(const struct conf_times *times, unsigned day)
{
	return times->days >> day & 1;
}

static bool holds(const struct conf_times *times, unsigned day, unsigned minute)
{
	unsigned yesterday = (day + 6) % 7;

	if (times->begin <= times->end)
		return is_on(times, day) && minute >= times->begin && minute < times->end;
	return (is_on(times, day) && minute >= times->begin) ||
	       (is_on(times, yesterday) && minute < times->end);
}

const struct conf_times *hours_find(const struct conf_times *times, size_t count,
                                    unsigned week_minute)
{
	for (size_t i = 0; i < count; i++)
		if (holds(&times[i], week_minute / HOURS_DAY, week_minute % HOURS_DAY))
			return &times[i];
	return NULL;
}
