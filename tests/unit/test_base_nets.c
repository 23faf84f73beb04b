/* base/nets.h: the narrowest of many prefixes, against looking at each of them. */
#include "base/nets.h"
#include "unit/test.h"

enum { MOST = 200 };

static struct prefix prefix_from(const char *text)
{
	struct prefix prefix;
	const char *why;

	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static struct addr addr_from(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse_ip(text, 1, &addr), 0);
	return addr;
}

static void expect(const struct net *net, size_t count, const char *address, const char *wanted)
{
	struct addr addr = addr_from(address);
	const struct net *found = nets_find(net, count, &addr);
	char text[ADDR_TEXT_MAX] = "none";

	if (found)
		prefix_format(&found->prefix, text, sizeof text);
	assert_string_equal(text, wanted);
}

static void nets__nested__the_narrowest_is_found(void **state)
{
	static const char *const text[] = {"10.1.0.0/16", "::1",           "10.0.0.0/8",
	                                   "10.1.2.3",    "2001:db8::/32", "192.0.2.0/24",
	                                   "10.2.0.0/16"};
	struct net net[ARRAY_LEN(text)];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		net[i] = (struct net){.prefix = prefix_from(text[i]), .note = text[i]};
	nets_sort(net, ARRAY_LEN(net));
	expect(net, ARRAY_LEN(net), "10.1.2.3", "10.1.2.3");
	expect(net, ARRAY_LEN(net), "10.1.2.4", "10.1.0.0/16");
	expect(net, ARRAY_LEN(net), "10.3.0.0", "10.0.0.0/8");
	expect(net, ARRAY_LEN(net), "10.255.255.255", "10.0.0.0/8");
	expect(net, ARRAY_LEN(net), "11.0.0.0", "none");
	expect(net, ARRAY_LEN(net), "9.255.255.255", "none");
	expect(net, ARRAY_LEN(net), "2001:db8:ffff::1", "2001:db8::/32");
	expect(net, ARRAY_LEN(net), "::1", "::1");
	expect(net, ARRAY_LEN(net), "::2", "none");
	/* What carries an IPv4 address is that address. */
	expect(net, ARRAY_LEN(net), "::ffff:10.1.9.9", "10.1.0.0/16");
}

static void nets__empty_or_no_ip__finds_nothing(void **state)
{
	struct net all[] = {{.prefix = prefix_from("0.0.0.0/0")}, {.prefix = prefix_from("::/0")}};
	struct addr addr = addr_from("10.0.0.1"), other;

	(void)state;
	nets_sort(NULL, 0);
	assert_null(nets_find(NULL, 0, &addr));
	nets_sort(all, 2);
	assert_non_null(nets_find(all, 2, &addr));
	assert_int_equal(addr_set_unix("/run/x", &other), 0);
	assert_null(nets_find(all, 2, &other));
	other.len = 0;
	assert_null(nets_find(all, 2, &other));
}

/* Few bits vary, so that nearly all of them are inside others. */
static struct prefix some_prefix(uint64_t *seed)
{
	bool v6 = test_random(seed) % 2;
	struct addr addr = addr_from(v6 ? "2001:db8::" : "10.0.0.0");
	uint8_t *byte = v6 ? addr.in6.sin6_addr.s6_addr + 4 : (uint8_t *)&addr.in.sin_addr + 1;
	struct prefix prefix;

	byte[0] = (uint8_t)(test_random(seed) & 0x81);
	byte[1] = (uint8_t)(test_random(seed) & 0x81);
	prefix_of(&addr, (uint8_t)(test_random(seed) % 33), (uint8_t)(test_random(seed) % 129),
	          &prefix);
	return prefix;
}

static size_t some_nets(uint64_t *seed, struct net *net)
{
	size_t wanted = test_random(seed) % MOST, count = 0;

	for (size_t i = 0; i < wanted; i++) {
		bool new = true;

		net[count] = (struct net){.prefix = some_prefix(seed)};
		for (size_t j = 0; j < count; j++)
			new &= !prefix_equal(&net[j].prefix, &net[count].prefix);
		count += new;
	}
	return count;
}

static bool is_around(const struct prefix *wide, const struct prefix *narrow)
{
	struct addr first = {.len = sizeof first.in6};

	first.sa.sa_family = narrow->family;
	memcpy(narrow->family == AF_INET ? (void *)&first.in.sin_addr : &first.in6.sin6_addr,
	       narrow->bytes, narrow->family == AF_INET ? 4 : 16);
	return wide->len <= narrow->len && prefix_contains(wide, &first);
}

static void expect_like_a_walk(const struct net *net, size_t count, const struct prefix *asked)
{
	const struct net *around = NULL, *found = nets_around(net, count, asked);
	const struct net *inside = nets_inside(net, count, asked);
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (is_around(&net[i].prefix, asked) &&
		    (!around || net[i].prefix.len > around->prefix.len))
			around = &net[i];
		any |= !prefix_equal(asked, &net[i].prefix) && is_around(asked, &net[i].prefix);
	}
	assert_ptr_equal(found, around);
	assert_int_equal(inside != NULL, any);
	if (inside)
		assert_true(is_around(asked, &inside->prefix) &&
		            !prefix_equal(asked, &inside->prefix));
}

static void nets__any_set__is_like_looking_at_all(void **state)
{
	static struct net net[MOST];
	uint64_t seed = 0x853c49e6748fea9b;

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t count = some_nets(&seed, net);

		nets_sort(net, count);
		for (int i = 0; i < 20; i++) {
			struct prefix asked = some_prefix(&seed);

			expect_like_a_walk(net, count, &asked);
		}
		for (size_t i = 0; i < count; i++) {
			const struct net *up = nets_up(net, &net[i]);

			assert_ptr_equal(nets_around(net, count, &net[i].prefix), &net[i]);
			assert_true(!up || is_around(&up->prefix, &net[i].prefix));
			for (size_t j = 0; j < count; j++)
				if (j != i && is_around(&net[j].prefix, &net[i].prefix))
					assert_true(up && up->prefix.len >= net[j].prefix.len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nets__nested__the_narrowest_is_found),
	    cmocka_unit_test(nets__empty_or_no_ip__finds_nothing),
	    cmocka_unit_test(nets__any_set__is_like_looking_at_all),
	};

	return cmocka_run_group_tests_name("base/nets", tests, NULL, NULL);
}
