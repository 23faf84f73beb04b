#include "cgi_child.h"
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STACK_BYTES = 32 * 1024,
	GRACE_MSEC = 1000,  /* between SIGTERM and SIGKILL */
	LINGER_MSEC = 3000, /* for a script that has closed its output */
	END_MSEC = 2000,    /* for what was killed to be gone */
	LOOK_MSEC = 5,
	END_LOOKS = 40 /* on our own way out */
};

/* What the child needs; it shares our memory until it executes. */
struct start {
	const char *file;
	char *directory;
	char *const *env;
	int in, out;
	pid_t parent;
	volatile int error;
};

static volatile pid_t group; /* 0: none */

void cgi_child_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Whoever has left the group, and come to us. The kernel lists at least those that were there
 * before; who is new is found in the next look. */
static void signal_children(int number)
{
	char text[4096], *at = text, *end;
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	cgi_child_close(&fd);
	text[got > 0 ? got : 0] = '\0';
	/* A number that was cut off would be somebody else's. */
	for (long pid = strtol(at, &end, 10); pid > 1 && *end == ' '; pid = strtol(at, &end, 10)) {
		kill((pid_t)pid, number);
		at = end;
	}
}

static void rest(void)
{
	const struct timespec pause = {.tv_nsec = LOOK_MSEC * 1000000};

	nanosleep(&pause, NULL);
}

/* A handler of signals, in which nothing is called that could be in the middle of something.
 * Whoever has left the group comes to us only when its parent is gone. */
static void end_all(int number)
{
	if (group > 0)
		for (int i = 0; i < END_LOOKS && waitpid(-1, NULL, WNOHANG) >= 0; i++) {
			kill(-group, SIGKILL);
			signal_children(SIGKILL);
			rest();
		}
	/* As it would have ended us; it comes once this handler returns. */
	signal(number, SIG_DFL);
	raise(number);
}

/* Only calls that do not act on the memory that we share. errno is ours, too, and is not of
 * interest while we wait for the child to execute. */
static int __attribute__((no_sanitize("address", "undefined"))) execute(void *data)
{
	struct start *start = data;
	char *const argv[] = {(char *)start->file, NULL};

	if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    getppid() == start->parent && signal(SIGPIPE, SIG_DFL) != SIG_ERR &&
	    dup2(start->in, STDIN_FILENO) >= 0 && dup2(start->out, STDOUT_FILENO) >= 0 &&
	    chdir(start->directory) == 0) {
		/* All ours are close-on-exec; tried by hand, there may be others. */
		(void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
		execve(start->file, argv, start->env);
	}
	start->error = errno;
	_exit(127);
}

/* As posix_spawn(3) does it: no page is copied, and the kernel lets us go on when the child has
 * executed. A pidfd at once, so that nobody else can get to be meant. */
static bool run(struct start *start, struct cgi_child *child)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	int pidfd = -1;
	pid_t pid = clone(execute, stack + sizeof stack,
	                  CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, start, &pidfd);

	if (pid < 0)
		return false;
	if (start->error) {
		close(pidfd);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		errno = start->error;
		return false;
	}
	child->pid = group = pid;
	child->pidfd = pidfd;
	return true;
}

static bool make_pipe(int fds[2], int ours)
{
	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	/* Only our end: the script expects one that blocks. */
	return fcntl(fds[ours], F_SETFL, O_NONBLOCK) == 0;
}

static void prepare(void)
{
	const struct sigaction end = {.sa_handler = end_all};
	static bool prepared;

	if (prepared)
		return;
	prepared = true;
	/* Where either fails, less can be found to be ended; it is no reason not to serve. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)sigaction(SIGTERM, &end, NULL);
}

bool cgi_child_start(struct cgi_child *child, const char *file, char *const env[], int body)
{
	struct start start = {.file = file, .env = env, .in = body, .parent = getpid()};
	int in[2] = {-1, -1}, out[2] = {-1, -1}, error;
	const char *slash = strrchr(file, '/');
	bool started = false;

	*child = (struct cgi_child){.pidfd = -1, .status = -1, .in = -1, .out = -1};
	start.directory = strndup(file, slash > file ? (size_t)(slash - file) : 1);
	if (start.directory && (body >= 0 || make_pipe(in, 1)) && make_pipe(out, 0)) {
		if (body < 0)
			start.in = in[0];
		start.out = out[1];
		prepare();
		started = run(&start, child);
	}
	error = errno;
	free(start.directory);
	cgi_child_close(&in[0]);
	cgi_child_close(&out[1]);
	if (started) {
		child->in = in[1];
		child->out = out[0];
	} else {
		cgi_child_close(&in[1]);
		cgi_child_close(&out[0]);
	}
	errno = error;
	return started;
}

/* Everybody who has ended. False: nobody is left. */
static bool reap(struct cgi_child *child)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == child->pid)
			child->status = status;
	return pid == 0 || errno != ECHILD;
}

static void signal_all(const struct cgi_child *child, int number)
{
	kill(-child->pid, number);
	signal_children(number);
}

static void forget(struct cgi_child *child)
{
	group = 0;
	child->pid = 0;
	cgi_child_close(&child->pidfd);
	cgi_child_close(&child->in);
	cgi_child_close(&child->out);
}

void cgi_child_end(struct cgi_child *child)
{
	int64_t began = client_now_msec(), now = began;

	if (child->pid == 0)
		return;
	/* Closed first, so that who waits for us does so no more. */
	cgi_child_close(&child->in);
	cgi_child_close(&child->out);
	signal_all(child, SIGTERM);
	while (reap(child) && now < began + GRACE_MSEC + END_MSEC) {
		if (now >= began + GRACE_MSEC)
			signal_all(child, SIGKILL);
		rest();
		now = client_now_msec();
	}
	forget(child);
}

bool cgi_child_wait(struct cgi_child *child, int64_t deadline_msec)
{
	if (child->status < 0 && client_poll(child->pidfd, POLLIN, deadline_msec) > 0)
		(void)reap(child);
	return child->status >= 0;
}

bool cgi_child_finish(struct cgi_child *child, int64_t deadline_msec)
{
	int64_t most = client_now_msec() + LINGER_MSEC;
	bool left;

	if (!cgi_child_wait(child, most < deadline_msec ? most : deadline_msec)) {
		cgi_child_end(child);
		return true;
	}
	left = reap(child);
	forget(child);
	return !left;
}
