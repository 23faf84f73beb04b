/* net/proxyproto.h: exactly the header, and no other. Each row is also tried in
 * every shorter form and with bytes of the client's behind it. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "net/proxyproto.h"
#include "unit/test.h"

enum { BOTH = PROXYPROTO_V1 | PROXYPROTO_V2, ROOM = PROXYPROTO_MAX + 64 };

#define BYTES(text) (text), sizeof(text) - 1

/* The start of version 2, up to the command; then the family, and a length. */
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define PROXY     SIGNATURE "\x21"
#define LOCAL     SIGNATURE "\x20"
#define V4_ENDS   "\xc0\0\x02\x07\xc6\x33\x64\x09\xc8\x22\x01\xbb"
#define V6_SOURCE "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"
#define V6_DEST   "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x09"
#define V6_ENDS   V6_SOURCE V6_DEST "\xc8\x22\x01\xbb"
#define EIGHT     "\0\0\0\0\0\0\0\0"
#define UNIX_ENDS                                                                                 \
	"/run/client\0\0\0\0\0" EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT \
	"\0\0\0\0/run/proxy\0\0\0\0\0\0" EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT    \
	    EIGHT EIGHT "\0\0\0\0"

/* Exactly as many bytes as there are, so that a sanitizer sees one too many read. */
static enum proxyproto_result parse(const void *bytes, size_t len, unsigned versions,
                                    struct proxyproto *header)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum proxyproto_result result;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	result = proxyproto_parse(copy, len, versions, header);
	free(copy);
	return result;
}

/* Takes exactly `len` bytes of what is longer, and all that is shorter is not enough. */
static void assert_taken(const void *bytes, size_t len, struct proxyproto *header)
{
	uint8_t longer[ROOM];

	for (size_t n = 0; n < len; n++) {
		*header = (struct proxyproto){.len = 4711};
		assert_int_equal(parse(bytes, n, BOTH, header), PROXYPROTO_MORE);
		assert_int_equal(header->len, 4711);
	}
	memcpy(longer, bytes, len);
	for (size_t more = 0; more < 3; more++) {
		memcpy(longer + len, "\r\n", more);
		assert_int_equal(parse(longer, len + more, BOTH, header), PROXYPROTO_OK);
		assert_int_equal(header->len, len);
	}
}

static void assert_end(const struct addr *end, const char *wanted)
{
	char text[ADDR_TEXT_MAX];

	addr_format(end, text, sizeof text);
	assert_string_equal(text, wanted);
}

static void header__that_names_both_ends__is_taken(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *source, *destination;
	} row[] = {
	    {BYTES("PROXY TCP4 192.0.2.7 198.51.100.9 51234 443\r\n"), "192.0.2.7:51234",
	     "198.51.100.9:443"},
	    {BYTES("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), "0.0.0.0:0", "0.0.0.0:0"},
	    {BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
	     "255.255.255.255:65535", "255.255.255.255:65535"},
	    {BYTES("PROXY TCP6 2001:db8::7 2001:DB8:0:0::9 51234 443\r\n"), "[2001:db8::7]:51234",
	     "[2001:db8::9]:443"},
	    {BYTES("PROXY TCP6 :: ::1 1 65535\r\n"), "[::]:1", "[::1]:65535"},
	    {BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
	     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	     "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
	    /* What a proxy on a socket for both families says of an IPv4 client. */
	    {BYTES("PROXY TCP6 ::ffff:192.0.2.7 ::ffff:c633:6409 51234 443\r\n"), "192.0.2.7:51234",
	     "198.51.100.9:443"},
	    {BYTES(PROXY "\x11\0\x0c" V4_ENDS), "192.0.2.7:51234", "198.51.100.9:443"},
	    {BYTES(PROXY "\x21\0\x24" V6_ENDS), "[2001:db8::7]:51234", "[2001:db8::9]:443"},
	    /* With extensions: a name, an empty one, an unknown one. */
	    {BYTES(PROXY "\x11\0\x14" V4_ENDS "\x02\0\x05host."), "192.0.2.7:51234",
	     "198.51.100.9:443"},
	    {BYTES(PROXY "\x21\0\x2a" V6_ENDS "\x04\0\0\xe0\0\0"), "[2001:db8::7]:51234",
	     "[2001:db8::9]:443"},
	};
	struct proxyproto header;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_taken(row[i].bytes, row[i].len, &header);
		assert_true(header.has_ends);
		assert_end(&header.source, row[i].source);
		assert_end(&header.destination, row[i].destination);
	}
}

static void header__that_names_no_ends__is_taken(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} row[] = {
	    {BYTES("PROXY UNKNOWN\r\n")},
	    {BYTES("PROXY UNKNOWN \r\n")},
	    {BYTES("PROXY UNKNOWN what ever\tthis \0is\r\n")},
	    {BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n")},
	    /* LOCAL: the family and the block mean nothing. */
	    {BYTES(LOCAL "\0\0\0")},
	    {BYTES(LOCAL "\x11\0\x0c" V4_ENDS)},
	    {BYTES(LOCAL "\xff\0\x03\x03\xff\xff")},
	    /* UNSPEC, as a family, as a transport, as both. */
	    {BYTES(PROXY "\0\0\0")},
	    {BYTES(PROXY "\x01\0\x02??")},
	    {BYTES(PROXY "\x10\0\x0c" V4_ENDS)},
	    {BYTES(PROXY "\x20\0\x24" V6_ENDS)},
	    /* Datagrams, and unix sockets. */
	    {BYTES(PROXY "\x12\0\x0c" V4_ENDS)},
	    {BYTES(PROXY "\x22\0\x24" V6_ENDS)},
	    {BYTES(PROXY "\x31\0\xd8" UNIX_ENDS)},
	    {BYTES(PROXY "\x32\0\xdb" UNIX_ENDS "\x04\0\0")},
	};
	struct proxyproto header;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_taken(row[i].bytes, row[i].len, &header);
		assert_false(header.has_ends);
	}
}

