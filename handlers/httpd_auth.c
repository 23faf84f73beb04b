#include "httpd_auth.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
	HASH_MAX = 255,
	FILE_MAX = 65536, /* bytes; what is beyond is not looked at, and that is said */
	PAIR_MAX = HTTPD_USER_MAX + 1 + HTTPD_PASSWORD_MAX
};

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

#ifdef HAVE_CRYPT

/* The whole file, so that where a user stands in it does not show in the time. */
static ssize_t read_file(const char *file, char *text, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = 1;
	size_t len = 0;

	while (fd >= 0 && got > 0 && len < size) {
		got = read(fd, text + len, size - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (fd < 0 || got < 0) {
		fprintf(stderr, "httpd: --passwords: \"%s\" cannot be read: %s\n", file,
		        strerror(errno));
		len = 0;
	} else if (len == size) {
		fprintf(stderr, "httpd: --passwords: \"%s\" is larger than %zu bytes\n", file,
		        size - 1);
		got = -1;
	}
	if (fd >= 0)
		close(fd);
	return fd < 0 || got < 0 ? -1 : (ssize_t)len;
}

/* The user's hash, else any other's with *known false: something to work on as long. */
static void find_hash(const char *text, const char *user, char hash[HASH_MAX + 1], bool *known)
{
	size_t len = strlen(user);

	*known = false;
	hash[0] = '\0';
	while (*text) {
		size_t line = strcspn(text, "\n");
		const char *colon = memchr(text, ':', line);
		size_t of_hash = colon ? strcspn(colon + 1, ":\r\n") : 0;
		bool is_user =
		    colon && (size_t)(colon - text) == len && memcmp(text, user, len) == 0;

		if (colon && *text != '#' && of_hash && of_hash <= HASH_MAX && !*known &&
		    (is_user || !*hash)) {
			memcpy(hash, colon + 1, of_hash);
			hash[of_hash] = '\0';
			*known = is_user;
		}
		text += line + (text[line] == '\n');
	}
}

static bool is_equal(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char differ = strlen(b) != len;

	for (size_t i = 0; !differ && i < len; i++)
		differ = (unsigned char)(differ | (a[i] ^ b[i]));
	return !differ;
}

static enum httpd_auth_verdict check(const char *file, const char *user, const char *password)
{
	static char text[FILE_MAX + 1];
	char hash[HASH_MAX + 1];
	const char *made;
	bool known;
	ssize_t len = read_file(file, text, sizeof(text));

	if (len < 0)
		return HTTPD_AUTH_BROKEN;
	text[len] = '\0';
	find_hash(text, user, hash, &known);
	explicit_bzero(text, (size_t)len);
	made = crypt(password, hash);
	/* One that is no hash, such as "!" for a locked account, fails or begins with "*". */
	if (!known || !made || *made == '*' || !is_equal(made, hash))
		return HTTPD_AUTH_WRONG;
	return HTTPD_AUTH_OK;
}

#else

static enum httpd_auth_verdict check(const char *file, const char *user, const char *password)
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
		verdict = check(file, name, password);
	if (verdict == HTTPD_AUTH_OK) {
		memcpy(known, name, sizeof(known));
		memcpy(its_password, password, sizeof(its_password));
		*user = known;
	}
	explicit_bzero(password, sizeof(password));
	return verdict;
}
