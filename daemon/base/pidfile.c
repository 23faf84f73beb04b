#include "base/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

static char written[PATH_MAX];
static int written_fd = -1;

/* -p /dev/null must not put a file in the place of the device. */
static int check_old(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return 0;
	errno = ENOTSUP;
	return -1;
}

static int write_pid(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	ssize_t n = sys_write(fd, text, (size_t)len);

	if (n >= 0 && n < len)
		errno = ENOSPC;
	return n == len ? fchmod(fd, 0644) : -1;
}

/* Made beside its place and renamed: readers never see half of it, and a link
 * that somebody put there is replaced and not followed. */
int pidfile_write(const char *path)
{
	char fresh[PATH_MAX];
	int fd;

	if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (check_old(path) < 0 || (sys_unlink(fresh) < 0 && errno != ENOENT))
		return -1;
	fd = sys_open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	if (write_pid(fd) < 0 || rename(fresh, path) < 0) {
		fd_close(&fd);
		(void)!sys_unlink(fresh);
		return -1;
	}
	memcpy(written, path, strlen(path) + 1);
	written_fd = fd_up(fd);
	return 0;
}

/* A daemon that was started after us may have put its own there. */
static bool is_ours(void)
{
	struct stat there, ours;

	return lstat(written, &there) == 0 && fstat(written_fd, &ours) == 0 &&
	       there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

void pidfile_remove(void)
{
	if (written_fd < 0)
		return;
	if (is_ours() && sys_unlink(written) < 0)
		(void)!ftruncate(written_fd, 0);
	fd_close(&written_fd);
}

int pidfile_fd(void)
{
	return written_fd;
}

void pidfile_adopt(const char *path, int fd)
{
	if (snprintf(written, sizeof written, "%s", path) < (int)sizeof written)
		written_fd = fd;
}
