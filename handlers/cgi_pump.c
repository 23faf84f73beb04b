#include "cgi_pump.h"
#include "cgi_spool.h"
#include "client.h"
#include "httpd_send.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { CLIENT_IN, CLIENT_OUT, SCRIPT_IN, SCRIPT_OUT, WATCHED };
enum { ASK_MSEC = 3000 }; /* after the end of the client's side: most answers come before */

static bool stop_for(struct cgi_pump *pump, enum cgi_trouble trouble)
{
	if (pump->trouble == CGI_NONE)
		pump->trouble = trouble;
	return false;
}

static bool is_spooled(const struct cgi_pump *pump)
{
	return pump->spooled > pump->unspooled;
}

/* From the client to us. A script that has closed its end does not want the rest, which we read all
 * the same: the client might not listen before it has sent it. */
static bool take_body(struct cgi_pump *pump)
{
	ssize_t got;

	while (pump->with_body && !pump->dry && pump->in_start == pump->in_end) {
		got = httpd_body_read(pump->conn, pump->in, sizeof pump->in, false);
		pump->with_body = got != 0;
		pump->dry = got < 0 && errno == EAGAIN;
		if (got < 0 && !pump->dry)
			return stop_for(pump, CGI_BODY);
		pump->in_start = 0;
		pump->in_end = got > 0 && pump->child->in >= 0 ? (size_t)got : 0;
	}
	return true;
}

/* From us to the script. */
static bool give_body(struct cgi_pump *pump)
{
	ssize_t put;

	while (pump->in_start < pump->in_end) {
		put = write(pump->child->in, pump->in + pump->in_start,
		            pump->in_end - pump->in_start);
		if (put < 0 && errno == EAGAIN)
			return true;
		if (put < 0 && errno != EINTR) {
			cgi_child_close(&pump->child->in);
			pump->in_start = pump->in_end;
		} else if (put > 0) {
			pump->in_start += (size_t)put;
		}
		if (pump->in_start == pump->in_end && !take_body(pump))
			return false;
	}
	return true;
}

static bool move_body(struct cgi_pump *pump)
{
	if (!take_body(pump) || !give_body(pump))
		return false;
	if (!pump->with_body && pump->in_start == pump->in_end)
		cgi_child_close(&pump->child->in);
	return true;
}

/* From the script to us; at the end its descriptor is closed. Returns the bytes. */
static size_t take_output(struct cgi_pump *pump, char *data, size_t size)
{
	ssize_t got = read(pump->child->out, data, size);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		cgi_child_close(&pump->child->out);
	return got > 0 ? (size_t)got : 0;
}

static bool spool_output(struct cgi_pump *pump)
{
	static char data[CGI_PUMP_BYTES];
	size_t len;

	if (pump->spool < 0)
		pump->spool = cgi_spool_open();
	if (pump->spool < 0)
		return stop_for(pump, CGI_FAILED);
	len = take_output(pump, data, sizeof data);
	if (len && pwrite(pump->spool, data, len, pump->spooled) != (ssize_t)len)
		return stop_for(pump, CGI_FAILED);
	pump->spooled += (int64_t)len;
	return true;
}

static bool unspool(struct cgi_pump *pump)
{
	ssize_t got = pread(pump->spool, pump->out + pump->end, sizeof pump->out - pump->end,
	                    pump->unspooled);

	if (got <= 0)
		return stop_for(pump, CGI_FAILED);
	pump->end += (size_t)got;
	pump->unspooled += got;
	if (!is_spooled(pump)) {
		pump->spooled = pump->unspooled = 0;
		if (ftruncate(pump->spool, 0) < 0)
			return stop_for(pump, CGI_FAILED);
	}
	return true;
}

/* A client that listens takes one more "100 Continue", or one more zero in front of the next
 * chunk's size, for nothing. One that is gone answers by a reset. With HTTP/1.0 there is nothing to
 * say. */
static void ask_whether_it_listens(struct cgi_pump *pump)
{
	static char interim[] = "HTTP/1.1 100 Continue\r\n\r\n", zero[] = "0";
	struct httpd_conn *conn = pump->conn;
	struct iovec part = {.iov_base = interim, .iov_len = sizeof interim - 1};

	if (conn->begun)
		part = (struct iovec){.iov_base = zero, .iov_len = 1};
	if (conn->head.minor && (!conn->begun || (conn->chunked && conn->answer_len == 0)))
		(void)httpd_send(conn, &part, 1, false);
}

/* Sending, it is found out anyway whether the client listens, and nothing may come in between. */
static void watch(const struct cgi_pump *pump, bool sending, struct pollfd fd[WATCHED])
{
	bool spooling = sending && pump->with_body && pump->spooled < CGI_SPOOL_MAX;
	short in = 0;

	if (pump->with_body && pump->dry)
		in |= POLLIN;
	if (!pump->half && !sending)
		in |= POLLRDHUP;
	fd[CLIENT_IN] = (struct pollfd){.fd = in ? HTTPD_IN : -1, .events = in};
	/* Always watched, for errors. */
	fd[CLIENT_OUT] = (struct pollfd){.fd = HTTPD_OUT, .events = sending ? POLLOUT : 0};
	fd[SCRIPT_IN] = (struct pollfd){.fd = pump->in_start < pump->in_end ? pump->child->in : -1,
	                                .events = POLLOUT};
	fd[SCRIPT_OUT] =
	    (struct pollfd){.fd = !sending || spooling ? pump->child->out : -1, .events = POLLIN};
}

