/* core/bans.h - what follows when bans come and go (admit/ban.h).
 *
 * Looks once a turn whether there was a change, so that nobody has to tell. */
#ifndef CORE_BANS_H
#define CORE_BANS_H

#include <stdint.h>

#include "base/loop.h"

struct supervisor;

struct bans {
	struct loop_timer end; /* of the ban that ends first */
	uint64_t seen;         /* changes of the table */
};

/* Fails with ENOMEM. */
int bans_init(struct supervisor *sup);
void bans_free(struct supervisor *sup);

void bans_turn(struct supervisor *sup);

#endif
