/* spawn/landlock.h - the rule set of a service (landlock(7)), made at load.
 *
 * It is kept as a descriptor high up, and entering it is two system calls a start.
 * Rules are for files, not for names: each is found once, in the parent's view of the
 * file system, and holds for the same file wherever a child sees it, behind a chroot
 * or in another mount namespace. What is mounted later is another file system: of its
 * files the kernel asks the rule of the mount's own root, and then those of the directory
 * in which the mount point is and of all above, but not that of the mount point, which
 * the mount hides. So for a file system that is made for each session the set must be
 * made after it, for each session, too; for one that a service's sessions share it can
 * be made at load, with a rule for the root of that file system.
 *
 * From the moment when a child has entered it may mount nothing; chroot and chdir
 * work. What it cannot open any more, its later steps must not need. */
#ifndef SPAWN_LANDLOCK_H
#define SPAWN_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "config/model.h"

/* As the kernel numbers them, in every version. */
struct landlock_rights {
	uint64_t files; /* all others stay free */
	uint64_t network;
	uint64_t scopes;
};

/* A rule of a set that each child makes for itself. */
struct landlock_rule {
	uint64_t allowed;
	int fd;           /* -1: found by the child, in what it has mounted */
	const char *path; /* in the model */
};

struct landlock {
	int fd; /* the rule set; -1: made by each child, of these */
	struct landlock_rights handled;
	size_t handled_size; /* as much of it as the kernel knows */
	struct landlock_rule *rule;
	size_t count;
};

/* What a kernel with this version of Landlock is asked to refuse. */
void landlock_handled(const struct conf_landlock *conf, struct landlock_rights *rights_r);

/* What of it a rule gives back, for a directory and all below it, or for a file. use is a
 * set of enum conf_path_use. */
uint64_t landlock_allowed(uint64_t handled, unsigned use, bool directory);

/* Paths are those below root_fd, unless it is -1. NULL with errno; *path_r is then the path
 * that was the reason, or NULL. Where we cannot see a path but the handler's user (uid)
 * can, it is looked for as that user. */
struct landlock *landlock_new(const struct conf_service *service, int root_fd, const char **path_r);
void landlock_free(struct landlock **landlock); /* accepts NULL, clears the pointer */

/* In the child, while it has the parent's descriptors: it has no way back. It gains no
 * privileges from then on. 0, or -errno. */
long landlock_enter(const struct landlock *landlock);

#endif
