#include "net/proxyproto.h"

#include <string.h>

#include "base/addr.h"

enum { V1_MAX = 107, V2_FIXED = 16, SIGNATURE = 12 };

/* A part of a line. */
struct word {
	const uint8_t *at;
	size_t len;
};

static bool begins(const uint8_t *bytes, size_t len, const char *with, size_t with_len)
{
	return memcmp(bytes, with, len < with_len ? len : with_len) == 0;
}

/* ---- version 1: a line ---- */

static bool is_word(const struct word *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->at, text, word->len) == 0;
}

/* Cuts the line at each single blank; the number of words, or 0 above `max`. */
static size_t split(const uint8_t *line, size_t len, struct word *word, size_t max)
{
	size_t count = 0, from = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && line[i] != ' ')
			continue;
		if (count == max)
			return 0;
		word[count++] = (struct word){line + from, i - from};
		from = i + 1;
	}
	return count;
}

/* Decimal and canonical: no sign, no leading zero. */
static bool parse_port(const struct word *word, uint16_t *port)
{
	unsigned n = 0;

	if (word->len < 1 || word->len > 5 || (word->at[0] == '0' && word->len > 1))
		return false;
	for (size_t i = 0; i < word->len; i++) {
		if (word->at[i] < '0' || word->at[i] > '9')
			return false;
		n = n * 10 + (unsigned)(word->at[i] - '0');
	}
	*port = (uint16_t)n;
	return n <= UINT16_MAX;
}

static bool parse_end(const struct word *host, const struct word *port, sa_family_t family,
                      struct addr *end)
{
	char text[INET6_ADDRSTRLEN];
	uint16_t number;

	if (host->len >= sizeof text || memchr(host->at, '%', host->len) ||
	    memchr(host->at, '\0', host->len) || !parse_port(port, &number))
		return false;
	memcpy(text, host->at, host->len);
	text[host->len] = '\0';
	return addr_parse_ip(text, number, end) == 0 && end->sa.sa_family == family;
}

/* What stands between "PROXY " and the end of the line. */
static bool parse_line(const uint8_t *line, size_t len, struct proxyproto *header)
{
	struct word word[5];
	sa_family_t family = AF_INET;
	size_t count;

	/* Whatever follows UNKNOWN is to be ignored. */
	header->has_ends = false;
	if (len >= 7 && memcmp(line, "UNKNOWN", 7) == 0)
		return len == 7 || line[7] == ' ';
	header->has_ends = true;
	count = split(line, len, word, 5);
	if (count != 5)
		return false;
	if (is_word(&word[0], "TCP6"))
		family = AF_INET6;
	else if (!is_word(&word[0], "TCP4"))
		return false;
	return parse_end(&word[1], &word[3], family, &header->source) &&
	       parse_end(&word[2], &word[4], family, &header->destination);
}

static enum proxyproto_result parse_v1(const uint8_t *bytes, size_t len, struct proxyproto *header)
{
	for (size_t i = 0; i < len && i < V1_MAX; i++) {
		if (bytes[i] == '\n')
			return PROXYPROTO_BAD;
		if (bytes[i] != '\r')
			continue;
		if (i + 1 == V1_MAX)
			return PROXYPROTO_BAD;
		if (i + 1 == len)
			return PROXYPROTO_MORE;
		header->len = i + 2;
		return bytes[i + 1] == '\n' && parse_line(bytes + 6, i - 6, header)
		           ? PROXYPROTO_OK
		           : PROXYPROTO_BAD;
	}
	return len < V1_MAX ? PROXYPROTO_MORE : PROXYPROTO_BAD;
}

/* ---- version 2: binary ---- */

/* The types of what may follow the addresses that matter here. */
enum { TLV_HEAD = 3, TLV_CRC32C = 0x03, CRC_LEN = 4 };

static unsigned read_16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint32_t read_32(const uint8_t *bytes)
{
	return (uint32_t)read_16(bytes) << 16 | read_16(bytes + 2);
}

/* CRC32C (Castagnoli, reflected), a byte more. Few headers have one and those
 * are short, so there is no table. */
static uint32_t crc_add(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (int i = 0; i < 8; i++)
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	return crc;
}

/* The checksum of all of the header, in which it counts as zeros itself. */
static bool crc_holds(const uint8_t *bytes, size_t len, size_t at)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < len; i++)
		crc = crc_add(crc, i >= at && i < at + CRC_LEN ? 0 : bytes[i]);
	return ~crc == read_32(bytes + at);
}

