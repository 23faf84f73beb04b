/* admit/queue.h - the fair waiting room of a service.
 *
 * Each source has a line of its own. The next to be served is the first of the
 * source with the fewest running, and of those the one that was served longest
 * ago; so many clients of one source wait for each other, not others for them.
 * Holds opaque nodes; knows nothing of sockets. Used by admit/admit.c only. */
#ifndef ADMIT_QUEUE_H
#define ADMIT_QUEUE_H

#include <stdint.h>

#include "admit/source.h"
#include "base/clock.h"
#include "base/heap.h"
#include "base/list.h"

/* One who waits; lives in its owner. */
struct queue_node {
	struct list line;    /* in its source's line */
	struct list arrival; /* in the order of arrival, over all sources */
	struct source *source;
	msec_t since;
};

struct queue {
	struct heap by_turn;        /* sources that have somebody waiting: who is next */
	struct heap by_turn_exempt; /* ... of those for which per_source does not hold */
	struct heap by_length;      /* the same ones: whose line is the longest */
	struct list arrival;
	unsigned count;
	uint64_t turns;
};

void queue_init(struct queue *queue);
void queue_free(struct queue *queue);

/* Makes sure that queue_add() has room for one of this source. Fails with ENOMEM. */
int queue_reserve(struct queue *queue, const struct source *source);
/* At the end of the source's line. */
void queue_add(struct queue *queue, struct source *source, struct queue_node *node, msec_t now);
void queue_remove(struct queue *queue, struct queue_node *node);

/* Who is next, of those whose source has fewer than per_source running or is
 * exempt; else NULL. */
struct queue_node *queue_next(const struct queue *queue, unsigned per_source);

/* The newest client of the longest line; NULL when nobody waits. */
struct queue_node *queue_last_of_longest(const struct queue *queue);

/* Who has waited longest, or NULL. */
struct queue_node *queue_oldest(const struct queue *queue);

/* Sets source->exempt, whether it waits or not. */
void queue_source_exempt(struct queue *queue, struct source *source, bool exempt);

/* To be called after source->running has changed, whether it waits or not. */
void queue_source_moved(struct queue *queue, struct source *source);
/* To be called when the source gets a turn: the others go first from now on. */
void queue_source_served(struct queue *queue, struct source *source);

#endif
