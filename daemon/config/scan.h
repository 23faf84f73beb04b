/* config/scan.h - what libconfuse cannot tell us: every mistake, and its line.
 *
 * Reads the main file and all that it includes, statement by statement, with
 * libconfuse's lexical rules. Reports what is wrong with a statement, leaves it
 * out, and goes on behind it, so one mistake is one problem. What is right is
 * written out again, section by section, as text that libconfuse parses without
 * an error, with the file and line of each line of that text. */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include "config/input.h"
#include "config/reader.h"
#include "config/section.h"

enum { SCAN_SECTIONS_MAX = 10000, SCAN_TITLE_MAX = 64 };

struct scan {
	struct reader *reader;
	struct inputs inputs;
	struct section **section; /* [0] is what stands outside of all sections */
	size_t count, size;
};

/* Always makes a scan that scan_free() takes, even when out of memory. */
void scan_file(struct scan *scan, struct reader *reader, const char *file);
void scan_text(struct scan *scan, struct reader *reader, const char *name, const char *text,
               size_t len);
void scan_free(struct scan *scan);

/* The first section of a kind, or the one of that title (NULL: any); or NULL. */
struct section *scan_find(const struct scan *scan, enum schema_section kind, const char *title);

#endif
