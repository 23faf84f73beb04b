/* spawn/subtree.h - our part of the tree of control groups, and the groups in it.
 *
 *     own ──┬─► supervisor            usherd itself
 *           └─► service-NAME ──► 17   one session, with all that it starts
 *
 * "own" is the group that we were started in if the service manager has delegated
 * it (Delegate=yes) or if we are alone in a group that we may write; else a group
 * "usherd" that is made in it. A lock on its directory says that it is somebody's;
 * another usherd in the same group takes "usherd.2". usherd itself moves to a
 * leaf, because a group with processes cannot pass controllers on (cgroups(7),
 * "no internal processes"), and because who starts a process in a group needs the
 * right to write their common ancestor (clone3 with CLONE_INTO_CGROUP).
 *
 * subtree_open() is called while we have all privileges and gives the groups to
 * who we become. A session's group is made before its start and removed once it
 * is empty; what of it cannot be removed is the caller's to try again. */
#ifndef SPAWN_SUBTREE_H
#define SPAWN_SUBTREE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { SUBTREE_NAME_MAX = 256, SUBTREE_WHY_MAX = 256 };

struct subtree {
	int fd;               /* of "own", locked; -1: there is none */
	int way_back;         /* to where we came from, for writing pids; -1: none */
	bool made;            /* "own" was made by us */
	unsigned controllers; /* CGROUP_..., that hold in the groups of sessions */
	char path[PATH_MAX];  /* of "own" */
};

struct subtree_options {
	const char *proc; /* CGROUP_PROC, but in tests */
	uid_t uid;        /* to whom it is given; (uid_t)-1: nobody else */
	gid_t gid;
	unsigned wanted; /* controllers; that one lacks is no failure */
};

/* What a session's group gets; "" for nothing. */
struct subtree_limits {
	bool wanted;          /* a group at all */
	bool required;        /* one that lacks is a failure, else it is done without */
	unsigned controllers; /* that these need */
	char memory_max[24], pids_max[16], cpu_max[48];
};

void subtree_init(struct subtree *tree);
/* -1 with a sentence. The processes stay where they are then. */
int subtree_open(struct subtree *tree, const struct subtree_options *options,
                 char why[SUBTREE_WHY_MAX]);
/* Removes what is empty, goes back to where we came from, and lets go of it. */
void subtree_close(struct subtree *tree);

/* Makes the group of a session, with its limits: a descriptor of it, its name in
 * `name`; -1 with errno, what failed in *what_r, and nothing left of it. */
int subtree_make(const struct subtree *tree, const char *service, uint64_t session,
                 const struct subtree_limits *limits, char name[SUBTREE_NAME_MAX],
                 const char **what_r);
/* -1 with EBUSY: there are processes in it. One that is not there is no failure. */
int subtree_remove(const struct subtree *tree, const char *name);
/* That of a service, if no session's is in it. */
void subtree_remove_service(const struct subtree *tree, const char *service);

/* A signal to all in a group; SIGKILL to those as well that are being made while
 * it is sent (cgroup.kill, Linux 5.14; before it, in a few rounds). False: nobody
 * was there. */
bool subtree_signal(const struct subtree *tree, const char *name, int signal);

/* A file of a group: its length, or -1. */
ssize_t subtree_read(const struct subtree *tree, const char *name, const char *file, char *text,
                     size_t size);

#endif
