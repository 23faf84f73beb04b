#include "httpd_password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	HASH_MAX = 255,
	FILE_MAX = 65536 /* bytes */
};

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

enum httpd_auth_verdict httpd_password_check(const char *file, const char *user,
                                             const char *password)
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
