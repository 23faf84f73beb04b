/* httpd_reply.h - writes the answer to one request of httpd's.
 *
 *   httpd_reply_start(conn, 200, NULL);
 *   httpd_reply_field(conn, "Content-Type", type, strlen(type));
 *   httpd_reply_begin(conn, HTTPD_UNKNOWN);
 *   while (there is more)
 *           httpd_reply_write(conn, data, len);
 *   httpd_reply_end(conn);
 *
 * Date, Server, Connection, Content-Length and Transfer-Encoding are written here. How the body
 * ends is decided by what is known: a length; else chunked; else, for HTTP/1.0, the end of the
 * connection. A length is the cheapest: who has the whole body before it begins should say so. To
 * HEAD, and with 1xx, 204 and 304, the same calls send no body.
 *
 * All functions that send return false once the client is gone or too slow, which conn->broken
 * remembers; there is nobody to tell then. Nothing blocks longer than conn->writing allows. */
#ifndef HANDLERS_HTTPD_REPLY_H
#define HANDLERS_HTTPD_REPLY_H

#include "httpd_conn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HTTPD_UNKNOWN UINT64_MAX

/* Begins an answer that is not sent yet; may be called again, to begin anew, until
 * httpd_reply_begin(). reason: NULL, the usual one; else any text, of which only printable
 * characters are sent. */
void httpd_reply_start(struct httpd_conn *conn, unsigned int status, const char *reason);

/* False: there is no room, or the name is no token, or the value has control characters; the field
 * is left out. Not for the fields that are written here. */
bool httpd_reply_field(struct httpd_conn *conn, const char *name, const char *value, size_t len);
bool httpd_reply_field_text(struct httpd_conn *conn, const char *name, const char *value);

/* The head is complete; it is sent with the first of the body. length: of the body, or
 * HTTPD_UNKNOWN. With 1xx, 204 and 304 it is not told. */
void httpd_reply_begin(struct httpd_conn *conn, uint64_t length);

/* Sends the head, where the first of the body takes its time. */
bool httpd_reply_flush(struct httpd_conn *conn);

/* Part of the body, sent at once. More than the promised length is cut off, and false. */
bool httpd_reply_write(struct httpd_conn *conn, const void *data, size_t len);

/* Part of a file as part of the body, by sendfile(2) if it is long. */
bool httpd_reply_file(struct httpd_conn *conn, int fd, off_t offset, uint64_t len);

/* That was all. Where less than the promised length was written, the connection ends with it, for
 * the client to see. */
bool httpd_reply_end(struct httpd_conn *conn);

/* Instead of start and begin: what is written is the whole answer, head included, for nph- scripts.
 * The connection ends with it. status: for the access log. */
void httpd_reply_raw(struct httpd_conn *conn, unsigned int status);

/* A whole short answer, with its status as text, after fields that were added since
 * httpd_reply_start(conn, status, NULL), which may be left out. Where an answer has begun already
 * the connection is ended instead, for the client to see. */
bool httpd_reply_status(struct httpd_conn *conn, unsigned int status);

/* A whole answer. */
bool httpd_reply_body(struct httpd_conn *conn, const char *type, const void *data, size_t len);

/* "Not Found" */
const char *httpd_reply_reason(unsigned int status);

#endif
