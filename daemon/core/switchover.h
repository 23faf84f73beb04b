/* core/switchover.h - from the model that is served to another one, all or nothing.
 *
 * core/reload.c makes one from a model that config/ has approved. It says what
 * would change; switchover_prepare() makes all that the new model needs beside
 * the old: services, plans, listeners. What fails until there is undone by
 * switchover_free(), and the old goes on as if nothing had been. After
 * switchover_commit() the new one is served; that cannot fail.
 *
 * Services are the same if their names are. A listener whose address is in both
 * models stays open, with its accept queue, whichever service it belongs to; its
 * options are changed in place. A new address that overlaps one that goes is bound
 * beside it, or where the kernel has no way to do so, after it was emptied and
 * closed. What goes is emptied into its service first. A listener of one address
 * stays, unseen, when its service takes the wildcard for the same port: closing it
 * would reset who connects in that moment. */
#ifndef CORE_SWITCHOVER_H
#define CORE_SWITCHOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "config/model.h"

struct service;
struct supervisor;

enum switchover_change { SWITCHOVER_NEW, SWITCHOVER_CHANGED, SWITCHOVER_KEPT, SWITCHOVER_REMOVED };

/* What becomes of one service. */
struct switchover_item {
	struct service *service;         /* NULL: new, and not made yet */
	const struct conf_service *conf; /* NULL: it goes */
	enum switchover_change change;
	bool made;
	size_t words, words_len; /* what has changed, in switchover->words */
	struct plan *plan;
};

struct switchover {
	struct supervisor *sup;
	struct conf *conf;
	struct switchover_item *item; /* in the order of the new model, then what goes */
	size_t item_count;
	size_t total[SWITCHOVER_REMOVED + 1]; /* items of each change */
	struct buf words;
	size_t top_words; /* so much of it, from the start, is of no service */

	struct switchover_move *move; /* the addresses of the new model */
	size_t move_count;
	struct switchover_closed *closed; /* those closed to make room */
	size_t closed_count;
	struct service **services; /* room for the new list of services */
	bool relogged, prepared, committed;
};

/* Compares. Keeps a reference on the model. NULL: out of memory. */
struct switchover *switchover_new(struct supervisor *sup, struct conf *conf);

/* What can be told without doing anything. Fails with sentences in why, one a line. */
int switchover_check(const struct switchover *so, struct buf *why);
/* The same, and then does it. */
int switchover_prepare(struct switchover *so, struct buf *why);
void switchover_commit(struct switchover *so);
void switchover_free(struct switchover **so);

/* "new", "changed", "kept", "removed". */
const char *switchover_change_name(enum switchover_change change);
/* What has changed of an item, or of the top with NULL; "" if nothing. The text is
 * not terminated: *len_r bytes. */
const char *switchover_words(const struct switchover *so, const struct switchover_item *item,
                             size_t *len_r);

#endif
