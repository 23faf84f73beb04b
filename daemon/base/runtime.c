#include "base/runtime.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

_Static_assert(RUNTIME_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path),
               "a path must fit into a unix socket's address");

/* After su(1) the variable may still name the other user's directory. */
static bool is_own_dir(const char *path, uid_t uid)
{
	struct stat st;

	return path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid;
}

void runtime_control_path(uid_t uid, char path[RUNTIME_PATH_MAX])
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (uid == 0) {
		snprintf(path, RUNTIME_PATH_MAX, "%s/usherd/control", RUNSTATEDIR);
		return;
	}
	if (xdg && is_own_dir(xdg, uid) &&
	    snprintf(path, RUNTIME_PATH_MAX, "%s/usherd/control", xdg) < RUNTIME_PATH_MAX)
		return;
	snprintf(path, RUNTIME_PATH_MAX, "/tmp/usherd-%lu/control", (unsigned long)uid);
}

int runtime_dir_of(const char *path, char *dir, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	const char *from = path;

	if (!slash)
		from = ".";
	if (len == 0)
		len = 1;
	if (len >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, from, len);
	dir[len] = '\0';
	return 0;
}

int runtime_check_dir(const char *dir, uid_t uid, const char **why_r)
{
	struct stat st;

	*why_r = NULL;
	if (lstat(dir, &st) < 0)
		return -1;
	if (S_ISLNK(st.st_mode) && st.st_uid != uid && st.st_uid != 0)
		*why_r = "it is a symbolic link of somebody else";
	else if (S_ISLNK(st.st_mode) && stat(dir, &st) < 0)
		return -1;
	else if (!S_ISDIR(st.st_mode))
		*why_r = "it is not a directory";
	else if (st.st_uid != uid && st.st_uid != 0)
		*why_r = "it belongs to somebody else";
	else if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
		*why_r = "others can write to it";
	if (!*why_r)
		return 0;
	errno = EPERM;
	return -1;
}

int runtime_check_default(const char *dir, uid_t uid, const char **why_r)
{
	struct stat st;

	if (uid == 0 && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode))
		uid = st.st_uid;
	return runtime_check_dir(dir, uid, why_r);
}
