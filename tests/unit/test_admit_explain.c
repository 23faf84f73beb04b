/* admit_explain() says what admit_check() then does, and changes nothing.
 *
 * A thousand random sets of rules, each with clients that come, wait and go at
 * random: each is asked about first. The access lists are also held against a
 * look at every entry. */
#include <stdio.h>

#include "admit/admit.h"
#include "unit/test.h"

enum { ROUNDS = 1000, COMERS = 60, MOST = 6 };

struct world {
	uint64_t random;
	struct admit admit;
	struct admit_service service;
	struct conf_service conf;
	struct net only[MOST], no[MOST], exempt[MOST];
	struct conf_times times[2];
	struct admit_client client[COMERS];
	msec_t now;
	unsigned seen[REASONS], started, waited; /* that each path was taken */
};

static unsigned pick(struct world *world, unsigned below)
{
	return (unsigned)(test_random(&world->random) >> 33) % below;
}

/* Few addresses, so that rules and clients meet. */
static struct addr some_address(struct world *world)
{
	static const char *const before[] = {"10.0.", "::ffff:10.0.", "2001:db8:0:"};
	unsigned form = pick(world, 3);
	struct addr addr;
	char text[64];

	snprintf(text, sizeof text, "%s%u%s%u", before[form], pick(world, 3),
	         form == 2 ? "::" : ".", pick(world, 3));
	assert_int_equal(addr_parse_ip(text, 1, &addr), 0);
	return addr;
}

static struct conf_nets some_nets(struct world *world, struct net *net)
{
	static const uint8_t v4[] = {8, 23, 24, 31, 32}, v6[] = {32, 63, 64, 127, 128};
	size_t count = pick(world, MOST + 1), kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct addr addr = some_address(world);
		bool new = true;

		prefix_of(&addr, v4[pick(world, 5)], v6[pick(world, 5)], &net[kept].prefix);
		for (size_t j = 0; j < kept; j++)
			new &= !prefix_equal(&net[j].prefix, &net[kept].prefix);
		kept += new;
	}
	nets_sort(net, kept);
	return (struct conf_nets){net, kept};
}

static struct conf_rate some_rate(struct world *world)
{
	if (pick(world, 2))
		return (struct conf_rate){.count = 0};
	return (struct conf_rate){
	    .count = pick(world, 10) + 1, .burst = pick(world, 4) + 1, .time = 60000};
}

static void some_rules(struct world *world)
{
	struct conf_service *conf = &world->conf;

	*conf = (struct conf_service){.instances = pick(world, 8) + 1,
	                              .per_source = pick(world, 4) + 1,
	                              .queue = pick(world, 6),
	                              .queue_per_source = pick(world, 4) + 1,
	                              .queue_timeout_msec = 1000,
	                              .when_full = (enum conf_full)pick(world, 2),
	                              .source_prefix_v4 = pick(world, 2) ? 32 : 24,
	                              .source_prefix_v6 = 64,
	                              .only_from_set = pick(world, 6) == 0,
	                              .access_times = world->times};
	if (conf->only_from_set)
		conf->only_from = some_nets(world, world->only);
	if (pick(world, 6) == 0)
		conf->no_access = some_nets(world, world->no);
	if (pick(world, 2))
		conf->exempt = some_nets(world, world->exempt);
	if (pick(world, 8) == 0) {
		conf->access_times_count = 1;
		world->times[0] = (struct conf_times){
		    .days = (uint8_t)pick(world, 128), .begin = 60, .end = 1380};
	}
	conf->rate = some_rate(world);
	conf->rate_per_source = some_rate(world);
}

static const struct net *longest(const struct conf_nets *nets, const struct addr *addr)
{
	const struct net *found = NULL;

	for (size_t i = 0; i < nets->count; i++)
		if (prefix_contains(&nets->net[i].prefix, addr) &&
		    (!found || nets->net[i].prefix.len > found->prefix.len))
			found = &nets->net[i];
	return found;
}

