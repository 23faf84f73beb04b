#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
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

int64_t client_now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int client_wait(int64_t deadline_msec)
{
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	int ready;

	do {
		int64_t left = deadline_msec - client_now_msec();

		ready = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (ready < 0 && errno == EINTR);
	return ready;
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
