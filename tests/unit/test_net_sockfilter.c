/* net/sockfilter.h: the program against a plain list of prefixes, by an interpreter
 * of our own, and a few packets through the kernel's. */
#include "net/sockfilter.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/test.h"

enum { STEPS = 400 /* of a run: it is a tree */, MANY = 2000 };

static struct sock_filter code[SOCKFILTER_MOST];
static struct prefix list[8192], sorted[8192];
static uint64_t seed = 4711;

static uint32_t load(const uint8_t *packet, uint32_t k, int bytes)
{
	uint32_t value = 0;

	assert_true((int32_t)k >= SKF_NET_OFF && (int32_t)k < SKF_NET_OFF + 40);
	for (int i = 0; i < bytes; i++)
		value = value << 8 | packet[(int32_t)k - SKF_NET_OFF + i];
	return value;
}

/* What the kernel would do; false: the packet is dropped. */
static bool passes(size_t len, const uint8_t packet[40])
{
	uint32_t a = 0, m[BPF_MEMWORDS] = {0};
	size_t steps = 0;

	for (size_t at = 0; at < len; at++) {
		const struct sock_filter *f = &code[at];
		bool yes = false;

		assert_true(++steps < STEPS);
		switch (f->code) {
		case BPF_LD | BPF_B | BPF_ABS:
			a = load(packet, f->k, 1);
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			a = load(packet, f->k, 4);
			break;
		case BPF_LD | BPF_MEM:
			a = m[f->k];
			break;
		case BPF_ST:
			m[f->k] = a;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= f->k;
			break;
		case BPF_JMP | BPF_JA:
			at += f->k;
			break;
		case BPF_RET | BPF_K:
			assert_true(f->k == 0 || f->k == UINT32_MAX);
			return f->k != 0;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = BPF_OP(f->code) == BPF_JEQ   ? a == f->k
			      : BPF_OP(f->code) == BPF_JGT ? a > f->k
			                                   : a >= f->k;
			at += yes ? f->jt : f->jf;
			break;
		default:
			fail_msg("instruction %#x", f->code);
		}
	}
	fail_msg("it runs over its end");
	return true;
}

static void make_packet(const struct addr *from, uint8_t packet[40])
{
	memset(packet, 0xa5, 40);
	if (from->sa.sa_family == AF_INET) {
		packet[0] = 0x45;
		memcpy(packet + 12, &from->in.sin_addr, 4);
	} else {
		packet[0] = 0x60;
		memcpy(packet + 8, &from->in6.sin6_addr, 16);
	}
}

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse_ip(text, 0, &addr), 0);
	return addr;
}

static struct prefix prefix(const char *text)
{
	struct prefix prefix;
	const char *why;

	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static size_t build(size_t count)
{
	memcpy(sorted, list, count * sizeof *list);
	return sockfilter_build(sorted, count, code);
}

static bool is_listed(size_t count, const struct addr *addr)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&list[i], addr))
			return true;
	return false;
}

static void expect_as_listed(size_t count, size_t len, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	uint8_t packet[40];

	make_packet(addr, packet);
	if (passes(len, packet) == is_listed(count, addr)) {
		addr_format_host(addr, text, sizeof text);
		fail_msg("%s is judged wrongly", text);
	}
}

static void filter__of_nothing__passes_all(void **state)
{
	size_t len = build(0);
	struct addr v4 = address("0.0.0.0"), v6 = address("ffff::1");
	uint8_t packet[40] = {0};

	(void)state;
	expect_as_listed(0, len, &v4);
	expect_as_listed(0, len, &v6);
	/* What is neither of the two is not ours to judge. */
	assert_true(passes(len, packet));
}

