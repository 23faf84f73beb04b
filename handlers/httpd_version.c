#include "httpd_version.h"
#include "httpd_date.h"
#include "text.h"

#include <string.h>
#include <strings.h>

enum { SETTLED_SECONDS = 2 }; /* longer than the clock of any file system ticks */

static char *put_hex(char *at, uint64_t number)
{
	unsigned int digits = 1;

	for (uint64_t rest = number >> 4; rest; rest >>= 4)
		digits++;
	for (unsigned int i = digits; i-- > 0; number >>= 4)
		at[i] = "0123456789abcdef"[number & 15];
	return at + digits;
}

void httpd_version_make(struct httpd_version *version, uint64_t size,
                        const struct timespec *modified, time_t now)
{
	char *at;

	*version = (struct httpd_version){
	    .size = size,
	    .weak = modified->tv_sec > now - SETTLED_SECONDS,
	    .modified = modified->tv_sec < now ? modified->tv_sec : now,
	};
	at = version->etag;
	at = put_hex(text_put(at, version->weak ? "W/\"" : "\""), size);
	at = put_hex(text_put(at, "-"), (uint64_t)modified->tv_sec);
	at = put_hex(text_put(at, "-"), (uint64_t)modified->tv_nsec);
	*text_put(at, "\"") = '\0';
}

static const char *opaque(const char *etag)
{
	return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

/* Is it the tag at text? Sets its end. With strong, tags that are weak are like no other. */
static bool is_tag(const struct httpd_version *version, const char *text, bool strong,
                   const char **end)
{
	const char *own = opaque(version->etag), *tag = opaque(text), *close;

	close = *tag == '"' ? strchr(tag + 1, '"') : NULL;
	*end = close ? close + 1 : text + strlen(text);
	if (!close || (strong && (version->weak || tag != text)))
		return false;
	return (size_t)(*end - tag) == strlen(own) && strncmp(tag, own, strlen(own)) == 0;
}

static bool is_in_list(const struct httpd_version *version, const char *list, bool strong)
{
	if (strcmp(list, "*") == 0)
		return true;
	for (list += strspn(list, " \t,"); *list; list += strspn(list, " \t,"))
		if (is_tag(version, list, strong, &list))
			return true;
	return false;
}

/* A list may be spread over several fields. *given: there was one. */
static bool matches(const struct httpd_version *version, const struct httpd_head *head,
                    const char *name, bool strong, bool *given)
{
	bool found = false;

	*given = false;
	for (size_t i = 0; i < head->fields; i++)
		if (strcasecmp(head->field[i].name, name) == 0) {
			*given = true;
			found |= is_in_list(version, head->field[i].value, strong);
		}
	return found;
}

/* -1: none, or no date, which is as none. */
static time_t date_of(const struct httpd_head *head, const char *name)
{
	const char *value = httpd_head_field(head, name);

	return value ? httpd_date_parse(value) : -1;
}

unsigned int httpd_version_judge(const struct httpd_version *version, const struct httpd_head *head)
{
	bool reads = httpd_head_is(head, "GET") || httpd_head_is(head, "HEAD"), given, found;
	time_t date;

	found = matches(version, head, "If-Match", true, &given);
	date = given ? -1 : date_of(head, "If-Unmodified-Since");
	if ((given && !found) || (date >= 0 && version->modified > date))
		return 412;
	found = matches(version, head, "If-None-Match", false, &given);
	if (given && found)
		return reads ? 304 : 412;
	date = given || !reads ? -1 : date_of(head, "If-Modified-Since");
	return date >= 0 && version->modified <= date ? 304 : 200;
}

static bool is_same_version(const struct httpd_version *version, const struct httpd_head *head)
{
	const char *value = httpd_head_field(head, "If-Range"), *end;

	if (!value)
		return true;
	if (*opaque(value) == '"')
		return is_tag(version, value, true, &end) && *end == '\0';
	return !version->weak && httpd_date_parse(value) == version->modified;
}

/* Digits, at least one; more than any file has become the most. */
static bool take_number(const char **at, uint64_t *number)
{
	const char *text = *at;

	for (*number = 0; *text >= '0' && *text <= '9'; text++)
		*number = *number > UINT64_MAX / 20 ? UINT64_MAX / 2
		                                    : *number * 10 + (uint64_t)(*text - '0');
	if (text == *at)
		return false;
	*at = text;
	return true;
}

/* "0-499", "500-", "-500": first and last where they are given. */
static bool take_range(const char *text, bool *has_first, uint64_t *first, bool *has_last,
                       uint64_t *last)
{
	*has_first = take_number(&text, first);
	if (*text++ != '-')
		return false;
	*has_last = take_number(&text, last);
	if (*text || (!*has_first && !*has_last))
		return false;
	return !*has_first || !*has_last || *first <= *last;
}

static const char *only_range(const struct httpd_head *head)
{
	const char *found = NULL;

	for (size_t i = 0; i < head->fields; i++)
		if (strcasecmp(head->field[i].name, "Range") == 0) {
			if (found)
				return NULL;
			found = head->field[i].value;
		}
	return found && strncasecmp(found, "bytes=", 6) == 0 ? found + 6 : NULL;
}

unsigned int httpd_version_range(const struct httpd_version *version, const struct httpd_head *head,
                                 uint64_t *first, uint64_t *len)
{
	const char *text = httpd_head_is(head, "GET") ? only_range(head) : NULL;
	bool has_first, has_last;
	uint64_t from, last, size = version->size;

	*first = 0;
	*len = size;
	if (!text || !take_range(text, &has_first, &from, &has_last, &last) ||
	    !is_same_version(version, head))
		return 200;
	if (!has_first) { /* the last so many */
		if (last == 0 || size == 0)
			return 416;
		*len = last < size ? last : size;
		*first = size - *len;
		return 206;
	}
	if (from >= size)
		return 416;
	*first = from;
	*len = (has_last && last < size ? last : size - 1) - from + 1;
	return 206;
}
