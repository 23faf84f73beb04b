/* base/addr.h: text to address and back, and which prefix holds what. */
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/un.h>

#include "base/addr.h"
#include "unit/test.h"

static struct addr parsed(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse_ip(text, 80, &addr), 0);
	return addr;
}

static const char *text_of(const struct addr *addr)
{
	static char text[ADDR_TEXT_MAX];
	size_t len = addr_format(addr, text, sizeof text);

	assert_int_equal(len, strlen(text));
	return text;
}

static const char *host_of(const struct addr *addr)
{
	static char text[ADDR_TEXT_MAX];
	size_t len = addr_format_host(addr, text, sizeof text);

	assert_int_equal(len, strlen(text));
	return text;
}

/* Random addresses of all three kinds: IPv4, IPv6, IPv4 in IPv6. */
static struct addr random_addr(uint64_t *seed)
{
	struct addr addr;
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(test_random(seed) >> 32);
	memset(&addr, 0, sizeof addr);
	switch (test_random(seed) % 3) {
	case 0:
		addr.in.sin_family = AF_INET;
		addr.len = sizeof addr.in;
		memcpy(&addr.in.sin_addr, bytes, 4);
		addr.in.sin_port = (in_port_t)test_random(seed);
		break;
	case 1:
		memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		__attribute__((fallthrough));
	default:
		addr.in6.sin6_family = AF_INET6;
		addr.len = sizeof addr.in6;
		memcpy(&addr.in6.sin6_addr, bytes, 16);
		addr.in6.sin6_port = (in_port_t)test_random(seed);
	}
	return addr;
}

static bool is_v4(const struct addr *addr)
{
	return addr->sa.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr);
}

/* Turns over one bit of the address, counted from the left of what it names. */
static void flip_bit(struct addr *addr, unsigned bit)
{
	uint8_t *bytes = addr->sa.sa_family == AF_INET ? (uint8_t *)&addr->in.sin_addr
	                                               : addr->in6.sin6_addr.s6_addr;

	if (addr->sa.sa_family == AF_INET6 && is_v4(addr))
		bytes += 12;
	bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
}

static void addr__good_text__comes_back(void **state)
{
	static const struct {
		const char *in, *host, *whole;
	} row[] = {
	    {"192.0.2.1", "192.0.2.1", "192.0.2.1:80"},
	    {"0.0.0.0", "0.0.0.0", "0.0.0.0:80"},
	    {"255.255.255.255", "255.255.255.255", "255.255.255.255:80"},
	    {"2001:db8::1", "2001:db8::1", "[2001:db8::1]:80"},
	    {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", "[2001:db8::1]:80"},
	    {"::", "::", "[::]:80"},
	    {"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1:80"},
	    {"::ffff:c000:0201", "192.0.2.1", "192.0.2.1:80"},
	    {"fe80::1%4000", "fe80::1%4000", "[fe80::1%4000]:80"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct addr addr = parsed(row[i].in);

		assert_string_equal(host_of(&addr), row[i].host);
		assert_string_equal(text_of(&addr), row[i].whole);
		assert_int_equal(addr_port(&addr), 80);
		assert_true(addr_is_ip(&addr));
	}
}

static void addr__any_address__survives_text(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct addr addr = random_addr(&seed), again;

		assert_int_equal(addr_parse_ip(host_of(&addr), addr_port(&addr), &again), 0);
		assert_true(addr_equal(&addr, &again));
	}
}

static void addr__hostile_text__is_refused_and_nothing_changed(void **state)
{
	static const char *const text[] = {
	    "",
	    " ",
	    "1.2.3",
	    "1.2.3.4.5",
	    "1.2.3.256",
	    "1.2.3.4 ",
	    " 1.2.3.4",
	    "01.2.3.4",
	    "1.2.3.4\n",
	    "0x1.2.3.4",
	    "1.2.3.4:80",
	    "[::1]",
	    "::1]",
	    "1::2::3",
	    ":",
	    ":::",
	    "12345::",
	    "::ffff:1.2.3.256",
	    "1.2.3.4%1",
	    "fe80::1%",
	    "%1",
	    "::1%0",
	    "::1%1x",
	    "::1%-1",
	    "::1% 1",
	    "::1%+1",
	    "::1%4294967297",
	    "::1%no-such-interface",
	    "localhost",
	    "::1%99999999999999999999",
	    "1.2.3.4/8",
	    "*",
	    "-1",
	    "1e9",
	    "::g",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999",
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
	};
	struct addr before, addr;

	(void)state;
	memset(&before, 0xa5, sizeof before);
	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		addr = before;
		if (addr_parse_ip(text[i], 1, &addr) == 0)
			fail_msg("\"%s\" was taken", text[i]);
		assert_memory_equal(&addr, &before, sizeof addr);
	}
}

