/* admit/admit.h: who starts, who waits, who is refused and why. */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admit/admit.h"
#include "unit/test.h"

static struct admit admit;
static struct admit_service service;
static struct conf_service conf;

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.instances = 4,
	                             .per_source = 2,
	                             .queue = 6,
	                             .queue_per_source = 4,
	                             .queue_timeout_msec = 1000,
	                             .source_prefix_v4 = 32,
	                             .source_prefix_v6 = 64};
	if (admit_init(&admit, 100, 100) < 0)
		return -1;
	admit_service_init(&service, &admit, &conf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	/* A test that failed in the middle must not take the others along. */
	if (admit.running > 0 || service.queue.count > 0)
		return -1;
	admit_service_free(&service);
	admit_free(&admit);
	return 0;
}

static struct admit_answer come(struct admit_client *client, const char *from, msec_t now)
{
	struct addr peer;

	assert_int_equal(addr_parse_ip(from, 4000, &peer), 0);
	return admit_check(&service, client, &peer, now);
}

static void expect_refused(const char *from, enum reason reason)
{
	struct admit_client client;
	struct admit_answer answer = come(&client, from, 0);

	assert_int_equal(answer.verdict, ADMIT_REFUSE);
	assert_int_equal(answer.reason, reason);
	assert_null(answer.displaced);
	assert_int_equal(client.state, ADMIT_OUT);
}

static void starts(struct admit_client *client, const char *from)
{
	assert_int_equal(come(client, from, 0).verdict, ADMIT_START);
	assert_int_equal(client->state, ADMIT_RUNNING);
}

static void waits(struct admit_client *client, const char *from, msec_t now)
{
	struct admit_answer answer = come(client, from, now);

	assert_int_equal(answer.verdict, ADMIT_WAIT);
	assert_null(answer.displaced);
	assert_int_equal(client->state, ADMIT_WAITING);
}

static void release(struct admit_client *client, size_t count)
{
	for (size_t i = 0; i < count; i++)
		admit_release(&service, &client[i]);
}

/* Four that run, so that all others must wait. */
static void fill(struct admit_client running[4])
{
	starts(&running[0], "192.0.2.1");
	starts(&running[1], "192.0.2.1");
	starts(&running[2], "192.0.2.2");
	starts(&running[3], "192.0.2.2");
}

static void admit__refuse__names_the_limit(void **state)
{
	struct admit_client client[4];

	(void)state;
	conf.when_full = CONF_FULL_REFUSE;
	starts(&client[0], "192.0.2.1");
	starts(&client[1], "192.0.2.1");
	expect_refused("192.0.2.1", REASON_PER_SOURCE);
	starts(&client[2], "192.0.2.2");
	starts(&client[3], "192.0.2.3");
	expect_refused("192.0.2.4", REASON_INSTANCES);
	admit.max_sessions = 4;
	expect_refused("192.0.2.4", REASON_MAX_SESSIONS);
	assert_int_equal(service.queue.count, 0);
	release(client, 4);
	assert_int_equal(admit.running, 0);
}

static void admit__no_queue__refuses_what_cannot_start(void **state)
{
	struct admit_client client[2];

	(void)state;
	conf.queue = 0;
	starts(&client[0], "192.0.2.1");
	starts(&client[1], "192.0.2.1");
	expect_refused("192.0.2.1", REASON_PER_SOURCE);
	assert_true(admit_has_room(&service));
	release(client, 2);
}

static void admit__max_sessions__holds_over_all_services(void **state)
{
	struct admit_service other;
	struct admit_client client[2], waiter;
	struct addr peer;

	(void)state;
	admit.max_sessions = 2;
	admit_service_init(&other, &admit, &conf);
	starts(&client[0], "192.0.2.1");
	assert_int_equal(addr_parse_ip("192.0.2.1", 1, &peer), 0);
	assert_int_equal(admit_check(&other, &client[1], &peer, 0).verdict, ADMIT_START);
	assert_false(admit_has_room(&service));
	assert_false(admit_has_room(&other));
	waits(&waiter, "192.0.2.9", 0);
	assert_null(admit_next(&service));
	admit_release(&other, &client[1]);
	assert_ptr_equal(admit_next(&service), &waiter);
	release(client, 1);
	release(&waiter, 1);
	admit_service_free(&other);
}

