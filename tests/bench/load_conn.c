#include "load.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* IP_BIND_ADDRESS_NO_PORT (ip(7)): the port is chosen at connect, when the peer
 * is known, so that each source address has all ports for each server. */
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

enum {
	PATTERN = 1 << 16,
	PATTERN_SHIFTS = 4093, /* how many patterns differ; prime, so neighbours are far apart */
	READS_MAX = 4,         /* an event; a long answer does not starve the others */
	HEAD_MAX = 1024
};

static const struct load_options *opt;
static char pattern[PATTERN + PATTERN_SHIFTS];

void conn_setup(const struct load_options *options)
{
	uint32_t x = 2463534242u;

	opt = options;
	for (size_t i = 0; i < sizeof(pattern); i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		pattern[i] = (char)(x >> 8);
	}
}

/* What stands at an offset of this connection's pattern, and for how long. */
static const char *pattern_at(const struct conn *conn, size_t offset, size_t *len)
{
	size_t shift = conn->number * 31u % PATTERN_SHIFTS;

	*len = PATTERN - offset % PATTERN;
	if (*len > opt->echo_size - offset)
		*len = opt->echo_size - offset;
	return pattern + shift + offset % PATTERN;
}

static enum load_error classify(const char *what)
{
	static bool said;

	switch (errno) {
	case ECONNREFUSED:
		return LOAD_REFUSED;
	case ECONNRESET:
	case EPIPE:
		return LOAD_RESET;
	case ETIMEDOUT:
		return LOAD_TIMEOUT;
	}
	if (!said)
		warn("%s", what);
	said = true;
	return LOAD_OTHER;
}

void conn_close(struct conn *conn)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (conn->fd < 0)
		return;
	if (opt->reset)
		(void)setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(conn->fd);
	conn->fd = -1;
	conn->state = CONN_IDLE;
}

static enum load_error fail(struct conn *conn, enum load_error error)
{
	conn_close(conn);
	return error;
}

static enum load_error wait_for(struct conn *conn, int epfd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = conn};
	int op = conn->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (conn->events == events)
		return LOAD_OK;
	conn->events = events;
	return epoll_ctl(epfd, op, conn->fd, &event) == 0 ? LOAD_OK
	                                                  : fail(conn, classify("epoll_ctl"));
}

