/* admit/ban.h: who is banned, until when, and who gives way. */
#include <errno.h>
#include <stdio.h>

#include "admit/ban.h"
#include "unit/test.h"

enum { MAX = 64 };

#define HOUR ((msec_t)3600 * 1000)
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)

static struct ban_table table;

static int set_up(void **state)
{
	(void)state;
	return ban_table_init(&table, MAX);
}

static int tear_down(void **state)
{
	(void)state;
	ban_table_free(&table);
	return 0;
}

static struct prefix prefix(const char *text)
{
	struct prefix prefix;
	const char *why;

	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static struct ban *set(const char *text, msec_t until)
{
	struct prefix p = prefix(text);

	return ban_set(&table, &p, BAN_BY_COMMAND, until, 0);
}

static struct ban *find(const char *text)
{
	struct prefix p = prefix(text);

	return ban_find(&table, &p);
}

static bool is_banned(const char *text, msec_t now)
{
	struct addr addr;

	assert_int_equal(addr_parse_ip(text, 4000, &addr), 0);
	return ban_around(&table, &addr, now) != NULL;
}

static void ban__prefixes_of_any_length__hold_their_addresses(void **state)
{
	static const struct {
		const char *ban, *inside, *outside;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
	    {"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
	    {"192.0.2.0/25", "192.0.2.127", "192.0.2.128"},
	    {"0.0.0.0/0", "255.255.255.255", "2001:db8::1"},
	    {"::/0", "2001:db8::1", "192.0.2.1"},
	    {"2001:db8::/64", "2001:db8::ffff:1", "2001:db8:0:1::1"},
	    {"2001:db8::1", "2001:db8::1", "2001:db8::2"},
	    {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
	    {"192.0.2.1", "::ffff:192.0.2.1", "::192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_non_null(set(rows[i].ban, 100));
		assert_true(is_banned(rows[i].inside, 0));
		assert_false(is_banned(rows[i].outside, 0));
		ban_lift(&table, find(rows[i].ban));
		assert_false(is_banned(rows[i].inside, 0));
	}
}

static void ban__until_its_end__and_not_at_it(void **state)
{
	(void)state;
	assert_int_equal(ban_next_end(&table), -1);
	set("192.0.2.1", 1000);
	set("192.0.2.2", 500);
	set("192.0.2.3", BAN_FOREVER);
	assert_int_equal(ban_next_end(&table), 500);
	assert_true(is_banned("192.0.2.1", 999));
	assert_false(is_banned("192.0.2.1", 1000));
	assert_false(ban_expire(&table, 499));
	assert_true(ban_expire(&table, 500));
	assert_false(ban_expire(&table, 500));
	assert_null(find("192.0.2.2"));
	assert_true(ban_expire(&table, YEAR));
	assert_false(ban_expire(&table, INT64_MAX));
	assert_int_equal(ban_next_end(&table), -1);
	assert_true(is_banned("192.0.2.3", 100 * YEAR));
}

static void ban__set_again__gets_the_new_end_and_keeps_its_number(void **state)
{
	struct ban *ban = set("192.0.2.1", 1000);
	uint64_t number = ban->number, changes = table.changes;

	(void)state;
	ban->refused = 7;
	set("192.0.2.2", 800);
	assert_ptr_equal(set("192.0.2.1", 500), ban);
	assert_int_equal(ban->number, number);
	assert_int_equal(ban->refused, 7);
	assert_int_equal(table.hash.count, 2);
	assert_int_equal(table.changes, changes + 2); /* the other one, and an end that is sooner */
	assert_int_equal(ban_next_end(&table), 500);
	set("192.0.2.1", BAN_FOREVER);
	assert_int_equal(ban_next_end(&table), 800);
}

static void fill(msec_t first)
{
	char text[32];

	for (int i = 0; i < MAX; i++) {
		snprintf(text, sizeof text, "10.0.0.%d", i);
		assert_non_null(set(text, first + i));
	}
}

static void full__the_soonest_to_end_gives_way(void **state)
{
	(void)state;
	fill(1000);
	assert_non_null(set("192.0.2.1", 5000));
	assert_int_equal(table.hash.count, MAX);
	assert_null(find("10.0.0.0"));
	assert_non_null(find("10.0.0.1"));
	assert_true(is_banned("192.0.2.1", 0));
	/* One that ends before all others is itself the one. */
	errno = 0;
	assert_null(set("192.0.2.2", 999));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(table.hash.count, MAX);
	assert_non_null(find("10.0.0.1"));
}

static void full_of_endless_ones__nobody_gives_way(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < MAX; i++) {
		snprintf(text, sizeof text, "10.0.0.%d", i);
		assert_non_null(set(text, BAN_FOREVER));
	}
	assert_null(set("192.0.2.1", BAN_FOREVER));
	assert_int_equal(errno, ENOSPC);
	/* Whoever is in can be changed all the same. */
	assert_non_null(set("10.0.0.3", 100));
	assert_non_null(set("192.0.2.1", BAN_FOREVER));
	assert_null(find("10.0.0.3"));
}

static void each__all_in_the_order_of_entry(void **state)
{
	uint64_t last = 0;
	int n = 0;

	(void)state;
	assert_null(ban_each(&table, NULL));
	fill(1000);
	ban_lift(&table, find("10.0.0.5"));
	set("10.0.0.0", 9000);
	for (struct ban *ban = ban_each(&table, NULL); ban; ban = ban_each(&table, ban)) {
		assert_true(ban->number > last);
		last = ban->number;
		n++;
	}
	assert_int_equal(n, MAX - 1);
}

static void changes__count_what_comes_and_goes(void **state)
{
	uint64_t before = table.changes;

	(void)state;
	set("192.0.2.1", 10);
	assert_int_equal(table.changes, before + 1);
	ban_expire(&table, 10);
	assert_int_equal(table.changes, before + 2);
}

static void until__does_not_run_over(void **state)
{
	(void)state;
	assert_int_equal(ban_until(5, 10), 15);
	assert_int_equal(ban_until(5, 0), BAN_FOREVER);
	assert_int_equal(ban_until(5, INT64_MAX), BAN_FOREVER);
	assert_int_equal(ban_until(INT64_MAX - 1, 5), BAN_FOREVER);
	assert_int_equal(ban_until(YEAR, YEAR), 2 * YEAR);
}

/* An hour full, a year idle, and at the far end of the clock. */
static void clock__moved_far__loses_nothing(void **state)
{
	msec_t starts[] = {0, YEAR, 200 * YEAR, INT64_MAX - 2 * YEAR};

	(void)state;
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		msec_t now = starts[i], end = now + HOUR;
		char text[32];

		/* Each minute's hour is over later than all before, so the oldest give way. */
		for (; now < end; now += 1000) {
			snprintf(text, sizeof text, "10.%d.%d.1", (int)(now / 1000 % 250),
			         (int)(now / 250000 % 250));
			assert_non_null(set(text, ban_until(now, HOUR)));
			assert_true(is_banned(text, now));
			assert_true(table.hash.count <= MAX);
		}
		assert_int_equal(table.hash.count, MAX);
		assert_true(is_banned(text, now));
		now += YEAR;
		assert_false(is_banned(text, now));
		for (int n = 0; n < MAX; n++)
			assert_true(ban_expire(&table, now));
		assert_int_equal(table.hash.count, 0);
		assert_int_equal(ban_next_end(&table), -1);
	}
}

static uint64_t seed = 4711;

struct model {
	struct prefix prefix;
	msec_t until;
	bool there;
};

static struct prefix random_prefix(void)
{
	static const uint8_t lens[] = {0, 1, 8, 16, 23, 24, 31, 32};
	struct addr addr;
	struct prefix p;
	char text[64];
	uint8_t len = lens[test_random(&seed) % sizeof lens];
	unsigned r = (unsigned)test_random(&seed);

	if (r & 1)
		snprintf(text, sizeof text, "10.%u.%u.%u", r >> 1 & 1, r >> 2 & 3, r >> 4 & 3);
	else
		snprintf(text, sizeof text, "2001:%x::%x", r >> 1 & 3, r >> 3 & 3);
	assert_int_equal(addr_parse_ip(text, 0, &addr), 0);
	prefix_of(&addr, len, (uint8_t)(len * 4), &p);
	return p;
}

/* Against a plain list, with any order of what can be done. */
static void ban__any_sequence__is_as_the_plain_model(void **state)
{
	static struct model model[MAX / 2];

	(void)state;
	memset(model, 0, sizeof model);
	for (int round = 0; round < 20000; round++) {
		struct model *m = &model[test_random(&seed) % (MAX / 2)];
		msec_t now = round;
		struct addr addr;
		struct prefix p = random_prefix();
		bool wanted = false, taken = false;

		for (int i = 0; i < MAX / 2; i++)
			taken |= model[i].there && prefix_equal(&model[i].prefix, &p);
		if (m->there && ban_find(&table, &m->prefix)) {
			ban_lift(&table, ban_find(&table, &m->prefix));
			m->there = false;
		} else if (!m->there && !taken) {
			*m = (struct model){p, now + (msec_t)(test_random(&seed) % 3000), true};
			assert_non_null(ban_set(&table, &p, BAN_BY_SENSOR, m->until, now));
		}
		while (ban_expire(&table, now))
			;
		for (int i = 0; i < MAX / 2; i++)
			model[i].there &= model[i].until > now;
		p = random_prefix();
		memset(&addr, 0, sizeof addr);
		addr.sa.sa_family = p.family;
		addr.len = p.family == AF_INET ? sizeof addr.in : sizeof addr.in6;
		if (p.family == AF_INET)
			memcpy(&addr.in.sin_addr, p.bytes, 4);
		else
			memcpy(&addr.in6.sin6_addr, p.bytes, 16);
		for (int i = 0; i < MAX / 2; i++)
			wanted |= model[i].there && prefix_contains(&model[i].prefix, &addr);
		assert_int_equal(ban_around(&table, &addr, now) != NULL, wanted);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(ban__prefixes_of_any_length__hold_their_addresses),
	    CASE(ban__until_its_end__and_not_at_it),
	    CASE(ban__set_again__gets_the_new_end_and_keeps_its_number),
	    CASE(full__the_soonest_to_end_gives_way),
	    CASE(full_of_endless_ones__nobody_gives_way),
	    CASE(each__all_in_the_order_of_entry),
	    CASE(changes__count_what_comes_and_goes),
	    CASE(until__does_not_run_over),
	    CASE(clock__moved_far__loses_nothing),
	    CASE(ban__any_sequence__is_as_the_plain_model),
	};

	return cmocka_run_group_tests_name("admit/ban", tests, NULL, NULL);
}
