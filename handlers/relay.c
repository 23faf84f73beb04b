#include "relay.h"
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, SMALL = 4096 };
enum { CLIENT, SERVER };

/* One way. Its pipe is filled only when it is empty, so that it can never be the
 * pipe that has no room when a socket has something to read. */
struct way {
	int from, to;
	int in, out; /* the pipe's ends */
	size_t held; /* bytes in it */
	bool ended;  /* nothing more comes */
	bool over;   /* ... and all of it was delivered, or cannot be */
	bool broken; /* it could not, for the other side was reset in the middle of its words */
};

struct relay {
	int fd[2];
	struct way up, down; /* to the server, to the client */
};

static void give_up(struct way *way)
{
	way->ended = way->over = true;
	way->held = 0;
}

/* Where a socket cannot be spliced; the pipe is empty and takes a page always. */
static ssize_t copy(const struct way *way)
{
	char data[SMALL];
	ssize_t got = read(way->from, data, sizeof(data));

	return got > 0 ? write(way->in, data, (size_t)got) : got;
}

/* False if the socket is gone. */
static bool fill(struct way *way)
{
	ssize_t got =
	    splice(way->from, NULL, way->in, NULL, CHUNK, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (got < 0 && errno == EINVAL)
		got = copy(way);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	way->held = (size_t)got;
	way->ended = got == 0;
	return true;
}

/* A side that takes no more of this way may have said something before, and the
 * other way still has that. EPIPE: it had ended its sending before, so that is all. */
static void drain(struct way *way)
{
	while (way->held > 0) {
		ssize_t put = splice(way->out, NULL, way->to, NULL, way->held,
		                     SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

		if (put < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (put <= 0) {
			way->broken = errno != EPIPE;
			give_up(way);
			return;
		}
		way->held -= (size_t)put;
	}
}

/* Moves what there is; a way that has ended is ended at its other side, too. False if
 * the side that it comes from was reset. */
static bool move(struct way *way, short events)
{
	if (!way->ended && way->held == 0 && events & ~POLLOUT && !fill(way))
		return false;
	drain(way);
	if (way->ended && way->held == 0 && !way->over) {
		way->over = true;
		(void)shutdown(way->to, SHUT_WR);
	}
	return true;
}

/* A side that has nothing more to say is watched all the same, to see it go. One
 * whose bytes we cannot take now is not: its going would wake us again and again. */
static struct pollfd watch(int fd, const struct way *from, const struct way *to)
{
	short events = 0;

	if (!from->ended && from->held == 0)
		events |= POLLIN;
	if (to->held > 0)
		events |= POLLOUT;
	return (struct pollfd){.fd = events || (from->ended && !to->over) ? fd : -1,
	                       .events = events};
}

/* Gone altogether, and there was nothing to find that out by but its going. */
static void look_away(const struct pollfd *pfd, struct way *to)
{
	if (pfd->fd >= 0 && !pfd->events && pfd->revents)
		give_up(to);
}

static enum relay_end run(struct relay *relay, int64_t idle_msec)
{
	struct way *up = &relay->up, *down = &relay->down;
	int64_t deadline = client_now_msec() + idle_msec;

	while (!up->over || !down->over) {
		struct pollfd pfd[2] = {watch(relay->fd[CLIENT], up, down),
		                        watch(relay->fd[SERVER], down, up)};
		int64_t left = deadline - client_now_msec();
		int ready = left > 0 ? poll(pfd, 2, (int)left) : 0;

		if (ready == 0)
			return RELAY_IDLE;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return RELAY_FAILED;
		look_away(&pfd[CLIENT], down);
		look_away(&pfd[SERVER], up);
		if (!move(up, pfd[CLIENT].revents) || !move(down, pfd[SERVER].revents))
			return RELAY_RESET;
		deadline = client_now_msec() + idle_msec;
	}
	return up->broken || down->broken ? RELAY_RESET : RELAY_DONE;
}

static int open_way(struct way *way, int from, int to)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	*way = (struct way){.from = from, .to = to, .in = fds[1], .out = fds[0]};
	return 0;
}

/* What is closed now is reset. */
static void make_reset(int fd)
{
	struct linger linger = {.l_onoff = 1};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

enum relay_end relay(int client, int server, const void *head, size_t len, int64_t idle_msec)
{
	struct relay relay = {.fd = {client, server}};
	enum relay_end end;

	if (open_way(&relay.up, client, server) < 0 || open_way(&relay.down, server, client) < 0)
		return RELAY_FAILED;
	if (len > 0 && write(relay.up.in, head, len) != (ssize_t)len)
		return RELAY_FAILED;
	relay.up.held = len;
	end = run(&relay, idle_msec);
	if (end == RELAY_RESET) {
		make_reset(client);
		make_reset(server);
	}
	return end;
}
