/* cgi_spool.h - what has to wait on its way to or from a CGI script: a file without a name.
 *
 * It lies in $TMPDIR or /tmp; where that is not possible, in memory. */
#ifndef HANDLERS_CGI_SPOOL_H
#define HANDLERS_CGI_SPOOL_H

#include "httpd_conn.h"

#include <stdint.h>

/* What a body without a length may have, where a request may have more; and an answer that its
 * client does not take yet. */
enum { CGI_SPOOL_MAX = 256 * 1024 * 1024 };

/* An empty file, for reading and writing, close-on-exec; -1 with errno. */
int cgi_spool_open(void);

/* The whole body of the request, however its client codes it. Returns a file to be read from its
 * beginning and sets the length; -1 with conn->body_error, or with errno where our side cannot keep
 * it. */
int cgi_spool_body(struct httpd_conn *conn, uint64_t *length);

#endif