static void header__malformed__is_refused_for_good(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} row[] = {
	    /* No header at all. */
	    {BYTES("G")},
	    {BYTES("\0")},
	    {BYTES("\n")},
	    {BYTES(" PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY\r\n")},
	    {BYTES("proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXIES")},
	    {BYTES("\r\n\r\n\0\r\nQUIC")},
	    {BYTES("\r\nGET")},
	    /* The end of the line. */
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\rG")},
	    {BYTES("PROXY UNKNOWN\n")},
	    {BYTES("PROXY UNKNOWN a\nb\r\n")},
	    {BYTES("PROXY UNKNOWN a\rb\r\n")},
	    {BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655350\r\n")},
	    /* The words. */
	    {BYTES("PROXY \r\n")},
	    {BYTES("PROXY UNKNOWNS\r\n")},
	    {BYTES("PROXY UNKNOW\r\n")},
	    {BYTES("PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n")},
	    {BYTES("PROXY TCP4\t1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4\r\n")},
	    {BYTES("PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n")},
	    /* The addresses. */
	    {BYTES("PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4 ::1 ::1 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 ::1 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.256 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP4 localhost 1.2.3.4 1 1\r\n")},
	    {BYTES("PROXY TCP6 ::1::2 ::1 1 1\r\n")},
	    {BYTES("PROXY TCP6 fe80::1%1 ::1 1 1\r\n")},
	    {BYTES("PROXY TCP6 [::1] ::1 1 1\r\n")},
	    {BYTES("PROXY TCP6 00000:0:0:0:0:0:0:1 ::1 1 1\r\n")},
	    {BYTES("PROXY TCP6 0000:0000:0000:0000:0000:0000:0000:0000000000000 ::1 1 1\r\n")},
	    /* The ports. */
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 99999\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 00 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 0x1 1\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 100000\r\n")},
	    {BYTES("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n")},
	    /* Versions, commands, families and transports that there are not. */
	    {BYTES(SIGNATURE "\x11")},
	    {BYTES(SIGNATURE "\x31\x11\0\x0c" V4_ENDS)},
	    {BYTES(SIGNATURE "\x22")},
	    {BYTES(SIGNATURE "\x2f\x11\0\x0c" V4_ENDS)},
	    {BYTES(PROXY "\x41\0\x0c" V4_ENDS)},
	    {BYTES(PROXY "\xf1\0\x0c" V4_ENDS)},
	    {BYTES(PROXY "\x13\0\x0c" V4_ENDS)},
	    {BYTES(PROXY "\x0f\0\0")},
	    /* Too short for the addresses of the family; too long for us. */
	    {BYTES(PROXY "\x11\0\x0b" V4_ENDS)},
	    {BYTES(PROXY "\x11\0\0")},
	    {BYTES(PROXY "\x21\0\x23" V6_ENDS)},
	    {BYTES(PROXY "\x31\0\xd7" UNIX_ENDS)},
	    {BYTES(PROXY "\x11\x0f\xf1")},
	    {BYTES(PROXY "\x11\xff\xff")},
	    {BYTES(LOCAL "\0\x0f\xf1")},
	    /* Extensions that do not end where the header does. */
	    {BYTES(PROXY "\x11\0\x0d" V4_ENDS "\x04")},
	    {BYTES(PROXY "\x11\0\x0e" V4_ENDS "\x04\0")},
	    {BYTES(PROXY "\x11\0\x0f" V4_ENDS "\x04\0\x01")},
	    {BYTES(PROXY "\x11\0\x12" V4_ENDS "\x04\0\x04xyz")},
	    {BYTES(PROXY "\x11\0\x12" V4_ENDS "\x04\xff\xffxyz")},
	    {BYTES(PROXY "\x12\0\x0d" V4_ENDS "\x04")},
	    /* A checksum of another length, and one that does not hold. */
	    {BYTES(PROXY "\x11\0\x12" V4_ENDS "\x03\0\x03xyz")},
	    {BYTES(PROXY "\x11\0\x14" V4_ENDS "\x03\0\x05wxyz?")},
	    {BYTES(PROXY "\x11\0\x13" V4_ENDS "\x03\0\x04\0\0\0\0")},
	};
	struct proxyproto header = {.len = 4711};
	uint8_t longer[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		bool bad = false;

		for (size_t n = 1; n <= row[i].len; n++) {
			enum proxyproto_result result = parse(row[i].bytes, n, BOTH, &header);

			assert_int_not_equal(result, PROXYPROTO_OK);
			assert_false(bad && result != PROXYPROTO_BAD);
			bad = result == PROXYPROTO_BAD;
		}
		assert_true(bad);
		memcpy(longer, row[i].bytes, row[i].len);
		memset(longer + row[i].len, '\n', sizeof longer - row[i].len);
		assert_int_equal(parse(longer, sizeof longer, BOTH, &header), PROXYPROTO_BAD);
		assert_int_equal(header.len, 4711);
	}
}

