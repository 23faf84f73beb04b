/* httpd_password.h - is it the user's password, by a file of "user:hash" lines?
 *
 * Done by crypt(3) in httpd itself (httpd_password.c) where it can be linked with that, else by
 * the program httpd-password beside it (httpd_password_apart.c), as with a musl that has none. */
#ifndef HANDLERS_HTTPD_PASSWORD_H
#define HANDLERS_HTTPD_PASSWORD_H

enum { HTTPD_USER_MAX = 255, HTTPD_PASSWORD_MAX = 255 }; /* bytes */

enum httpd_auth_verdict {
	HTTPD_AUTH_OK,
	HTTPD_AUTH_NONE,  /* no password was sent, or none that can be read: 401 */
	HTTPD_AUTH_WRONG, /* the wrong one, or for an unknown user: 401, after a pause */
	HTTPD_AUTH_BROKEN /* the file cannot be read; said on standard error: 500 */
};

/* Never HTTPD_AUTH_NONE. The whole file is read and one hash is made, whoever the user is. */
enum httpd_auth_verdict httpd_password_check(const char *file, const char *user,
                                             const char *password);

#endif
