/* moment.h - a point in time as two old services tell it. Pure. */
#ifndef HANDLERS_MOMENT_H
#define HANDLERS_MOMENT_H

#include <stddef.h>
#include <time.h>

enum { MOMENT_DAYTIME_MAX = 64, MOMENT_TIME_LEN = 4 };

/* "Monday, February 22, 1982 17:37:43-UTC" and CR LF: the first of the two forms that RFC 867
 * shows.  Returns its length. */
size_t moment_daytime(char text[MOMENT_DAYTIME_MAX], time_t now);

/* Seconds since 1900 in network order (RFC 868), which start again from 0 on 7 February 2036,
 * at 6:28:16. */
void moment_time(char bytes[MOMENT_TIME_LEN], time_t now);

#endif
