/* admit/ban.h - the bounded table of bans: whom no service lets in, and until when.
 *
 * A ban is a prefix of IP addresses. It is found by a keyed hash for each of the
 * lengths that there are, so one length costs one look. When the table is full,
 * the ban that ends soonest gives way; one that never ends does not. Time is an
 * argument. Lives outside of the model, so that a reload does not touch it. */
#ifndef ADMIT_BAN_H
#define ADMIT_BAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"

#define BAN_FOREVER INT64_MAX

enum ban_by { BAN_BY_COMMAND, BAN_BY_SENSOR };

struct ban {
	struct hash_node hash;
	struct heap_node by_end;
	struct list order; /* in the order of their numbers */
	uint64_t number;   /* never given twice */
	struct prefix prefix;
	enum ban_by by;
	msec_t since;
	msec_t until;     /* or BAN_FOREVER */
	uint64_t refused; /* clients */
};

struct ban_table {
	struct hash hash;
	struct hash_key key;
	struct heap by_end;
	struct list order;
	size_t max;
	uint64_t last_number;
	uint64_t changes;     /* counts whenever there is one more, one less, or one ends sooner */
	size_t count[2][129]; /* of IPv4 and IPv6, by length */
	uint64_t used[2][3];  /* which of those are not 0, a bit each */
};

int ban_table_init(struct ban_table *table, size_t max);
void ban_table_free(struct ban_table *table);

/* Enters a ban, or gives the one of this very prefix another end. NULL with
 * ENOMEM, or with ENOSPC where nobody gives way to it. */
struct ban *ban_set(struct ban_table *table, const struct prefix *prefix, enum ban_by by,
                    msec_t until, msec_t now);
/* Takes it out, and frees it. */
void ban_lift(struct ban_table *table, struct ban *ban);

/* The ban of this very prefix, or NULL. */
struct ban *ban_find(const struct ban_table *table, const struct prefix *prefix);
/* One that the address is in and that has not ended; NULL: none. */
struct ban *ban_around(const struct ban_table *table, const struct addr *addr, msec_t now);

/* `now` and a time from there, without running over; 0: for ever. */
msec_t ban_until(msec_t now, msec_t time);
/* When the first one ends; -1: none does. */
msec_t ban_next_end(const struct ban_table *table);
/* Takes out one that has ended; false: there is none. */
bool ban_expire(struct ban_table *table, msec_t now);

/* All of them, in the order of their numbers; NULL begins, and ends. To carry
 * them over into another table: ban_set() with what it says. */
struct ban *ban_each(const struct ban_table *table, const struct ban *after);
/* The same backwards: the newest, and the one that came before. */
struct ban *ban_last(const struct ban_table *table);
struct ban *ban_before(const struct ban_table *table, const struct ban *ban);

#endif
