/* config/value.h - from the text of a value to the value.
 *
 * Pure: looks at nothing but its arguments. Durations are a number and ms, s,
 * m, h or d; sizes a number and K, M, G or T (of 1024) or nothing; 0 needs no
 * unit. Never guesses a unit. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/schema.h"

enum { VALUE_WHY_MAX = 300 };

/* Writes what the option's type says into *field (NULL: only checks), or fails
 * with a sentence in why and *field as it was. Any text is right for TEXT and
 * LIST, which are left to others. */
int value_parse(const struct schema_option *option, const char *text, void *field,
                char why[VALUE_WHY_MAX]);

/* Is the word one of these, separated by blanks? Its place, or -1. */
int value_word(const char *text, const char *words);
/* The same, with a sentence in why where it is none. */
int value_one_of(const char *text, const char *words, char why[VALUE_WHY_MAX]);

/* A size in bytes: 64K, 2M. */
int value_size(const char *text, uint64_t *bytes_r);
int value_bool(const char *text, bool *value);

#endif
