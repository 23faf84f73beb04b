/* admit/admit.h against a model: many random arrivals, turns and departures.
 *
 * The model is the prose of the headers, done by looking at everybody: no heap,
 * no table, no list. After each step both must agree on every number. */
#include <stdio.h>

#include "admit/admit.h"
#include "unit/test.h"

enum { SERVICES = 2, SOURCES = 7, CLIENTS = 300, STEPS = 6000 };

struct guest {
	struct admit_client client;
	enum admit_state state;
	int source;
	uint64_t arrival;
	msec_t since;
};

struct side { /* one service and what should be true of it */
	struct admit_service service;
	struct conf_service conf;
	struct guest guest[CLIENTS];
	unsigned running, waiting;
	unsigned source_running[SOURCES], source_waiting[SOURCES];
	uint64_t turn[SOURCES]; /* when it last got one, or began to wait for one */
};

struct world {
	struct admit admit;
	struct side side[SERVICES];
	unsigned running;
	uint64_t moment;
	msec_t now;
	uint64_t random;
	unsigned displaced, expired, waited, overtaken; /* that each path was taken */
};

static unsigned pick(struct world *world, unsigned below)
{
	return (unsigned)(test_random(&world->random) >> 33) % below;
}

static struct addr address_of(int source)
{
	struct addr addr;
	char text[32];

	snprintf(text, sizeof text, "192.0.2.%d", source + 1);
	assert_int_equal(addr_parse_ip(text, 1000, &addr), 0);
	return addr;
}

static enum reason obstacle(const struct world *world, const struct side *side, int source)
{
	if (world->running >= world->admit.max_sessions)
		return REASON_MAX_SESSIONS;
	if (side->running >= side->conf.instances)
		return REASON_INSTANCES;
	return side->source_running[source] >= side->conf.per_source ? REASON_PER_SOURCE
	                                                             : REASON_NONE;
}

/* Whose turn it is; -1: nobody's that could start for all that its source runs. */
static int next_source(const struct side *side)
{
	int best = -1;

	for (int i = 0; i < SOURCES; i++) {
		if (side->source_waiting[i] == 0 ||
		    side->source_running[i] >= side->conf.per_source)
			continue;
		if (best < 0 || side->source_running[i] < side->source_running[best] ||
		    (side->source_running[i] == side->source_running[best] &&
		     side->turn[i] < side->turn[best]))
			best = i;
	}
	return best;
}

/* The first or the last of those who wait; of one source, or (-1) of all. */
static struct guest *waiting_guest(struct side *side, int source, bool last)
{
	struct guest *found = NULL;

	for (struct guest *g = side->guest; g < side->guest + CLIENTS; g++) {
		if (g->state != ADMIT_WAITING || (source >= 0 && g->source != source))
			continue;
		if (!found || (last ? g->arrival > found->arrival : g->arrival < found->arrival))
			found = g;
	}
	return found;
}

static unsigned longest_line(const struct side *side)
{
	unsigned most = 0;

	for (int i = 0; i < SOURCES; i++)
		if (side->source_waiting[i] > most)
			most = side->source_waiting[i];
	return most;
}

static void begins(struct world *world, struct side *side, struct guest *guest)
{
	guest->state = ADMIT_RUNNING;
	side->turn[guest->source] = ++world->moment;
	side->source_running[guest->source]++;
	side->running++;
	world->running++;
}

static void leaves(struct world *world, struct side *side, struct guest *guest)
{
	if (guest->state == ADMIT_RUNNING) {
		side->source_running[guest->source]--;
		side->running--;
		world->running--;
	} else {
		side->source_waiting[guest->source]--;
		side->waiting--;
	}
	guest->state = ADMIT_OUT;
}

static void lines_up(struct world *world, struct side *side, struct guest *guest)
{
	world->waited++;
	guest->arrival = ++world->moment;
	guest->since = world->now;
	guest->state = ADMIT_WAITING;
	if (side->source_waiting[guest->source]++ == 0)
		side->turn[guest->source] = ++world->moment;
	side->waiting++;
}

