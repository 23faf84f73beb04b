/* spawn/ways.h - how the kernel makes a child: clone3, clone, or fork.
 *
 * By the first two it shares our memory and descriptors until it executes, and the
 * kernel clears the slot's word then; by fork it is a copy, which reports through a
 * pipe. Used by spawn/spawn.c, which chooses and waits; clone3(2), clone(2). */
#ifndef SPAWN_WAYS_H
#define SPAWN_WAYS_H

#include <stdbool.h>

#include "spawn/slots.h"
#include "spawn/spawn.h"

/* Makes the slot's child, with a usherd-cell beside it if its plan has one, in the
 * slot's control group if it has one: at once, or where the kernel will not do that the
 * child goes there itself before anything else, which is told once (*told_into). Returns
 * the pid, or -errno; *pidfd is -1 where the kernel has none. */
long ways_start(struct slot *slot, enum spawn_way way, bool *told_into, int *pidfd);

#endif
