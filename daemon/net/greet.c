#include "net/greet.h"

#include "base/sys.h"

/* A buffer counts what the kernel needs besides the bytes, which for small
 * segments is more than they are. */
enum { ROOM = 4, TRIES = 4 };

static size_t send_some(int fd, const char *text, size_t len)
{
	ssize_t n = sys_send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n > 0 ? (size_t)n : 0;
}

bool greet(int fd, const char *text, size_t len, int sndbuf)
{
	size_t sent = send_some(fd, text, len);
	int room = (int)len * ROOM;

	if (sent == len)
		return true;
	for (int i = 0; i < TRIES && sent < len; i++, room *= 2) {
		(void)sys_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
		sent += send_some(fd, text + sent, len - sent);
	}
	if (sndbuf > 0)
		(void)sys_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof sndbuf);
	return sent == len;
}
