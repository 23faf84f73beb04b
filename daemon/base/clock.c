#include "base/clock.h"

#include <string.h>
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

/* n with so many digits. */
static char *put_digits(char *to, int n, int digits)
{
	for (int i = digits - 1; i >= 0; i--, n /= 10)
		to[i] = (char)('0' + n % 10);
	return to + digits;
}

size_t clock_format(usec_t wall, char *text, size_t size)
{
	time_t sec = (time_t)(wall / 1000000);
	char t[CLOCK_TEXT_MAX], *p = t;
	struct tm tm;

	if (!gmtime_r(&sec, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	p = put_digits(p, tm.tm_year + 1900, 4);
	*p++ = '-';
	p = put_digits(p, tm.tm_mon + 1, 2);
	*p++ = '-';
	p = put_digits(p, tm.tm_mday, 2);
	*p++ = 'T';
	p = put_digits(p, tm.tm_hour, 2);
	*p++ = ':';
	p = put_digits(p, tm.tm_min, 2);
	*p++ = ':';
	p = put_digits(p, tm.tm_sec, 2);
	*p++ = '.';
	p = put_digits(p, (int)(wall % 1000000), 6);
	*p++ = 'Z';
	if (size <= (size_t)(p - t))
		return 0;
	memcpy(text, t, (size_t)(p - t));
	text[p - t] = '\0';
	return (size_t)(p - t);
}

unsigned clock_week_minute(usec_t wall)
{
	time_t sec = (time_t)(wall / 1000000);
	struct tm tm;

	if (!localtime_r(&sec, &tm))
		return 0;
	return (unsigned)(((tm.tm_wday + 6) % 7 * 24 + tm.tm_hour) * 60 + tm.tm_min);
}
