#include "httpd_conn.h"
#include "client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	BYTES_A_SECOND = 512,
	BODY_ROOM_MIN = 8192,  /* of the input, behind a head of any size */
	DRAIN_MAX = 256 * 1024 /* of a body that nobody wanted; more costs more than a connection */
};

int64_t httpd_patience_left(const struct httpd_patience *patience)
{
	return patience->left_msec > 0 ? patience->left_msec : 0;
}

void httpd_patience_spend(struct httpd_patience *patience, int64_t msec)
{
	patience->left_msec -= msec;
}

void httpd_patience_earn(struct httpd_patience *patience, size_t bytes)
{
	int64_t most = patience->base_msec - patience->left_msec;
	uint64_t earned = (uint64_t)bytes * 1000 / BYTES_A_SECOND;

	patience->left_msec += earned < (uint64_t)most ? (int64_t)earned : most;
}

/* One call for a whole connection where poll(2) would be one for each read. */
static bool set_timeout(struct httpd_conn *conn, int64_t msec)
{
	struct timeval tv = {.tv_sec = msec / 1000, .tv_usec = msec % 1000 * 1000};

	if (conn->timeout_msec != msec &&
	    setsockopt(HTTPD_IN, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0)
		return false;
	conn->timeout_msec = msec;
	return true;
}

static ssize_t receive_now(struct httpd_conn *conn, char *data, size_t size)
{
	ssize_t got = -1;

	if (!conn->no_socket)
		got = recv(HTTPD_IN, data, size, MSG_DONTWAIT);
	conn->no_socket |= got < 0 && errno == ENOTSOCK;
	if (!conn->no_socket)
		return got;
	got = client_read(client_now_msec() + 1, data, size);
	if (got < 0 && errno == ETIMEDOUT)
		errno = EAGAIN;
	return got;
}

/* -1 with ETIMEDOUT once the time is over. The first look needs no timeout: usherd starts us
 * because there is a client, and most have said all by then. */
static ssize_t receive(struct httpd_conn *conn, char *data, size_t size, int64_t msec)
{
	ssize_t got = -1;

	if (msec <= 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (!conn->waits_at_once) {
		conn->waits_at_once = true;
		got = receive_now(conn, data, size);
		if (got >= 0 || errno != EAGAIN)
			return got;
	}
	if (conn->no_socket || !set_timeout(conn, msec))
		return client_read(client_now_msec() + msec, data, size);
	do
		got = recv(HTTPD_IN, data, size, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	return got;
}

static void begin_request(struct httpd_conn *conn)
{
	if (conn->start > HTTPD_INPUT_MAX - HTTPD_HEAD_MAX - BODY_ROOM_MIN ||
	    conn->start == conn->end) {
		memmove(conn->input, conn->input + conn->start, conn->end - conn->start);
		conn->end -= conn->start;
		conn->start = 0;
	}
	httpd_head_reset(&conn->head);
	conn->whole = conn->keep = false;
	conn->begun = conn->raw = conn->chunked = conn->without_body = false;
	conn->status = 0;
	conn->answer_len = 0;
	conn->sent = 0;
	conn->user = NULL;
}

static void begin_body(struct httpd_conn *conn)
{
	conn->body_left = conn->head.length;
	conn->body_seen = 0;
	conn->body_error = 0;
	conn->body_ended = conn->head.framing == HTTPD_NO_BODY ||
	                   (conn->head.framing == HTTPD_LENGTH && conn->body_left == 0);
	conn->continue_due = conn->head.expects_continue;
	conn->chunk = (struct httpd_chunk){0};
	conn->reading = (struct httpd_patience){conn->body_msec, conn->body_msec};
	conn->writing = (struct httpd_patience){conn->write_msec, conn->write_msec};
	conn->sent_before = false;
}

/* Without a whole head: what a client gets that ended, or whom errno describes. */
static int end_of_input(const struct httpd_conn *conn, ssize_t got)
{
	/* An empty line alone is no beginning. */
	if (conn->end == conn->start || (conn->head.seen <= 2 && conn->input[conn->start] == '\r'))
		return HTTPD_MORE;
	if (got == 0)
		return 400;
	return errno == ETIMEDOUT ? 408 : HTTPD_MORE;
}

int httpd_conn_head(struct httpd_conn *conn)
{
	int64_t wait = conn->requests ? conn->idle_msec : conn->head_msec, deadline = 0;
	int found = HTTPD_MORE;
	ssize_t got;

	begin_request(conn);
	for (;;) {
		if (conn->end > conn->start)
			found = httpd_head_parse(&conn->head, conn->input + conn->start,
			                         conn->end - conn->start);
		if (found != HTTPD_MORE)
			break;
		if (conn->end > conn->start) {
			if (deadline == 0)
				deadline = client_now_msec() + conn->head_msec;
			wait = deadline - client_now_msec();
		}
		got = receive(conn, conn->input + conn->end, HTTPD_INPUT_MAX - conn->end, wait);
		if (got <= 0) {
			found = end_of_input(conn, got);
			break;
		}
		conn->end += (size_t)got;
	}
	conn->whole = found == HTTPD_WHOLE;
	conn->keep = conn->whole && conn->head.keep;
	conn->base = conn->start += conn->head.len;
	begin_body(conn);
	return found;
}

static bool say_continue(struct httpd_conn *conn)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec part = {.iov_base = (char *)text, .iov_len = sizeof(text) - 1};

	conn->continue_due = false;
	return client_send_by(client_now_msec() + conn->write_msec, &part, 1);
}

static ssize_t receive_body(struct httpd_conn *conn, char *data, size_t size, bool wait)
{
	int64_t before;
	ssize_t got;

	if (conn->continue_due && !conn->begun && !say_continue(conn))
		return -1;
	if (!wait) {
		got = receive_now(conn, data, size);
	} else {
		before = client_now_msec();
		got = receive(conn, data, size, httpd_patience_left(&conn->reading));
		httpd_patience_spend(&conn->reading, client_now_msec() - before);
	}
	if (got > 0)
		httpd_patience_earn(&conn->reading, (size_t)got);
	if (got == 0)
		errno = EBADMSG;
	return got ? got : -1;
}

static ssize_t take_length(struct httpd_conn *conn, char *data, size_t size, bool wait)
{
	size_t there = conn->end - conn->start;
	ssize_t got;

	if (size > conn->body_left)
		size = (size_t)conn->body_left;
	if (there) {
		got = (ssize_t)(there < size ? there : size);
		memcpy(data, conn->input + conn->start, (size_t)got);
		conn->start += (size_t)got;
	} else {
		got = receive_body(conn, data, size, wait);
	}
	if (got > 0) {
		conn->body_left -= (size_t)got;
		conn->body_ended = conn->body_left == 0;
	}
	return got;
}

static bool fill_input(struct httpd_conn *conn, bool wait)
{
	ssize_t got;

	if (conn->start < conn->end)
		return true;
	conn->start = conn->end = conn->base;
	got = receive_body(conn, conn->input + conn->end, HTTPD_INPUT_MAX - conn->end, wait);
	if (got > 0)
		conn->end += (size_t)got;
	return got > 0;
}

static ssize_t take_chunked(struct httpd_conn *conn, char *data, size_t size, bool wait)
{
	const char *body;
	size_t there, len = 0;

	while (len == 0) {
		if (!fill_input(conn, wait))
			return -1;
		there = conn->end - conn->start;
		conn->start += httpd_chunk_feed(&conn->chunk, conn->input + conn->start,
		                                there < size ? there : size, &body, &len);
		if (conn->chunk.state == HTTPD_CHUNK_END) {
			conn->body_ended = true;
			return 0;
		}
		if (conn->chunk.state == HTTPD_CHUNK_BAD) {
			errno = EBADMSG;
			return -1;
		}
	}
	memcpy(data, body, len);
	return (ssize_t)len;
}

ssize_t httpd_body_read(struct httpd_conn *conn, char *data, size_t size, bool wait)
{
	ssize_t got = -1;

	if (conn->body_ended)
		return 0;
	errno = conn->body_error;
	if (conn->body_error == 0 && conn->head.length > conn->body_max)
		errno = EFBIG;
	else if (conn->body_error == 0)
		got = conn->head.framing == HTTPD_CHUNKED ? take_chunked(conn, data, size, wait)
		                                          : take_length(conn, data, size, wait);
	if (got > 0)
		conn->body_seen += (size_t)got;
	if (got > 0 && conn->body_seen > conn->body_max) {
		got = -1;
		errno = EFBIG;
	}
	if (got < 0 && errno != EAGAIN) {
		conn->body_error = errno;
		conn->keep = false;
	}
	return got;
}

unsigned int httpd_body_status(int error)
{
	switch (error) {
	case EBADMSG:
		return 400;
	case ETIMEDOUT:
		return 408;
	case EFBIG:
		return 413;
	default:
		return 0;
	}
}

bool httpd_conn_next(struct httpd_conn *conn)
{
	char data[4096];
	ssize_t got = 1;

	if (!conn->keep || conn->broken || !conn->status)
		return false;
	/* A client that waits for "100 Continue" may send its body or not: nobody knows. */
	if (!conn->body_ended && (conn->continue_due || conn->body_left > DRAIN_MAX))
		return false;
	for (size_t all = 0; got > 0 && all < DRAIN_MAX; all += (size_t)got)
		got = httpd_body_read(conn, data, sizeof(data), true);
	conn->requests++;
	return got == 0;
}

void httpd_conn_finish(struct httpd_conn *conn)
{
	bool was_last = conn->whole && !conn->head.keep && conn->body_ended;

	if (conn->status && !conn->broken && !(was_last && conn->start == conn->end))
		client_finish();
}
