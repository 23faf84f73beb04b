#include "httpd_auth.h"
#include "httpd_password.h"

#include <string.h>
#include <strings.h>

enum { PAIR_MAX = HTTPD_USER_MAX + 1 + HTTPD_PASSWORD_MAX };

static int base64_of(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* The length, or -1: no base64, or too long. */
static int decode(const char *text, char *to, size_t size)
{
	unsigned int bits = 0, held = 0;
	size_t len = 0;

	for (; *text && *text != '='; text++) {
		int digit = base64_of(*text);

		if (digit < 0)
			return -1;
		held = (held << 6 | (unsigned int)digit) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (len == size)
			return -1;
		to[len++] = (char)(held >> bits);
	}
	return strspn(text, "=") <= 2 && text[strspn(text, "=")] == '\0' ? (int)len : -1;
}

bool httpd_auth_parse(const char *value, char user[HTTPD_USER_MAX + 1],
                      char password[HTTPD_PASSWORD_MAX + 1])
{
	char pair[PAIR_MAX + 1];
	const char *colon;
	int len;

	if (strncasecmp(value, "Basic ", 6) != 0)
		return false;
	value += 6 + strspn(value + 6, " ");
	len = decode(value, pair, PAIR_MAX);
	if (len < 0 || memchr(pair, '\0', (size_t)len))
		return false;
	pair[len] = '\0';
	colon = strchr(pair, ':');
	if (!colon || colon == pair || colon - pair > HTTPD_USER_MAX ||
	    strlen(colon + 1) > HTTPD_PASSWORD_MAX)
		return false;
	memcpy(user, pair, (size_t)(colon - pair));
	user[colon - pair] = '\0';
	memcpy(password, colon + 1, strlen(colon + 1) + 1);
	return true;
}

#ifndef HAVE_PASSWORDS
/* httpd_options.c has said so. */
enum httpd_auth_verdict httpd_password_check(const char *file, const char *user,
                                             const char *password)
{
	(void)file;
	(void)user;
	(void)password;
	return HTTPD_AUTH_BROKEN;
}
#endif

enum httpd_auth_verdict httpd_auth(const char *file, const struct httpd_head *head,
                                   const char **user)
{
	static char known[HTTPD_USER_MAX + 1], its_password[HTTPD_PASSWORD_MAX + 1];
	char name[HTTPD_USER_MAX + 1], password[HTTPD_PASSWORD_MAX + 1];
	const char *value = httpd_head_field(head, "Authorization");
	enum httpd_auth_verdict verdict;

	if (!value || !httpd_auth_parse(value, name, password))
		return HTTPD_AUTH_NONE;
	if (*known && strcmp(known, name) == 0 && strcmp(its_password, password) == 0)
		verdict = HTTPD_AUTH_OK;
	else
		verdict = httpd_password_check(file, name, password);
	if (verdict == HTTPD_AUTH_OK) {
		memcpy(known, name, sizeof(known));
		memcpy(its_password, password, sizeof(its_password));
		*user = known;
	}
	explicit_bzero(password, sizeof(password));
	return verdict;
}
