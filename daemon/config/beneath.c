#include "config/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

enum { PATH_LEN = 8192 };

/* Before Linux 5.6: right but for links that lead out. */
static int open_appended(const char *root, const char *path, int flags)
{
	char whole[PATH_LEN];

	if (snprintf(whole, sizeof(whole), "%s/%s", root, path) >= (int)sizeof(whole)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return sys_open(whole, flags, 0);
}

int beneath_open(const char *root, const char *path, int flags)
{
	int dir, fd;

	if (!root)
		return sys_open(path, flags | O_CLOEXEC, 0);
	dir = sys_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return -1;
	fd = sys_open_in_root(dir, path, flags | O_CLOEXEC);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_appended(root, path, flags | O_CLOEXEC);
	fd_close(&dir);
	return fd;
}

int beneath_stat(const char *root, const char *path, struct stat *st)
{
	int fd, rc;

	if (!root)
		return stat(path, st);
	fd = beneath_open(root, path, O_PATH);
	if (fd < 0)
		return -1;
	rc = fstat(fd, st);
	fd_close(&fd);
	return rc;
}
