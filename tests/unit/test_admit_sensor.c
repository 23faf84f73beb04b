/* admit/admit.h: sensors and bans at the door. */
#include <stdio.h>

#include "admit/admit.h"
#include "unit/test.h"

enum { BAN_MSEC = 1000 };

static struct admit admit;
static struct admit_service trap, plain;
static struct conf_service trap_conf, plain_conf;
static struct net exempt, refused;

static struct prefix prefix(const char *text)
{
	struct prefix prefix;
	const char *why;

	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static int set_up(void **state)
{
	const struct conf_service usual = {
	    .instances = 4, .per_source = 4, .source_prefix_v4 = 32, .source_prefix_v6 = 64};

	(void)state;
	trap_conf = plain_conf = usual;
	trap_conf.sensor = true;
	trap_conf.ban_time_msec = BAN_MSEC;
	if (admit_init(&admit, 100, 100) < 0)
		return -1;
	admit_service_init(&trap, &admit, &trap_conf);
	admit_service_init(&plain, &admit, &plain_conf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	admit_service_free(&trap);
	admit_service_free(&plain);
	admit_free(&admit);
	return 0;
}

static enum reason come(struct admit_service *service, const char *from, msec_t now)
{
	struct admit_client client;
	struct admit_answer answer;
	struct admit_explanation told;
	struct addr peer;

	assert_int_equal(addr_parse_ip(from, 4000, &peer), 0);
	told = admit_explain(service, &peer, now);
	answer = admit_check(service, &client, &peer, now);
	assert_int_equal(told.verdict, answer.verdict);
	assert_int_equal(told.reason, answer.reason);
	if (answer.verdict == ADMIT_START)
		admit_release(service, &client);
	return answer.reason;
}

static const struct ban *ban_of(const char *text)
{
	struct prefix p = prefix(text);

	return ban_find(&admit.bans, &p);
}

static void sensor__who_comes__is_banned_everywhere(void **state)
{
	(void)state;
	assert_int_equal(come(&plain, "192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come(&trap, "192.0.2.1", 0), REASON_SENSOR);
	assert_int_equal(come(&plain, "192.0.2.1", BAN_MSEC - 1), REASON_BANNED);
	assert_int_equal(come(&plain, "192.0.2.2", 1), REASON_NONE);
	assert_int_equal(ban_of("192.0.2.1")->refused, 1);
	assert_int_equal(ban_of("192.0.2.1")->by, BAN_BY_SENSOR);
	assert_int_equal(come(&plain, "192.0.2.1", BAN_MSEC), REASON_NONE);
}

static void sensor__bans_the_source_as_it_sees_it(void **state)
{
	(void)state;
	come(&trap, "2001:db8::1", 0);
	assert_non_null(ban_of("2001:db8::/64"));
	trap_conf.source_prefix_v4 = 24;
	come(&trap, "192.0.2.1", 0);
	assert_non_null(ban_of("192.0.2.0/24"));
	assert_int_equal(come(&plain, "::ffff:192.0.2.77", 0), REASON_BANNED);
	assert_int_equal(come(&plain, "2001:db8::2", 0), REASON_BANNED);
	assert_int_equal(come(&plain, "2001:db8:0:1::2", 0), REASON_NONE);
}

static void sensor__again__makes_it_longer_and_never_shorter(void **state)
{
	struct prefix p = prefix("192.0.2.2"), wide = prefix("198.51.100.0/24");

	(void)state;
	come(&trap, "192.0.2.1", 0);
	assert_int_equal(come(&trap, "192.0.2.1", 500), REASON_BANNED);
	assert_int_equal(ban_of("192.0.2.1")->until, 500 + BAN_MSEC);
	assert_int_equal(admit.bans.hash.count, 1);
	assert_non_null(ban_set(&admit.bans, &p, BAN_BY_COMMAND, 100000, 0));
	come(&trap, "192.0.2.2", 500);
	assert_int_equal(ban_of("192.0.2.2")->until, 100000);
	assert_int_equal(ban_of("192.0.2.2")->by, BAN_BY_COMMAND);
	/* A wide ban that ends sooner leaves the source a ban of its own. */
	assert_non_null(ban_set(&admit.bans, &wide, BAN_BY_COMMAND, 600, 0));
	assert_int_equal(come(&trap, "198.51.100.1", 500), REASON_BANNED);
	assert_int_equal(ban_of("198.51.100.1")->until, 500 + BAN_MSEC);
	/* One that ends later makes it needless. */
	assert_non_null(ban_set(&admit.bans, &wide, BAN_BY_COMMAND, BAN_FOREVER, 0));
	assert_int_equal(come(&trap, "198.51.100.2", 500), REASON_BANNED);
	assert_null(ban_of("198.51.100.2"));
}

static void exempt__is_neither_banned_nor_kept_out(void **state)
{
	struct prefix wide = prefix("192.0.2.0/24");

	(void)state;
	exempt.prefix = prefix("192.0.2.1");
	trap_conf.exempt = (struct conf_nets){&exempt, 1};
	assert_int_equal(come(&trap, "192.0.2.1", 0), REASON_SENSOR);
	assert_int_equal(admit.bans.hash.count, 0);
	assert_non_null(ban_set(&admit.bans, &wide, BAN_BY_COMMAND, BAN_FOREVER, 0));
	assert_int_equal(come(&plain, "192.0.2.1", 0), REASON_BANNED);
	plain_conf.exempt = trap_conf.exempt;
	assert_int_equal(come(&plain, "192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come(&plain, "192.0.2.2", 0), REASON_BANNED);
}

static void sensor__who_may_not_come_in__is_not_banned(void **state)
{
	(void)state;
	refused.prefix = prefix("192.0.2.1");
	trap_conf.no_access = (struct conf_nets){&refused, 1};
	assert_int_equal(come(&trap, "192.0.2.1", 0), REASON_ACCESS);
	assert_int_equal(admit.bans.hash.count, 0);
	/* A ban comes before the access lists. */
	assert_int_equal(come(&trap, "192.0.2.2", 0), REASON_SENSOR);
	plain_conf.no_access = trap_conf.no_access;
	assert_int_equal(come(&plain, "192.0.2.2", 0), REASON_BANNED);
}

static void sensor__without_an_address__is_none(void **state)
{
	struct admit_client client;
	struct addr peer = {.len = 0};

	(void)state;
	assert_int_equal(addr_set_unix("/run/x", &peer), 0);
	assert_int_equal(admit_check(&trap, &client, &peer, 0).verdict, ADMIT_START);
	assert_int_equal(admit.bans.hash.count, 0);
	admit_release(&trap, &client);
}

/* The table is never larger than its bound, and all are refused at the trap. */
static void sensor__flood_of_sources__is_bounded(void **state)
{
	char text[64];

	(void)state;
	for (unsigned i = 0; i < ADMIT_BANS_MOST + 5000; i++) {
		snprintf(text, sizeof text, "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
		assert_int_equal(come(&trap, text, 0), REASON_SENSOR);
	}
	assert_int_equal(admit.bans.hash.count, ADMIT_BANS_MOST);
	assert_int_equal(admit.sources.hash.count, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(sensor__who_comes__is_banned_everywhere),
	    CASE(sensor__bans_the_source_as_it_sees_it),
	    CASE(sensor__again__makes_it_longer_and_never_shorter),
	    CASE(exempt__is_neither_banned_nor_kept_out),
	    CASE(sensor__who_may_not_come_in__is_not_banned),
	    CASE(sensor__without_an_address__is_none),
	    CASE(sensor__flood_of_sources__is_bounded),
	};

	return cmocka_run_group_tests_name("admit/sensor", tests, NULL, NULL);
}
