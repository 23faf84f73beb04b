/* config/section.h - a section of the files and what is set in it.
 *
 * The scanner makes sections and settings, libconfuse's callbacks add the
 * values, and the model is built from them. All of it is gone after the run. */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include "base/buf.h"
#include "config/reader.h"
#include "config/schema.h"

/* One value of an option, decoded by libconfuse. */
struct setting_value {
	const char *text;
	struct conf_where where;
	const struct section *section; /* where it stands; an inherited one keeps its own */
};

/* An option that is set in a section. */
struct setting {
	const struct schema_option *option;
	struct conf_where where;
	bool append; /* "+=" came first: adds to what is inherited */
	bool bad;    /* something about it was reported already */
	struct setting_value *value;
	size_t count, size;
};

struct section {
	enum schema_section kind;
	size_t place;      /* among all sections, in the order of reading */
	const char *title; /* "" where the kind has none */
	struct conf_where where;
	bool
	    damaged; /* something in it was not understood: do not complain about what is missing */
	bool unusable; /* its values are checked, but nothing is made of it */
	struct setting *setting;
	size_t count, size;
	struct buf text;           /* what is good of it, for libconfuse */
	struct conf_where *origin; /* of each line of text */
	size_t lines, lines_size;
};

struct setting *section_find(const struct section *section, const char *name);
struct setting *section_add(struct reader *reader, struct section *section,
                            const struct schema_option *option, const struct conf_where *where);
void setting_add_value(struct reader *reader, struct setting *setting,
                       const struct section *section, const char *text,
                       const struct conf_where *where);

/* The first value of an option that takes one, or NULL. */
const struct setting_value *section_value(const struct section *section, const char *name);

/* Adds a line to the text for libconfuse, which came from there. */
void section_add_line(struct reader *reader, struct section *section,
                      const struct conf_where *where);

/* Reports with `service "name": option: ` in front, as far as these are given. */
void section_error(const struct reader *reader, const struct section *section, const char *option,
                   const struct conf_where *where, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void section_warn(const struct reader *reader, const struct section *section, const char *option,
                  const struct conf_where *where, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
