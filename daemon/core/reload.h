/* core/reload.h - reads the configuration anew and lets it take over.
 *
 * SIGHUP asks by reload_now(), `usherctl reload` by reload_ask(). A child reads the
 * files while the loop goes on (config/read.h); what it found is held against
 * what is served (core/switchover.h) and takes over whole, or not at all. Both
 * outcomes are told in the log. One reading at a time: who asks while one is made
 * is answered by the next, for the files may have changed since it began. A
 * reading that takes too long is given up. */
#ifndef CORE_RELOAD_H
#define CORE_RELOAD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"
#include "config/read.h"

struct reload;
struct supervisor;
struct switchover;

struct reload_outcome {
	bool done;                        /* it took over, or would have */
	const struct switchover *changes; /* NULL where it failed */
	const struct buf *problems;       /* lines, warnings among them */
};

struct reload_asker {
	struct list link; /* ours from reload_ask() until told() */
	bool dry;         /* only say what would change */
	void (*told)(struct reload_asker *asker, const struct reload_outcome *outcome);
};

/* How main has read it: file and options, whose texts are copied. NULL: out of
 * memory. */
struct reload *reload_new(struct supervisor *sup, const char *file,
                          const struct conf_options *options);
void reload_free(struct reload **reload); /* nobody is told any more */

void reload_now(struct reload *reload);
void reload_ask(struct reload *reload, struct reload_asker *asker);
void reload_forget(struct reload_asker *asker); /* who asked has gone */

bool reload_is_reading(const struct reload *reload);

/* Of the last one that was no trial: "none", "done", "failed". */
const char *reload_last(const struct reload *reload);

#endif
