/* httpd_send.h - what of an answer goes over the wire: nothing here knows what it means.
 *
 * False once the client is gone or too slow; conn->broken is set then. */
#ifndef HANDLERS_HTTPD_SEND_H
#define HANDLERS_HTTPD_SEND_H

#include "httpd_conn.h"

#include <sys/uio.h>

/* All parts, whose fields it changes. more: the rest follows at once. */
bool httpd_send(struct httpd_conn *conn, struct iovec *part, size_t parts, bool more);

/* Part of a file. False, too, where the file has become shorter. */
bool httpd_send_file(struct httpd_conn *conn, int fd, off_t offset, uint64_t len);

#endif
