/* config/read.h - from files to a model.
 *
 * conf_read() reads the named file and all that it includes, reports every
 * problem of every file in one run, and returns a model only if there was no
 * error. The only folder that sees libconfuse; not re-entrant (libconfuse's
 * lexer is global). Opens each file once, never follows a FIFO or a device,
 * never leaves a descriptor open. */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/model.h"

struct conf_problem {
	const char *file; /* NULL: of no file (the line is 0 then) */
	unsigned line;
	bool warning;               /* a model is still made */
	const char *text;           /* "service \"x\": option: what is wrong (what to do)" */
	unsigned file_order, found; /* for sorting */
};

/* In the order in which they stand in the files. */
struct conf_problems {
	struct conf_problem *item;
	size_t count, size;
	size_t errors;   /* those that are no warnings, kept or not */
	bool incomplete; /* out of memory, or too many to keep */
};

struct conf_options {
	const char *handler_dir; /* where bare names of `exec` are looked up */
	const char *own_dir;     /* ... and where our own are, should they not be there */
	const char *control;     /* the default of `control` */
	bool root;               /* started by root: rules about users and file owners */
	uid_t owner;             /* ... whose the files may be, besides root's */
};

struct conf *conf_read(const char *file, const struct conf_options *options,
                       struct conf_problems *problems);

/* The same, but a child reads, and only its result comes back: what libconfuse
 * and the name service (nsswitch.conf(5)) load, allocate, leak or break in a
 * process stays there. To be preferred where the process lives on. */
struct conf *conf_read_apart(const char *file, const struct conf_options *options,
                             struct conf_problems *problems);

/* The same without waiting: the descriptor becomes readable when the child is done,
 * and then conf_reading_end() fetches the model and the problems. Called earlier
 * it ends the child. The caller may have any descriptors open, the child closes
 * them. NULL with errno; *options and the texts in it are not needed later. */
struct conf_reading;
struct conf_reading *conf_reading_begin(const char *file, const struct conf_options *options);
int conf_reading_fd(const struct conf_reading *reading);
struct conf *conf_reading_end(struct conf_reading **reading, struct conf_problems *problems);

/* The same for text that is in memory, under this name. Its include() is an
 * error, so that nothing but the text decides (for tests and fuzzing). */
struct conf *conf_read_text(const char *name, const char *text, size_t len,
                            const struct conf_options *options, struct conf_problems *problems);
struct conf *conf_read_text_apart(const char *name, const char *text, size_t len,
                                  const struct conf_options *options,
                                  struct conf_problems *problems);

/* "file:line: text", or "file:line: warning: text". Returns the length. */
size_t conf_problem_format(const struct conf_problem *problem, char *text, size_t size);
void conf_problems_free(struct conf_problems *problems);

#endif
