/* spawn/nest.h - a handler in a pid namespace of its own, beside its usherd-cell.
 *
 * Pid 1 of a namespace ignores TERM and gets all orphans, so a handler must not be
 * it: usherd-cell (spawn/cell.c) is, and the handler is pid 2 there. Both are our
 * children: who the handler is, how it ends and what it used is seen as ever. With
 * either of them the namespace goes, and all that is left in it.
 *
 * Only who is in a namespace's user namespace may make one, and we are not. So a
 * child goes there, makes the two as brothers of its own, and ends; this is waited
 * for, which takes a tenth of a millisecond: it has our account, so no handler can
 * stop it on its way. */
#ifndef SPAWN_NEST_H
#define SPAWN_NEST_H

#include <stdbool.h>
#include <sys/types.h>

#include "spawn/child.h"
#include "spawn/plan.h"

/* Seen by all of them, whether they share our memory or not. */
struct nest {
	volatile int go;        /* of the cell: 0 wait, 1 the handler is there, 2 it is not */
	volatile int cell_tid;  /* not 0: the cell may still use our memory */
	volatile int cell_step; /* enum spawn_step: how far the cell did not come ... */
	volatile int cell_error;
	volatile int handler_pidfd;
	volatile long cell, handler; /* pids, or -errno */
	volatile int step;           /* what failed in making them */
};

/* What one start needs; lives as long as the slot is in use. */
struct nest_start {
	struct nest *nest;
	struct child *child;
	volatile int *handler_tid;
	char *stack;  /* three parts: who makes, the cell, the handler */
	bool clone3;  /* else clone(2) */
	bool copy;    /* ... of our memory, as by fork(2) */
	int group_fd; /* of the control group that the handler is made in; -1: ours */
	enum spawn_step fail_at;
};

enum { NEST_MAKER_STACK = 8 << 10, NEST_CELL_STACK = 8 << 10 };

/* Returns the handler's pid, and its pidfd unless it is made as a copy; -errno with
 * nest->step if it was no clone that failed, and no process left. The cell's pid is
 * nest->cell, to be reaped by the caller. */
long nest_make(struct nest_start *start, int *pidfd);

#endif