/* How long to wait at most, and for what: the deadline, a client that is late with its body, or
 * one that is to be asked something. */
static int64_t choose_wait(const struct cgi_pump *pump, int64_t most, bool for_client, bool to_ask,
                           int64_t now)
{
	int64_t patience = httpd_patience_left(&pump->conn->reading);
	int64_t ask = pump->half_msec + ASK_MSEC - now;

	if (for_client && most > patience)
		most = patience;
	if (to_ask && most > ask)
		most = ask;
	return most;
}

/* Until something happens: what poll(2) returns; also -1 where it is only to be looked again. */
static int wait_for_any(struct cgi_pump *pump, struct pollfd fd[WATCHED], int64_t deadline_msec)
{
	struct httpd_patience *patience = &pump->conn->reading;
	bool sending = fd[CLIENT_OUT].events;
	bool for_client =
	    pump->with_body && pump->dry && pump->in_start == pump->in_end && !sending;
	bool to_ask = pump->half && !pump->asked && !sending;
	int64_t began = client_now_msec(), now;
	int64_t most = choose_wait(pump, deadline_msec - began, for_client, to_ask, began);
	int ready = most > 0 ? poll(fd, WATCHED, (int)most) : 0;

	if (ready < 0 && errno != EINTR)
		(void)stop_for(pump, CGI_FAILED);
	now = client_now_msec();
	if (for_client)
		httpd_patience_spend(patience, now - began);
	if (ready == 0 && for_client && httpd_patience_left(patience) == 0) {
		pump->conn->body_error = ETIMEDOUT;
		pump->conn->keep = false;
		(void)stop_for(pump, CGI_BODY);
	}
	if (ready == 0 && to_ask && now >= pump->half_msec + ASK_MSEC) {
		pump->asked = true;
		ask_whether_it_listens(pump);
		return -1;
	}
	return ready;
}

static bool look_at_client(struct cgi_pump *pump, const struct pollfd fd[WATCHED])
{
	if (fd[CLIENT_OUT].revents & ~POLLOUT)
		return stop_for(pump, CGI_GONE);
	pump->sendable = fd[CLIENT_OUT].revents & POLLOUT;
	if (fd[CLIENT_IN].revents & POLLRDHUP) {
		pump->half = true;
		pump->half_msec = client_now_msec();
	}
	if (fd[CLIENT_IN].revents & ~POLLRDHUP)
		pump->dry = false;
	return move_body(pump);
}

/* Waits, and moves what can be moved. False once the time is over, or with trouble. */
static bool turn(struct cgi_pump *pump, bool sending, int64_t deadline_msec)
{
	struct pollfd fd[WATCHED];
	int ready;

	if (!move_body(pump))
		return false;
	watch(pump, sending, fd);
	ready = wait_for_any(pump, fd, deadline_msec);
	if (ready <= 0)
		return ready < 0 && pump->trouble == CGI_NONE;
	if (!look_at_client(pump, fd))
		return false;
	if (fd[SCRIPT_OUT].revents && sending)
		return spool_output(pump);
	if (fd[SCRIPT_OUT].revents)
		pump->end += take_output(pump, pump->out + pump->end, sizeof pump->out - pump->end);
	return true;
}

void cgi_pump_start(struct cgi_pump *pump, struct httpd_conn *conn, struct cgi_child *child,
                    bool with_body, int64_t deadline_msec)
{
	/* Not the arrays: a page that is not touched costs nothing. */
	memset(pump, 0, offsetof(struct cgi_pump, in));
	pump->conn = conn;
	pump->child = child;
	pump->with_body = with_body;
	pump->deadline_msec = deadline_msec;
	pump->half = pump->asked = conn->no_socket;
	pump->spool = -1;
}

/* False: the time is over, or there is trouble. */
static bool fill_by(struct cgi_pump *pump, int64_t deadline_msec)
{
	size_t before = pump->end;

	if (pump->trouble == CGI_NONE && is_spooled(pump))
		return unspool(pump);
	while (pump->trouble == CGI_NONE && pump->end == before && pump->child->out >= 0)
		if (!turn(pump, false, deadline_msec))
			return false;
	return pump->trouble == CGI_NONE;
}

bool cgi_pump_fill(struct cgi_pump *pump)
{
	size_t before = pump->end;

	if (!fill_by(pump, pump->deadline_msec))
		return stop_for(pump, CGI_LATE);
	return pump->end > before;
}

bool cgi_pump_try(struct cgi_pump *pump, int64_t msec)
{
	int64_t deadline = client_now_msec() + msec;

	if (pump->end < sizeof pump->out)
		(void)fill_by(pump,
		              deadline < pump->deadline_msec ? deadline : pump->deadline_msec);
	return pump->trouble == CGI_NONE;
}

int cgi_pump_meanwhile(void *data, int64_t deadline_msec)
{
	struct cgi_pump *pump = data;

	if (deadline_msec > pump->deadline_msec)
		deadline_msec = pump->deadline_msec;
	pump->sendable = false;
	while (!pump->sendable)
		if (!turn(pump, true, deadline_msec)) {
			if (client_now_msec() >= pump->deadline_msec)
				(void)stop_for(pump, CGI_LATE);
			return pump->trouble == CGI_NONE ? 0 : -1;
		}
	return 1;
}

void cgi_pump_stop(struct cgi_pump *pump)
{
	cgi_child_close(&pump->spool);
}