/* Whatever the room, text ends in it and nothing is written past it. */
static void addr__little_room__cuts_the_text(void **state)
{
	struct addr addr = parsed("2001:db8:1:2:3:4:5:6");
	char whole[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX + 1];
	size_t len = addr_format(&addr, whole, sizeof whole);

	(void)state;
	for (size_t size = 0; size <= len + 1; size++) {
		memset(text, '#', sizeof text);
		assert_int_equal(addr_format(&addr, text, size), size ? size - 1 : 0);
		assert_memory_equal(text, whole, size ? size - 1 : 0);
		assert_int_equal(text[size], '#');
		if (size)
			assert_int_equal(text[size - 1], '\0');
	}
}

static void addr__unix__path_and_abstract_and_unnamed(void **state)
{
	struct addr addr;

	(void)state;
	assert_int_equal(addr_set_unix("/run/x", &addr), 0);
	assert_int_equal(addr.len, offsetof(struct sockaddr_un, sun_path) + 7);
	assert_string_equal(text_of(&addr), "/run/x");
	assert_int_equal(addr_port(&addr), 0);
	assert_false(addr_is_ip(&addr));

	assert_int_equal(addr_set_unix("@name", &addr), 0);
	assert_int_equal(addr.len, offsetof(struct sockaddr_un, sun_path) + 5);
	assert_int_equal(addr.un.sun_path[0], '\0');
	assert_string_equal(text_of(&addr), "@name");

	memset(&addr, 0, sizeof addr);
	addr.sa.sa_family = AF_UNIX;
	addr.len = sizeof addr.sa.sa_family;
	assert_string_equal(text_of(&addr), "");
	addr.len = 0;
	assert_string_equal(text_of(&addr), "");
}

static void addr__unix__longest_that_fits_and_one_more(void **state)
{
	char path[sizeof((struct sockaddr_un *)NULL)->sun_path + 2];
	size_t most = sizeof path - 2;
	struct addr addr;

	(void)state;
	memset(path, 'p', sizeof path);
	path[0] = '/';
	path[most - 1] = '\0';
	assert_int_equal(addr_set_unix(path, &addr), 0);
	assert_string_equal(host_of(&addr), path);
	path[most - 1] = 'p';
	path[most] = '\0';
	assert_int_equal(addr_set_unix(path, &addr), -1);

	path[0] = '@';
	assert_int_equal(addr_set_unix(path, &addr), 0);
	assert_string_equal(host_of(&addr), path);
	path[most] = 'p';
	path[most + 1] = '\0';
	assert_int_equal(addr_set_unix(path, &addr), -1);
	assert_int_equal(addr_set_unix("", &addr), -1);
}

/* A peer may bind to a path that fills sun_path without a NUL: the kernel then
 * gives a length that is one more than sizeof(struct sockaddr_un). */
