#include "ask.h"
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/runtime.h"

enum { READ_SECONDS = 10 };

static const char end_of_body[] = ".\n";

void ask_init(struct ask *ask, const char *path, int64_t deadline_msec)
{
	static char found[RUNTIME_PATH_MAX];
	char dir[RUNTIME_PATH_MAX];
	const char *why;

	*ask = (struct ask){.path = path ? path : found, .deadline_msec = deadline_msec};
	runtime_control_path(geteuid(), found);
	/* Anybody could have made the directory of a user who has no usherd. */
	if (runtime_dir_of(found, dir, sizeof dir) < 0 ||
	    runtime_check_default(dir, geteuid(), &why) < 0 || access(found, F_OK) < 0)
		runtime_control_path(0, found);
}

long ask_options(int argc, char **argv, const char **path_r)
{
	long seconds = READ_SECONDS;
	int c;

	while ((c = getopt(argc, argv, "s:")) != -1) {
		if (c != 's')
			return 0;
		*path_r = optarg;
	}
	if (optind < argc)
		seconds = client_seconds(argv[optind++]);
	return optind == argc ? seconds : 0;
}

static bool __attribute__((format(printf, 2, 3))) failed(struct ask *ask, const char *format, ...)
{
	va_list ap;
	int len = snprintf(ask->why, sizeof ask->why, "%s: ", ask->path);

	if (len < 0 || len >= (int)sizeof ask->why)
		return false;
	va_start(ap, format);
	vsnprintf(ask->why + len, sizeof ask->why - (size_t)len, format, ap);
	va_end(ap);
	return false;
}

/* While more clients ask than usherd lets in, connect() waits its turn. */
static void limit_connect(int fd, int64_t deadline_msec)
{
	int64_t left = deadline_msec - client_now_msec();
	struct timeval most;

	if (left < 1)
		left = 1;
	most = (struct timeval){.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000};
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
}

static int connect_to(struct ask *ask)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(ask->path) >= sizeof addr.sun_path) {
		failed(ask, "%s", strerror(ENAMETOOLONG));
		return -1;
	}
	memcpy(addr.sun_path, ask->path, strlen(ask->path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		limit_connect(fd, ask->deadline_msec);
		if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
			return fd;
	}
	failed(ask, "%s%s", strerror(errno),
	       errno == EACCES ? " (the service's user is none who may use the socket: see "
	                         "control_group in usherd.conf(5))"
	                       : "");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A line fits into the buffer of any new socket, so this never waits. */
static bool send_question(struct ask *ask, int fd, const char *question)
{
	char line[128];
	int len = snprintf(line, sizeof line, "%s\n", question);

	if (len < 0 || len >= (int)sizeof line)
		return failed(ask, "the question is too long");
	if (send(fd, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT) != len)
		return failed(ask, "the question cannot be sent: %s", strerror(errno));
	return true;
}

static bool read_answer(struct ask *ask, int fd, struct buf *answer)
{
	enum { STEP = 32 * 1024 };

	for (;;) {
		char *to = buf_reserve(answer, STEP);
		int ready = client_poll(fd, POLLIN, ask->deadline_msec);
		ssize_t got = to && ready > 0 ? recv(fd, to, STEP, MSG_DONTWAIT) : -1;

		if (!to)
			return failed(ask, "the answer is too long");
		if (ready == 0)
			return failed(ask, "usherd does not answer in time");
		if (got == 0)
			return true;
		if (got > 0)
			answer->len += (size_t)got;
		else if (errno != EINTR && errno != EAGAIN)
			return failed(ask, "the answer cannot be read: %s", strerror(errno));
	}
}

static bool is_whole(const char *body, size_t len)
{
	const size_t end = sizeof end_of_body - 1;

	return len >= end && memcmp(body + len - end, end_of_body, end) == 0 &&
	       (len == end || body[len - end - 1] == '\n');
}

/* Leaves the body of the answer that begins at `from`. */
static bool take_body(struct ask *ask, struct buf *answer, size_t from)
{
	char *first = answer->data + from, *body;
	size_t len = answer->len - from;
	char *newline = len ? memchr(first, '\n', len) : NULL;

	if (!newline)
		return failed(ask, "usherd does not answer");
	body = newline + 1;
	len -= (size_t)(body - first);
	if (strncmp(first, "ok ", 3) != 0)
		return failed(ask, "%.*s", (int)(newline - first), first);
	if (!is_whole(body, len))
		return failed(ask, "the answer was cut off");
	len -= sizeof end_of_body - 1;
	memmove(first, body, len);
	answer->len = from + len;
	answer->data[answer->len] = '\0';
	return true;
}

bool ask(struct ask *ask, const char *question, struct buf *answer)
{
	size_t from = answer->len;
	int fd = connect_to(ask);
	bool done = fd >= 0 && send_question(ask, fd, question) && read_answer(ask, fd, answer) &&
	            take_body(ask, answer, from);

	if (fd >= 0)
		close(fd);
	if (!done)
		answer->len = from;
	return done;
}
