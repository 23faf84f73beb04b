/* core/fold.h: one line a second for each source, and a bound for all of them. */
#include <stdlib.h>

#include "base/log.h"
#include "core/fold.h"
#include "core/record.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "unit/test.h"

enum { SERVICES = 300, MOST = 512 + 128 /* places there are */ };

static struct supervisor sup;
static struct conf_service conf[SERVICES];
static struct service service[SERVICES];
static struct fold *fold;
static msec_t now;

/* The records that were asked for. */
static struct {
	unsigned lines;
	uint64_t refusals; /* in all lines */
	unsigned nameless; /* lines without a peer */
	uint64_t last_count;
	struct facts last;
	enum reason last_reason;
	const struct service *last_service;
} seen;

msec_t __wrap_clock_msec(void);
usec_t __wrap_clock_usec(void);
void __wrap_record_refuse(const struct service *of, const struct facts *facts, enum reason reason,
                          uint64_t count);

msec_t __wrap_clock_msec(void)
{
	return now;
}

usec_t __wrap_clock_usec(void)
{
	return now * 1000;
}

void __wrap_record_refuse(const struct service *of, const struct facts *facts, enum reason reason,
                          uint64_t count)
{
	seen.lines++;
	seen.refusals += count;
	seen.nameless += facts->peer.len == 0;
	seen.last_count = count;
	seen.last = *facts;
	seen.last_reason = reason;
	seen.last_service = of;
}

static int set_up(void **state)
{
	(void)state;
	now = 100000;
	memset(&seen, 0, sizeof seen);
	sup = (struct supervisor){.loop = loop_new()};
	for (int i = 0; i < SERVICES; i++) {
		conf[i] = (struct conf_service){.name = "s",
		                                .source_prefix_v4 = 24,
		                                .source_prefix_v6 = 64,
		                                .log_on_failure = CONF_RECORD_ALL};
		service[i] = (struct service){.sup = &sup, .conf = &conf[i]};
		service[i].admit.number = (unsigned)i;
	}
	fold = sup.loop ? fold_new(&sup) : NULL;
	return fold ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < SERVICES; i++)
		fold_forget(fold, &service[i]);
	fold_free(&fold);
	fold_free(&fold);
	loop_free(&sup.loop);
	return 0;
}

/* Time passes as it does for the loop: in turns. */
static void pass(msec_t msec)
{
	for (msec_t end = now + msec; now < end;) {
		now += end - now < 50 ? end - now : 50;
		assert_int_equal(loop_turn(sup.loop, 0), 0);
	}
}

static void refuse(int of, const char *peer, enum reason reason)
{
	struct facts facts = {.accepted = 1000};

	assert_int_equal(addr_parse_ip(peer, 4000, &facts.peer), 0);
	fold_refusal(fold, &service[of], &facts, reason);
}

static void refuse_many(int of, unsigned sources, unsigned first)
{
	struct facts facts = {.peer.in.sin_family = AF_INET,
	                      .peer.len = sizeof(struct sockaddr_in)};

	for (unsigned i = 0; i < sources; i++) {
		facts.peer.in.sin_addr.s_addr = htonl((first + i) << 8);
		fold_refusal(fold, &service[of], &facts, REASON_INSTANCES);
	}
}

static void fold__first__is_told_at_once(void **state)
{
	(void)state;
	refuse(0, "192.0.2.1", REASON_RATE);
	assert_int_equal(seen.lines, 1);
	assert_int_equal(seen.last_count, 1);
	assert_int_equal(seen.last_reason, REASON_RATE);
	assert_ptr_equal(seen.last_service, &service[0]);
	assert_int_equal(seen.last.started, now * 1000);
	assert_int_equal(addr_port(&seen.last.peer), 4000);
}

static void fold__more_within_a_second__are_one_line_with_the_last(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		refuse(0, i % 2 ? "192.0.2.1" : "192.0.2.2", REASON_RATE); /* one source */
	assert_int_equal(seen.lines, 1);
	pass(900);
	assert_int_equal(seen.lines, 1);
	pass(400);
	assert_int_equal(seen.lines, 2);
	assert_int_equal(seen.last_count, 999);
	assert_int_equal(seen.last.peer.in.sin_addr.s_addr, htonl(0xc0000201));
	pass(5000);
	assert_int_equal(seen.lines, 2);
}

