#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"

enum { FLOOR_MOST = 4096 };

static unsigned limit = 1024;
static int floor_fd = 512;

int fd_fill_standard(void)
{
	int fd;

	do {
		fd = sys_open("/dev/null", O_RDWR, 0);
		if (fd < 0)
			return -1;
	} while (fd <= 2);
	close(fd);
	return 0;
}

void fd_raise_limit(struct rlimit *original_r)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0) {
		original_r->rlim_cur = original_r->rlim_max = 1024;
		return;
	}
	*original_r = rl;
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) < 0)
		rl = *original_r;
	limit = rl.rlim_cur > INT_MAX / 2 ? INT_MAX / 2 : (unsigned)rl.rlim_cur;
	floor_fd = limit / 2 < FLOOR_MOST ? (int)(limit / 2) : FLOOR_MOST;
}

unsigned fd_limit(void)
{
	return limit;
}

int fd_up(int fd)
{
	int up;

	if (fd < 0 || fd >= floor_fd)
		return fd;
	up = sys_dupfd(fd, floor_fd);
	if (up < 0)
		return fd;
	close(fd);
	return up;
}

bool fd_is_up(int fd)
{
	return fd >= floor_fd;
}

int fd_down(int fd)
{
	return sys_dupfd(fd, 3);
}

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_set_nonblock(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

void fd_close_from(int first)
{
	if (syscall(SYS_close_range, first, ~0u, 0) == 0)
		return;
	for (int fd = first; fd < (int)limit; fd++)
		close(fd);
}

static unsigned fd_count_each(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < (int)limit; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

unsigned fd_count(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (!dir)
		return fd_count_each();
	while (readdir(dir))
		n++;
	closedir(dir);
	/* ".", ".." and the directory itself */
	return n > 3 ? n - 3 : fd_count_each();
}
