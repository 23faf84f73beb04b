#include "moment.h"
#include "text.h"

#include <stdint.h>

#define SECONDS_TO_1970 2208988800U

size_t moment_daytime(char text[MOMENT_DAYTIME_MAX], time_t now)
{
	static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
	                                   "Thursday", "Friday", "Saturday"};
	static const char *const months[] = {"January",   "February", "March",    "April",
	                                     "May",       "June",     "July",     "August",
	                                     "September", "October",  "November", "December"};
	struct tm tm = {0};
	char *at = text;

	gmtime_r(&now, &tm);
	at = text_put(text_put(at, days[tm.tm_wday]), ", ");
	at = text_put(text_put(at, months[tm.tm_mon]), " ");
	at = text_number(at, (unsigned int)tm.tm_mday, tm.tm_mday < 10 ? 1 : 2);
	at = text_number(text_put(at, ", "), (unsigned int)tm.tm_year + 1900, 4);
	at = text_number(text_put(at, " "), (unsigned int)tm.tm_hour, 2);
	at = text_number(text_put(at, ":"), (unsigned int)tm.tm_min, 2);
	at = text_number(text_put(at, ":"), (unsigned int)tm.tm_sec, 2);
	return (size_t)(text_put(at, "-UTC\r\n") - text);
}

void moment_time(char bytes[MOMENT_TIME_LEN], time_t now)
{
	uint32_t seconds = (uint32_t)now + SECONDS_TO_1970;

	for (int i = 0; i < MOMENT_TIME_LEN; i++)
		bytes[i] = (char)(seconds >> (8 * (MOMENT_TIME_LEN - 1 - i)));
}
