/* core/group.h - the control groups of sessions: begun, watched, ended (spawn/subtree.h).
 *
 * A session of a service with memory_max, pids_max, cpu_max or slot = "tree" runs
 * in a group of its own. When its process has ended the group is removed, which
 * works exactly when nobody is left in it. Else it stays until its last process
 * ends: with slot = "tree" the session stays with it and keeps its place; otherwise
 * the session is over, and the group is left behind with its limits. Of those there
 * are at most LEFT_MOST: above that the oldest is killed. One that was told to end,
 * or has a max_runtime, is killed when that time is over, and all of them are when
 * usherd ends.
 *
 * The kernel tells that a group is empty by a change of cgroup.events: one watch of
 * inotify(7) for each group that has outlived its process, none for the others. Each
 * second a batch of them is tried besides.
 *
 * core/group.c is what a session has to do with it, core/group_left.c those that
 * outlive their process, core/group_open.c the beginning and the end. */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/loop.h"
#include "config/model.h"
#include "spawn/subtree.h"

struct conn;
struct session;
struct slot;
struct supervisor;

struct session_group {
	struct list link;        /* in groups->left once its process has ended */
	struct session *session; /* that it belongs to; NULL: it was left behind */
	int watch;               /* -1: none */
	msec_t kill_at;          /* of one that was left behind; -1: never */
	siginfo_t info;          /* how its process ended, and what it had used */
	struct rusage usage;
	char name[SUBTREE_NAME_MAX];
};

struct groups {
	struct subtree tree;
	bool open;
	char why[SUBTREE_WHY_MAX]; /* it is not, if that was tried */
	struct loop_watch watch;   /* inotify; its descriptor is -1 where there is none */
	struct loop_timer timer;   /* while any are left */
	struct list left;          /* the oldest first */
	unsigned behind;           /* of these, without a session */
	msec_t told;               /* when the log was told last that a limit was reached */
	unsigned untold;           /* ... and how often it was not since */
};

/* There are none; cannot fail. The second half may, with ENOMEM. */
void groups_begin(struct supervisor *sup);
int groups_init(struct supervisor *sup);
/* The end: what is left is killed, and all is removed. */
void groups_free(struct supervisor *sup);

/* Makes what the configuration needs, for who we will be: before privileges are
 * dropped. -1 with sentences, a line each, where a service that requires it cannot
 * have what it asks for. */
int groups_open(struct supervisor *sup, struct buf *why);
/* The same for a configuration that is to be served from now on; what was given up
 * with the privileges cannot be made any more. */
void groups_check(struct supervisor *sup, const struct conf *conf, bool make, struct buf *why);
/* After an upgrade, the tree and the groups being known: watches them anew. */
int groups_attach(struct supervisor *sup);
/* Those of services that have none any more go. */
void groups_tidy(struct supervisor *sup);
/* What a service asks for and does not get, in words; nothing if it gets all. */
void groups_lack(const struct supervisor *sup, const struct conf_service *conf, struct buf *out);

/* The session that is about to start in the slot gets its group: its descriptor, to
 * be closed after the start, -1 if it needs none. Fails with errno, and says in the
 * slot that it is the step SPAWN_CGROUP. */
int group_begin(struct conn *conn, struct slot *slot, int *fd_r);
/* Its process has ended; with slot = "tree" *usage becomes that of all. False if others of its
 * group hold its place; then reap_gone() is called when they have ended, too. */
bool group_end(struct session *session, const siginfo_t *info, struct rusage *usage);
/* The session is forgotten. */
void group_forget(struct session *session);
/* To all of a session. False if nobody got it. */
bool group_signal(const struct session *session, int signal);

/* For the files group*.c. Out of it and out of the tree, if it is empty; its session,
 * if it has one, is gone then, too. */
bool group_remove(struct supervisor *sup, struct session_group *group);
/* It has outlived its process. */
void group_leave(struct supervisor *sup, struct session_group *group);
/* A signal to those that were left behind. */
void groups_tell(struct supervisor *sup, int signal);

#endif
