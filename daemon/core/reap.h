/* core/reap.h - the way out: who has ended, and what that gives back.
 *
 * Each session's pidfd sits in an epoll set of its own whose ready list names
 * the dead. SIGCHLD's byte wakes the loop, which drains the self-pipe and calls
 * reap_all() after; so signals may coalesce, and an end that comes in between
 * is in the set already or sends a byte of its own. Never wait4(-1): that walks
 * every living child in the kernel. Children that are nobody's session (an
 * orphan given to us, one without a pidfd) are found by a rare sweep. */
#ifndef CORE_REAP_H
#define CORE_REAP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "base/loop.h"
#include "core/cells.h"

struct session;
struct supervisor;

struct reaper {
	int epoll_fd;   /* of the pidfds; in no loop */
	bool more;      /* a full batch: look again before sleeping */
	bool adopts;    /* pid 1 or a subreaper: strangers may become our children */
	unsigned blind; /* sessions that no pidfd watches */
	msec_t swept;
	struct loop_timer sweep_timer;
	uint64_t reaped;
	struct cells cells;
};

int reap_init(struct supervisor *sup);
void reap_free(struct supervisor *sup);

/* A session has begun. Where its pidfd cannot be watched, sweeps look for it. */
void reap_watch(struct supervisor *sup, struct session *session);

/* Gives back all that the session had: it has ended, with all that kept its place. */
void reap_gone(struct session *session, const siginfo_t *info, const struct rusage *usage);

/* Reaps up to a batch of the dead; signalled: SIGCHLD has come. */
void reap_all(struct supervisor *sup, bool signalled);

#endif
