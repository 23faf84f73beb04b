/* chargen - sends the printable characters over and over (RFC 864), until the
 * client goes; what it sends is read and forgotten.
 *
 * Each line has 72 of the 95 characters, and begins one further than the line
 * before.  A datagram is answered by as many characters as it has, at most
 * 512.  The RFC leaves the number open, up to 512; with any other rule a forged
 * source address would get more from us than the forger had to send. */
#include "small.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CHARACTERS = '~' - ' ' + 1,
	COLUMNS = 72,
	LINE = COLUMNS + 2,
	CYCLE = CHARACTERS * LINE, /* then the lines come again */
	ANSWER_MAX = 512
};

/* Fills with the beginning of the endless text. */
static void fill(char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t line = i / LINE, column = i % LINE;

		if (column < COLUMNS)
			data[i] = (char)(' ' + (line + column) % CHARACTERS);
		else
			data[i] = column == COLUMNS ? '\r' : '\n';
	}
}

/* Never waits for a client that must be read from; on a terminal there is no such thing. */
static ssize_t send_some(const char *data, size_t len)
{
	ssize_t sent = send(STDOUT_FILENO, data, len, MSG_DONTWAIT);

	return sent < 0 && errno == ENOTSOCK ? write(STDOUT_FILENO, data, len) : sent;
}

/* Whether a read or write that gave this result will do better when it is tried again. */
static bool is_passing(ssize_t result)
{
	return result >= 0 || errno == EINTR || errno == EAGAIN;
}

static bool serve(void)
{
	static char cycle[CYCLE], heard[4096];
	struct pollfd pfd[] = {{.fd = STDOUT_FILENO, .events = POLLOUT},
	                       {.fd = STDIN_FILENO, .events = POLLIN}};
	ssize_t result = 0;
	size_t at = 0;

	fill(cycle, sizeof(cycle));
	while (is_passing(result)) {
		result = poll(pfd, 2, -1);
		if (result <= 0)
			continue;
		if (pfd[1].revents)
			result = read(STDIN_FILENO, heard, sizeof(heard));
		if (pfd[1].revents && result == 0)
			pfd[1].fd = -1; /* it may still listen */
		if (pfd[0].revents && is_passing(result)) {
			result = send_some(cycle + at, sizeof(cycle) - at);
			if (result > 0)
				at = (at + (size_t)result) % sizeof(cycle);
		}
	}
	return false;
}

static bool answer(struct datagram *datagram)
{
	if (datagram->len > ANSWER_MAX)
		datagram->len = ANSWER_MAX;
	fill(datagram->data, datagram->len);
	return true;
}

int main(int argc, char **argv)
{
	return small_main(argc, argv, &(struct small){"usage: chargen [SECONDS]\n", serve, answer});
}
