/* cgi_env.h - the environment of a CGI script (RFC 3875, 4.1), put together in a bounded room.
 *
 * cgi_env_begin(), which takes over what is ours, then cgi_env_set() for the meta-variables and
 * cgi_env_fields() for the request's header, and cgi_env_end() for the list. What does not fit
 * makes the end NULL, so nothing in between has to be looked at. Pure.
 *
 * A header field becomes HTTP_NAME only if its name has nothing but letters, digits and "-": a name
 * with "_" would look like one with "-" to the script, which a proxy before us may have vouched
 * for. Never HTTP_PROXY, which programs that the script starts take for the proxy to use. Left out
 * also are the fields that have variables of their own, those that tell secrets that are the
 * server's affair (Authorization), and those about this one connection. */
#ifndef HANDLERS_CGI_ENV_H
#define HANDLERS_CGI_ENV_H

#include "httpd_head.h"

#include <stdbool.h>
#include <stddef.h>

/* The room is for what we add; a list of more variables does not fit either. */
enum { CGI_ENV_ROOM = 96 * 1024, CGI_ENV_MAX = 512 };

struct cgi_env {
	char *list[CGI_ENV_MAX + 1];
	size_t count, used;
	bool full;
	char room[CGI_ENV_ROOM];
};

/* The variables of `list` (environ) that are the service's, and not CGI's. They are not copied. */
void cgi_env_begin(struct cgi_env *env, char *const list[]);

/* NULL: the variable is not set. No name may be set twice. */
void cgi_env_set(struct cgi_env *env, const char *name, const char *value);

/* Fields of one name become one variable, with commas between (RFC 9110, 5.3). */
void cgi_env_fields(struct cgi_env *env, const struct httpd_field fields[], size_t count);

/* The list, which ends with NULL and lives as long as `env`. NULL: it did not fit. */
char *const *cgi_env_end(struct cgi_env *env);

#endif
