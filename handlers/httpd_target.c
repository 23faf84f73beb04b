#include "httpd_target.h"

#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

int httpd_target_split(const char *target, const char **authority, size_t *len, const char **rest)
{
	static const char *const schemes[] = {"http://", "https://"};

	*authority = target;
	*len = 0;
	*rest = target;
	if (*target == '/')
		return 0;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t scheme = strlen(schemes[i]);

		if (strncasecmp(target, schemes[i], scheme) != 0)
			continue;
		*authority = target + scheme;
		*len = strcspn(*authority, "/?#");
		*rest = *authority + *len;
		return *len ? 0 : 400;
	}
	return 400;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character, decoded, or -1: it cannot stand in a path. */
static int take(const char **at)
{
	const char *text = *at;
	int c = (unsigned char)*text, high, low;

	*at = text + 1;
	if (c == '%') {
		high = digit_of(text[1]);
		low = high < 0 ? -1 : digit_of(text[2]);
		*at = text + 3;
		if (low < 0)
			return -1;
		c = high * 16 + low;
		if (c == '/')
			return -1;
	}
	return c < ' ' || c == 0x7f || (c == '#' && *text == '#') ? -1 : c;
}

/* Is the segment that ends at end, and begins behind a slash, "." or ".."? */
static bool is_dots(const char *begin, const char *end)
{
	return (end - begin >= 2 && memcmp(end - 2, "/.", 2) == 0) ||
	       (end - begin >= 3 && memcmp(end - 3, "/..", 3) == 0);
}

int httpd_target_decode(const char *text, char path[HTTPD_PATH_MAX + 1], const char **query)
{
	char *to = path, *end = path + HTTPD_PATH_MAX;
	int c;

	/* "http://host" and "http://host?query" have an empty path, which means "/". */
	if (*text != '/' && *text != '?' && *text != '\0')
		return 400;
	*to++ = '/';
	while (*text && *text != '?') {
		c = take(&text);
		if (c < 0 || (c == '/' && is_dots(path, to)))
			return 400;
		if (c == '/' && to[-1] == '/')
			continue;
		if (to == end)
			return 414;
		*to++ = (char)c;
	}
	*to = '\0';
	*query = *text ? text + 1 : NULL;
	/* A fragment is for the browser; who sends it may mean anything by it. */
	return is_dots(path, to) || (*text && strchr(text, '#')) ? 400 : 0;
}

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* Letters to lower case; the end of the name, or NULL. */
static char *name_end(char *at)
{
	bool address = *at == '[';

	for (at += address; *at && *at != ']'; at++) {
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at | 0x20);
		if (*at == ':' && !address)
			return at;
		if (address ? digit_of(*at) < 0 && *at != ':' && *at != '.' : !is_host_char(*at))
			return NULL;
	}
	return (*at == ']') == address ? at + address : NULL;
}

int httpd_target_host(char *text, unsigned int *port)
{
	char *end = name_end(text), *at = end;

	*port = 0;
	if (!end || (*end && *end != ':'))
		return 400;
	if (*at == ':')
		for (at++; *at >= '0' && *at <= '9' && *port <= PORT_MAX; at++)
			*port = *port * 10 + (unsigned int)(*at - '0');
	if (*at || *port > PORT_MAX)
		return 400;
	/* "example.org." is the same host: the root's empty label is written out. */
	if (end > text + 1 && end[-1] == '.')
		end--;
	*end = '\0';
	return *text == '.' || strstr(text, "..") ? 400 : 0;
}
