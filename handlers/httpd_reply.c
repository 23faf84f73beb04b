#include "httpd_reply.h"
#include "httpd_date.h"
#include "httpd_send.h"
#include "text.h"

#include <string.h>
#include <unistd.h>

enum {
	REASON_MAX = 64,
	TAIL_MAX = 128,        /* what httpd_reply_begin() adds */
	SMALL_FILE = 16 * 1024 /* one call with its head costs less than sendfile(2) */
};

static const struct {
	unsigned int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *httpd_reply_reason(unsigned int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

static char *put_reason(char *at, const char *reason)
{
	for (size_t i = 0; i < REASON_MAX && reason[i]; i++)
		if (reason[i] >= ' ' && reason[i] < 0x7f)
			*at++ = reason[i];
	return at;
}

void httpd_reply_start(struct httpd_conn *conn, unsigned int status, const char *reason)
{
	char *at = text_put(conn->answer, "HTTP/1.1 ");

	conn->status = status;
	at = text_put(text_number(at, status, 3), " ");
	at = put_reason(at, reason ? reason : httpd_reply_reason(status));
	at = httpd_date_put(text_put(at, "\r\nDate: "), time(NULL));
	at = text_put(at, "\r\nServer: usherd\r\n");
	conn->answer_len = (size_t)(at - conn->answer);
	conn->without_body =
	    status < 200 || status == 204 || status == 304 || httpd_head_is(&conn->head, "HEAD");
}

static bool is_name(const char *name)
{
	for (const char *at = name; *at; at++)
		if (*at <= ' ' || *at >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *at))
			return false;
	return *name != '\0';
}

static bool is_value(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
			return false;
	return true;
}

bool httpd_reply_field(struct httpd_conn *conn, const char *name, const char *value, size_t len)
{
	char *at = conn->answer + conn->answer_len;

	if (strlen(name) + len + 4 > sizeof(conn->answer) - TAIL_MAX - conn->answer_len ||
	    !is_name(name) || !is_value(value, len))
		return false;
	at = text_put(text_put(at, name), ": ");
	memcpy(at, value, len);
	at = text_put(at + len, "\r\n");
	conn->answer_len = (size_t)(at - conn->answer);
	return true;
}

bool httpd_reply_field_text(struct httpd_conn *conn, const char *name, const char *value)
{
	return httpd_reply_field(conn, name, value, strlen(value));
}

void httpd_reply_begin(struct httpd_conn *conn, uint64_t length)
{
	bool no_length = conn->status < 200 || conn->status == 204 || conn->status == 304;
	char *at = conn->answer + conn->answer_len;

	conn->begun = true;
	conn->promised = length;
	conn->chunked = length == HTTPD_UNKNOWN && conn->head.minor && !conn->without_body;
	if (conn->chunked)
		at = text_put(at, "Transfer-Encoding: chunked\r\n");
	else if (length == HTTPD_UNKNOWN && !conn->without_body)
		conn->keep = false;
	else if (length != HTTPD_UNKNOWN && !no_length)
		at = text_put(text_decimal(text_put(at, "Content-Length: "), length), "\r\n");
	if (!conn->keep)
		at = text_put(at, "Connection: close\r\n");
	else if (!conn->head.minor)
		at = text_put(at, "Connection: keep-alive\r\n");
	at = text_put(at, "\r\n");
	conn->answer_len = (size_t)(at - conn->answer);
}

/* Sends the head, if it is not yet, and more. */
static bool send_with_head(struct httpd_conn *conn, struct iovec *part, size_t parts, bool more)
{
	struct iovec all[4] = {{.iov_base = conn->answer, .iov_len = conn->answer_len}};

	if (parts)
		memcpy(all + 1, part, parts * sizeof(*part));
	conn->answer_len = 0;
	return httpd_send(conn, all, parts + 1, more);
}

bool httpd_reply_flush(struct httpd_conn *conn)
{
	return conn->answer_len ? send_with_head(conn, NULL, 0, false) : !conn->broken;
}

static bool send_chunk(struct httpd_conn *conn, const void *data, size_t len)
{
	char size[20], *at = size + sizeof(size);
	struct iovec part[3] = {
	    {0},
	    {.iov_base = (void *)data, .iov_len = len},
	    {.iov_base = (char *)"\r\n", .iov_len = 2},
	};

	*--at = '\n';
	*--at = '\r';
	for (size_t rest = len; rest; rest >>= 4)
		*--at = "0123456789abcdef"[rest & 15];
	part[0] = (struct iovec){.iov_base = at, .iov_len = (size_t)(size + sizeof(size) - at)};
	return send_with_head(conn, part, 3, false);
}

/* How much of so much may be sent. */
static uint64_t count(struct httpd_conn *conn, uint64_t len)
{
	if (conn->promised == HTTPD_UNKNOWN)
		return len;
	if (len > conn->promised)
		len = conn->promised;
	conn->promised -= len;
	return len;
}

bool httpd_reply_write(struct httpd_conn *conn, const void *data, size_t len)
{
	size_t some = (size_t)count(conn, len);
	struct iovec part = {.iov_base = (void *)data, .iov_len = some};

	if (conn->without_body || some == 0)
		return !conn->broken && some == len;
	if (!(conn->chunked ? send_chunk(conn, data, some) : send_with_head(conn, &part, 1, false)))
		return false;
	conn->sent += some;
	return some == len;
}

static bool write_small_file(struct httpd_conn *conn, int fd, off_t offset, size_t len)
{
	char data[SMALL_FILE];
	ssize_t got = pread(fd, data, len, offset);

	return got > 0 && httpd_reply_write(conn, data, (size_t)got) && (size_t)got == len;
}

bool httpd_reply_file(struct httpd_conn *conn, int fd, off_t offset, uint64_t len)
{
	if (conn->without_body || len == 0)
		return !conn->broken;
	if (len <= SMALL_FILE)
		return write_small_file(conn, fd, offset, (size_t)len);
	len = count(conn, len);
	conn->sent += len;
	return send_with_head(conn, NULL, 0, true) && httpd_send_file(conn, fd, offset, len);
}

bool httpd_reply_end(struct httpd_conn *conn)
{
	static const char last[] = "0\r\n\r\n";
	struct iovec part = {.iov_base = (char *)last, .iov_len = conn->chunked ? 5 : 0};
	bool whole = conn->promised == HTTPD_UNKNOWN || conn->promised == 0 || conn->without_body;

	if (!whole)
		conn->keep = false;
	if (conn->answer_len || part.iov_len)
		return send_with_head(conn, &part, 1, false) && whole;
	return !conn->broken && whole;
}

void httpd_reply_raw(struct httpd_conn *conn, unsigned int status)
{
	conn->status = status;
	conn->answer_len = 0;
	conn->promised = HTTPD_UNKNOWN;
	conn->begun = conn->raw = true;
	conn->chunked = conn->without_body = conn->keep = false;
}

bool httpd_reply_body(struct httpd_conn *conn, const char *type, const void *data, size_t len)
{
	(void)httpd_reply_field_text(conn, "Content-Type", type);
	httpd_reply_begin(conn, len);
	(void)httpd_reply_write(conn, data, len);
	return httpd_reply_end(conn);
}

bool httpd_reply_status(struct httpd_conn *conn, unsigned int status)
{
	char text[REASON_MAX + 8], *at;

	if (conn->begun) {
		conn->keep = false;
		return false;
	}
	if (conn->status != status || conn->answer_len == 0)
		httpd_reply_start(conn, status, NULL);
	at = text_put(text_number(text, status, 3), " ");
	at = text_put(text_put(at, httpd_reply_reason(status)), "\n");
	return httpd_reply_body(conn, "text/plain; charset=utf-8", text, (size_t)(at - text));
}
