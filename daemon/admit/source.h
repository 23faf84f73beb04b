/* admit/source.h - the bounded table of sources: who uses which service how much.
 *
 * A source is a client's address cut to the service's prefix lengths, seen by
 * one service. Entries are found by a keyed hash. When the table is full the
 * source that has been idle the longest gives way; one with clients never does,
 * so there are at most `max`, or as many as there are clients if these are more. */
#ifndef ADMIT_SOURCE_H
#define ADMIT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"

struct source {
	struct hash_node hash;
	struct prefix prefix;
	uint32_t service; /* number of the service that it uses */
	unsigned running; /* sessions; always <= the service's running */
	unsigned waiting; /* clients in `queue` */
	struct list idle; /* in the table's list while neither runs nor waits */

	/* The waiting room's own (admit/queue.h). */
	struct list queue;        /* first come first */
	struct heap_node by_turn; /* while somebody waits */
	struct heap_node by_length;
	uint64_t turn; /* when it was last served, as a count of turns */
};

struct source_table {
	struct hash hash;
	struct hash_key key;
	size_t max;       /* sources, but for those in use */
	struct list idle; /* the longest idle first */
};

int source_table_init(struct source_table *table, size_t max);
void source_table_free(struct source_table *table);

/* The source's entry, made where there is none. NULL when memory is out. */
struct source *source_get(struct source_table *table, uint32_t service,
                          const struct prefix *prefix);
struct source *source_find(const struct source_table *table, uint32_t service,
                           const struct prefix *prefix);

/* To be called after each change of running or waiting. */
void source_touch(struct source_table *table, struct source *source);

/* Forgets all idle sources of a service that is no more. */
void source_forget(struct source_table *table, uint32_t service);

#endif
