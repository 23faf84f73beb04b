/* config/schema.h - every option there is: name, type, unit, default, help.
 *
 * The one list that the scanner, the reader, the printer, the man page and
 * etc/usherd.conf have in common (a test compares them). */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_section {
	SCHEMA_TOP,      /* outside of all sections */
	SCHEMA_LOG,      /* log { } */
	SCHEMA_DEFAULTS, /* defaults { } */
	SCHEMA_TEMPLATE, /* template "name" { } */
	SCHEMA_SERVICE,  /* service "name" { } */
	SCHEMA_SECTIONS
};

enum schema_type {
	SCHEMA_BOOL,     /* yes or no; bool */
	SCHEMA_NUMBER,   /* int */
	SCHEMA_BITS,     /* uint8_t */
	SCHEMA_SECONDS,  /* a duration; int */
	SCHEMA_DURATION, /* a duration; msec_t */
	SCHEMA_MSEC,     /* a duration; unsigned milliseconds */
	SCHEMA_SIZE,     /* bytes; int */
	SCHEMA_CODE,     /* decimal, or 0x and hexadecimal; uint32_t */
	SCHEMA_MODE,     /* octal; mode_t */
	SCHEMA_WORD,     /* one of `words`; an enum in their order from min on */
	SCHEMA_LIMIT,    /* N, unlimited or SOFT:HARD; struct conf_rlimit */
	SCHEMA_RATE,     /* 0 or N/s, /m, /h, /d; struct conf_rate without its burst */
	SCHEMA_TEXT,     /* read by code of its own */
	SCHEMA_LIST,     /* any number of texts, read by code of its own */
};

/* Units are words for people; those of limits also say how they are read. */
#define SCHEMA_UNIT_BYTES   "bytes"
#define SCHEMA_UNIT_SECONDS "seconds"

struct schema_option {
	const char *name;
	enum schema_type type;
	const char *unit;  /* or NULL */
	const char *value; /* the default as it is written, or NULL: unset */
	const char *help;
	const char *words; /* separated by blanks */
	int64_t min, max;
	unsigned kinds; /* what addresses it is for, a set of CONF_KIND(); 0: any */
	size_t offset;  /* in the struct of the model that the section becomes */
};

/* The options of a section; defaults, templates and services have the same. */
const struct schema_option *schema_options(enum schema_section section, size_t *count);

/* NULL: there is none of that name. */
const struct schema_option *schema_find(enum schema_section section, const char *name, size_t len);

/* "log", "defaults", ...; "" for SCHEMA_TOP. */
const char *schema_section_name(enum schema_section section);
bool schema_section_titled(enum schema_section section);

/* SCHEMA_TOP if there is none of that name. */
enum schema_section schema_section_find(const char *name, size_t len);

#endif