static void expect_displaced(struct world *world, struct side *side, struct guest *newcomer,
                             const struct admit_client *displaced)
{
	struct guest *loser = NULL;

	assert_non_null(displaced);
	for (struct guest *g = side->guest; g < side->guest + CLIENTS; g++)
		if (&g->client == displaced)
			loser = g;
	assert_non_null(loser);
	assert_int_equal(loser->state, ADMIT_WAITING);
	assert_true(loser->source != newcomer->source);
	assert_int_equal(side->source_waiting[loser->source], longest_line(side));
	assert_ptr_equal(loser, waiting_guest(side, loser->source, true));
	assert_int_equal(displaced->state, ADMIT_OUT);
	leaves(world, side, loser);
	world->displaced++;
}

static void expect_wait(struct world *world, struct side *side, struct guest *guest,
                        struct admit_answer answer)
{
	unsigned line = side->source_waiting[guest->source] + 1;
	bool full = side->waiting >= side->conf.queue;

	if (line > side->conf.queue_per_source || (full && line >= longest_line(side))) {
		assert_int_equal(answer.verdict, ADMIT_REFUSE);
		assert_int_equal(answer.reason, REASON_QUEUE_FULL);
		assert_null(answer.displaced);
		return;
	}
	assert_int_equal(answer.verdict, ADMIT_WAIT);
	if (full)
		expect_displaced(world, side, guest, answer.displaced);
	else
		assert_null(answer.displaced);
	lines_up(world, side, guest);
}

static void arrive(struct world *world, struct side *side)
{
	struct guest *guest = &side->guest[pick(world, CLIENTS)];
	struct admit_answer answer;
	struct addr peer;
	enum reason why;
	bool overtakes;

	if (guest->state != ADMIT_OUT)
		return;
	/* Half of them come from one source: a flood. */
	guest->source = pick(world, 2) ? 0 : (int)pick(world, SOURCES);
	peer = address_of(guest->source);
	why = obstacle(world, side, guest->source);
	overtakes = why == REASON_NONE && next_source(side) >= 0;
	answer = admit_check(&side->service, &guest->client, &peer, world->now);
	world->overtaken += overtakes;
	if (why == REASON_NONE && !overtakes) {
		assert_int_equal(answer.verdict, ADMIT_START);
		begins(world, side, guest);
	} else if (side->conf.when_full == CONF_FULL_REFUSE || side->conf.queue == 0) {
		assert_int_equal(answer.verdict, ADMIT_REFUSE);
		assert_int_equal(answer.reason, why);
	} else {
		expect_wait(world, side, guest, answer);
	}
}

static void serve(struct world *world, struct side *side)
{
	bool room =
	    side->running < side->conf.instances && world->running < world->admit.max_sessions;
	int source = room ? next_source(side) : -1;
	struct admit_client *client = admit_next(&side->service);
	struct guest *guest;

	if (source < 0) {
		assert_null(client);
		return;
	}
	guest = waiting_guest(side, source, false);
	assert_ptr_equal(client, &guest->client);
	leaves(world, side, guest);
	begins(world, side, guest);
}

static void depart(struct world *world, struct side *side)
{
	struct guest *guest = &side->guest[pick(world, CLIENTS)];

	if (guest->state == ADMIT_OUT)
		return;
	admit_release(&side->service, &guest->client);
	leaves(world, side, guest);
}

static void expire(struct world *world, struct side *side)
{
	struct guest *oldest = waiting_guest(side, -1, false);
	msec_t timeout = side->conf.queue_timeout_msec;
	struct admit_client *client = admit_expired(&side->service, world->now);

	if (!oldest || timeout == 0 || oldest->since + timeout > world->now) {
		assert_null(client);
		return;
	}
	assert_ptr_equal(client, &oldest->client);
	leaves(world, side, oldest);
	world->expired++;
}

static void check_sources(const struct world *world, const struct side *side)
{
	for (int i = 0; i < SOURCES; i++) {
		struct addr addr = address_of(i);
		struct prefix prefix;
		struct source *source;

		prefix_of(&addr, 32, 64, &prefix);
		source = source_find(&world->admit.sources, side->service.number, &prefix);
		if (!source) {
			assert_int_equal(side->source_running[i] + side->source_waiting[i], 0);
			continue;
		}
		assert_int_equal(source->running, side->source_running[i]);
		assert_int_equal(source->waiting, side->source_waiting[i]);
	}
}

