/* admit/hours.h - is a service open at this time of the week (access_times)? Pure. */
#ifndef ADMIT_HOURS_H
#define ADMIT_HOURS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/model.h"

enum { HOURS_DAY = 24 * 60, HOURS_WEEK = 7 * HOURS_DAY };

/* The first of these that holds at this minute (base/clock.h), or NULL. */
const struct conf_times *hours_find(const struct conf_times *times, size_t count,
                                    unsigned week_minute);

#endif