static void addr__unix_peer_of_longest_path__is_formatted(void **state)
{
	struct addr addr;
	size_t most = sizeof addr.un.sun_path;
	char want[ADDR_TEXT_MAX];

	(void)state;
	memset(&addr, 0, sizeof addr);
	addr.sa.sa_family = AF_UNIX;
	memset(addr.un.sun_path, 'p', most);
	addr.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + most + 1);
	memset(want, 'p', most);
	want[most] = '\0';
	assert_string_equal(host_of(&addr), want);
	addr.len = sizeof addr.storage;
	assert_string_equal(host_of(&addr), want);
}

static void addr__vsock__has_a_context_and_a_long_port(void **state)
{
	static const char *const wrong[] = {"",   "-1", "4294967295", "99999999999",
	                                    "3x", " 3", "host"};
	struct addr addr, other;

	(void)state;
	assert_int_equal(addr_parse_vsock("3", 4000000000, &addr), 0);
	assert_string_equal(text_of(&addr), "3:4000000000");
	assert_string_equal(host_of(&addr), "3");
	assert_true(addr_port(&addr) == 4000000000 && addr_has_port(&addr));
	assert_false(addr_is_ip(&addr));
	other = addr;
	other.vm.svm_flags = 1;
	assert_true(addr_equal(&addr, &other));
	assert_int_equal(addr_parse_vsock("*", 80, &other), 0);
	assert_string_equal(text_of(&other), "*:80");
	assert_false(addr_equal(&addr, &other));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(addr_parse_vsock(wrong[i], 80, &other), -1);
	assert_string_equal(text_of(&other), "*:80");
}

static void addr__equal__looks_through_mapping_and_at_ports(void **state)
{
	struct addr v4 = parsed("192.0.2.1"), mapped = parsed("::ffff:192.0.2.1"), other, path,
		    none;

	(void)state;
	memset(&none, 0, sizeof none);
	assert_true(addr_equal(&v4, &mapped));
	assert_true(addr_equal(&mapped, &v4));
	assert_int_equal(addr_parse_ip("192.0.2.1", 81, &other), 0);
	assert_false(addr_equal(&v4, &other));
	other = parsed("::1");
	assert_false(addr_equal(&v4, &other));
	assert_int_equal(addr_set_unix("/x", &path), 0);
	assert_false(addr_equal(&path, &other));
	assert_true(addr_equal(&path, &path));
	assert_false(addr_equal(&path, &none));
	other.in6.sin6_scope_id = 7;
	path = parsed("::1");
	assert_false(addr_equal(&path, &other));
}

static void prefix__good_text__comes_back(void **state)
{
	static const char *const row[][2] = {
	    {"192.0.2.0/24", "192.0.2.0/24"},
	    {"0.0.0.0/0", "0.0.0.0/0"},
	    {"192.0.2.1", "192.0.2.1"},
	    {"192.0.2.1/32", "192.0.2.1"},
	    {"128.0.0.0/1", "128.0.0.0/1"},
	    {"2001:db8::/32", "2001:db8::/32"},
	    {"::/0", "::/0"},
	    {"::1/128", "::1"},
	    {"::ffff:192.0.2.1", "192.0.2.1"},
	    {"::ffff:192.0.2.0/120", "192.0.2.0/24"},
	    {"::ffff:0:0/96", "0.0.0.0/0"},
	    {"8000::/1", "8000::/1"},
	};
	char text[ADDR_TEXT_MAX];
	struct prefix prefix;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(prefix_parse(row[i][0], &prefix, &why), 0);
		assert_int_equal(prefix_format(&prefix, text, sizeof text), strlen(row[i][1]));
		assert_string_equal(text, row[i][1]);
	}
}

