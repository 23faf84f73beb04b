/* httpd_auth.h - lets in who knows a password: Basic authentication (RFC 7617) by a file of
 * "user:hash" lines, hashes as crypt(3) writes them. */
#ifndef HANDLERS_HTTPD_AUTH_H
#define HANDLERS_HTTPD_AUTH_H

#include "httpd_head.h"
#include "httpd_password.h"

/* *user: who it is, if HTTPD_AUTH_OK; good until the next call. To find out that there is no such
 * user takes as long as that the password is wrong. What was right once is right for this
 * connection: the costly function is called once. */
enum httpd_auth_verdict httpd_auth(const char *file, const struct httpd_head *head,
                                   const char **user);

/* Takes "Basic ..." apart, into two strings: false where it is none. Pure. */
bool httpd_auth_parse(const char *value, char user[HTTPD_USER_MAX + 1],
                      char password[HTTPD_PASSWORD_MAX + 1]);

#endif
