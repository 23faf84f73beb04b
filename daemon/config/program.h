/* config/program.h - what `exec` names, found and looked at. */
#ifndef CONFIG_PROGRAM_H
#define CONFIG_PROGRAM_H

#include "config/reader.h"
#include "config/value.h"

/* The absolute path of an executable file, in the model, as it is seen from that
 * root (config/beneath.h); or NULL and why. */
const char *program_find(struct reader *reader, const char *root, const char *name,
                         char why[VALUE_WHY_MAX]);

/* The path of a program that belongs to usherd, in the model; NULL: it is nowhere. */
const char *program_own(struct reader *reader, const char *name);

#endif