static void prefix__hostile_text__is_refused_with_a_reason(void **state)
{
	static const char *const row[][2] = {
	    {"", "is not an address"},
	    {"/", "is not an address"},
	    {"/8", "is not an address"},
	    {"example.org/8", "is not an address"},
	    {"1.2.3/8", "is not an address"},
	    {"fe80::1%1", "is not an address"},
	    {"fe80::1%1/64", "is not an address"},
	    {"1.2.3.4/", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/33", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/-1", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/+8", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/ 8", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/8 ", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/8/8", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/4294967304", "needs a length from 0 to 32 after the slash"},
	    {"1.2.3.4/255.0.0.0", "needs a length from 0 to 32 after the slash"},
	    {"::/129", "needs a length from 0 to 128 after the slash"},
	    {"::ffff:1.2.3.4/32", "needs a length from 96 to 128 after the slash"},
	    {"::ffff:1.2.3.4/129", "needs a length from 96 to 128 after the slash"},
	    {"::ffff:1.2.3.4/120", "has bits set past its length"},
	    {"1.2.3.4/24", "has bits set past its length"},
	    {"255.255.255.255/31", "has bits set past its length"},
	    {"128.0.0.0/0", "has bits set past its length"},
	    {"::1/127", "has bits set past its length"},
	};
	struct prefix before, prefix;

	(void)state;
	memset(&before, 0x5a, sizeof before);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const char *why = NULL;

		prefix = before;
		if (prefix_parse(row[i][0], &prefix, &why) == 0)
			fail_msg("\"%s\" was taken", row[i][0]);
		assert_string_equal(why, row[i][1]);
		assert_memory_equal(&prefix, &before, sizeof prefix);
	}
}

/* Of any address and any length: the prefix holds the address, does not hold
 * it with a bit turned within the length, and holds it with one turned past. */
static void prefix__any_length__holds_exactly_its_own(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct addr addr = random_addr(&seed), other = addr;
		unsigned bits = is_v4(&addr) ? 32 : 128;
		unsigned len = (unsigned)(test_random(&seed) % (bits + 1));
		unsigned bit = (unsigned)(test_random(&seed) % bits);
		struct prefix prefix, again;

		prefix_of(&addr, (uint8_t)len, (uint8_t)len, &prefix);
		assert_int_equal(prefix.len, len);
		assert_true(prefix_contains(&prefix, &addr));
		flip_bit(&other, bit);
		assert_int_equal(prefix_contains(&prefix, &other), bit >= len);
		prefix_of(&other, (uint8_t)len, (uint8_t)len, &again);
		assert_int_equal(prefix_equal(&prefix, &again), bit >= len);
	}
}

static void prefix__any_prefix__survives_text(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct addr addr = random_addr(&seed);
		struct prefix prefix, again;
		char text[ADDR_TEXT_MAX];
		const char *why;

		prefix_of(&addr, (uint8_t)(test_random(&seed) % 33),
		          (uint8_t)(test_random(&seed) % 129), &prefix);
		prefix_format(&prefix, text, sizeof text);
		/* A prefix in the mapped range reads as IPv4, as everywhere. */
		if (prefix.family == AF_INET6 && strncmp(text, "::ffff:", 7) == 0)
			continue;
		assert_int_equal(prefix_parse(text, &prefix, &why), 0);
		prefix_format(&prefix, text, sizeof text);
		assert_int_equal(prefix_parse(text, &again, &why), 0);
		assert_true(prefix_equal(&prefix, &again));
	}
}

static void prefix__of_length_0__holds_its_family_only(void **state)
{
	struct addr v4 = parsed("203.0.113.9"), mapped = parsed("::ffff:203.0.113.9");
	struct addr v6 = parsed("2001:db8::9"), path;
	struct prefix all4, all6;
	const char *why;

	(void)state;
	assert_int_equal(addr_set_unix("/x", &path), 0);
	assert_int_equal(prefix_parse("0.0.0.0/0", &all4, &why), 0);
	assert_int_equal(prefix_parse("::/0", &all6, &why), 0);
	assert_true(prefix_contains(&all4, &v4));
	assert_true(prefix_contains(&all4, &mapped));
	assert_false(prefix_contains(&all4, &v6));
	assert_false(prefix_contains(&all4, &path));
	assert_true(prefix_contains(&all6, &v6));
	assert_false(prefix_contains(&all6, &v4));
	assert_false(prefix_contains(&all6, &mapped));
	assert_false(prefix_contains(&all6, &path));
}