/* The same address at two services is two sources. */
static void admit__per_source__counts_each_service_by_itself(void **state)
{
	struct admit_service other;
	struct admit_client client[4];
	struct addr peer;

	(void)state;
	admit_service_init(&other, &admit, &conf);
	assert_int_equal(addr_parse_ip("192.0.2.1", 1, &peer), 0);
	starts(&client[0], "192.0.2.1");
	starts(&client[1], "192.0.2.1");
	for (int i = 2; i < 4; i++)
		assert_int_equal(admit_check(&other, &client[i], &peer, 0).verdict, ADMIT_START);
	release(client, 2);
	admit_release(&other, &client[2]);
	admit_release(&other, &client[3]);
	admit_service_free(&other);
}

static void admit__prefix_of_64__is_one_source(void **state)
{
	struct admit_client client[3];

	(void)state;
	conf.when_full = CONF_FULL_REFUSE;
	starts(&client[0], "2001:db8:1:2::1");
	starts(&client[1], "2001:db8:1:2:ffff::1");
	expect_refused("2001:db8:1:2:aaaa:bbbb:cccc:dddd", REASON_PER_SOURCE);
	starts(&client[2], "2001:db8:1:3::1");
	release(client, 3);
}

static void admit__mapped_address__is_the_ipv4_source(void **state)
{
	struct admit_client client[3];

	(void)state;
	conf.when_full = CONF_FULL_REFUSE;
	starts(&client[0], "192.0.2.1");
	starts(&client[1], "::ffff:192.0.2.1");
	expect_refused("192.0.2.1", REASON_PER_SOURCE);
	expect_refused("::ffff:192.0.2.1", REASON_PER_SOURCE);
	/* 64 bits of a mapped address would be those of every IPv4 client. */
	starts(&client[2], "::ffff:192.0.2.2");
	release(client, 3);
}

static void queue__one_source__is_served_in_order(void **state)
{
	struct admit_client running[4], waiter[4];

	(void)state;
	fill(running);
	for (int i = 0; i < 4; i++)
		waits(&waiter[i], "192.0.2.3", i);
	for (int i = 0; i < 4; i++) {
		assert_null(admit_next(&service));
		release(&running[i], 1);
		if (i < 2) {
			assert_ptr_equal(admit_next(&service), &waiter[i]);
			continue;
		}
		/* Two of the source run: per_source. */
		assert_null(admit_next(&service));
		release(&waiter[i - 2], 1);
		assert_ptr_equal(admit_next(&service), &waiter[i]);
	}
	release(waiter + 2, 2);
}

static void queue__fewest_running__goes_first(void **state)
{
	struct admit_client running[4], first, second;

	(void)state;
	fill(running);
	waits(&first, "192.0.2.1", 0);
	waits(&second, "192.0.2.3", 1);
	release(&running[0], 1);
	/* 192.0.2.1 came first, but has one running still. */
	assert_ptr_equal(admit_next(&service), &second);
	release(&running[1], 1);
	assert_ptr_equal(admit_next(&service), &first);
	release(running + 2, 2);
	release(&first, 1);
	release(&second, 1);
}

static void queue__sources_alike__take_turns(void **state)
{
	struct admit_client running[4], a[2], b[2], *want[] = {&a[0], &b[0], &a[1], &b[1]};

	(void)state;
	conf.per_source = 4;
	fill(running);
	waits(&a[0], "192.0.2.3", 0);
	waits(&a[1], "192.0.2.3", 0);
	waits(&b[0], "192.0.2.4", 0);
	waits(&b[1], "192.0.2.4", 0);
	for (int i = 0; i < 4; i++) {
		release(&running[i], 1);
		assert_ptr_equal(admit_next(&service), want[i]);
	}
	release(a, 2);
	release(b, 2);
}

static void queue__room_but_a_waiter__newcomer_waits(void **state)
{
	struct admit_client running[4], waiter, newcomer;

	(void)state;
	fill(running);
	waits(&waiter, "192.0.2.3", 0);
	release(&running[0], 1);
	waits(&newcomer, "192.0.2.4", 0);
	assert_ptr_equal(admit_next(&service), &waiter);
	assert_null(admit_next(&service));
	release(&newcomer, 1);
	release(&waiter, 1);
	release(running + 1, 3);
}

