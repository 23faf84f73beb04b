/* cgi.h - runs one script for one request of httpd's (RFC 3875).
 *
 * httpd.c has found the script, beneath the document root, has looked that it is a regular file
 * that we may execute, and has checked the password. cgi_run() starts it, hands over the body,
 * sends the answer by httpd_reply.h, and sees to the script's end. Who was left behind in silence
 * by a script that ended well stays; a script that is ended takes all along. The access log, the
 * rest of the body and the end of the connection are the caller's affair.
 *
 * SIGPIPE is ignored in httpd, and is to have its default action in a script. All descriptors but
 * 0, 1 and 2 are close-on-exec. Descriptor 2 is the log. */
#ifndef HANDLERS_CGI_H
#define HANDLERS_CGI_H

#include "httpd_conn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGI_LOCATION_MAX = HTTPD_TARGET_MAX };

struct cgi_limits {
	int64_t script_msec; /* for the whole script, from its start */
	uint64_t output_max; /* bytes of the answer's body; 0: any */
};

struct cgi_script {
	const char *root;      /* the document root, an absolute path: DOCUMENT_ROOT; the host's own
	                        * where there are virtual hosts */
	const char *file;      /* the script, an absolute path: SCRIPT_FILENAME, what is executed */
	const char *name;      /* decoded path of the script, "/cgi-bin/a.cgi": SCRIPT_NAME */
	const char *path_info; /* decoded, "/more", or "" if there is none: PATH_INFO;
	                        * PATH_TRANSLATED is root and this */
	const struct cgi_limits *limits;
};

enum cgi_result {
	CGI_DONE,    /* an answer was sent, or nobody was left to get one; also an error's */
	CGI_REDIRECT /* nothing was sent: location is to be answered as if it were asked by GET */
};

/* conn: the request is conn->head; its body is read by httpd_body_read(). location: for
 * CGI_REDIRECT, a path with perhaps a query (RFC 3875, 6.2.2). */
enum cgi_result cgi_run(struct httpd_conn *conn, const struct cgi_script *script,
                        char location[CGI_LOCATION_MAX + 1]);

#endif