static void header__of_a_version_that_is_not_wanted__is_refused(void **state)
{
	static const char line[] = "PROXY UNKNOWN\r\n", local[] = LOCAL "\0\0\0";
	struct proxyproto header;

	(void)state;
	assert_int_equal(parse(BYTES(line), PROXYPROTO_V1, &header), PROXYPROTO_OK);
	assert_int_equal(parse(BYTES(line), PROXYPROTO_V2, &header), PROXYPROTO_BAD);
	assert_int_equal(parse(BYTES("P"), PROXYPROTO_V2, &header), PROXYPROTO_BAD);
	assert_int_equal(parse(BYTES(local), PROXYPROTO_V2, &header), PROXYPROTO_OK);
	assert_int_equal(parse(BYTES(local), PROXYPROTO_V1, &header), PROXYPROTO_BAD);
	assert_int_equal(parse(BYTES("\r"), PROXYPROTO_V1, &header), PROXYPROTO_BAD);
	assert_int_equal(parse("", 0, PROXYPROTO_V1, &header), PROXYPROTO_MORE);
}

/* The same sum by division of polynomials, bit by bit from the highest. */
static uint32_t slow_crc(const uint8_t *bytes, size_t len)
{
	uint32_t crc = UINT32_MAX, mirrored = 0;

	for (size_t i = 0; i < len * 8; i++) {
		uint32_t bit = bytes[i / 8] >> i % 8 & 1;

		crc = crc << 1 ^ ((crc >> 31 ^ bit) ? 0x1edc6f41 : 0);
	}
	for (int i = 0; i < 32; i++)
		mirrored |= (crc >> i & 1) << (31 - i);
	return ~mirrored;
}

static void put_32(uint8_t *at, uint32_t number)
{
	number = htonl(number);
	memcpy(at, &number, sizeof number);
}

static void checksum__of_the_test__is_crc32c(void **state)
{
	/* RFC 3720, B.4 */
	static const uint8_t zeros[32];

	(void)state;
	assert_int_equal(slow_crc((const uint8_t *)"123456789", 9), 0xe3069283);
	assert_int_equal(slow_crc(zeros, sizeof zeros), 0x8a9136aa);
}

