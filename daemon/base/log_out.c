#include "base/log_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/fd.h"
#include "base/sys.h"

bool log_out_is_socket(const struct log_out *out)
{
	return out->to == LOG_TO_SYSLOG || out->to == LOG_TO_JOURNAL;
}

/* A file that is made by root must be writable for whom root becomes. */
static int open_file(const struct log_out *out)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = sys_open(out->path, flags, 0);

	if (fd < 0 && errno == ENOENT) {
		fd = sys_open(out->path, flags | O_CREAT, 0640);
		if (fd >= 0 && geteuid() == 0 && fchown(fd, out->uid, out->gid) < 0)
			fd_close(&fd);
	}
	return fd_up(fd);
}

static int open_socket(const char *path)
{
	struct addr addr;
	int fd;

	if (addr_set_unix(path, &addr) < 0)
		return -1;
	fd = fd_up(sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd >= 0 && sys_connect(fd, &addr.sa, addr.len) < 0)
		fd_close(&fd);
	return fd;
}

static int open_fd(struct log_out *out)
{
	struct stat st;
	int fd;

	if (out->to == LOG_TO_STDERR) {
		out->regular = fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
		return STDERR_FILENO;
	}
	if (out->to == LOG_TO_FILE)
		return open_file(out);
	fd = open_socket(out->path);
	out->error = fd < 0 ? errno : 0;
	return fd;
}

static const char *path_of(const struct log_options *options)
{
	if (options->to == LOG_TO_STDERR)
		return NULL;
	if (options->path || options->to == LOG_TO_FILE)
		return options->path;
	return options->to == LOG_TO_SYSLOG ? LOG_SYSLOG_PATH : LOG_JOURNAL_PATH;
}

int log_out_open(struct log_out *out, const struct log_options *options)
{
	const char *path = path_of(options);

	*out = (struct log_out){.to = options->to, .uid = options->uid, .gid = options->gid};
	out->path = path ? strdup(path) : NULL;
	if (path && !out->path)
		return -1;
	out->fd = open_fd(out);
	if (out->fd >= 0 || log_out_is_socket(out))
		return 0;
	free(out->path);
	return -1;
}

static void use_fd(struct log_out *out, int fd)
{
	if (out->fd != STDERR_FILENO)
		fd_close(&out->fd);
	out->fd = fd;
	out->torn = false;
}

int log_out_reopen(struct log_out *out)
{
	int fd = open_fd(out);

	if (fd < 0 && !log_out_is_socket(out))
		return -1;
	use_fd(out, fd);
	return fd < 0 ? -1 : 0;
}

void log_out_close(struct log_out *out)
{
	use_fd(out, STDERR_FILENO);
	free(out->path);
	*out = (struct log_out)LOG_OUT_INIT;
}

/* Whole lines, if there is one: others write to our standard error, too. */
static size_t some_lines(const char *data, size_t len)
{
	const char *end;

	if (len <= PIPE_BUF)
		return len;
	end = memrchr(data, '\n', PIPE_BUF);
	return end ? (size_t)(end + 1 - data) : PIPE_BUF;
}

/* A pipe or terminal that is shared must not be made non-blocking, so it is
 * asked first; a pipe that is ready takes PIPE_BUF bytes at least. */
static ssize_t write_stderr(const char *data, size_t len)
{
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};

	errno = EAGAIN;
	if (poll(&p, 1, 0) != 1)
		return -1;
	errno = EPIPE;
	return p.revents & POLLOUT ? sys_write(STDERR_FILENO, data, some_lines(data, len)) : -1;
}

static ssize_t write_stream(struct log_out *out, const char *data, size_t len)
{
	ssize_t n;

	if (out->torn && log_out_wait(out, 0)) {
		n = sys_write(out->fd, "\n", 1);
		if (n < 0)
			return -1;
		out->torn = n != 1;
	}
	if (out->to == LOG_TO_STDERR && !out->regular)
		return write_stderr(data, len);
	return sys_write(out->fd, data, len);
}

/* What unix(7) says when nobody reads at the other end any more. */
static bool is_gone(int error)
{
	return error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET ||
	       error == EPIPE || error == EDESTADDRREQ;
}

static ssize_t send_once(struct log_out *out, const char *data, size_t len)
{
	ssize_t n = sys_send(out->fd, data, len, MSG_DONTWAIT);

	if (n < 0 && (errno == ENOBUFS || errno == ENOMEM))
		errno = EAGAIN;
	return n;
}

static ssize_t send_datagram(struct log_out *out, const char *data, size_t len)
{
	ssize_t n = -1;

	if (out->fd >= 0) {
		n = send_once(out, data, len);
		if (n >= 0 || !is_gone(errno))
			return n;
	}
	/* The logger was started anew, and has a new socket. */
	if (log_out_reopen(out) == 0)
		n = send_once(out, data, len);
	if (n < 0 && (out->fd < 0 || is_gone(errno)))
		errno = ENOTCONN;
	return n;
}

ssize_t log_out_write(struct log_out *out, const char *data, size_t len)
{
	return log_out_is_socket(out) ? send_datagram(out, data, len)
	                              : write_stream(out, data, len);
}

bool log_out_wait(const struct log_out *out, int msec)
{
	struct pollfd p = {.fd = out->fd, .events = POLLOUT};

	return out->fd >= 0 && poll(&p, 1, msec) == 1 && (p.revents & POLLOUT);
}
