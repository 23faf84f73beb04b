/* httpd-password - tells httpd whether a password is right.
 *
 *   httpd-password FILE    with the user, NUL, the password, NUL on standard input
 *
 * A program of its own where httpd is built with a C library that has no crypt(3). Exit status:
 * 0 it is, 1 it is not, 2 usage, 3 the file cannot be read, which standard error explains. */
#include "httpd_password.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 30, SIZE = HTTPD_USER_MAX + 1 + HTTPD_PASSWORD_MAX + 1 };

int main(int argc, char **argv)
{
	char input[SIZE + 2] = "", *password;
	size_t len = 0;
	ssize_t got;

	if (argc != 2) {
		fputs("usage: httpd-password FILE\n", stderr);
		return 2;
	}
	alarm(SECONDS);
	while (len < SIZE && (got = read(STDIN_FILENO, input + len, SIZE - len)) > 0)
		len += (size_t)got;
	password = input + strlen(input) + 1;
	switch (httpd_password_check(argv[1], input, password)) {
	case HTTPD_AUTH_OK:
		return 0;
	case HTTPD_AUTH_BROKEN:
		return 3;
	default:
		return 1;
	}
}
