/* config/rate.h - a rate from its text: "50/s", "600/m", "12/h", "100/d" or "0". Pure. */
#ifndef CONFIG_RATE_H
#define CONFIG_RATE_H

#include "config/model.h"
#include "config/value.h"

/* Sets count and time, or fails with a sentence in why. The burst is another's. */
int rate_parse(const char *text, struct conf_rate *rate, char why[VALUE_WHY_MAX]);

#endif
