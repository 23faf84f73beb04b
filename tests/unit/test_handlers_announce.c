/* handlers/announce.h: what usherd itself would understand of it. */
#include <stdlib.h>

#include "handlers/announce.h"
#include "net/proxyproto.h"
#include "unit/test.h"

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void announce__environment__is_what_a_proxy_would_say(void **state)
{
	static const struct {
		const char *remote, *remote_port, *local, *local_port;
		const char *source, *destination; /* NULL: unknown */
		size_t len[2];
	} row[] = {
	    {"192.0.2.7",
	     "51234",
	     "198.51.100.9",
	     "443",
	     "192.0.2.7:51234",
	     "198.51.100.9:443",
	     {45, 28}},
	    {"0.0.0.0",
	     "0",
	     "255.255.255.255",
	     "65535",
	     "0.0.0.0:0",
	     "255.255.255.255:65535",
	     {44, 28}},
	    {"2001:db8::7", "1", "::1", "65535", "[2001:db8::7]:1", "[::1]:65535", {36, 52}},
	    {"fe80::1%2", "1", "fe80::2%eth0", "2", "[fe80::1]:1", "[fe80::2]:2", {32, 52}},
	    /* No TCP, or not all of it, or what usherd would not say. */
	    {NULL, NULL, NULL, NULL, NULL, NULL, {15, 16}},
	    {"192.0.2.7", "51234", "198.51.100.9", NULL, NULL, NULL, {15, 16}},
	    {"192.0.2.7", "51234", "::1", "443", NULL, NULL, {15, 16}},
	    {"192.0.2.7", "65536", "198.51.100.9", "443", NULL, NULL, {15, 16}},
	    {"192.0.2.7", "-1", "198.51.100.9", "443", NULL, NULL, {15, 16}},
	    {"192.0.2.7", "", "198.51.100.9", "443", NULL, NULL, {15, 16}},
	    {"192.0.2.7", "80x", "198.51.100.9", "443", NULL, NULL, {15, 16}},
	    {"name", "1", "198.51.100.9", "443", NULL, NULL, {15, 16}},
	    {"192.0.2.7 PROXY TCP4 1.2.3.4 1.2.3.4 1 1 aaaaaaaaaaaaaaaaaaaaaaa",
	     "1",
	     "192.0.2.1",
	     "2",
	     NULL,
	     NULL,
	     {15, 16}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		set("TCPREMOTEIP", row[i].remote);
		set("TCPREMOTEPORT", row[i].remote_port);
		set("TCPLOCALIP", row[i].local);
		set("TCPLOCALPORT", row[i].local_port);
		for (int version = 1; version <= 2; version++) {
			unsigned char bytes[ANNOUNCE_MAX];
			struct proxyproto header;
			size_t len = announce(version, bytes);
			char text[ADDR_TEXT_MAX];

			assert_int_equal(len, row[i].len[version - 1]);
			assert_int_equal(proxyproto_parse(bytes, len, 1U << (version - 1), &header),
			                 PROXYPROTO_OK);
			assert_int_equal(header.len, len);
			assert_int_equal(header.has_ends, row[i].source != NULL);
			if (!header.has_ends)
				continue;
			addr_format(&header.source, text, sizeof text);
			assert_string_equal(text, row[i].source);
			addr_format(&header.destination, text, sizeof text);
			assert_string_equal(text, row[i].destination);
		}
	}
}

static void announce__longest__fits(void **state)
{
	static const char host[] = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
	unsigned char bytes[ANNOUNCE_MAX];

	(void)state;
	set("TCPREMOTEIP", host);
	set("TCPREMOTEPORT", "65535");
	set("TCPLOCALIP", host);
	set("TCPLOCALPORT", "65535");
	assert_int_equal(announce(1, bytes), 104);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(announce__environment__is_what_a_proxy_would_say),
	    cmocka_unit_test(announce__longest__fits),
	};

	return cmocka_run_group_tests_name("handlers/announce", tests, NULL, NULL);
}
