/* config/values.h - the only file that sees libconfuse.
 *
 * Gives the text of each section that was scanned to libconfuse, which decodes
 * it and hands every value to a callback. The callback checks the value against
 * the schema, reports what is wrong with the file and line of the value, and
 * never stops libconfuse. Not re-entrant: libconfuse's lexer is global. */
#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include "config/scan.h"

/* Fills in the values of all settings of all sections. */
void values_read(struct scan *scan);

/* How often libconfuse refused what the scanner had let pass: a bug, if not 0
 * (or memory had run out). For tests. */
extern unsigned values_surprises;

#endif