static void filter__edges__are_exact(void **state)
{
	static const char *const prefixes[] = {
	    "0.0.0.0/0",
	    "0.0.0.0",
	    "255.255.255.255",
	    "10.0.0.0/8",
	    "128.0.0.0/1",
	    "192.0.2.128/25",
	    "::/0",
	    "::",
	    "2001:db8::/31",
	    "2001:db8::/32",
	    "2001:db8::/33",
	    "2001:db8:1::/48",
	    "2001:db8:1:2::/64",
	    "2001:db8:1:2:8000::/65",
	    "2001:db8:1:2:3:4::/96",
	    "2001:db8:1:2:3:4:5:6",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	static const char *const addresses[] = {
	    "0.0.0.0",
	    "0.0.0.1",
	    "9.255.255.255",
	    "10.0.0.0",
	    "10.255.255.255",
	    "11.0.0.0",
	    "127.255.255.255",
	    "128.0.0.0",
	    "192.0.2.127",
	    "192.0.2.128",
	    "192.0.2.255",
	    "192.0.3.0",
	    "255.255.255.255",
	    "::",
	    "::1",
	    "2001:db7:ffff::1",
	    "2001:db8::",
	    "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
	    "2001:db8:8000::",
	    "2001:db9::",
	    "2001:db9:ffff::",
	    "2001:dba::",
	    "2001:db8:1::",
	    "2001:db8:1:2::",
	    "2001:db8:1:2:7fff::",
	    "2001:db8:1:2:8000::",
	    "2001:db8:1:3::",
	    "2001:db8:1:2:3:4::",
	    "2001:db8:1:2:3:4:5:5",
	    "2001:db8:1:2:3:4:5:6",
	    "2001:db8:1:2:3:5::",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		for (size_t j = i; j < ARRAY_LEN(prefixes); j++) {
			size_t len;

			list[0] = prefix(prefixes[i]);
			list[1] = prefix(prefixes[j]);
			len = build(2);
			for (size_t a = 0; a < ARRAY_LEN(addresses); a++) {
				struct addr addr = address(addresses[a]);

				expect_as_listed(2, len, &addr);
			}
		}
	}
}

/* Few different numbers, so that words are often the same. */
static void random_address(struct addr *addr)
{
	uint64_t r = test_random(&seed);
	char text[64];

	if (r & 1)
		snprintf(text, sizeof text, "%u.%u.%u.%u", (unsigned)(r >> 1 & 3) * 85,
		         (unsigned)(r >> 3 & 255), (unsigned)(r >> 11 & 3),
		         (unsigned)(r >> 13 & 255));
	else
		snprintf(text, sizeof text, "2001:%x:%x:%x:%x:0:0:%x", (unsigned)(r >> 1 & 3),
		         (unsigned)(r >> 3 & 255), (unsigned)(r >> 11 & 3) * 0x5555,
		         (unsigned)(r >> 13 & 3), (unsigned)(r >> 15 & 255));
	*addr = address(text);
}

static void filter__any_prefixes__are_as_the_plain_list(void **state)
{
	static const uint8_t bits[] = {0, 1, 3, 8, 15, 16, 24, 29, 31, 32};
	size_t built = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t count = test_random(&seed) % (round < 200 ? 40 : 600), len;
		bool wide = test_random(&seed) % 8 == 0;
		struct addr addr;

		for (size_t i = 0; i < count; i++) {
			uint8_t v4 = bits[test_random(&seed) % sizeof bits];
			uint8_t v6 =
			    (uint8_t)(test_random(&seed) % 4 ? 64 : test_random(&seed) % 129);

			random_address(&addr);
			prefix_of(&addr, wide ? v4 : 32, wide ? v6 : (uint8_t)(v6 < 40 ? 128 : v6),
			          &list[i]);
		}
		len = build(count);
		if (len == 0)
			continue;
		built++;
		for (int i = 0; i < 300; i++) {
			random_address(&addr);
			expect_as_listed(count, len, &addr);
		}
	}
	assert_true(built > 250);
}

