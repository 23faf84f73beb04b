/* admit/admit.h: rates, whom they hold back, who pays, and who is exempt. */
#include <stdio.h>

#include "admit/admit.h"
#include "unit/test.h"

enum { MOST = 64 };

static struct admit admit;
static struct admit_service service;
static struct conf_service conf;
static struct net exempt[1];
static struct admit_client client[MOST];
static unsigned clients;

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.instances = 100,
	                             .per_source = 50,
	                             .queue = 100,
	                             .queue_per_source = 100,
	                             .source_prefix_v4 = 32,
	                             .source_prefix_v6 = 64};
	clients = 0;
	if (admit_init(&admit, 1000, 1000) < 0)
		return -1;
	admit_service_init(&service, &admit, &conf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < clients; i++)
		if (client[i].state != ADMIT_OUT)
			admit_release(&service, &client[i]);
	admit_service_free(&service);
	admit_free(&admit);
	return 0;
}

static struct addr address(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse_ip(text, 1, &addr), 0);
	return addr;
}

/* REASON_NONE: it was let in, and stays. */
static enum reason come(const char *from, msec_t now)
{
	struct addr peer = address(from);
	struct admit_answer answer;

	assert_true(clients < MOST);
	answer = admit_check(&service, &client[clients], &peer, now);
	if (answer.verdict == ADMIT_REFUSE)
		return answer.reason;
	clients++;
	return REASON_NONE;
}

static unsigned come_often(const char *from, unsigned times, enum reason otherwise, msec_t now)
{
	unsigned in = 0;

	for (unsigned i = 0; i < times; i++) {
		enum reason reason = come(from, now);

		in += reason == REASON_NONE;
		assert_true(reason == REASON_NONE || reason == otherwise);
	}
	return in;
}

static void be_exempt(const char *text)
{
	const char *why;

	assert_int_equal(prefix_parse(text, &exempt[0].prefix, &why), 0);
	nets_sort(exempt, 1);
	conf.exempt = (struct conf_nets){exempt, 1};
}

