#include "request.h"

#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2: what names and methods are made of. */
static bool is_token(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void word_begin(struct request *request)
{
	request->word_len = 0;
}

static void word_add(struct request *request, char c)
{
	if (request->word_len < sizeof(request->word))
		request->word[request->word_len] = c;
	request->word_len++;
}

/* Field names are compared without regard to case (RFC 9110, 5.1); methods
 * with (9.1). */
static bool word_is(const struct request *request, const char *text)
{
	return request->word_len == strlen(text) &&
	       memcmp(request->word, text, request->word_len) == 0;
}

static bool word_is_name(const struct request *request, const char *text)
{
	return request->word_len == strlen(text) &&
	       strncasecmp(request->word, text, request->word_len) == 0;
}

static bool in_method(struct request *request, unsigned char c)
{
	if (is_token(c)) {
		word_add(request, (char)c);
		return true;
	}
	if (c != ' ')
		return false;
	request->method = REQUEST_METHOD;
	if (word_is(request, "GET"))
		request->method = REQUEST_GET;
	if (word_is(request, "HEAD"))
		request->method = REQUEST_HEAD;
	if (word_is(request, "OPTIONS"))
		request->method = REQUEST_OPTIONS;
	request->state = REQUEST_IN_TARGET;
	word_begin(request);
	return true;
}

static bool in_target(struct request *request, unsigned char c)
{
	if (c > ' ' && c < 0x7f) {
		if (request->target_len < REQUEST_TARGET_MAX)
			request->target[request->target_len] = (char)c;
		request->target_len++;
		return true;
	}
	if (c != ' ' || request->target_len == 0)
		return false;
	request->state = REQUEST_IN_VERSION;
	word_begin(request);
	return true;
}

/* "HTTP/1.1" is exactly as long as word. */
static bool in_version(struct request *request, unsigned char c)
{
	static const char form[] = "HTTP/1.1";
	size_t at = request->word_len;

	if (c == '\n') {
		request->state = REQUEST_LINE;
		return at == sizeof(form) - 1;
	}
	if (at >= sizeof(form) - 1)
		return false;
	word_add(request, (char)c);
	if (form[at] != '1')
		return c == (unsigned char)form[at];
	*(at == 5 ? &request->major : &request->minor) = (char)c;
	return c >= '0' && c <= '9';
}

static bool in_name(struct request *request, unsigned char c)
{
	if (is_token(c)) {
		word_add(request, (char)c);
		return true;
	}
	if (c != ':' || request->word_len == 0)
		return false;
	request->hosts += word_is_name(request, "Host");
	request->state = REQUEST_IN_VALUE;
	return true;
}

static bool in_value(struct request *request, unsigned char c)
{
	if (c == '\n')
		request->state = REQUEST_LINE;
	return c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f);
}

static enum request_verdict judge(const struct request *request)
{
	if (request->major != '1')
		return REQUEST_VERSION;
	if (request->hosts > 1 || (request->hosts == 0 && request->minor != '0'))
		return REQUEST_BAD;
	return request->method;
}

/* One byte that is not CR; false where it cannot stand. */
static bool step(struct request *request, unsigned char c)
{
	switch (request->state) {
	case REQUEST_START:
		if (c == '\n')
			return true;
		request->state = REQUEST_IN_METHOD;
		return is_token(c) && in_method(request, c);
	case REQUEST_IN_METHOD:
		return in_method(request, c);
	case REQUEST_IN_TARGET:
		return in_target(request, c);
	case REQUEST_IN_VERSION:
		return in_version(request, c);
	case REQUEST_LINE:
		request->state = REQUEST_IN_NAME;
		word_begin(request);
		return in_name(request, c);
	case REQUEST_IN_NAME:
		return in_name(request, c);
	case REQUEST_IN_VALUE:
		return in_value(request, c);
	}
	return false;
}

bool request_is_for(const struct request *request, const char *path)
{
	static const char scheme[] = "http://";
	const char *at = request->target;
	size_t len;

	if (request->target_len > REQUEST_TARGET_MAX)
		return false;
	if (strncasecmp(at, scheme, sizeof(scheme) - 1) == 0) {
		at += sizeof(scheme) - 1;
		at += strcspn(at, "/?");
		if (*at != '/')
			at = "/";
	}
	len = strcspn(at, "?");
	return len == strlen(path) && memcmp(at, path, len) == 0;
}

enum request_verdict request_feed(struct request *request, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (request->cr && c != '\n')
			return REQUEST_BAD;
		request->cr = c == '\r';
		if (request->state == REQUEST_LINE && c == '\n')
			return judge(request);
		if (!request->cr && !step(request, c))
			return REQUEST_BAD;
		if (++request->seen == REQUEST_MAX)
			return REQUEST_LARGE;
	}
	return REQUEST_MORE;
}
