/* config/reader.h - what the parts of one conf_read() share.
 *
 * Lives for one run. What goes into the model is allocated from `arena`, all
 * else from `scratch`, which is freed at the end of the run. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "config/arena.h"
#include "config/model.h"
#include "config/problem.h"
#include "config/read.h"

struct account;

struct reader {
	const struct conf_options *options;
	struct conf_problems *problems;
	struct arena *arena;
	struct arena *scratch;
	bool no_files;            /* text from memory: includes nothing */
	struct account *accounts; /* those that were looked up */
	struct account *self;     /* who runs this, once it was asked */
};

/* Root started us, and what only root can look at is out of sight by now. */
static inline bool reader_has_dropped(const struct reader *reader)
{
	return reader->options->root && geteuid() != 0;
}

/* conf_read() into this arena, which is freed where no model comes of it; where
 * there is a text, conf_read_text(). */
struct conf *conf_read_into(struct arena *arena, const char *name, const char *text, size_t len,
                            const struct conf_options *options, struct conf_problems *problems);

#endif
