#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static usec_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (usec_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

msec_t clock_msec(void)
{
	return clock_read(CLOCK_MONOTONIC) / 1000;
}

usec_t clock_usec(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

usec_t clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}

size_t clock_format(usec_t wall, char *text, size_t size)
{
	time_t sec = (time_t)(wall / 1000000);
	struct tm tm;
	int n;

	if (!gmtime_r(&sec, &tm))
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	n = snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
	             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	             (int)(wall % 1000000));
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}