static void check(const struct world *world, struct side *side)
{
	struct guest *oldest = waiting_guest(side, -1, false);
	msec_t timeout = side->conf.queue_timeout_msec;

	assert_int_equal(world->admit.running, world->running);
	assert_int_equal(side->service.running, side->running);
	assert_int_equal(side->service.queue.count, side->waiting);
	assert_ptr_equal(admit_waiting(&side->service), oldest ? &oldest->client : NULL);
	assert_true(admit_expiry(&side->service) ==
	            (oldest && timeout ? oldest->since + timeout : -1));
	assert_int_equal(admit_has_room(&side->service),
	                 side->running < side->conf.instances &&
	                     world->running < world->admit.max_sessions);
	check_sources(world, side);
}

static void step(struct world *world)
{
	struct side *side = &world->side[pick(world, SERVICES)];

	world->now += pick(world, 10);
	switch (pick(world, 8)) {
	case 0:
	case 1:
	case 2:
	case 3:
		arrive(world, side);
		break;
	case 4:
		serve(world, side);
		break;
	case 5:
		expire(world, side);
		break;
	default:
		depart(world, side);
	}
	for (int i = 0; i < SERVICES; i++)
		check(world, &world->side[i]);
}

static void run(struct world *world, const struct conf_service *conf, unsigned max_sessions,
                size_t max_sources)
{
	memset(world, 0, sizeof *world);
	world->random = 0x9e3779b97f4a7c15;
	assert_int_equal(admit_init(&world->admit, max_sources, max_sessions), 0);
	for (int i = 0; i < SERVICES; i++) {
		struct side *side = &world->side[i];

		side->conf = *conf;
		side->conf.source_prefix_v4 = 32;
		side->conf.source_prefix_v6 = 64;
		admit_service_init(&side->service, &world->admit, &side->conf);
	}
	for (int i = 0; i < STEPS; i++)
		step(world);
	for (int i = 0; i < SERVICES; i++) {
		struct side *side = &world->side[i];

		for (int j = 0; j < CLIENTS; j++)
			if (side->guest[j].state != ADMIT_OUT)
				admit_release(&side->service, &side->guest[j].client);
		admit_service_free(&side->service);
	}
	assert_int_equal(world->admit.running, 0);
	assert_int_equal(world->admit.sources.hash.count, 0);
	admit_free(&world->admit);
}

static struct world world;

static void model__queue_of_many_sources__agrees(void **state)
{
	struct conf_service conf = {.instances = 6,
	                            .per_source = 3,
	                            .queue = 1000,
	                            .queue_per_source = 1000,
	                            .queue_timeout_msec = 900};

	(void)state;
	run(&world, &conf, 1000, 100);
	assert_true(world.waited > 0 && world.expired > 0 && world.overtaken > 0);
	assert_int_equal(world.displaced, 0);
}

static void model__short_queue__agrees(void **state)
{
	struct conf_service conf = {
	    .instances = 5, .per_source = 5, .queue = 12, .queue_per_source = 9};

	(void)state;
	run(&world, &conf, 8, 100);
	assert_true(world.displaced > 0);
	assert_int_equal(world.expired, 0);
}

/* A full table gives nobody away who is in. */
static void model__tiny_table__agrees(void **state)
{
	struct conf_service conf = {
	    .instances = 4, .per_source = 2, .queue = 20, .queue_per_source = 20};

	(void)state;
	run(&world, &conf, 6, 3);
	assert_true(world.displaced > 0);
}

static void model__refuse__agrees(void **state)
{
	struct conf_service conf = {.instances = 40,
	                            .per_source = 8,
	                            .when_full = CONF_FULL_REFUSE,
	                            .queue = 100,
	                            .queue_per_source = 100};

	(void)state;
	run(&world, &conf, 60, 100);
	assert_int_equal(world.waited, 0);
}

static void model__no_queue__agrees(void **state)
{
	struct conf_service conf = {.instances = 40, .per_source = 8};

	(void)state;
	run(&world, &conf, 60, 100);
	assert_int_equal(world.waited, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(model__queue_of_many_sources__agrees),
	    cmocka_unit_test(model__short_queue__agrees),
	    cmocka_unit_test(model__tiny_table__agrees),
	    cmocka_unit_test(model__refuse__agrees),
	    cmocka_unit_test(model__no_queue__agrees),
	};

	return cmocka_run_group_tests_name("admit/model", tests, NULL, NULL);
}