static bool may_enter(const struct conf_service *conf, const struct addr *addr)
{
	const struct net *lets = longest(&conf->only_from, addr);
	const struct net *bars = longest(&conf->no_access, addr);

	if (bars && (!lets || bars->prefix.len >= lets->prefix.len))
		return false;
	return lets || !conf->only_from_set;
}

static void come(struct world *world)
{
	struct admit_client *client = &world->client[pick(world, COMERS)];
	struct addr peer = some_address(world);
	struct admit_service *service = &world->service;
	struct admit_explanation told, again;
	struct admit_answer answer;

	if (client->state != ADMIT_OUT)
		return;
	told = admit_explain(service, &peer, world->now);
	again = admit_explain(service, &peer, world->now);
	assert_int_equal(again.verdict, told.verdict);
	assert_int_equal(again.reason, told.reason);
	answer = admit_check(service, client, &peer, world->now);
	assert_int_equal(answer.verdict, told.verdict);
	assert_int_equal(may_enter(&world->conf, &peer),
	                 answer.verdict != ADMIT_REFUSE || answer.reason != REASON_ACCESS);
	assert_ptr_equal(told.exempt, longest(&world->conf.exempt, &peer));
	if (answer.verdict == ADMIT_REFUSE) {
		assert_int_equal(answer.reason, told.reason);
		world->seen[answer.reason]++;
	}
	world->started += answer.verdict == ADMIT_START;
	world->waited += answer.verdict == ADMIT_WAIT;
}

static void step(struct world *world)
{
	struct admit_client *client = &world->client[pick(world, COMERS)];

	world->now += pick(world, 200);
	world->admit.week_minute = pick(world, 7 * 24 * 60);
	switch (pick(world, 8)) {
	case 0:
		(void)admit_next(&world->service);
		break;
	case 1:
		(void)admit_expired(&world->service, world->now);
		break;
	case 2:
	case 3:
		if (client->state != ADMIT_OUT)
			admit_release(&world->service, client);
		break;
	default:
		come(world);
	}
}

static void play(struct world *world)
{
	some_rules(world);
	/* A small table is full most of the time. */
	assert_int_equal(admit_init(&world->admit, pick(world, 2) ? 1000 : 2, pick(world, 10) + 1),
	                 0);
	admit_service_init(&world->service, &world->admit, &world->conf);
	for (int i = 0; i < 4 * COMERS; i++)
		step(world);
	for (int i = 0; i < COMERS; i++)
		if (world->client[i].state != ADMIT_OUT)
			admit_release(&world->service, &world->client[i]);
	admit_service_free(&world->service);
	admit_free(&world->admit);
}

static void explain__any_rules_and_clients__says_what_then_happens(void **state)
{
	static const enum reason possible[] = {
	    REASON_ACCESS,     REASON_TIME,      REASON_RATE,       REASON_RATE_SOURCE,
	    REASON_PER_SOURCE, REASON_INSTANCES, REASON_QUEUE_FULL, REASON_MAX_SESSIONS};
	static struct world world = {.random = 0x853c49e6748fea9b};

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		play(&world);
	for (size_t i = 0; i < ARRAY_LEN(possible); i++)
		assert_true(world.seen[possible[i]] > 100);
	assert_true(world.started > 1000 && world.waited > 1000);
}

/* Nobody gets an entry in the table by being asked about. */
static void explain__an_unknown_source__stays_unknown(void **state)
{
	static struct world world = {.random = 1};
	struct addr peer = some_address(&world);

	(void)state;
	world.conf = (struct conf_service){.instances = 1, .per_source = 1};
	assert_int_equal(admit_init(&world.admit, 10, 10), 0);
	admit_service_init(&world.service, &world.admit, &world.conf);
	assert_int_equal(admit_explain(&world.service, &peer, 0).verdict, ADMIT_START);
	assert_int_equal(world.admit.sources.hash.count, 0);
	admit_service_free(&world.service);
	admit_free(&world.admit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(explain__any_rules_and_clients__says_what_then_happens),
	    cmocka_unit_test(explain__an_unknown_source__stays_unknown),
	};

	return cmocka_run_group_tests_name("admit/explain", tests, NULL, NULL);
}