/* 127.1.0.1 and so on, one after the other. */
static int bind_source(const struct conn *conn)
{
	const int on = 1;
	struct sockaddr_in source = {.sin_family = AF_INET};

	if (!opt->sources)
		return 0;
	source.sin_addr.s_addr = htonl(0x7f010001u + conn->number % opt->sources);
	(void)setsockopt(conn->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(conn->fd, (const struct sockaddr *)&source, sizeof(source));
}

/* Asking again is how a connect that is over is told from one under way: over
 * loopback it nearly always is, and no event needs to be waited for. */
static int try_connect(const struct conn *conn)
{
	int rc = connect(conn->fd, &opt->peer.sa, opt->peer_len);

	if (rc < 0 && errno == EINPROGRESS)
		rc = connect(conn->fd, &opt->peer.sa, opt->peer_len);
	return rc < 0 && errno == EISCONN ? 0 : rc;
}

static const char *to_send(const struct conn *conn, size_t *len)
{
	if (opt->mode == LOAD_ECHO)
		return pattern_at(conn, conn->sent, len);
	*len = (conn->hold ? opt->hold_send_len : opt->send_len) - conn->sent;
	return (conn->hold ? opt->hold_send : opt->send) + conn->sent;
}

/* All that the socket takes. */
static enum load_error send_some(struct conn *conn)
{
	const char *data;
	size_t len;
	ssize_t sent;

	while (data = to_send(conn, &len), len) {
		sent = send(conn->fd, data, len, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			return LOAD_OK;
		/* The answer may stand before the reset: let reading find out. */
		if (sent < 0)
			return errno == EPIPE || errno == ECONNRESET ? LOAD_OK : classify("send");
		conn->sent += (size_t)sent;
	}
	if (opt->mode == LOAD_ECHO && !conn->hold)
		(void)shutdown(conn->fd, SHUT_WR);
	return LOAD_OK;
}

static bool is_complete(const struct conn *conn)
{
	size_t all = opt->mode == LOAD_ECHO ? opt->echo_size : opt->expect_len;

	return conn->head_done && conn->received == all;
}

static void hold_if_complete(struct conn *conn)
{
	if (!conn->hold || conn->state != CONN_TALKING || !is_complete(conn))
		return;
	conn->state = CONN_HELD;
	conn->deadline = INT64_MAX;
}

static enum load_error talk(struct conn *conn, int epfd)
{
	enum load_error error = send_some(conn);
	size_t left;

	if (error != LOAD_OK)
		return fail(conn, error);
	(void)to_send(conn, &left);
	if (left == 0)
		hold_if_complete(conn);
	return wait_for(conn, epfd, left ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static enum load_error go_on_connecting(struct conn *conn, int epfd)
{
	if (try_connect(conn) == 0) {
		conn->connect_time = load_now() - conn->began;
		conn->state = CONN_TALKING;
		return talk(conn, epfd);
	}
	if (errno == EAGAIN)
		return LOAD_OK;
	if (errno == EALREADY || errno == EINPROGRESS)
		return wait_for(conn, epfd, EPOLLOUT);
	return fail(conn, classify("connect"));
}

enum load_error conn_start(struct conn *conn, int epfd, int64_t due, int64_t now)
{
	conn->fd = socket(opt->peer.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (conn->fd < 0)
		return classify("socket");
	conn->state = CONN_CONNECTING;
	conn->events = 0;
	conn->due = due;
	conn->began = now;
	conn->deadline = now + opt->timeout;
	conn->connect_time = 0;
	conn->sent = conn->received = conn->head_len = conn->line = 0;
	conn->head_done = opt->mode != LOAD_HTTP;
	if (bind_source(conn) < 0)
		return fail(conn, classify("bind"));
	return go_on_connecting(conn, epfd);
}

bool conn_must_retry(const struct conn *conn)
{
	return conn->state == CONN_CONNECTING && conn->events == 0;
}

/* Takes the head away from *data; after its end, checks the status. */
static bool check_head(struct conn *conn, const char **data, size_t *len)
{
	if (conn->head_done)
		return true;
	for (; *len && !conn->head_done; ++*data, --*len) {
		if (conn->head_len < sizeof(conn->status))
			conn->status[conn->head_len] = **data;
		if (++conn->head_len > HEAD_MAX)
			return false;
		if (**data == '\n') {
			conn->head_done = conn->line == 0;
			conn->line = 0;
		} else if (**data != '\r') {
			conn->line++;
		}
	}
	return !conn->head_done || (memcmp(conn->status, "HTTP/1.", 7) == 0 &&
	                            memcmp(conn->status + 8, " 200 ", 5) == 0);
}

static bool check(struct conn *conn, const char *data, size_t len)
{
	size_t part;
	const char *want;

	if (!check_head(conn, &data, &len))
		return false;
	while (len) {
		if (opt->mode == LOAD_ECHO) {
			want = pattern_at(conn, conn->received, &part);
		} else {
			want = opt->expect + conn->received;
			part = opt->expect_len - conn->received;
		}
		if (part > len)
			part = len;
		if (part == 0 || memcmp(want, data, part) != 0)
			return false;
		conn->received += part;
		data += part;
		len -= part;
	}
	return true;
}

static enum load_error at_end(struct conn *conn)
{
	bool early = conn->hold && conn->state != CONN_ENDING;

	return fail(conn, is_complete(conn) && !early ? LOAD_OK : LOAD_SHORT);
}

static enum load_error receive_some(struct conn *conn)
{
	static char data[PATTERN];

	for (int i = 0; i < READS_MAX; i++) {
		ssize_t got = recv(conn->fd, data, sizeof(data), 0);

		if (got < 0 && errno == EAGAIN)
			break;
		if (got < 0)
			return fail(conn, classify("recv"));
		if (got == 0)
			return at_end(conn);
		if (!check(conn, data, (size_t)got))
			return fail(conn, LOAD_WRONG);
	}
	hold_if_complete(conn);
	return LOAD_OK;
}

enum load_error conn_event(struct conn *conn, int epfd, int64_t now)
{
	enum load_error error = LOAD_OK;

	if (now >= conn->deadline)
		return fail(conn, LOAD_TIMEOUT);
	if (conn->state == CONN_CONNECTING)
		return go_on_connecting(conn, epfd);
	if (conn->events & EPOLLOUT)
		error = talk(conn, epfd);
	return error == LOAD_OK ? receive_some(conn) : error;
}

void conn_release(struct conn *conn, int64_t now)
{
	conn->state = CONN_ENDING;
	conn->deadline = now + opt->timeout;
	(void)shutdown(conn->fd, SHUT_WR);
}
