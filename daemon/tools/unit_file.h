/* tools/unit_file.h - a unit of systemd with its drop-ins, as lines.
 *
 * Read as systemd.syntax(7) says: sections, NAME=VALUE, comments, and lines that
 * a backslash at their end continues. Nothing of a value is judged here. */
#ifndef TOOLS_UNIT_FILE_H
#define TOOLS_UNIT_FILE_H

#include "tools/draft.h"

struct unit_line {
	struct draft_where where;
	const char *section, *name, *value;
};

struct unit {
	const char *path, *name; /* "x@.service": without its folder */
	struct unit_line *line;
	size_t count, size;
};

/* What is said of one option. */
struct unit_value {
	const char *text;
	struct draft_where where;
};

struct unit_said {
	const char *name;
	struct unit_value *value;
	size_t count, size;
};

/* With the drop-ins beside it, in NAME.d. false: it cannot be read, which is said. */
bool unit_read(struct unit *unit, struct draft *draft, const char *path,
               const struct draft_where *from);
/* Lines of text alone. */
void unit_text(struct unit *unit, struct draft *draft, const char *path, const char *text,
               size_t len);

/* The last value, or of a list all since the last empty one. false: none. */
bool unit_get(const struct unit *unit, struct draft *draft, const char *section, const char *name,
              bool list, struct unit_said *said);
/* The last value, or NULL. */
const char *unit_value(const struct unit *unit, const char *section, const char *name);

#endif
