/* tools/xinetd_conf.h - the entries of xinetd.conf and what it includes.
 *
 * Read as xinetd does: line by line, a space before the operator, values behind
 * it up to the end of the line, no quotes. An entry that xinetd would drop for
 * its form is a warning and left out. All files of one command line are one
 * configuration. */
#ifndef TOOLS_XINETD_CONF_H
#define TOOLS_XINETD_CONF_H

#include "tools/draft.h"

struct xinetd_line {
	struct draft_where where;
	const char *name;
	char op; /* '=', '+' or '-' */
	const char **value;
	size_t count, size;
};

struct xinetd_entry {
	struct xinetd_entry *next;
	struct draft_where where;
	const char *name; /* of the service; NULL: defaults */
	struct xinetd_line *line;
	size_t count, size;
};

struct xinetd_conf {
	struct xinetd_entry *service, **end;
	struct xinetd_entry defaults; /* of all files together */
};

void xinetd_conf_init(struct xinetd_conf *conf);
void xinetd_conf_read(struct xinetd_conf *conf, struct draft *draft, const char *path);
/* The text of a file alone; what it includes is not read. */
void xinetd_conf_text(struct xinetd_conf *conf, struct draft *draft, const char *path,
                      const char *text, size_t len);

/* The values that count: of the last "=" with what "+=" and "-=" make of them, on
 * top of those of defaults if `inherit`. NULL: it is nowhere. *where_r is where it
 * was said last. */
const char *const *xinetd_values(struct draft *draft, const struct xinetd_conf *conf,
                                 const struct xinetd_entry *entry, const char *name, bool inherit,
                                 bool set, size_t *count_r, struct draft_where *where_r);

#endif
