/* cgi_meta.h - the meta-variables of one request (RFC 3875, 4.1).
 *
 * What is known of the connection is in our own environment, where usherd has put it; that it is
 * encrypted we know only if HTTPS is set there. Besides those of the RFC there are the
 * ones that programs have come to expect: REQUEST_URI, REQUEST_SCHEME, HTTPS, DOCUMENT_ROOT,
 * SCRIPT_FILENAME, SERVER_ADDR, REMOTE_PORT and REDIRECT_STATUS. */
#ifndef HANDLERS_CGI_META_H
#define HANDLERS_CGI_META_H

#include "cgi.h"
#include "cgi_env.h"

#include <stdint.h>

/* length: of the body that the script can read, where the request has one. NULL: it does not fit.
 */
char *const *cgi_meta(struct cgi_env *env, const struct httpd_conn *conn,
                      const struct cgi_script *script, uint64_t length);

#endif