/* Type, length, value, one after the other, up to the very end. */
static bool check_extensions(const uint8_t *bytes, size_t len, size_t at)
{
	bool summed = false;

	while (at < len) {
		size_t size;

		if (len - at < TLV_HEAD)
			return false;
		size = read_16(bytes + at + 1);
		if (size > len - at - TLV_HEAD)
			return false;
		if (bytes[at] == TLV_CRC32C) {
			/* A second one and the first would be part of each other's sum. */
			if (summed || size != CRC_LEN || !crc_holds(bytes, len, at + TLV_HEAD))
				return false;
			summed = true;
		}
		at += TLV_HEAD + size;
	}
	return true;
}

static void set_v4(struct addr *addr, const uint8_t *host, const uint8_t *port)
{
	memset(addr, 0, sizeof *addr);
	addr->in.sin_family = AF_INET;
	memcpy(&addr->in.sin_addr, host, 4);
	memcpy(&addr->in.sin_port, port, 2);
	addr->len = sizeof addr->in;
}

static void set_v6(struct addr *addr, const uint8_t *host, const uint8_t *port)
{
	memset(addr, 0, sizeof *addr);
	addr->in6.sin6_family = AF_INET6;
	memcpy(&addr->in6.sin6_addr, host, 16);
	memcpy(&addr->in6.sin6_port, port, 2);
	addr->len = sizeof addr->in6;
}

/* Families: unspecified, IPv4, IPv6, unix; transports: unspecified, stream,
 * datagram; the bytes that a family's addresses take. */
enum { FAMILIES = 4, TRANSPORTS = 3, STREAM = 1 };
static const size_t block[FAMILIES] = {0, 12, 36, 216};

/* The block after the fixed part, of a connection that the proxy passes on. */
static bool parse_block(const uint8_t *bytes, size_t len, struct proxyproto *header)
{
	unsigned family = bytes[13] >> 4, transport = bytes[13] & 15;
	const uint8_t *at = bytes + V2_FIXED;

	if (family >= FAMILIES || transport >= TRANSPORTS)
		return false;
	/* Of an unknown family there is no telling where its addresses end. */
	if (family == 0)
		return true;
	if (len < V2_FIXED + block[family] ||
	    !check_extensions(bytes, len, V2_FIXED + block[family]))
		return false;
	header->has_ends = transport == STREAM && family <= 2;
	if (header->has_ends && family == 1) {
		set_v4(&header->source, at, at + 8);
		set_v4(&header->destination, at + 4, at + 10);
	} else if (header->has_ends) {
		set_v6(&header->source, at, at + 32);
		set_v6(&header->destination, at + 16, at + 34);
	}
	return true;
}

static enum proxyproto_result parse_v2(const uint8_t *bytes, size_t len, struct proxyproto *header)
{
	size_t whole;

	/* Version 2, and a command: 0 is LOCAL, whose block is to be skipped, 1 is PROXY. */
	if (len > SIGNATURE && (bytes[SIGNATURE] & ~1) != 0x20)
		return PROXYPROTO_BAD;
	if (len < V2_FIXED)
		return PROXYPROTO_MORE;
	whole = V2_FIXED + read_16(bytes + 14);
	if (whole > PROXYPROTO_MAX)
		return PROXYPROTO_BAD;
	if (len < whole)
		return PROXYPROTO_MORE;
	header->len = whole;
	header->has_ends = false;
	if (bytes[SIGNATURE] == 0x20 || parse_block(bytes, whole, header))
		return PROXYPROTO_OK;
	return PROXYPROTO_BAD;
}

enum proxyproto_result proxyproto_parse(const uint8_t *bytes, size_t len, unsigned versions,
                                        struct proxyproto *header_r)
{
	static const char line[] = "PROXY ", signature[] = "\r\n\r\n\0\r\nQUIT\n";
	enum proxyproto_result result = PROXYPROTO_BAD;
	struct proxyproto header = {.source.len = 0, .destination.len = 0};

	if (len == 0)
		return PROXYPROTO_MORE;
	if (versions & PROXYPROTO_V1 && begins(bytes, len, line, sizeof line - 1))
		result = parse_v1(bytes, len, &header);
	else if (versions & PROXYPROTO_V2 && begins(bytes, len, signature, SIGNATURE))
		result = parse_v2(bytes, len, &header);
	if (result == PROXYPROTO_OK)
		*header_r = header;
	return result;
}
