#include "httpd_send.h"
#include "client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	/* sendfile(2) waits for room by itself, SLICE at a time: small enough for the client's
	 * patience to be looked at now and then, large enough for it to be rare. */
	SLICE_MSEC = 1000,
	SLICE_BYTES = 256 * 1024,
	COPY_BYTES = 16384
};

static bool give_up(struct httpd_conn *conn)
{
	conn->broken = true;
	conn->keep = false;
	return false;
}

static bool wait_for_room(struct httpd_conn *conn)
{
	int64_t before = client_now_msec(), most = before + httpd_patience_left(&conn->writing);
	int ready = conn->meanwhile ? conn->meanwhile(conn->meanwhile_data, most)
	                            : client_poll(HTTPD_OUT, POLLOUT, most);

	httpd_patience_spend(&conn->writing, client_now_msec() - before);
	return ready > 0;
}

static ssize_t send_some(struct httpd_conn *conn, struct iovec *part, size_t parts, bool more)
{
	struct msghdr message = {.msg_iov = part, .msg_iovlen = parts};
	ssize_t sent = -1;

	if (!conn->no_socket)
		sent = sendmsg(HTTPD_OUT, &message,
		               MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
	if (conn->no_socket || (sent < 0 && errno == ENOTSOCK))
		sent = writev(HTTPD_OUT, part, (int)parts);
	return sent;
}

/* An answer in several pieces: the kernel would hold back each small one until the client has
 * acknowledged the one before, which the client does late. */
static void do_not_delay(struct httpd_conn *conn)
{
	const int on = 1;

	if (!conn->nodelay && !conn->no_socket)
		(void)setsockopt(HTTPD_OUT, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn->nodelay = true;
}

bool httpd_send(struct httpd_conn *conn, struct iovec *part, size_t parts, bool more)
{
	if (conn->broken)
		return false;
	if (conn->sent_before && !more)
		do_not_delay(conn);
	conn->sent_before = true;
	client_skip_sent(&part, &parts, 0);
	while (parts) {
		ssize_t sent = send_some(conn, part, parts, more);

		if (sent < 0 && errno == EAGAIN ? !wait_for_room(conn) : sent < 0 && errno != EINTR)
			return give_up(conn);
		if (sent > 0) {
			httpd_patience_earn(&conn->writing, (size_t)sent);
			client_skip_sent(&part, &parts, (size_t)sent);
		}
	}
	return true;
}

static bool copy_file(struct httpd_conn *conn, int fd, off_t offset, uint64_t len)
{
	char data[COPY_BYTES];

	while (len) {
		size_t want = len < sizeof(data) ? (size_t)len : sizeof(data);
		ssize_t got = pread(fd, data, want, offset);
		struct iovec part = {.iov_base = data, .iov_len = got > 0 ? (size_t)got : 0};

		if (got <= 0 || !httpd_send(conn, &part, 1, false))
			return give_up(conn);
		offset += got;
		len -= (uint64_t)got;
	}
	return true;
}

static bool limit_waits(struct httpd_conn *conn)
{
	const struct timeval slice = {.tv_sec = SLICE_MSEC / 1000};

	if (!conn->no_socket && !conn->waits_in_slices)
		conn->waits_in_slices =
		    setsockopt(HTTPD_OUT, SOL_SOCKET, SO_SNDTIMEO, &slice, sizeof(slice)) == 0;
	return conn->waits_in_slices;
}

bool httpd_send_file(struct httpd_conn *conn, int fd, off_t offset, uint64_t len)
{
	if (conn->broken)
		return false;
	if (!limit_waits(conn))
		return copy_file(conn, fd, offset, len);
	while (len) {
		size_t want = len < SLICE_BYTES ? (size_t)len : SLICE_BYTES;
		int64_t before = client_now_msec();
		ssize_t sent = sendfile(HTTPD_OUT, fd, &offset, want);

		httpd_patience_spend(&conn->writing, client_now_msec() - before);
		if (sent < 0 && (errno == EINVAL || errno == ENOSYS || errno == EPERM))
			return copy_file(conn, fd, offset, len);
		if (sent > 0) {
			httpd_patience_earn(&conn->writing, (size_t)sent);
			len -= (uint64_t)sent;
		} else if (sent == 0 || (errno != EAGAIN && errno != EINTR)) {
			return give_up(conn);
		}
		if (len && httpd_patience_left(&conn->writing) == 0)
			return give_up(conn);
	}
	return true;
}
