/* httpd_target.h - the target of a request, and the host: what they name (RFC 3986, RFC 9112 3.2).
 *
 * Pure. Each returns 0 or the status of the refusal: 400, or 414 for a path that is too long. */
#ifndef HANDLERS_HTTPD_TARGET_H
#define HANDLERS_HTTPD_TARGET_H

#include "httpd_head.h"

/* The authority of an absolute target, and where the rest begins: text[0..len) for *authority, ""
 * for a target that begins with "/". The target is NUL-terminated. */
int httpd_target_split(const char *target, const char **authority, size_t *len, const char **rest);

/* Decodes a path, up to its end or "?"; *query is what follows that, or NULL. Several slashes in a
 * row become one. Refused: no "/" in front, "%" without two digits, "%00" and other controls,
 * "%2F", segments that are "." or ".." after decoding, "#". */
int httpd_target_decode(const char *text, char path[HTTPD_PATH_MAX + 1], const char **query);

/* Makes "Example.org.:80" into "example.org" and 80, in place; the port is 0 if there is none. */
int httpd_target_host(char *text, unsigned int *port);

#endif
