/* config/build.h - from settings to the model.
 *
 * What a service does not set comes from its templates (the last one of `use`
 * counts most), then from `defaults`, then from the schema. Looks up all that
 * has a name and reports what is not there, at the line of the value. */
#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

#include "config/scan.h"

/* The model may only be used if no error was reported. NULL: out of memory. */
struct conf *build_model(struct reader *reader, const struct scan *scan, const char *file);

#endif
