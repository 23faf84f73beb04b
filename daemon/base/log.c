#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log_sink.h"
#include "base/sys.h"

enum {
	PENDING_MAX = 1 << 20, /* what is kept while nobody takes it */
	GATHER_MAX = 16 << 10  /* written before the end of the turn */
};

static struct log_options options = {.level = LOG_INFO};
static char *path;
static int fd = STDERR_FILENO;
static struct buf pending = BUF_INIT(PENDING_MAX);
static uint64_t dropped; /* lines, since it was last said */

/* A file that is made by root must be writable for whom root becomes. */
static int open_file(const char *name, const struct log_options *wanted)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int new_fd = sys_open(name, flags, 0);

	if (new_fd < 0 && errno == ENOENT) {
		new_fd = sys_open(name, flags | O_CREAT, 0640);
		if (new_fd >= 0 && geteuid() == 0 && fchown(new_fd, wanted->uid, wanted->gid) < 0)
			fd_close(&new_fd);
	}
	return fd_up(new_fd);
}

static void use_fd(int new_fd)
{
	if (fd != STDERR_FILENO)
		fd_close(&fd);
	fd = new_fd;
}

int log_open(const struct log_options *wanted)
{
	char *copy = wanted->path ? strdup(wanted->path) : NULL;
	int new_fd = STDERR_FILENO;

	if (wanted->path) {
		new_fd = copy ? open_file(copy, wanted) : -1;
		if (new_fd < 0) {
			free(copy);
			return -1;
		}
	}
	log_flush();
	use_fd(new_fd);
	free(path);
	path = copy;
	options = *wanted;
	options.path = path;
	return 0;
}

int log_reopen(void)
{
	int new_fd;

	log_flush();
	if (!path)
		return 0;
	new_fd = open_file(path, &options);
	if (new_fd < 0)
		return -1;
	use_fd(new_fd);
	return 0;
}

void log_close(void)
{
	log_flush();
	use_fd(STDERR_FILENO);
	free(path);
	path = NULL;
	options = (struct log_options){.level = LOG_INFO};
	buf_free(&pending);
}

void log_set_level(int level)
{
	options.level = level;
}

bool log_wants(int level)
{
	return level <= options.level;
}

bool log_pending(void)
{
	return pending.len > 0;
}

/* A pipe or terminal that is shared must not be made non-blocking, so it is
 * asked first; a pipe that is ready takes PIPE_BUF bytes at least. */
static ssize_t write_some(void)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	size_t len = pending.len < PIPE_BUF ? pending.len : PIPE_BUF;

	if (fd != STDERR_FILENO)
		return sys_write(fd, pending.data, pending.len);
	errno = EAGAIN;
	if (poll(&p, 1, 0) != 1)
		return -1;
	errno = EPIPE;
	return p.revents & POLLOUT ? sys_write(fd, pending.data, len) : -1;
}

static uint64_t count_lines(const struct buf *buf)
{
	uint64_t n = 0;

	for (size_t i = 0; i < buf->len; i++)
		n += buf->data[i] == '\n';
	return n;
}

static void say_dropped(void)
{
	char text[80];

	snprintf(text, sizeof text, "%llu lines of the log were lost: nobody took them",
	         (unsigned long long)dropped);
	dropped = 0;
	log_sink_message(&pending, &options, clock_wall(), LOG_WARNING, text);
}

void log_flush(void)
{
	int saved = errno;
	ssize_t n = 0;

	while (pending.len > 0) {
		n = write_some();
		if (n < 0)
			break;
		buf_consume(&pending, (size_t)n);
	}
	/* A disk that is full, a reader that is gone: these lines are lost. */
	if (n < 0 && errno != EAGAIN) {
		dropped += count_lines(&pending);
		buf_clear(&pending);
	} else if (n > 0 && dropped) {
		say_dropped();
	}
	errno = saved;
}

/* Keeps the line whose first byte is at `start`, or drops it whole. */
static void line_done(size_t start, int level)
{
	if (pending.failed) {
		pending.failed = false;
		pending.len = start;
		if (pending.data)
			pending.data[start] = '\0';
		dropped++;
		return;
	}
	if (level <= LOG_ERR || pending.len >= GATHER_MAX)
		log_flush();
}

void log_message(int level, const char *format, ...)
{
	int saved = errno;
	size_t start = pending.len;
	char text[1024];
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_sink_message(&pending, &options, clock_wall(), level, text);
	line_done(start, level);
	errno = saved;
}

void log_event(int level, const struct log_field *field, size_t count)
{
	int saved = errno;
	size_t start = pending.len;

	if (!log_wants(level))
		return;
	log_sink_event(&pending, &options, clock_wall(), level, field, count);
	line_done(start, level);
	errno = saved;
}
