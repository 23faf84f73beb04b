/* tools/draft.h - the configuration that a conversion makes, before it is text.
 *
 * The readers of other servers' files (from_inetd.c and its like) put services
 * here, in the order of the files, with options, remarks and warnings; then
 * draft_check.c holds them against each other and against this machine, and
 * draft_write.c makes text of them. Nothing here fails for what a file says:
 * what cannot be carried over becomes a comment. All memory is the arena's, and
 * bounded: a file has a maximum, and so has the number of services. */
#ifndef TOOLS_DRAFT_H
#define TOOLS_DRAFT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "config/arena.h"
#include "config/schema.h"

enum {
	DRAFT_SERVICES_MAX = 5000,
	DRAFT_FILE_MAX = 1 << 20, /* bytes of one file */
	DRAFT_FILES_MAX = 1000,
	DRAFT_TEXT_MAX = 16 << 20, /* bytes of all that is written */
	DRAFT_NAME_MAX = 64,
};

struct draft_where {
	const char *file;
	unsigned line; /* 0: the file as a whole */
};

struct draft_option {
	const struct schema_option *schema;
	bool raw;           /* written without quotes: a number, yes, 10s */
	const char *remark; /* behind the value, or NULL */
	const char **value;
	size_t count, size;
};

struct draft_service {
	struct draft_service *next;
	const char *name; /* as usherd.conf(5) wants it; unique */
	const char *base; /* what it was made of */
	struct draft_where where;
	struct draft_option *option;
	size_t count, size;
	const char **comment; /* above the options */
	size_t comments, comment_size;
	bool group_instead; /* `group` takes the place of the account's own in `groups` */
	const char *gone;   /* why it is a comment as a whole, or NULL */
};

struct draft {
	struct arena *arena;
	struct draft_service *first, **end;
	unsigned services, files;
	unsigned dropped;  /* files and lines that were not understood */
	const char **head; /* comments above all services */
	size_t heads, head_size;
	struct buf warnings; /* a line each: file:line: what */
	bool full;           /* said already that there are too many services */
	bool ipv4;           /* inetd: tcp and udp are IPv4 alone */
	bool both;           /* ... and are not, of some service */
	bool elsewhere;      /* the services are for another machine */
};

/* -1: out of memory. */
int draft_init(struct draft *draft);
void draft_free(struct draft *draft);

/* The whole file, or NULL when that is not possible, which is a warning. `from`
 * is where it was named, or NULL: on the command line. */
char *draft_read(struct draft *draft, const char *path, size_t *len_r,
                 const struct draft_where *from);

void draft_warn(struct draft *draft, const struct draft_where *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of something that was not understood: it is left out. */
void draft_bad(struct draft *draft, const struct draft_where *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Text of a file as it may stand in a comment: it stays on its line, and does nothing
 * to a terminal. */
void draft_plain(struct buf *out, const char *text);

/* A comment above all services, and a warning. */
void draft_head(struct draft *draft, const struct draft_where *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A new one at the end, named after `wanted`; if that is taken after both, else
 * with a number. NULL: there are too many, which was said. */
struct draft_service *draft_service(struct draft *draft, const struct draft_where *where,
                                    const char *wanted, const char *second);

/* Options: a later value replaces an earlier one, draft_add() adds to it. An
 * option that this version does not have becomes a remark. */
void draft_set(struct draft *draft, struct draft_service *service, const char *option,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
void draft_text(struct draft *draft, struct draft_service *service, const char *option,
                const char *text);
void draft_add(struct draft *draft, struct draft_service *service, const char *option,
               const char *text);
void draft_unset(struct draft_service *service, const char *option);
/* The first value, or NULL: it is not set. */
const char *draft_value(const struct draft_service *service, const char *option);
struct draft_option *draft_option(const struct draft_service *service, const char *option);

/* Words beside an option; they are no warning. */
void draft_beside(struct draft *draft, struct draft_service *service, const char *option,
                  const char *words);
/* A comment in the service alone. */
void draft_comment(struct draft *draft, struct draft_service *service, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A comment in the service, and a warning. */
void draft_remark(struct draft *draft, struct draft_service *service,
                  const struct draft_where *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The service becomes a comment, and there is a warning. The first reason stays. */
void draft_gone(struct draft *draft, struct draft_service *service, const struct draft_where *where,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* It is written with enabled = no: to start it would let in who was kept out. */
void draft_off(struct draft *draft, struct draft_service *service, const struct draft_where *where,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Letters, digits and _.- with a letter in front, and room for a number behind. */
const char *draft_make_name(struct draft *draft, const char *wanted);
const char *draft_unique_name(struct draft *draft, const char *base, const char *second);
/* May a handler be given it, as NAME or NAME=VALUE? usherd sets some itself. */
bool draft_is_variable(const char *text);

/* What two services have in common, and what this machine does not have. */
void draft_check(struct draft *draft);
void draft_check_machine(struct draft *draft, struct draft_service *service);

/* `from` is the kind of files, `command` what they belong to. */
void draft_write(struct draft *draft, const char *from, struct buf *out);

#endif