static void fold__flood_for_ten_seconds__is_a_line_a_second(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		refuse(0, "2001:db8::1", REASON_INSTANCES);
		pass(1);
	}
	assert_in_range(seen.lines, 9, 11);
	pass(2000);
	assert_int_equal(seen.refusals, 10000);
}

static void fold__other_source_reason_or_service__has_its_own_line(void **state)
{
	(void)state;
	refuse(0, "192.0.2.1", REASON_RATE);
	refuse(0, "192.0.3.1", REASON_RATE);
	refuse(0, "192.0.2.1", REASON_ACCESS);
	refuse(1, "192.0.2.1", REASON_RATE);
	assert_int_equal(seen.lines, 4);
}

static void fold__calm__makes_room_and_stops_the_timer(void **state)
{
	(void)state;
	refuse(0, "192.0.2.1", REASON_RATE);
	pass(2500);
	assert_int_equal(seen.lines, 1);
	refuse(0, "192.0.2.1", REASON_RATE);
	assert_int_equal(seen.lines, 2);
	pass(2500);
	assert_int_equal(loop_turn(sup.loop, 0), 0);
	refuse(0, "192.0.2.1", REASON_RATE);
	assert_int_equal(seen.lines, 3);
}

/* Two services, each refusing a hundred thousand sources: those that find no
 * place must not take the shared line from each other. */
static void fold__many_sources_of_two_services__stay_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		refuse_many(0, 1, i);
		refuse_many(1, 1, i);
	}
	assert_in_range(seen.lines, 100, MOST);
	assert_in_range(seen.nameless, 1, 2);
	pass(3000);
	assert_int_equal(seen.refusals, 200000);
	assert_in_range(seen.lines, 100, MOST + 4);
}

/* More services under attack than there are places for: the log is bounded still. */
static void fold__too_many_services__are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		for (int of = 0; of < SERVICES; of++)
			refuse_many(of, 1, i);
	assert_in_range(seen.lines, 100, MOST);
	pass(1500);
	assert_in_range(seen.lines, 100, 2 * MOST);
	pass(3000);
	assert_in_range(seen.refusals, MOST, 1000 * SERVICES - 1);
	assert_in_range(seen.lines, 100, 2 * MOST);
}

static void fold__service_that_goes__is_told_and_forgotten(void **state)
{
	(void)state;
	refuse(0, "192.0.2.1", REASON_RATE);
	refuse(0, "192.0.2.1", REASON_RATE);
	refuse(1, "192.0.2.1", REASON_RATE);
	fold_forget(fold, &service[0]);
	assert_int_equal(seen.lines, 3);
	assert_int_equal(seen.refusals, 3);
	assert_ptr_equal(seen.last_service, &service[0]);
	memset(&service[0], 0xff, sizeof service[0]); /* nobody looks at it any more */
	pass(3000);
	assert_int_equal(seen.lines, 3);
}

static void fold__no_records_wanted__takes_no_place(void **state)
{
	(void)state;
	conf[0].log_on_failure = CONF_RECORD_NONE;
	refuse_many(0, 10000, 0);
	assert_int_equal(seen.lines, 0);
	refuse(1, "192.0.2.1", REASON_RATE);
	assert_int_equal(seen.nameless, 0);
}

int main(void)
{
#define FOLD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    FOLD_TEST(fold__first__is_told_at_once),
	    FOLD_TEST(fold__more_within_a_second__are_one_line_with_the_last),
	    FOLD_TEST(fold__flood_for_ten_seconds__is_a_line_a_second),
	    FOLD_TEST(fold__other_source_reason_or_service__has_its_own_line),
	    FOLD_TEST(fold__calm__makes_room_and_stops_the_timer),
	    FOLD_TEST(fold__many_sources_of_two_services__stay_bounded),
	    FOLD_TEST(fold__too_many_services__are_bounded),
	    FOLD_TEST(fold__service_that_goes__is_told_and_forgotten),
	    FOLD_TEST(fold__no_records_wanted__takes_no_place),
	};

	return cmocka_run_group_tests_name("core/fold", tests, NULL, NULL);
}
