#include "unit/handler.h"

#include "unit/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MSEC = 30000 };

void tcp_pair(int fds[2])
{
	struct sockaddr_in here = {.sin_family = AF_INET,
	                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&here, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &len), 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fds[1], (struct sockaddr *)&here, len), 0);
	fds[0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fds[0] >= 0);
	close(listener);
}

void unix_pair(int fds[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
}

static void execute(const char *path, const char *argument, int fd)
{
	char *const argv[] = {(char *)path, (char *)argument, NULL};

	/* So that it does not outlive a test that fails. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	execv(path, argv);
	_exit(127);
}

struct handler handler_start(const char *name, const char *argument, int fds[2])
{
	const char *build = getenv("USHERD_BUILD");
	struct handler handler = {.fd = fds[1]};
	char path[4096];

	snprintf(path, sizeof(path), "%s/handlers/%s", build ? build : ".", name);
	handler.pid = fork();
	if (handler.pid == 0)
		execute(path, argument, fds[0]);
	assert_true(handler.pid > 0);
	close(fds[0]);
	return handler;
}

static void wait_for(int fd, short events)
{
	struct pollfd pfd = {.fd = fd, .events = events};

	assert_int_equal(poll(&pfd, 1, DEADLINE_MSEC), 1);
}

void handler_send(const struct handler *handler, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t sent = send(handler->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0) {
			assert_int_equal(errno, EAGAIN);
			wait_for(handler->fd, POLLOUT);
			continue;
		}
		at += sent;
		len -= (size_t)sent;
	}
}

size_t handler_receive(const struct handler *handler, char *data, size_t size)
{
	size_t all = 0;
	ssize_t got;

	do {
		wait_for(handler->fd, POLLIN);
		got = recv(handler->fd, data + all, size - all, 0);
		if (got < 0)
			fail_msg("recv after %zu bytes: %s", all, strerror(errno));
		all += (size_t)got;
		assert_true(all < size);
	} while (got > 0);
	return all;
}

void handler_abort(struct handler *handler)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(handler->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(handler->fd);
	handler->fd = -1;
}

int handler_end(struct handler *handler)
{
	int status, pidfd = (int)syscall(SYS_pidfd_open, handler->pid, 0);

	if (handler->fd >= 0)
		close(handler->fd);
	handler->fd = -1;
	if (pidfd >= 0) {
		wait_for(pidfd, POLLIN);
		close(pidfd);
	}
	assert_int_equal(waitpid(handler->pid, &status, 0), handler->pid);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}
