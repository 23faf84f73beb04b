/* The PROXY header: any bytes get the same answer whole and byte by byte, an
 * answer that was given never changes, and what is behind a header is not looked
 * at. A version 1 header that names its ends can be written again from them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/proxyproto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* From memory of exactly that size, so that one byte too many is seen. */
static enum proxyproto_result parse(const uint8_t *data, size_t size, unsigned versions,
                                    struct proxyproto *header)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum proxyproto_result result;

	check(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	result = proxyproto_parse(copy, size, versions, header);
	free(copy);
	return result;
}

static void check_pieces(const uint8_t *data, size_t size, enum proxyproto_result whole,
                         const struct proxyproto *wanted)
{
	enum proxyproto_result last = PROXYPROTO_MORE;
	struct proxyproto header = {.len = 0};
	size_t most = size < 300 ? size : 300;

	for (size_t n = 0; n <= most; n++) {
		enum proxyproto_result result = parse(data, n, 3, &header);

		check(last == PROXYPROTO_MORE || result == last);
		if (result == PROXYPROTO_OK)
			check(n >= wanted->len && memcmp(&header, wanted, sizeof header) == 0);
		last = result;
	}
	check(most < size || last == whole);
}

static void check_line(const struct proxyproto *header)
{
	char source[ADDR_TEXT_MAX], destination[ADDR_TEXT_MAX], line[300];
	struct proxyproto again = {.len = 0};
	bool v4 = header->source.sa.sa_family == AF_INET;
	int len;

	check(header->source.sa.sa_family == header->destination.sa.sa_family);
	addr_format_host(&header->source, source, sizeof source);
	addr_format_host(&header->destination, destination, sizeof destination);
	/* A mapped address is written as the IPv4 one that it carries. */
	if (!v4 && (!strchr(source, ':') || !strchr(destination, ':')))
		return;
	len = snprintf(line, sizeof line, "PROXY TCP%d %s %s %u %u\r\n", v4 ? 4 : 6, source,
	               destination, addr_port(&header->source), addr_port(&header->destination));
	check(parse((uint8_t *)line, (size_t)len, 1, &again) == PROXYPROTO_OK);
	check(again.len == (size_t)len && again.has_ends);
	check(addr_equal(&again.source, &header->source));
	check(addr_equal(&again.destination, &header->destination));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxyproto header = {.len = 0}, other = {.len = 0};
	enum proxyproto_result result = parse(data, size, 3, &header);
	enum proxyproto_result v1 = parse(data, size, 1, &other), v2 = parse(data, size, 2, &other);

	/* Each version alone refuses what is the other's. */
	check(size == 0 || v1 == PROXYPROTO_BAD || v2 == PROXYPROTO_BAD);
	check(result == (v1 == PROXYPROTO_BAD ? v2 : v1));
	check(size < PROXYPROTO_MAX || result != PROXYPROTO_MORE);
	check_pieces(data, size, result, &header);
	if (result != PROXYPROTO_OK)
		return 0;
	check(header.len >= 15 && header.len <= size && header.len <= PROXYPROTO_MAX);
	check(parse(data, header.len, 3, &other) == PROXYPROTO_OK);
	check(memcmp(&header, &other, sizeof header) == 0);
	if (header.has_ends)
		check_line(&header);
	return 0;
}
