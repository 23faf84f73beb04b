#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
	SECONDS_MAX = 86400,
	FINISH_MSEC = 2000, /* for the client to close, once it was answered */
	FINISH_BYTES = 1 << 20
};

long client_seconds(const char *text)
{
	char *end;
	long seconds = strtol(text, &end, 10);

	return *end == '\0' && seconds > 0 && seconds <= SECONDS_MAX ? seconds : 0;
}

long client_msec(const char *text)
{
	char *end;
	long msec = strtol(text, &end, 10), digit = 100;

	if (msec < 0 || msec > SECONDS_MAX || end == text)
		return 0;
	msec *= 1000;
	if (*end == '.')
		for (end++; digit > 0 && *end >= '0' && *end <= '9'; digit /= 10)
			msec += digit * (*end++ - '0');
	return *end == '\0' && msec <= SECONDS_MAX * 1000L ? msec : 0;
}

int64_t client_now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int client_poll(int fd, short events, int64_t deadline_msec)
{
	struct pollfd pfd = {.fd = fd, .events = events};
	int ready;

	do {
		int64_t left = deadline_msec - client_now_msec();

		ready = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	return ready;
}

int client_wait(int64_t deadline_msec)
{
	return client_poll(STDIN_FILENO, POLLIN, deadline_msec);
}

ssize_t client_read(int64_t deadline_msec, char *data, size_t size)
{
	ssize_t got;
	int ready;

	do {
		ready = client_wait(deadline_msec);
		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0)
			return -1;
		got = read(STDIN_FILENO, data, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

bool client_send(const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t sent = write(STDOUT_FILENO, at, len);

		if (sent < 0 && errno != EINTR)
			return false;
		if (sent > 0) {
			at += sent;
			len -= (size_t)sent;
		}
	}
	return true;
}

/* A socket is never written to for longer than it takes; what else it may be (a terminal, where
 * a handler is tried by hand) has no such way. */
static ssize_t send_some(const struct iovec *part, size_t parts)
{
	struct msghdr message = {.msg_iov = (struct iovec *)part, .msg_iovlen = parts};
	ssize_t sent = sendmsg(STDOUT_FILENO, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

	return sent < 0 && errno == ENOTSOCK ? writev(STDOUT_FILENO, part, (int)parts) : sent;
}

void client_skip_sent(struct iovec **part, size_t *parts, size_t sent)
{
	while (*parts && sent >= (*part)->iov_len) {
		sent -= (*part)->iov_len;
		(*part)++;
		(*parts)--;
	}
	if (*parts) {
		(*part)->iov_base = (char *)(*part)->iov_base + sent;
		(*part)->iov_len -= sent;
	}
}

bool client_send_by(int64_t deadline_msec, struct iovec *part, size_t parts)
{
	client_skip_sent(&part, &parts, 0);
	while (parts) {
		int ready = client_poll(STDOUT_FILENO, POLLOUT, deadline_msec);
		ssize_t sent = ready > 0 ? send_some(part, parts) : -1;

		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0 || (sent < 0 && errno != EINTR && errno != EAGAIN))
			return false;
		if (sent > 0)
			client_skip_sent(&part, &parts, (size_t)sent);
	}
	return true;
}

void client_finish(void)
{
	int64_t deadline = client_now_msec() + FINISH_MSEC;
	char data[2048];
	ssize_t got;

	if (shutdown(STDOUT_FILENO, SHUT_WR) < 0)
		return; /* not a socket, or gone */
	for (size_t all = 0; all < FINISH_BYTES; all += (size_t)got) {
		got = client_read(deadline, data, sizeof(data));
		if (got <= 0)
			return;
	}
}

bool client_is_gone(int error)
{
	return error == 0 || error == EPIPE || error == ECONNRESET || error == ETIMEDOUT;
}