static void rate__holds_for_all_together(void **state)
{
	(void)state;
	conf.rate = (struct conf_rate){.count = 2, .burst = 3, .time = 1000};
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.2", 0), REASON_NONE);
	assert_int_equal(come("2001:db8::1", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.3", 0), REASON_RATE);
	assert_int_equal(come("192.0.2.4", 499), REASON_RATE);
	assert_int_equal(come("192.0.2.5", 500), REASON_NONE);
	assert_int_equal(come("192.0.2.5", 500), REASON_RATE);
	assert_int_equal(come_often("192.0.2.1", 5, REASON_RATE, 2000), 3);
}

/* One source comes in each millisecond, another one each second. */
static void rate__a_flood__leaves_one_to_others(void **state)
{
	struct admit_client one;
	unsigned loud = 0, honest = 0;

	(void)state;
	conf.rate = (struct conf_rate){.count = 50, .burst = 50, .time = 1000};
	for (msec_t now = 0; now < 60000; now++) {
		struct addr peer = address(now % 1000 == 517 ? "192.0.2.2" : "192.0.2.1");

		if (admit_check(&service, &one, &peer, now).verdict != ADMIT_START)
			continue;
		admit_release(&service, &one);
		honest += now % 1000 == 517;
		loud += now % 1000 != 517;
	}
	assert_int_equal(honest, 60);
	/* It gets all else that there is. */
	assert_in_range(loud, 60 * 50 + 50 - 60 - 2, 60 * 50 + 50 - 60);
}

/* Of a burst of one there is nothing to leave. */
static void rate__a_burst_of_one__is_for_whoever_comes(void **state)
{
	unsigned in = 0;

	(void)state;
	conf.rate = (struct conf_rate){.count = 1, .burst = 1, .time = 1000};
	for (msec_t now = 0; now <= 10000; now += 100)
		in += come("192.0.2.1", now) == REASON_NONE;
	assert_int_equal(in, 11);
}

static void rate_per_source__holds_for_each(void **state)
{
	(void)state;
	conf.rate_per_source = (struct conf_rate){.count = 12, .burst = 2, .time = 60000};
	assert_int_equal(come_often("192.0.2.1", 5, REASON_RATE_SOURCE, 0), 2);
	assert_int_equal(come_often("192.0.2.2", 5, REASON_RATE_SOURCE, 0), 2);
	assert_int_equal(come_often("192.0.2.1", 5, REASON_RATE_SOURCE, 4999), 0);
	assert_int_equal(come_often("192.0.2.1", 5, REASON_RATE_SOURCE, 5000), 1);
	assert_int_equal(come_often("192.0.2.1", 5, REASON_RATE_SOURCE, 3600000), 2);
}

static void rate_per_source__is_of_a_network_of_ipv6(void **state)
{
	(void)state;
	conf.rate_per_source = (struct conf_rate){.count = 1, .burst = 2, .time = 60000};
	assert_int_equal(come("2001:db8::1", 0), REASON_NONE);
	assert_int_equal(come("2001:db8::ffff:2", 0), REASON_NONE);
	assert_int_equal(come("2001:db8::3", 0), REASON_RATE_SOURCE);
	assert_int_equal(come("2001:db8:0:1::3", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come("::ffff:192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.1", 0), REASON_RATE_SOURCE);
}

/* Whom its own bucket holds back takes nothing from the one of all. */
static void rates__a_loud_source__leaves_the_service_to_others(void **state)
{
	(void)state;
	conf.rate = (struct conf_rate){.count = 10, .burst = 5, .time = 60000};
	conf.rate_per_source = (struct conf_rate){.count = 10, .burst = 2, .time = 60000};
	assert_int_equal(come_often("192.0.2.1", 1000, REASON_RATE_SOURCE, 0), 2);
	assert_int_equal(come_often("192.0.2.2", 1000, REASON_RATE_SOURCE, 0), 2);
	assert_int_equal(come("192.0.2.3", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.4", 0), REASON_RATE);
	/* Of two reasons the loud one's own is told. */
	assert_int_equal(come("192.0.2.1", 0), REASON_RATE_SOURCE);
	/* Nor has the last one taken from its own. */
	assert_int_equal(service.bucket.taken / (24 * 3600 * 1000), 5);
	assert_int_equal(come_often("192.0.2.4", 2, REASON_RATE, 24000), 2);
}

static void rates__refused_for_another_reason__is_free(void **state)
{
	(void)state;
	conf.rate = (struct conf_rate){.count = 1, .burst = 10, .time = 60000};
	conf.rate_per_source = conf.rate;
	conf.when_full = CONF_FULL_REFUSE;
	conf.per_source = 1;
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come_often("192.0.2.1", 20, REASON_PER_SOURCE, 0), 0);
	conf.when_full = CONF_FULL_WAIT;
	conf.queue_per_source = 1;
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come_often("192.0.2.1", 20, REASON_QUEUE_FULL, 0), 0);
	conf.only_from_set = true;
	assert_int_equal(come_often("192.0.2.1", 20, REASON_ACCESS, 0), 0);
	conf.only_from_set = false;
	assert_int_equal(bucket_left(&service.bucket, &conf.rate, 0), 8);
	assert_int_equal(bucket_left(&client[0].source->bucket, &conf.rate, 0), 8);
}

/* Who waits has paid; it is not asked again. */
static void rates__who_waits__has_paid(void **state)
{
	(void)state;
	conf.rate_per_source = (struct conf_rate){.count = 1, .burst = 2, .time = 60000};
	conf.instances = 1;
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(client[1].state, ADMIT_WAITING);
	assert_int_equal(come("192.0.2.1", 0), REASON_RATE_SOURCE);
	admit_release(&service, &client[0]);
	assert_ptr_equal(admit_next(&service), &client[1]);
}

static void rates__do_not_hold_for_sockets_that_are_lent(void **state)
{
	struct addr none = {.len = 0};

	(void)state;
	conf.wait = true;
	conf.rate = (struct conf_rate){.count = 1, .burst = 1, .time = 60000};
	conf.rate_per_source = conf.rate;
	for (clients = 0; clients < 10; clients++)
		assert_int_equal(admit_check(&service, &client[clients], &none, 0).verdict,
		                 ADMIT_START);
}

static void exempt__has_no_limits_but_the_service(void **state)
{
	(void)state;
	be_exempt("192.0.2.0/24");
	conf.rate = (struct conf_rate){.count = 1, .burst = 1, .time = 60000};
	conf.rate_per_source = conf.rate;
	conf.per_source = 1;
	conf.instances = 20;
	conf.when_full = CONF_FULL_REFUSE;
	assert_int_equal(come_often("192.0.2.1", 18, REASON_NONE, 0), 18);
	/* Nor has it taken the one that others may take. */
	assert_int_equal(come("198.51.100.1", 0), REASON_NONE);
	assert_int_equal(come("198.51.100.2", 0), REASON_RATE);
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_int_equal(come("192.0.2.1", 0), REASON_INSTANCES);
	conf.no_access = conf.exempt;
	assert_int_equal(come("192.0.2.1", 0), REASON_ACCESS);
}

/* One address of a network is exempt, the others are one source. */
static void exempt__is_itself_and_not_its_network(void **state)
{
	(void)state;
	be_exempt("2001:db8::1");
	conf.rate_per_source = (struct conf_rate){.count = 1, .burst = 1, .time = 60000};
	assert_int_equal(come_often("2001:db8::1", 10, REASON_NONE, 0), 10);
	assert_int_equal(come("2001:db8::2", 0), REASON_NONE);
	assert_int_equal(come("2001:db8::3", 0), REASON_RATE_SOURCE);
	assert_int_equal(come("2001:db8::1", 0), REASON_NONE);
}

/* Above per_source it waits for a place of the service like others: in turn. */
static void exempt__in_the_queue__is_served_above_per_source(void **state)
{
	struct admit_client *next;

	(void)state;
	be_exempt("192.0.2.1");
	conf.per_source = 1;
	conf.instances = 3;
	assert_int_equal(come_often("192.0.2.1", 3, REASON_NONE, 0), 3);
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);    /* 3: waits */
	assert_int_equal(come("198.51.100.1", 0), REASON_NONE); /* 4: waits */
	assert_null(admit_next(&service));
	admit_release(&service, &client[0]);
	/* The one with none running goes first, then the exempt one. */
	assert_ptr_equal(admit_next(&service), &client[4]);
	assert_int_equal(come("198.51.100.1", 0), REASON_NONE); /* 5: per_source */
	admit_release(&service, &client[1]);
	next = admit_next(&service);
	assert_ptr_equal(next, &client[3]);
	admit_release(&service, &client[2]);
	assert_null(admit_next(&service));
	admit_release(&service, &client[4]);
	assert_ptr_equal(admit_next(&service), &client[5]);
}

/* A reload may make a source exempt, or not any more, while it waits. */
static void exempt__changes__while_clients_wait(void **state)
{
	(void)state;
	conf.per_source = 1;
	assert_int_equal(come_often("192.0.2.1", 3, REASON_NONE, 0), 3);
	assert_null(admit_next(&service));
	be_exempt("192.0.2.1");
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_ptr_equal(admit_next(&service), &client[1]);
	conf.exempt.count = 0;
	assert_int_equal(come("192.0.2.1", 0), REASON_NONE);
	assert_null(admit_next(&service));
	assert_int_equal(service.queue.count, 3);
}

/* Ten thousand sources, each a little too often, and twenty that are not. */
static void rates__many_sources__each_honest_one_is_served(void **state)
{
	enum { LOUD = 10000, HONEST = 20, SECONDS = 60 };
	unsigned served = 0, loud = 0;

	(void)state;
	admit.sources.max = 1 << 16;
	conf.rate_per_source = (struct conf_rate){.count = 12, .burst = 2, .time = 60000};
	conf.when_full = CONF_FULL_REFUSE;
	for (unsigned second = 0; second < SECONDS; second++) {
		for (unsigned i = 0; i < LOUD + HONEST; i++) {
			bool honest = i >= LOUD;
			struct admit_client one;
			struct addr peer;
			char text[32];

			/* A loud one comes each second, an honest one each tenth. */
			if (honest && (second + i) % 10 != 0)
				continue;
			snprintf(text, sizeof text, "10.%u.%u.%u", honest, i >> 8, i & 255);
			peer = address(text);
			if (admit_check(&service, &one, &peer, second * 1000).verdict ==
			    ADMIT_START) {
				admit_release(&service, &one);
				served += honest;
				loud += !honest;
			}
		}
	}
	assert_int_equal(served, HONEST * SECONDS / 10);
	assert_in_range(loud, LOUD * 12, LOUD * 14);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rate__holds_for_all_together),
	    TEST(rate__a_flood__leaves_one_to_others),
	    TEST(rate__a_burst_of_one__is_for_whoever_comes),
	    TEST(rate_per_source__holds_for_each),
	    TEST(rate_per_source__is_of_a_network_of_ipv6),
	    TEST(rates__a_loud_source__leaves_the_service_to_others),
	    TEST(rates__refused_for_another_reason__is_free),
	    TEST(rates__who_waits__has_paid),
	    TEST(rates__do_not_hold_for_sockets_that_are_lent),
	    TEST(exempt__has_no_limits_but_the_service),
	    TEST(exempt__is_itself_and_not_its_network),
	    TEST(exempt__in_the_queue__is_served_above_per_source),
	    TEST(exempt__changes__while_clients_wait),
	    TEST(rates__many_sources__each_honest_one_is_served),
	};

	return cmocka_run_group_tests_name("admit/rates", tests, NULL, NULL);
}
