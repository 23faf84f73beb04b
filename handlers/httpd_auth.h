/* httpd_auth.h - lets in who knows a password: Basic authentication (RFC 7617) by a file of
 * "user:hash" lines, hashes as crypt(3) writes them. */
#ifndef HANDLERS_HTTPD_AUTH_H
#define HANDLERS_HTTPD_AUTH_H

#include "httpd_head.h"

enum httpd_auth_verdict {
	HTTPD_AUTH_OK,
	HTTPD_AUTH_NONE,  /* no password was sent, or none that can be read: 401 */
	HTTPD_AUTH_WRONG, /* the wrong one, or for an unknown user: 401, after a pause */
	HTTPD_AUTH_BROKEN /* the file cannot be read; said on standard error: 500 */
};

enum { HTTPD_USER_MAX = 255, HTTPD_PASSWORD_MAX = 255 };

/* *user: who it is, if HTTPD_AUTH_OK; good until the next call. To find out that there is no such
 * user takes as long as that the password is wrong. What was right once is right for this
 * connection: the costly function is called once. */
enum httpd_auth_verdict httpd_auth(const char *file, const struct httpd_head *head,
                                   const char **user);

/* Takes "Basic ..." apart, into two strings: false where it is none. Pure. */
bool httpd_auth_parse(const char *value, char user[HTTPD_USER_MAX + 1],
                      char password[HTTPD_PASSWORD_MAX + 1]);

#endif
