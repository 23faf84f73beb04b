/* config/times.h - one of `access_times`: "08:00-18:00", "Mon-Fri,Sun 22:00-06:00".
 *
 * Pure. The end is no part of it and may be 24:00; one before the beginning is
 * on the next day. Without days it is every day. */
#ifndef CONFIG_TIMES_H
#define CONFIG_TIMES_H

#include "config/model.h"
#include "config/value.h"

enum { TIMES_EVERY_DAY = 0x7f };

/* Fills in days, begin and end, or fails with a sentence in why. */
int times_parse(const char *text, struct conf_times *times, char why[VALUE_WHY_MAX]);

#endif
