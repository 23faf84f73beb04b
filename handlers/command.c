#include "command.h"
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_STARTED = 127 };

static volatile pid_t group; /* 0: none */

static void end_group(int number)
{
	if (group > 0)
		kill(-group, SIGKILL);
	/* As it would have ended us; it comes once this handler returns. */
	signal(number, SIG_DFL);
	raise(number);
}

/* One run serves many clients, so it must not depend on who was the first. */
static void forget_client(void)
{
	static const char *const names[] = {
	    "TCPREMOTEIP",     "TCPREMOTEPORT", "TCPLOCALIP",     "TCPLOCALPORT",
	    "REMOTE_ADDR",     "REMOTE_PORT",   "REMOTE_HOST",    "IPCREMOTEEUID",
	    "IPCREMOTEEGID",   "SO_COOKIE",     "USHERD_SESSION", "VSOCKREMOTECID",
	    "VSOCKREMOTEPORT", "VSOCKLOCALCID", "VSOCKLOCALPORT",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
}

static void __attribute__((noreturn)) execute(char *const argv[], int out, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(NOT_STARTED);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	forget_client();
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(NOT_STARTED);
}

/* Takes what there is; false at the end of it. */
static bool take_text(struct command *command, int fd)
{
	char rest[4096];
	size_t room = COMMAND_TEXT_MAX - command->len;
	ssize_t got =
	    read(fd, room ? command->text + command->len : rest, room ? room : sizeof rest);

	if (got > 0 && room)
		command->len += (size_t)got;
	return got > 0 || (got < 0 && errno == EINTR);
}

/* Until the program has ended: what it has started may keep the pipe for longer. */
static void gather(struct command *command, int fd, int pidfd, int64_t deadline_msec)
{
	struct pollfd watched[] = {{.fd = pidfd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	for (;;) {
		int64_t left = deadline_msec - client_now_msec();
		int ready = left > 0 ? poll(watched, 2, (int)left) : 0;

		if (ready < 0 && errno == EINTR)
			continue;
		command->timed_out = ready <= 0;
		if (ready <= 0 || watched[0].revents)
			break;
		if (!take_text(command, fd))
			watched[1].fd = -1;
	}
	/* What it said last may still be in the pipe, which holds 64 KiB. */
	for (int i = 0; i < 64 && watched[1].fd >= 0 && take_text(command, fd); i++)
		;
}

static bool start(char *const argv[], pid_t *pid_r, int *pidfd_r, int *out_r)
{
	pid_t self = getpid(), pid;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return false;
	/* Only our end: the program expects one that blocks. */
	(void)fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	pid = fork();
	if (pid == 0)
		execute(argv, pipes[1], self);
	close(pipes[1]);
	*out_r = pipes[0];
	*pid_r = pid;
	if (pid < 0) {
		close(pipes[0]);
		return false;
	}
	setpgid(pid, pid);
	group = pid;
	*pidfd_r = (int)syscall(SYS_pidfd_open, pid, 0);
	return true;
}

bool command_run(char *const argv[], int64_t deadline_msec, struct command *command)
{
	const struct sigaction end = {.sa_handler = end_group};
	int out, pidfd, error;
	pid_t pid;

	*command = (struct command){.len = 0};
	sigaction(SIGTERM, &end, NULL);
	if (!start(argv, &pid, &pidfd, &out))
		return false;
	error = errno;
	if (pidfd >= 0)
		gather(command, out, pidfd, deadline_msec);
	kill(-pid, SIGKILL);
	while (waitpid(pid, &command->status, 0) < 0 && errno == EINTR)
		;
	group = 0;
	close(out);
	if (pidfd >= 0)
		close(pidfd);
	command->text[command->len] = '\0';
	errno = error;
	return pidfd >= 0;
}