static void fill(size_t count, bool v6)
{
	char text[64];

	for (size_t i = 0; i < count; i++) {
		unsigned n = (unsigned)i * 7;

		if (v6)
			snprintf(text, sizeof text, "2001:db8:%x:%x::/64", n >> 8 & 0xff, n & 0xff);
		else
			snprintf(text, sizeof text, "10.%u.%u.%u", n >> 16, n >> 8 & 255, n & 255);
		list[i] = prefix(text);
	}
}

static void filter__many__fit_and_too_many_do_not(void **state)
{
	struct addr in = address("10.0.0.7"), out = address("10.0.0.8");
	size_t len;

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		fill(MANY, v6);
		len = build(MANY);
		print_message("# %d %s: %zu instructions\n", MANY, v6 ? "/64" : "addresses", len);
		assert_in_range(len, 1, SOCKFILTER_MOST);
	}
	fill(MANY, false);
	len = build(MANY);
	expect_as_listed(MANY, len, &in);
	expect_as_listed(MANY, len, &out);
	fill(8192, false);
	assert_int_equal(build(8192), 0);
}

/* From 127.0.0.N to a socket on 127.0.0.1; did it arrive? */
static bool arrives(int to, const struct addr *at, const char *from)
{
	struct addr source = address(from);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd ready = {.fd = to, .events = POLLIN};
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, &source.sa, source.len), 0);
	assert_int_equal(sendto(fd, "x", 1, 0, &at->sa, at->len), 1);
	close(fd);
	/* On loopback it is there, or never will be. */
	if (poll(&ready, 1, 0) == 0)
		return false;
	assert_int_equal(recv(to, &byte, 1, 0), 1);
	return true;
}

static void kernel__drops_what_the_list_says(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct addr at = address("127.0.0.1");

	(void)state;
	assert_true(fd >= 0);
	if (bind(fd, &at.sa, at.len) < 0)
		skip_because("the loopback interface does not work");
	assert_int_equal(getsockname(fd, &at.sa, &at.len), 0);
	assert_true(arrives(fd, &at, "127.0.0.2"));
	list[0] = prefix("127.0.0.2");
	list[1] = prefix("127.0.1.0/24");
	list[2] = prefix("2001:db8::/64");
	assert_int_equal(sockfilter_set(fd, list, 3), 3);
	assert_false(arrives(fd, &at, "127.0.0.2"));
	assert_true(arrives(fd, &at, "127.0.0.3"));
	assert_false(arrives(fd, &at, "127.0.1.255"));
	assert_true(arrives(fd, &at, "127.0.2.0"));
	/* Another one in its place, and none. */
	assert_int_equal(sockfilter_set(fd, list + 1, 1), 1);
	assert_true(arrives(fd, &at, "127.0.0.2"));
	assert_false(arrives(fd, &at, "127.0.1.1"));
	assert_int_equal(sockfilter_set(fd, list, 0), 0);
	assert_true(arrives(fd, &at, "127.0.1.1"));
	close(fd);
	assert_int_equal(sockfilter_set(fd, list, 1), -1);
	assert_int_equal(errno, EBADF);
}

static void kernel__takes_as_many_as_it_can(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t in;

	(void)state;
	assert_true(fd >= 0);
	for (int v6 = 0; v6 < 2; v6++) {
		fill(8192, v6);
		for (int again = 0; again < 3; again++) {
			in = sockfilter_set(fd, list, 8192);
			print_message("# of 8192 %s: %zd\n", v6 ? "/64" : "addresses", in);
			/* An optmem_max of 20 KiB leaves room for some hundreds. */
			assert_in_range(in, 200, 8191);
		}
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filter__of_nothing__passes_all),
	    cmocka_unit_test(filter__edges__are_exact),
	    cmocka_unit_test(filter__any_prefixes__are_as_the_plain_list),
	    cmocka_unit_test(filter__many__fit_and_too_many_do_not),
	    cmocka_unit_test(kernel__drops_what_the_list_says),
	    cmocka_unit_test(kernel__takes_as_many_as_it_can),
	};

	return cmocka_run_group_tests_name("net/sockfilter", tests, NULL, NULL);
}
