/* config/input.h - the files of a configuration, each read once and whole.
 *
 * Only regular files of at most INPUT_SIZE_MAX bytes are read; a FIFO or a
 * device is opened without blocking and refused. For root, a file that others
 * could have written is an error. A file includes others by a pattern, which
 * is relative to its own folder; none is included twice. Reports what is wrong
 * and leaves no descriptor open. */
#ifndef CONFIG_INPUT_H
#define CONFIG_INPUT_H

#include <sys/types.h>

#include "config/reader.h"

enum {
	INPUT_SIZE_MAX = 1 << 20,
	INPUT_TOTAL_MAX = 16 << 20,
	INPUT_FILES_MAX = 1000,
	INPUT_DEPTH_MAX = 16
};

struct input {
	const char *name;
	const char *text; /* without a BOM, with plain newlines, without a NUL */
	size_t len;
	bool cut; /* at something that was reported: the end says nothing */
	const struct input *parent;
	unsigned depth;
	struct conf_where included; /* where, in the parent */
	dev_t dev;
	ino_t ino;
};

struct inputs {
	const struct input **item; /* in the order in which they were read */
	size_t count, size;
	size_t bytes;
	bool lost; /* one could not be read: what it defines is unknown */
};

/* NULL: it could not be read, which was reported at `where`. The first one has
 * no parent. */
const struct input *input_open(struct reader *reader, struct inputs *inputs, const char *name,
                               const struct input *parent, const struct conf_where *where);

/* The same for text that is in memory. */
const struct input *input_from_text(struct reader *reader, struct inputs *inputs, const char *name,
                                    const char *text, size_t len);

/* The files that a pattern in `parent` stands for, sorted, NULL-terminated. */
const char *const *input_match(struct reader *reader, struct inputs *inputs,
                               const struct input *parent, const char *pattern,
                               const struct conf_where *where);

#endif