static void checksum__one_bit_is_another__is_refused(void **state)
{
	static const char text[] = PROXY "\x11\0\x1b" V4_ENDS "\x02\0\x05host.\x03\0\x04\0\0\0\0";
	enum { LEN = sizeof text - 1, AT = LEN - 4 };
	uint8_t bytes[LEN];
	struct proxyproto header;

	(void)state;
	memcpy(bytes, text, LEN);
	put_32(bytes + AT, slow_crc(bytes, LEN));
	assert_taken(bytes, LEN, &header);
	assert_end(&header.source, "192.0.2.7:51234");
	for (size_t bit = 12 * 8; bit < LEN * 8; bit++) {
		/* Not the command, which may become LOCAL, nor the length. */
		if (bit / 8 == 12 || bit / 8 == 14 || bit / 8 == 15)
			continue;
		/* The high bits of the family, of a type or of a length make something else. */
		if (bit / 8 == 13 || bit / 8 == 28 || bit / 8 == 36)
			continue;
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(parse(bytes, LEN, BOTH, &header), PROXYPROTO_BAD);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(parse(bytes, LEN, BOTH, &header), PROXYPROTO_OK);
}

static void checksum__twice__is_refused(void **state)
{
	static const char text[] =
	    PROXY "\x11\0\x1a" V4_ENDS "\x03\0\x04\0\0\0\0\x03\0\x04\0\0\0\0";
	enum { LEN = sizeof text - 1 };
	uint8_t bytes[LEN];
	struct proxyproto header;

	(void)state;
	memcpy(bytes, text, LEN);
	put_32(bytes + LEN - 11, slow_crc(bytes, LEN));
	assert_int_equal(parse(bytes, LEN, BOTH, &header), PROXYPROTO_BAD);
}

static void header__of_the_greatest_length__is_taken(void **state)
{
	static const char text[] = PROXY "\x21\x0f\xf0" V6_ENDS "\x02\x0f\xc9";
	uint8_t bytes[PROXYPROTO_MAX];
	struct proxyproto header;

	(void)state;
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, text, sizeof text - 1);
	assert_taken(bytes, sizeof bytes, &header);
	assert_end(&header.destination, "[2001:db8::9]:443");
}

/* What was answered stays true however much more comes. */
static void bytes__at_random__never_change_an_answer(void **state)
{
	static const char *const start[] = {"PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN", PROXY};
	static const char letter[] = "0123456789abcdef:. \r\n";
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[160];
		struct proxyproto header = {.len = 0}, first = {.len = 0};
		enum proxyproto_result last = PROXYPROTO_MORE, result;
		size_t which = test_random(&seed) % 4, len = which == 3 ? 13 : strlen(start[which]);

		memcpy(bytes, start[which], len);
		for (size_t i = len; i < sizeof bytes; i++)
			bytes[i] = which == 3 ? (uint8_t)test_random(&seed)
			                      : (uint8_t)letter[test_random(&seed) % 20];
		if (which == 3) {
			bytes[13] = (uint8_t)("\x11\x21"[test_random(&seed) % 2]);
			bytes[14] = 0;
			bytes[15] = (uint8_t)(test_random(&seed) % 48);
		}
		for (size_t n = 1; n <= sizeof bytes; n++) {
			result = proxyproto_parse(bytes, n, BOTH, &header);
			assert_true(last == PROXYPROTO_MORE || result == last);
			if (result == PROXYPROTO_OK && last == PROXYPROTO_MORE) {
				first = header;
				assert_int_equal(header.len, n);
			}
			last = result;
		}
		assert_memory_equal(&first, &header, sizeof first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(header__that_names_both_ends__is_taken),
	    cmocka_unit_test(header__that_names_no_ends__is_taken),
	    cmocka_unit_test(header__malformed__is_refused_for_good),
	    cmocka_unit_test(header__of_a_version_that_is_not_wanted__is_refused),
	    cmocka_unit_test(header__of_the_greatest_length__is_taken),
	    cmocka_unit_test(checksum__of_the_test__is_crc32c),
	    cmocka_unit_test(checksum__one_bit_is_another__is_refused),
	    cmocka_unit_test(checksum__twice__is_refused),
	    cmocka_unit_test(bytes__at_random__never_change_an_answer),
	};

	return cmocka_run_group_tests_name("net/proxyproto", tests, NULL, NULL);
}
