#include "httpd_date.h"
#include "text.h"

#include <stdbool.h>
#include <string.h>

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static char *put_some(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

char *httpd_date_put(char *at, time_t when)
{
	struct tm tm = {0};

	gmtime_r(&when, &tm);
	at = text_put(put_some(at, days[tm.tm_wday], 3), ", ");
	at = text_put(text_number(at, (unsigned int)tm.tm_mday, 2), " ");
	at = text_put(put_some(at, months + (size_t)tm.tm_mon * 3, 3), " ");
	at = text_put(text_number(at, (unsigned int)tm.tm_year + 1900, 4), " ");
	at = text_put(text_number(at, (unsigned int)tm.tm_hour, 2), ":");
	at = text_put(text_number(at, (unsigned int)tm.tm_min, 2), ":");
	return text_put(text_number(at, (unsigned int)tm.tm_sec, 2), " GMT");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes what the form shows: "D" a digit, "d" a digit or space, "@" a month, all else itself. The
 * numbers land in the order in which they stand. */
static const char *scan(const char *at, const char *form, int number[], int *month)
{
	int n = -1;

	for (char before = ' '; *form; before = *form++) {
		if (*form == '@') {
			char name[4] = {at[0], at[0] ? at[1] : '\0', at[0] && at[1] ? at[2] : '\0'};
			const char *found = strlen(name) == 3 ? strstr(months, name) : NULL;

			if (!found || (found - months) % 3)
				return NULL;
			*month = (int)(found - months) / 3;
			at += 3;
			continue;
		}
		if (*form != 'D' && *form != 'd') {
			if (*at++ != *form)
				return NULL;
			continue;
		}
		if (!is_digit(*at) && !(*form == 'd' && *at == ' '))
			return NULL;
		if (before != 'D' && before != 'd')
			number[++n] = 0;
		number[n] = number[n] * 10 + (is_digit(*at) ? *at - '0' : 0);
		at++;
	}
	return at;
}

/* Days since 1970 in the calendar of Gregory, which HTTP means also for the past. */
static long long days_since_1970(long long year, int month, int day)
{
	long long era, of_era;

	year -= month < 2;
	era = (year >= 0 ? year : year - 399) / 400;
	of_era = year - era * 400;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * ((month + 10) % 12) + 2) / 5 + day - 1 - 719468;
}

static time_t make(int year, int month, int day, const int clock[3])
{
	static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (day < 1 || day > lengths[month] || clock[0] > 23 || clock[1] > 59 || clock[2] > 60)
		return -1;
	return (time_t)(days_since_1970(year, month, day) * 86400 + clock[0] * 3600LL +
	                clock[1] * 60LL + clock[2]);
}

time_t httpd_date_parse(const char *text)
{
	int number[6], month = 0;
	const char *end, *comma = strchr(text, ',');

	if (comma && comma - text == 3) {
		end = scan(comma, ", DD @ DDDD DD:DD:DD GMT", number, &month);
		return end && *end == '\0' ? make(number[1], month, number[0], number + 2) : -1;
	}
	if (comma) { /* RFC 850, and a year of two digits that is in the past, or nearly so */
		end = scan(comma, ", DD-@-DD DD:DD:DD GMT", number, &month);
		if (!end || *end)
			return -1;
		number[1] += number[1] < 70 ? 2000 : 1900;
		return make(number[1], month, number[0], number + 2);
	}
	if (strlen(text) < 4) /* asctime */
		return -1;
	end = scan(text + 3, " @ dD DD:DD:DD DDDD", number, &month);
	return end && *end == '\0' ? make(number[4], month, number[0], number + 1) : -1;
}
