#include "tools/ask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/runtime.h"
#include "base/sys.h"
#include "control/protocol.h"

enum {
	ANSWER_MAX = 256 << 20,
	PATIENCE_SEC = 30, /* without a byte of an answer */
};

static int __attribute__((format(printf, 3, 4)))
wrong(struct reply *reply, int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reply->why, sizeof reply->why, format, ap);
	va_end(ap);
	return status;
}

/* Where usherd listens if nobody said otherwise. Others could have made the
 * directory first, to be asked in its place. */
static int find_socket(const char *socket, struct reply *reply, char path[RUNTIME_PATH_MAX])
{
	char dir[RUNTIME_PATH_MAX];
	const char *why;

	if (socket) {
		if (snprintf(path, RUNTIME_PATH_MAX, "%s", socket) >= RUNTIME_PATH_MAX)
			return wrong(reply, EXIT_USAGE, "%s: it is too long for a socket", socket);
		return 0;
	}
	runtime_control_path(geteuid(), path);
	(void)runtime_dir_of(path, dir, sizeof dir);
	if (runtime_check_default(dir, geteuid(), &why) == 0)
		return 0;
	if (why)
		return wrong(reply, EXIT_FAILED, "%s: not to be trusted: %s", dir, why);
	if (errno == ENOENT)
		return wrong(reply, EXIT_NO_DAEMON, "no usherd runs: there is no %s", path);
	return wrong(reply, EXIT_FAILED, "%s: %s", dir, strerror(errno));
}

static void set_patience(int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_SEC};

	(void)sys_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)sys_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static int connect_to(const char *path, struct reply *reply, int *fd_r)
{
	struct addr addr;
	int fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return wrong(reply, EXIT_FAILED, "socket: %s", strerror(errno));
	set_patience(fd);
	if (addr_set_unix(path, &addr) == 0 && sys_connect(fd, &addr.sa, addr.len) == 0) {
		*fd_r = fd;
		return 0;
	}
	switch (errno) {
	case ENOENT:
	case ECONNREFUSED:
		return wrong(reply, EXIT_NO_DAEMON, "no usherd runs: %s: %s", path,
		             strerror(errno));
	case EACCES:
		return wrong(reply, EXIT_FAILED,
		             "%s: %s (it is for root, the account of usherd and its "
		             "control_group)",
		             path, strerror(errno));
	default:
		return wrong(reply, EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
}

/* The server may refuse before it has read all; what it said comes all the same. */
static int send_request(int fd, const struct buf *request, struct reply *reply)
{
	ssize_t n = sys_send(fd, request->data, request->len, 0);

	if (n == (ssize_t)request->len || (n < 0 && errno == EPIPE))
		return 0;
	return wrong(reply, EXIT_FAILED, "the request could not be sent: %s",
	             n < 0 ? strerror(errno) : "cut off");
}

static int read_answer(int fd, struct reply *reply)
{
	enum { STEP = 64 * 1024 };

	for (;;) {
		char *to = buf_reserve(&reply->raw, STEP);
		ssize_t n = to ? sys_recv(fd, to, STEP, 0) : 0;

		if (!to)
			return wrong(reply, EXIT_FAILED, "the answer is too long");
		if (n == 0)
			return 0;
		if (n < 0 && errno == EAGAIN)
			return wrong(reply, EXIT_FAILED, "usherd has not answered for %d seconds",
			             PATIENCE_SEC);
		/* A request that was not read to its end resets us, after the answer. */
		if (n < 0 && errno == ECONNRESET)
			return 0;
		if (n < 0)
			return wrong(reply, EXIT_FAILED, "the answer cannot be read: %s",
			             strerror(errno));
		reply->raw.len += (size_t)n;
	}
}

/* What follows the word at the beginning of the line; NULL if another stands there. */
static const char *after_word(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 || (line[len] != ' ' && line[len] != '\0'))
		return NULL;
	return line[len] ? line + len + 1 : line + len;
}

static int refused(const char *line, struct reply *reply)
{
	static const struct {
		const char *word;
		int status;
	} how[] = {{"error", EXIT_FAILED}, {"denied", EXIT_FAILED}, {"usage", EXIT_USAGE}};

	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		const char *text = after_word(line, how[i].word);

		if (!text)
			continue;
		reply->refused = true;
		return wrong(reply, how[i].status, "%s", text);
	}
	return wrong(reply, EXIT_FAILED, "what answers there is no usherd");
}

/* Without its last line the body is not all that there was to say. */
static bool is_whole(const char *body, size_t len)
{
	size_t end = sizeof CONTROL_END - 1;

	return len >= end && memcmp(body + len - end, CONTROL_END, end) == 0 &&
	       (len == end || body[len - end - 1] == '\n');
}

static int take_apart(struct reply *reply)
{
	struct buf *raw = &reply->raw;
	char *newline = raw->len ? memchr(raw->data, '\n', raw->len) : NULL;
	const char *form;

	if (!newline)
		return wrong(reply, EXIT_FAILED, "usherd closed the connection without an answer");
	*newline++ = '\0';
	form = after_word(raw->data, "ok");
	reply->failed = !form;
	if (!form)
		form = after_word(raw->data, "failed");
	if (!form)
		return refused(raw->data, reply);
	reply->len = (size_t)(raw->data + raw->len - newline);
	if (!is_whole(newline, reply->len))
		return wrong(reply, EXIT_FAILED, "the answer was cut off");
	reply->len -= sizeof CONTROL_END - 1;
	reply->body = newline;
	reply->form = form;
	return 0;
}

int ask(const char *socket, const struct buf *request, struct reply *reply)
{
	char path[RUNTIME_PATH_MAX];
	int fd = -1, status;

	*reply = (struct reply){.raw = BUF_INIT(ANSWER_MAX)};
	status = find_socket(socket, reply, path);
	if (status == 0)
		status = connect_to(path, reply, &fd);
	if (status == 0)
		status = send_request(fd, request, reply);
	if (status == 0)
		status = read_answer(fd, reply);
	if (status == 0)
		status = take_apart(reply);
	if (fd >= 0)
		close(fd);
	return status;
}

void reply_free(struct reply *reply)
{
	buf_free(&reply->raw);
	reply->form = reply->body = NULL;
}