/* Scope and port are no part of a source, and unix clients are all one. */
static void prefix__of__forgets_port_and_scope(void **state)
{
	struct addr a = parsed("fe80::1%4"), b = parsed("fe80::1"), x, y;
	struct prefix p, q;

	(void)state;
	b.in6.sin6_port = htons(9);
	prefix_of(&a, 32, 128, &p);
	prefix_of(&b, 32, 128, &q);
	assert_true(prefix_equal(&p, &q));
	assert_int_equal(addr_set_unix("/x", &x), 0);
	assert_int_equal(addr_set_unix("@y", &y), 0);
	prefix_of(&x, 32, 128, &p);
	prefix_of(&y, 32, 128, &q);
	assert_true(prefix_equal(&p, &q));
}

static void prefix__of_vsock__is_the_context(void **state)
{
	struct addr a, b;
	struct prefix p, q;
	char text[ADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(addr_parse_vsock("3", 80, &a), 0);
	assert_int_equal(addr_parse_vsock("3", 81, &b), 0);
	prefix_of(&a, 32, 64, &p);
	prefix_of(&b, 32, 64, &q);
	assert_true(prefix_equal(&p, &q));
	prefix_format(&p, text, sizeof text);
	assert_string_equal(text, "cid 3");
	b.vm.svm_cid = 4;
	prefix_of(&b, 32, 64, &q);
	assert_false(prefix_equal(&p, &q));
}

static void prefix__overlaps__those_with_a_common_address(void **state)
{
	static const struct {
		const char *a, *b;
		bool wanted;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", true},
	    {"192.0.2.1", "192.0.2.2", false},
	    {"192.0.2.0/24", "192.0.2.77", true},
	    {"192.0.2.0/24", "192.0.3.0", false},
	    {"192.0.2.0/25", "192.0.2.128/25", false},
	    {"0.0.0.0/0", "10.0.0.0/8", true},
	    {"0.0.0.0/0", "::/0", false},
	    {"::/0", "2001:db8::/33", true},
	    {"2001:db8::/33", "2001:db8:8000::/34", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct prefix a, b;
		const char *why;

		assert_int_equal(prefix_parse(rows[i].a, &a, &why), 0);
		assert_int_equal(prefix_parse(rows[i].b, &b, &why), 0);
		assert_int_equal(prefix_overlaps(&a, &b), rows[i].wanted);
		assert_int_equal(prefix_overlaps(&b, &a), rows[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addr__good_text__comes_back),
	    cmocka_unit_test(addr__any_address__survives_text),
	    cmocka_unit_test(addr__hostile_text__is_refused_and_nothing_changed),
	    cmocka_unit_test(addr__little_room__cuts_the_text),
	    cmocka_unit_test(addr__unix__path_and_abstract_and_unnamed),
	    cmocka_unit_test(addr__unix__longest_that_fits_and_one_more),
	    cmocka_unit_test(addr__unix_peer_of_longest_path__is_formatted),
	    cmocka_unit_test(addr__vsock__has_a_context_and_a_long_port),
	    cmocka_unit_test(addr__equal__looks_through_mapping_and_at_ports),
	    cmocka_unit_test(prefix__good_text__comes_back),
	    cmocka_unit_test(prefix__hostile_text__is_refused_with_a_reason),
	    cmocka_unit_test(prefix__any_length__holds_exactly_its_own),
	    cmocka_unit_test(prefix__any_prefix__survives_text),
	    cmocka_unit_test(prefix__of_length_0__holds_its_family_only),
	    cmocka_unit_test(prefix__of__forgets_port_and_scope),
	    cmocka_unit_test(prefix__of_vsock__is_the_context),
	    cmocka_unit_test(prefix__overlaps__those_with_a_common_address),
	};

	return cmocka_run_group_tests_name("base/addr", tests, NULL, NULL);
}
