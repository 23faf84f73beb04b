#include "config/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

/* The number is the same everywhere; the headers may be older. */
enum { NR_OPENAT2 = 437, PATH_LEN = 8192 };

/* Before Linux 5.6: right but for links that lead out. */
static int stat_appended(const char *root, const char *path, struct stat *st)
{
	char whole[PATH_LEN];

	if (snprintf(whole, sizeof(whole), "%s/%s", root, path) >= (int)sizeof(whole)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return stat(whole, st);
}

int beneath_stat(const char *root, const char *path, struct stat *st)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	int dir, fd, rc = -1;

	if (!root)
		return stat(path, st);
	dir = sys_open(root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return -1;
	fd = (int)syscall(NR_OPENAT2, dir, path, &how, sizeof(how));
	if (fd >= 0)
		rc = fstat(fd, st);
	else if (errno == ENOSYS || errno == EPERM)
		rc = stat_appended(root, path, st);
	fd_close(&fd);
	fd_close(&dir);
	return rc;
}
