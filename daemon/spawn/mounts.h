/* spawn/mounts.h - what of the file system is a session's own.
 *
 * A mount namespace for each session, for what one client leaves behind is not for
 * the next: /tmp, /var/tmp and /dev/shm are one empty tmpfs, bounded in bytes and
 * files, and gone with the last process of the session. What the service names of
 * the old ones (its program, its directory, paths that it may use) is put back.
 * In a pid namespace of its own /proc shows that one, and so no other processes. */
#ifndef SPAWN_MOUNTS_H
#define SPAWN_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config/model.h"

enum { MOUNTS_TMP_MEBIBYTES = 64, MOUNTS_TMP_FILES = 16384, MOUNTS_KEPT = 16 };

struct mounts {
	bool tmp;
	bool proc;        /* of the pid namespace that we are in by then */
	bool noexec;      /* what is written there is no new executable memory either */
	char options[96]; /* of the tmpfs */
	bool foreign;     /* in a user namespace, where only these are somebody */
	uid_t uid;
	gid_t gid;
	const char *kept[MOUNTS_KEPT]; /* in the model */
	size_t kept_count;
};

/* In the parent, at load. E2BIG: more is to be put back than there is room for. */
int mounts_prepare(struct mounts *mounts, const struct conf_service *service);

/* In the child, when its root directory is what it will be. 0, or -errno. */
long mounts_make(const struct mounts *mounts);

/* Is the path one that a session of this service mounts? */
bool mounts_are_at(const struct conf_service *service, const char *path);

#endif
