#include "base/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

static int news = -1; /* the child's end of the pipe */

/* One byte, or the end of the pipe when the child has ended. */
static int wait_for_news(int fd, pid_t pid)
{
	int status;
	char byte;

	if (sys_read(fd, &byte, 1) == 1)
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum detach_side detach(int *status_r)
{
	int fds[2];
	pid_t pid;

	if (sys_pipe2(fds, O_CLOEXEC) < 0)
		return DETACH_FAILED;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		news = fd_up(fds[1]);
		(void)setsid();
		return DETACH_CHILD;
	}
	fd_close(&fds[1]);
	if (pid > 0)
		*status_r = wait_for_news(fds[0], pid);
	fd_close(&fds[0]);
	return pid > 0 ? DETACH_PARENT : DETACH_FAILED;
}

void detach_ready(bool keep_stderr)
{
	int null;

	if (news < 0)
		return;
	null = keep_stderr ? -1 : sys_open("/dev/null", O_RDWR | O_CLOEXEC, 0);
	if (null >= 0) {
		(void)dup2(null, STDERR_FILENO);
		fd_close(&null);
	}
	/* Whoever waited may be gone: that is his business. */
	(void)!sys_write(news, "", 1);
	fd_close(&news);
}
