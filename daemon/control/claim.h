/* control/claim.h - one usherd a control socket: takes its path, and gives it back.
 *
 * Two that start at once cannot both get it: who holds the lock (flock(2)) on
 * PATH.lock, which death releases, may replace what a dead one left behind, and
 * nobody else touches the socket. The lock's file holds the pid, for who comes
 * too early to be answered by the socket. Used by control/control.c only. */
#ifndef CONTROL_CLAIM_H
#define CONTROL_CLAIM_H

#include <sys/types.h>

#include "base/addr.h"

struct claim {
	int fd; /* listens; non-blocking; -1: nothing is claimed */
	int lock_fd;
	struct addr addr;
	dev_t dev; /* what the socket's path named when it was bound */
	ino_t ino;
};

struct claim_options {
	const char *path;
	uid_t uid;        /* the account that serves it later: owner of what is made here */
	gid_t gid;        /* that account's, for the directory */
	gid_t socket_gid; /* who may change things; (gid_t)-1: not changed */
	mode_t mode;      /* of the socket: who may connect */
};

struct claim_failure {
	pid_t running;  /* somebody serves it: its pid, 0 if that is not to be had; else -1 */
	char text[512]; /* what is wrong, in words */
};

/* The directory is made if it is missing: 0755, or 0700 where nobody else may
 * connect anyway. Leaves nothing behind on failure but that directory. */
int claim_take(struct claim *claim, const struct claim_options *options,
               struct claim_failure *failure);

/* Removes socket and lock, if they are still ours. */
void claim_release(struct claim *claim);

/* For an upgrade: it is ours already. Touches neither. */
int claim_adopt(struct claim *claim, const struct claim *was, const char *path);

#endif
