/* admit/source.h - the bounded table of sources: who uses which service how much.
 *
 * A source is a client's address cut to the service's prefix lengths, seen by
 * one service. Entries are found by a keyed hash. There are at most `max`, or as
 * many as are in use if these are more: one with clients is never forgotten.
 *
 * When the table is full another one that is idle gives way to a newcomer. That
 * must not give anybody a full bucket for nothing, nor take one from others:
 *
 *     - one whose bucket is full again goes first, for it says nothing; then
 *       the one that lacks least, of a few that have been idle the longest
 *     - where that one's bucket is not full, the newcomer gets it as it is. So
 *       all newcomers together get no more than the table gives back: a flood
 *       from more sources than there are entries is limited as one of `max`
 *       sources is, and an honest newcomer meets the fullest of these buckets
 *     - a service's newcomers take the places of its own sources once it has
 *       its share of the table; below that, of the service that has most. So a
 *       flood at one service costs no other one its memory */
#ifndef ADMIT_SOURCE_H
#define ADMIT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "admit/bucket.h"
#include "base/addr.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"

/* The sources of one service; lives in its owner. */
struct source_pool {
	struct list link;
	struct list idle; /* the longest idle first */
	size_t count;     /* all, idle or not */
	uint32_t service; /* its number */
};

struct source {
	struct hash_node hash;
	struct prefix prefix;
	struct source_pool *pool;
	uint32_t service; /* number of the service that it uses */
	unsigned running; /* sessions; always <= the service's running */
	unsigned waiting; /* clients in `queue` */
	bool exempt;      /* per_source does not hold */
	struct list idle; /* in the pool's list while neither runs nor waits */
	struct bucket bucket;
	msec_t loud_until; /* it was refused for the service's rate: others go first */

	/* The waiting room's own (admit/queue.h). */
	struct list queue;        /* first come first */
	struct heap_node by_turn; /* while somebody waits */
	struct heap_node by_length;
	uint64_t turn; /* when it was last served, as a count of turns */
};

struct source_table {
	struct hash hash;
	struct hash_key key;
	size_t max;        /* sources, but for those in use */
	struct list pools; /* of the services */
	size_t pool_count;
};

int source_table_init(struct source_table *table, size_t max);
void source_table_free(struct source_table *table);

void source_pool_init(struct source_table *table, struct source_pool *pool, uint32_t service);
/* Forgets its sources, none of which may be in use. */
void source_pool_free(struct source_table *table, struct source_pool *pool);

/* The source's entry, made where there is none. rate is what the bucket is held
 * against. NULL when memory is out. */
struct source *source_get(struct source_table *table, struct source_pool *pool,
                          const struct prefix *prefix, const struct conf_rate *rate, msec_t now);
struct source *source_find(const struct source_table *table, uint32_t service,
                           const struct prefix *prefix);
/* The bucket that source_get() would give to a newcomer. */
struct bucket source_newcomer(const struct source_table *table, const struct source_pool *pool,
                              const struct conf_rate *rate, msec_t now);

/* To be called after each change of running or waiting. */
void source_touch(struct source *source);

#endif
