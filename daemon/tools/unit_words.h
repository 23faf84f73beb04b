/* tools/unit_words.h - the values of systemd's units.
 *
 * Pure. What comes back lives in the arena. */
#ifndef TOOLS_UNIT_WORDS_H
#define TOOLS_UNIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/arena.h"

struct unit_words {
	const char **word;
	bool *quoted; /* stood in quotes, all or in part */
	size_t count, size, quoted_size;
};

/* By blanks, with quotes and escapes as systemd.syntax(7) has them; keeps the
 * backslash of an escape that means nothing. false: a quote is not closed. */
bool unit_split(struct arena *arena, const char *text, struct unit_words *words);

/* yes, true, on, 1: 1; no, false, off, 0: 0; else -1 */
int unit_bool(const char *text);

/* "5", "2min 30s", "100ms", "infinity" in milliseconds; -1: none. */
#define UNIT_FOREVER INT64_MAX
int64_t unit_time(const char *text);

/* "64K", "infinity" as a size of usherd.conf(5), or "unlimited"; NULL: none. */
const char *unit_size(struct arena *arena, const char *text);

#endif
