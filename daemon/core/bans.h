/* core/bans.h - what follows when bans come and go (admit/ban.h).
 *
 * Looks once a turn whether there was a change, so that nobody has to tell.
 * Those that have ended are taken out. Services with drop_early have bans, and
 * those of no_access in which only_from has no exception, as a filter on their
 * sockets, too: it is made anew a few times a second at most, some sockets a turn.
 * The filter only spares work: whom it lets through is asked by admit as well. */
#ifndef CORE_BANS_H
#define CORE_BANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct supervisor;

struct bans {
	struct loop_timer end;    /* of the ban that ends first */
	struct loop_timer filter; /* the next step of a round over all services */
	uint64_t seen;            /* changes of the table */
	size_t next;              /* service of the round */
	msec_t begun;             /* the round */
	bool in_round, again;     /* again: another round is wanted after it */
};

/* Fails with ENOMEM. */
int bans_init(struct supervisor *sup);
void bans_free(struct supervisor *sup);

void bans_turn(struct supervisor *sup);

/* A socket was opened, or another configuration holds. */
void bans_filter_soon(struct supervisor *sup);

#endif
