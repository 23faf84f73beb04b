/* The head of an HTTP request: any bytes get the same verdict whole and byte by byte, and that
 * of a second parser, which takes the head line by line. */
#include "../../handlers/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", text[i]))
			return false;
	return len > 0;
}

/* "METHOD TARGET HTTP/d.d" */
static enum request_verdict judge_first(const char *line, size_t len, bool *with_host)
{
	const char *end = line + len, *target = memchr(line, ' ', len), *version;
	size_t method = target ? (size_t)(target - line) : 0;

	if (!target || !is_token(line, method))
		return REQUEST_BAD;
	target++;
	version = memchr(target, ' ', (size_t)(end - target));
	if (!version || version == target || end - version != 9 ||
	    memcmp(version, " HTTP/", 6) != 0)
		return REQUEST_BAD;
	for (const char *at = target; at < version; at++)
		if (*at <= ' ' || *at >= 0x7f)
			return REQUEST_BAD;
	if (version[6] < '0' || version[6] > '9' || version[7] != '.' || version[8] < '0' ||
	    version[8] > '9')
		return REQUEST_BAD;
	*with_host = version[8] != '0';
	if (version[6] != '1')
		return REQUEST_VERSION;
	if (method == 3 && memcmp(line, "GET", 3) == 0)
		return REQUEST_GET;
	if (method == 4 && memcmp(line, "HEAD", 4) == 0)
		return REQUEST_HEAD;
	if (method == 7 && memcmp(line, "OPTIONS", 7) == 0)
		return REQUEST_OPTIONS;
	return REQUEST_METHOD;
}

static bool is_field(const char *line, size_t len, unsigned *hosts)
{
	const char *colon = memchr(line, ':', len);

	if (!colon || !is_token(line, (size_t)(colon - line)))
		return false;
	for (const char *at = colon + 1; at < line + len; at++)
		if ((*at >= 0 && *at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	*hosts += colon - line == 4 && strncasecmp(line, "host", 4) == 0;
	return true;
}

/* REQUEST_MORE stands for all that is not whole, which may be bad already. */
static enum request_verdict judge(const char *data, size_t size)
{
	enum request_verdict first = REQUEST_MORE;
	bool with_host = false;
	unsigned hosts = 0;

	while (size) {
		const char *newline = memchr(data, '\n', size);
		size_t len = newline ? (size_t)(newline - data) : 0;

		if (!newline)
			return REQUEST_MORE;
		size -= len + 1;
		len -= len && data[len - 1] == '\r';
		if (memchr(data, '\r', len))
			return REQUEST_BAD;
		if (len == 0 && first == REQUEST_VERSION)
			return REQUEST_VERSION;
		if (len == 0 && first != REQUEST_MORE)
			return hosts > 1 || (with_host && hosts == 0) ? REQUEST_BAD : first;
		if (len && first == REQUEST_MORE)
			first = judge_first(data, len, &with_host);
		else if (len && !is_field(data, len, &hosts))
			return REQUEST_BAD;
		if (first == REQUEST_BAD)
			return REQUEST_BAD;
		data = newline + 1;
	}
	return REQUEST_MORE;
}

static enum request_verdict feed(const char *data, size_t size, size_t piece,
                                 struct request *request)
{
	enum request_verdict verdict = REQUEST_MORE;

	for (size_t at = 0; at < size && verdict == REQUEST_MORE; at += piece)
		verdict = request_feed(request, data + at, size - at < piece ? size - at : piece);
	return verdict;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request whole = {0}, pieces = {0};
	enum request_verdict verdict, wanted;
	char *copy;

	if (size >= REQUEST_MAX)
		return 0;
	copy = malloc(size ? size : 1);
	check(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	verdict = feed(copy, size, size + 1, &whole);
	check(feed(copy, size, 1, &pieces) == verdict);
	check(memcmp(&whole, &pieces, sizeof(whole)) == 0);
	wanted = judge(copy, size);
	check(verdict == wanted || (wanted == REQUEST_MORE && verdict == REQUEST_BAD));
	if (verdict == REQUEST_GET) {
		(void)request_is_for(&whole, "/");
		check(request_is_for(&whole, "/a") == request_is_for(&pieces, "/a"));
		check(whole.target_len > REQUEST_TARGET_MAX ||
		      strlen(whole.target) == whole.target_len);
	}
	free(copy);
	return 0;
}
