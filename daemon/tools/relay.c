#include "tools/relay.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/sys.h"

enum {
	ASK_MSEC = 50,
	REST_MSEC = 200, /* of silence, when the handler has ended and others have its socket */
	RECV_MAX = 65536
};

static void stop_input(struct relay *relay)
{
	relay->in_ended = true;
	relay->held_len = relay->held_taken = 0;
	if (!relay->datagrams)
		(void)sys_shutdown(relay->sock, SHUT_WR);
}

static void take_input(struct relay *relay)
{
	ssize_t n = sys_read(relay->in, relay->held, sizeof relay->held);

	relay->held_taken = 0;
	relay->held_len = n > 0 ? (size_t)n : 0;
	if (n <= 0)
		stop_input(relay);
}

static void send_held(struct relay *relay)
{
	ssize_t n = sys_send(relay->sock, relay->held + relay->held_taken,
	                     relay->held_len - relay->held_taken, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
		return;
	if (n < 0 && !relay->datagrams) {
		stop_input(relay);
		return;
	}
	/* A datagram goes whole, or nobody was there to hear it. */
	relay->held_taken = relay->datagrams ? relay->held_len : relay->held_taken + (size_t)n;
	if (relay->held_taken == relay->held_len)
		relay->held_len = relay->held_taken = 0;
}

/* Whoever reads our output may be gone; then the client is, for the handler. */
static void write_out(struct relay *relay, const char *data, size_t len)
{
	while (len > 0 && !relay->out_failed) {
		ssize_t n = sys_write(relay->out, data, len);

		if (n < 0) {
			relay->out_failed = true;
			(void)sys_shutdown(relay->sock, SHUT_RDWR);
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

static void take_answer(struct relay *relay)
{
	static char data[RECV_MAX];
	ssize_t n = sys_recv(relay->sock, data, sizeof data, MSG_DONTWAIT);

	if (n > 0)
		write_out(relay, data, (size_t)n);
	else if (n == 0 ? !relay->datagrams : errno != EAGAIN && !relay->datagrams)
		relay->sock_ended = true;
}

static short sock_events(const struct relay *relay)
{
	return (short)((relay->sock_ended ? 0 : POLLIN) | (relay->held_len ? POLLOUT : 0));
}

/* One turn; true: the end is there. */
static bool turn(struct relay *relay, int end)
{
	struct pollfd p[] = {
	    {.fd = relay->in_ended || relay->held_len ? -1 : relay->in, .events = POLLIN},
	    {.fd = sock_events(relay) ? relay->sock : -1, .events = sock_events(relay)},
	    {.fd = end, .events = POLLIN},
	};

	if (poll(p, 3, end < 0 ? ASK_MSEC : -1) < 0)
		return false;
	if (p[0].revents)
		take_input(relay);
	if (p[1].revents & (POLLIN | POLLHUP | POLLERR) && !relay->sock_ended)
		take_answer(relay);
	if (p[1].revents & (POLLOUT | POLLHUP | POLLERR) && relay->held_len)
		send_held(relay);
	return p[2].revents;
}

void relay_run(struct relay *relay, int end, bool (*stop)(void *arg), void *arg)
{
	struct pollfd rest = {.fd = relay->sock, .events = POLLIN};
	int wait = relay->datagrams ? 0 : REST_MSEC;

	while (!turn(relay, end))
		if (end < 0 && stop(arg))
			break;
	while (!relay->sock_ended && !relay->out_failed && poll(&rest, 1, wait) == 1)
		take_answer(relay);
}
