#include "spawn/mounts.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/stat.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "spawn/rawcall.h"

/* The same everywhere; the headers may be older. */
enum { NR_OPEN_TREE = 428, NR_MOVE_MOUNT = 429, OPEN_CLONE = 1, MOVE_EMPTY_PATH = 4 };

static const char *const tmp_paths[] = {"/tmp", "/var/tmp", "/dev/shm"};

enum { TMP_PATHS = sizeof tmp_paths / sizeof *tmp_paths };

static bool is_beneath(const char *path, const char *top)
{
	size_t len = strlen(top);

	return strncmp(path, top, len) == 0 && path[len] == '/' && path[len + 1] != '\0';
}

static int keep(struct mounts *mounts, const char *path)
{
	bool hidden = false;

	for (int i = 0; i < TMP_PATHS; i++)
		hidden |= is_beneath(path, tmp_paths[i]);
	for (size_t i = 0; i < mounts->kept_count; i++)
		hidden &= strcmp(mounts->kept[i], path) != 0;
	if (!hidden)
		return 0;
	if (mounts->kept_count == MOUNTS_KEPT || strlen(path) >= PATH_MAX) {
		errno = E2BIG;
		return -1;
	}
	mounts->kept[mounts->kept_count++] = path;
	return 0;
}

static int keep_all(struct mounts *mounts, const struct conf_service *service)
{
	int r = keep(mounts, service->path);

	if (r == 0)
		r = keep(mounts, service->directory);
	for (size_t i = 0; r == 0 && i < service->landlock.count; i++)
		r = keep(mounts, service->landlock.path[i].text);
	return r;
}

/* In a user namespace root is nobody, and may own nothing that can be written to. */
int mounts_prepare(struct mounts *mounts, const struct conf_service *service)
{
	int n = snprintf(mounts->options, sizeof mounts->options, "size=%dm,nr_inodes=%d,mode=1777",
	                 MOUNTS_TMP_MEBIBYTES, MOUNTS_TMP_FILES);

	if (service->user_space)
		snprintf(mounts->options + n, sizeof mounts->options - (size_t)n, ",uid=%u,gid=%u",
		         (unsigned)service->uid, (unsigned)service->gid);
	mounts->tmp = service->private_tmp;
	mounts->proc = service->private_pids;
	mounts->noexec = service->filter == CONF_FILTER_STRICT;
	mounts->foreign = service->user_space;
	mounts->uid = service->uid;
	mounts->gid = service->gid;
	return mounts->tmp ? keep_all(mounts, service) : 0;
}

bool mounts_are_at(const struct conf_service *service, const char *path)
{
	for (int i = 0; service->private_tmp && i < TMP_PATHS; i++)
		if (strcmp(path, tmp_paths[i]) == 0)
			return true;
	return service->private_pids && (strcmp(path, "/proc") == 0 || is_beneath(path, "/proc"));
}

/* ---- in the child ---- */

IN_CHILD static bool is_missing(long r)
{
	return r == -ENOENT || r == -ENOTDIR;
}

/* The same one at all places: one that is made costs more than one that is bound. */
IN_CHILD static long make_tmp(const struct mounts *mounts)
{
	long r =
	    rawcall(SYS_mount, (long)"tmpfs", (long)tmp_paths[0], (long)"tmpfs",
	            MS_NOSUID | MS_NODEV | (mounts->noexec ? MS_NOEXEC : 0), (long)mounts->options);

	for (int i = 1; r >= 0 && i < TMP_PATHS; i++) {
		r = rawcall(SYS_mount, (long)tmp_paths[0], (long)tmp_paths[i], 0, MS_BIND, 0);
		if (is_missing(r))
			r = 0;
	}
	return r;
}

/* The directories on the way, then a file or a directory to mount on. What is there
 * already is fine. */
IN_CHILD static long make_place(const char *path, bool directory)
{
	char part[PATH_MAX];
	long r = 0;

	for (size_t i = 0; r >= 0 || r == -EEXIST; i++) {
		part[i] = '\0';
		if (i > 0 && path[i] == '/')
			r = rawcall3(SYS_mkdirat, AT_FDCWD, part, 0755);
		if (path[i] == '\0')
			break;
		part[i] = path[i];
	}
	if (r < 0 && r != -EEXIST)
		return r;
	r = directory ? rawcall3(SYS_mkdirat, AT_FDCWD, path, 0755)
	              : rawcall4(SYS_mknodat, AT_FDCWD, path, S_IFREG | 0600, 0);
	return r == -EEXIST ? 0 : r;
}

IN_CHILD static bool is_directory(long fd)
{
	struct statx st;

	st.stx_mode = 0;
	(void)rawcall(SYS_statx, fd, (long)"", AT_EMPTY_PATH, STATX_TYPE, (long)&st);
	return S_ISDIR(st.stx_mode);
}

IN_CHILD static long put_back(long fd, const char *path)
{
	long r = make_place(path, is_directory(fd));

	if (r >= 0)
		r = rawcall(NR_MOVE_MOUNT, fd, (long)"", AT_FDCWD, (long)path, MOVE_EMPTY_PATH);
	return r;
}

/* In a user namespace who makes something must be somebody there, as we are not yet.
 * The privileges stay: only root loses them so. */
IN_CHILD static long become_owner(const struct mounts *mounts)
{
	long r;

	if (!mounts->foreign || mounts->kept_count == 0)
		return 0;
	r = rawcall3(SYS_setresgid, -1, mounts->gid, -1);
	return r < 0 ? r : rawcall3(SYS_setresuid, -1, mounts->uid, -1);
}

/* The table of descriptors is the parent's still, so all that is opened is closed. */
IN_CHILD static long cover(const struct mounts *mounts)
{
	long fd[MOUNTS_KEPT], r;

	for (size_t i = 0; i < mounts->kept_count; i++)
		fd[i] = rawcall3(NR_OPEN_TREE, AT_FDCWD, mounts->kept[i], OPEN_CLONE | O_CLOEXEC);
	r = make_tmp(mounts);
	if (r >= 0)
		r = become_owner(mounts);
	for (size_t i = 0; i < mounts->kept_count; i++) {
		if (fd[i] < 0) {
			r = r >= 0 && !is_missing(fd[i]) ? fd[i] : r;
			continue;
		}
		if (r >= 0)
			r = put_back(fd[i], mounts->kept[i]);
		(void)rawcall1(SYS_close, fd[i]);
	}
	return r;
}

/* Where a root has none there is nothing to be seen. */
IN_CHILD static long make_proc(void)
{
	long r = rawcall(SYS_mount, (long)"proc", (long)"/proc", (long)"proc",
	                 MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);

	return is_missing(r) ? 0 : r;
}

IN_CHILD long mounts_make(const struct mounts *mounts)
{
	long r;

	if (!mounts->tmp && !mounts->proc)
		return 0;
	r = rawcall1(SYS_unshare, CLONE_NEWNS);
	/* Nothing comes in any more, and nothing goes out. */
	if (r >= 0)
		r = rawcall(SYS_mount, 0, (long)"/", 0, MS_REC | MS_PRIVATE, 0);
	if (r >= 0 && mounts->proc)
		r = make_proc();
	return r >= 0 && mounts->tmp ? cover(mounts) : r;
}
