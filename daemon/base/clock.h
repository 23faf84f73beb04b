/* base/clock.h - what time it is.
 *
 * Everything that decides by time takes it as an argument; only the loop, the
 * start of a session and the log ask for it here. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t msec_t; /* milliseconds of the monotonic clock */
typedef int64_t usec_t; /* microseconds of a clock */

msec_t clock_msec(void); /* monotonic */
usec_t clock_usec(void); /* monotonic */
usec_t clock_wall(void); /* since 1970 */

/* Minutes since Monday 00:00 where we are (tzset(3)), 0 to 10079. */
unsigned clock_week_minute(usec_t wall);

/* RFC 3339 in UTC with microseconds: "2026-11-23T10:00:00.000000Z". */
enum { CLOCK_TEXT_MAX = 40 };
size_t clock_format(usec_t wall, char *text, size_t size);

#endif
