/* spawn/spawn.h - starts one program exactly as a plan describes.
 *
 * In order: spawn_slot(), the environment (spawn/slots.h), spawn_start(). The
 * child runs on by itself; spawn_settle(), called once a turn of the loop,
 * reports each start whose child has left our memory, and only then may the
 * client's descriptor be closed. Never waits for a child. */
#ifndef SPAWN_SPAWN_H
#define SPAWN_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/clock.h"
#include "spawn/child.h"
#include "spawn/slots.h"

/* How children are made; the best that the kernel lets us. */
enum spawn_way {
	SPAWN_BY_CLONE3, /* shares memory and descriptors with us until the exec */
	SPAWN_BY_CLONE,  /* the same by the older call, signals blocked meanwhile */
	SPAWN_BY_FORK    /* a copy; errors come back by a pipe */
};

/* How a start ended. */
struct spawn_result {
	enum spawn_step step; /* what failed; SPAWN_NONE: the program runs */
	int error;            /* of that step */
	bool killed;          /* it was stuck before the exec, so it was killed, ... */
	bool stopped;         /* ... since somebody had stopped it: no fault of the program */
};

struct spawner;

struct spawn_options {
	/* Children that change the user must not share our memory: fs.suid_dumpable
	 * is 1, so another process of that user could trace them. */
	bool fork_for_users;
	void (*settled)(void *owner, const struct spawn_result *result);
};

/* Tries out which way works. NULL with errno. */
struct spawner *spawn_new(const struct spawn_options *options);
void spawn_free(struct spawner **spawner);

/* The way in use for programs that keep our user, and for those that do not. Plans
 * that want a memory of their own go by fork in any case. */
enum spawn_way spawn_way(const struct spawner *spawner, bool change_user);
const char *spawn_way_name(enum spawn_way way);

/* A slot to start in; NULL where all are busy. */
struct slot *spawn_slot(struct spawner *spawner);
bool spawn_is_full(const struct spawner *spawner);

/* To be called before a turn of the loop that could start nothing, all slots
 * being busy: lets the children have the processor, for 1 ms at most. */
void spawn_wait(struct spawner *spawner);

/* The child of the next start of this slot is made in this control group, a
 * directory of version 2, which stays the caller's to close after the start. */
void spawn_into(struct slot *slot, int group_fd);

/* Starts the plan in the slot. client is the connection and stderr_fd the log's
 * end (-1: none), both at low descriptors, to be closed when it is settled.
 * *pidfd_r is -1 where the kernel has none. Returns the pid, or -1 with errno
 * and the slot free again, its child.step what failed if it was no clone; EAGAIN, ENOMEM, EMFILE
 * and ENFILE mean that the machine lacks something, not that the plan is bad. */
pid_t spawn_start(struct spawner *spawner, struct slot *slot, struct plan *plan, int client,
                  int stderr_fd, void *owner, msec_t now, int *pidfd_r);

/* Reports the starts that are done; kills a child that was stopped before its
 * exec, and one that has taken 10 s. */
void spawn_settle(struct spawner *spawner, msec_t now);

/* The child was reaped: its start, if it was still in flight, is done. */
void spawn_ended(struct spawner *spawner, pid_t pid);

/* How many starts one service may have in flight: half of the slots that are not
 * stuck. So a program that hangs in its exec (a slow disk) takes no more than
 * that from the others, and several such cannot take all. */
unsigned spawn_share(const struct spawner *spawner);
bool spawn_is_stuck(const struct spawner *spawner); /* any slot is */

/* Starts in flight: while there are any, the loop should not sleep long. */
unsigned spawn_in_flight(const struct spawner *spawner);

/* Does this error say that the machine lacks something? */
bool spawn_is_shortage(int error);

#endif