/* One who waits for its own source's sake keeps nobody out. */
static void queue__waiter_at_per_source__newcomer_starts(void **state)
{
	struct admit_client client[2], waiter, newcomer;

	(void)state;
	starts(&client[0], "192.0.2.1");
	starts(&client[1], "192.0.2.1");
	waits(&waiter, "192.0.2.1", 0);
	starts(&newcomer, "192.0.2.2");
	release(&waiter, 1);
	release(&newcomer, 1);
	release(client, 2);
}

static void queue__flood__is_displaced_by_others(void **state)
{
	struct admit_client running[4], flood[4], other[3];
	struct admit_answer answer;

	(void)state;
	fill(running);
	for (int i = 0; i < 4; i++)
		waits(&flood[i], "192.0.2.3", 0);
	waits(&other[0], "192.0.2.4", 0);
	waits(&other[1], "192.0.2.5", 0);
	/* Full: 4, 1 and 1. The newest of the flood goes. */
	answer = come(&other[2], "192.0.2.6", 0);
	assert_int_equal(answer.verdict, ADMIT_WAIT);
	assert_ptr_equal(answer.displaced, &flood[3]);
	assert_int_equal(flood[3].state, ADMIT_OUT);
	assert_int_equal(service.queue.count, 6);
	expect_refused("192.0.2.3", REASON_QUEUE_FULL);
	release(flood, 3);
	release(other, 3);
	release(running, 4);
}

static void queue__tie__newcomer_goes(void **state)
{
	struct admit_client running[4], a[3], b[2], c;

	(void)state;
	conf.queue = 6;
	fill(running);
	for (int i = 0; i < 3; i++)
		waits(&a[i], "192.0.2.3", 0);
	for (int i = 0; i < 2; i++)
		waits(&b[i], "192.0.2.4", 0);
	waits(&c, "192.0.2.5", 0);
	/* With it, the line of 192.0.2.4 would be as long as the longest. */
	expect_refused("192.0.2.4", REASON_QUEUE_FULL);
	release(a, 3);
	release(b, 2);
	release(&c, 1);
	release(running, 4);
}

static void queue__per_source_bound__refuses_beside_free_places(void **state)
{
	struct admit_client running[4], waiter[4], other;

	(void)state;
	fill(running);
	for (int i = 0; i < 4; i++)
		waits(&waiter[i], "192.0.2.3", 0);
	expect_refused("192.0.2.3", REASON_QUEUE_FULL);
	waits(&other, "192.0.2.4", 0);
	release(waiter, 4);
	release(&other, 1);
	release(running, 4);
}

static void queue__timeout__takes_the_oldest_at_its_moment(void **state)
{
	struct admit_client running[4], waiter[2];

	(void)state;
	fill(running);
	assert_true(admit_expiry(&service) == -1);
	waits(&waiter[0], "192.0.2.3", 100);
	waits(&waiter[1], "192.0.2.4", 300);
	assert_true(admit_expiry(&service) == 1100);
	assert_null(admit_expired(&service, 1099));
	assert_ptr_equal(admit_expired(&service, 1100), &waiter[0]);
	assert_int_equal(waiter[0].state, ADMIT_OUT);
	assert_null(admit_expired(&service, 1100));
	assert_true(admit_expiry(&service) == 1300);
	conf.queue_timeout_msec = 0;
	assert_true(admit_expiry(&service) == -1);
	assert_null(admit_expired(&service, 1 << 30));
	release(&waiter[1], 1);
	release(running, 4);
}

/* What a session has is a copy of what its connection had. */
static void release__of_a_copy__gives_back_the_same(void **state)
{
	struct admit_client client, copy;

	(void)state;
	starts(&client, "192.0.2.1");
	copy = client;
	memset(&client, 0xaa, sizeof client);
	release(&copy, 1);
	assert_int_equal(service.running, 0);
	assert_int_equal(copy.state, ADMIT_OUT);
}

