/* spawn/slots.h - the ring of starts in flight.
 *
 * A start is in flight from the clone until the child has left our memory: the
 * kernel clears the slot's tid word then, by exec or by death (CLONE_CHILD_CLEARTID,
 * clone(2)), and nobody has to wait for it. Each slot has all that one start
 * needs: a stack with a guard page, the connection's part of the environment,
 * and the child's {step, error}. A slot that is stuck blocks nothing but itself. */
#ifndef SPAWN_SLOTS_H
#define SPAWN_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "spawn/child.h"
#include "spawn/nest.h"
#include "spawn/plan.h"

enum { SLOTS = 32, SLOT_STACK = 32 << 10, SLOT_TEXT = 4096, SLOT_STUCK_MSEC = 1000 };

struct slot {
	volatile int tid;  /* not 0: a child may still use what is in here */
	struct nest *nest; /* of a start with a cell beside it ... */
	struct nest_start pair;
	pid_t cell; /* ... to be reaped by who started it; 0: none */
	bool left;  /* reported, but the cell still uses our memory */
	struct child child;
	struct plan *plan;
	void *owner;
	pid_t pid;
	int pidfd;    /* the session's, not ours to close; -1: none */
	int error_fd; /* after fork: the end to read {step, error} from; else -1 */
	int into_fd;  /* the group that it is made in, not ours to close; or -1 */
	int group_fd; /* ... or by which it enters that itself; else -1 */
	bool killed;  /* it was stuck, for too long or ... */
	bool stopped; /* ... because somebody had stopped it */
	msec_t since;

	char *stack; /* lowest byte above the guard page */
	const char **envp;
	size_t env_count, env_size;
	char *text; /* SLOT_TEXT bytes above the stack: what envp points at, but for the
	             * plan's part */
	size_t text_used;
	bool overflow;
	char *pid_text; /* in text: where the child writes its pid; NULL: nowhere */
};

struct slots {
	struct slot slot[SLOTS];
	struct nest *nests; /* of all slots; shared with children that are copies */
	unsigned next;      /* where the search for a free one begins: the oldest */
	unsigned busy;
	uint32_t busy_bits; /* which ones: slots are far apart, and most are free */
	unsigned stuck;     /* of these, in flight for SLOT_STUCK_MSEC and longer */
};

int slots_init(struct slots *slots); /* of zeroed memory, most of which is not touched */
void slots_free(struct slots *slots);

/* A slot that is free, or NULL. */
struct slot *slots_get(struct slots *slots);
void slots_mark(struct slots *slots, struct slot *slot, bool busy);

/* The busy slots from the first-th on: slots_next(slots, 0), then one above what
 * was returned, until -1. */
int slots_next(const struct slots *slots, int first);

/* Waits for the oldest start in flight, for a millisecond at most. */
void slots_wait(struct slots *slots);

/* Has the child left? Fetches its report, if it came by pipe. */
bool slot_is_done(struct slot *slot);

/* Does anybody use the slot still? */
bool slot_is_left(const struct slot *slot);

/* The child was reaped, so it has left, whatever the word or the pipe say: old
 * kernels (before 5.16) keep the word of one that dumped core, and a sibling may
 * hold the pipe open a moment longer. */
void slot_ended(struct slot *slot);

/* Begins an environment: what the plan says, then as added, then NULL. A name
 * ends with '='. What does not fit makes slot_env_end() fail with E2BIG. */
int slot_env_begin(struct slot *slot, const struct plan *plan);
void slot_env_add(struct slot *slot, const char *name, const char *value);
int slot_env_end(struct slot *slot);
/* A value that only the child knows: its pid, which it writes itself. */
void slot_env_add_pid(struct slot *slot, const char *name);

#endif