/* Who is in counts for the source that it came as, and is given back to that one. */
static void change__prefix__holds_for_newcomers(void **state)
{
	struct admit_client old[2], waiting, fresh[2];
	struct conf_service wider = conf;

	(void)state;
	starts(&old[0], "192.0.2.1");
	starts(&old[1], "192.0.2.1");
	waits(&waiting, "192.0.2.1", 0);
	wider.source_prefix_v4 = 24;
	admit_service_change(&service, &wider);
	starts(&fresh[0], "192.0.2.1");
	starts(&fresh[1], "192.0.2.99");
	assert_int_equal(fresh[0].source->running, 2);
	assert_ptr_equal(fresh[0].source, fresh[1].source);
	assert_ptr_not_equal(fresh[0].source, old[0].source);
	assert_int_equal(old[0].source->running, 2);
	assert_null(admit_next(&service));
	release(&old[0], 1);
	assert_ptr_equal(admit_next(&service), &waiting);
	release(&old[1], 1);
	release(&waiting, 1);
	assert_int_equal(old[0].source->running, 0);
	release(fresh, 2);
	assert_int_equal(service.running, 0);
}

/* Who is in stays, though there are more of them than may be. */
static void change__fewer_instances__nobody_starts_until_there_is_room(void **state)
{
	struct admit_client running[4], waiting;
	struct conf_service narrow = conf;

	(void)state;
	fill(running);
	narrow.instances = 2;
	admit_service_change(&service, &narrow);
	assert_false(admit_has_room(&service));
	waits(&waiting, "192.0.2.77", 0);
	release(running, 2);
	assert_null(admit_next(&service));
	release(running + 2, 1);
	assert_ptr_equal(admit_next(&service), &waiting);
	release(running + 3, 1);
	release(&waiting, 1);
}

static void expect_abort(void (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		close(STDERR_FILENO);
		act();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void release_twice(void)
{
	struct admit_client client;
	struct addr peer;

	(void)addr_parse_ip("192.0.2.1", 1, &peer);
	(void)admit_check(&service, &client, &peer, 0);
	admit_release(&service, &client);
	admit_release(&service, &client);
}

static void release__twice__stops_at_the_cause(void **state)
{
	(void)state;
	expect_abort(release_twice);
}

static void free_in_use(void)
{
	struct admit_client client;
	struct addr peer;

	(void)addr_parse_ip("192.0.2.1", 1, &peer);
	(void)admit_check(&service, &client, &peer, 0);
	admit_service_free(&service);
}

static void service__freed_while_somebody_runs__stops_at_the_cause(void **state)
{
	(void)state;
	expect_abort(free_in_use);
}

static void reason__each__has_a_name_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_NONE), "");
	assert_string_equal(reason_name(REASON_ACCESS), "access");
	assert_string_equal(reason_name(REASON_PER_SOURCE), "per_source");
	assert_string_equal(reason_name(REASON_SPAWN), "spawn");
	for (int i = 1; i < REASONS; i++) {
		assert_non_null(reason_name((enum reason)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(reason_name((enum reason)i),
			                        reason_name((enum reason)j));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(admit__refuse__names_the_limit),
	    TEST(admit__no_queue__refuses_what_cannot_start),
	    TEST(admit__max_sessions__holds_over_all_services),
	    TEST(admit__per_source__counts_each_service_by_itself),
	    TEST(admit__prefix_of_64__is_one_source),
	    TEST(admit__mapped_address__is_the_ipv4_source),
	    TEST(queue__one_source__is_served_in_order),
	    TEST(queue__fewest_running__goes_first),
	    TEST(queue__sources_alike__take_turns),
	    TEST(queue__room_but_a_waiter__newcomer_waits),
	    TEST(queue__waiter_at_per_source__newcomer_starts),
	    TEST(queue__flood__is_displaced_by_others),
	    TEST(queue__tie__newcomer_goes),
	    TEST(queue__per_source_bound__refuses_beside_free_places),
	    TEST(queue__timeout__takes_the_oldest_at_its_moment),
	    TEST(release__of_a_copy__gives_back_the_same),
	    TEST(change__prefix__holds_for_newcomers),
	    TEST(change__fewer_instances__nobody_starts_until_there_is_room),
	    TEST(release__twice__stops_at_the_cause),
	    TEST(service__freed_while_somebody_runs__stops_at_the_cause),
	    TEST(reason__each__has_a_name_of_its_own),
	};

	return cmocka_run_group_tests_name("admit/admit", tests, NULL, NULL);
}
