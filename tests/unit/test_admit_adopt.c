/* admit/adopt.h: after many random events, another admit that adopts what there is
 * goes on as the first one does. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "admit/adopt.h"
#include "unit/test.h"

enum { CLIENTS = 300, SOURCES = 7, ROUNDS = 200 };

static struct conf_service conf = {
    .name = "x",
    .instances = 9,
    .per_source = 3,
    .queue = CLIENTS, /* whom a full one turns out of equally long lines is open */
    .queue_per_source = CLIENTS,
    .queue_timeout_msec = 100000,
    .source_prefix_v4 = 32,
    .source_prefix_v6 = 64,
    .rate_per_source = {.count = 10, .burst = 5, .time = 1000},
};

struct world {
	struct admit admit;
	struct admit_service service;
	struct admit_client client[CLIENTS];
};

static struct world *world_new(void)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	assert_int_equal(admit_init(&world->admit, 1000, 8), 0);
	admit_service_init(&world->service, &world->admit, &conf);
	return world;
}

static void world_free(struct world *world)
{
	for (int i = 0; i < CLIENTS; i++)
		if (world->client[i].state != ADMIT_OUT)
			admit_release(&world->service, &world->client[i]);
	admit_service_free(&world->service);
	admit_free(&world->admit);
	free(world);
}

static void come(struct world *world, int i, unsigned source, msec_t now)
{
	struct addr addr = {.in = {.sin_family = AF_INET}, .len = sizeof addr.in};

	addr.in.sin_addr.s_addr = htonl(0xc0000200 + source);
	(void)admit_check(&world->service, &world->client[i], &addr, now);
}

static int number_of(const struct world *world, const struct admit_client *client)
{
	return client ? (int)(client - world->client) : -1;
}

/* The same events happen to both; the answers have to be the same. */
static void step(struct world *a, struct world *b, uint64_t *random, msec_t now)
{
	int i = (int)(test_random(random) % CLIENTS);
	unsigned source = (unsigned)(test_random(random) % SOURCES);

	if (a->client[i].state == ADMIT_OUT) {
		come(a, i, source, now);
		if (b)
			come(b, i, source, now);
	} else if (a->client[i].state == ADMIT_RUNNING) {
		admit_release(&a->service, &a->client[i]);
		if (b)
			admit_release(&b->service, &b->client[i]);
	} else {
		struct admit_client *next = admit_next(&a->service);

		if (b)
			assert_int_equal(number_of(a, next), number_of(b, admit_next(&b->service)));
	}
	for (int j = 0; b && j < CLIENTS; j++)
		assert_int_equal(a->client[j].state, b->client[j].state);
}

static void adopt_sources(const struct world *from, struct world *to, msec_t now)
{
	const struct hash *hash = &from->admit.sources.hash;

	for (size_t i = 0; i < hash->buckets; i++) {
		for (struct hash_node *node = hash->bucket[i]; node; node = node->next) {
			const struct source *s = list_entry(node, struct source, hash);
			struct adopt_source source = {s->prefix, s->bucket, s->exempt, s->turn};

			assert_int_equal(adopt_source(&to->service, &source, now), 0);
		}
	}
	to->service.queue.turns = from->service.queue.turns;
	to->service.bucket = from->service.bucket;
}

static struct world *adopt(const struct world *from, msec_t now)
{
	struct world *to = world_new();

	adopt_sources(from, to, now);
	for (int i = 0; i < CLIENTS; i++)
		if (from->client[i].state == ADMIT_RUNNING)
			assert_int_equal(adopt_running(&to->service, &to->client[i],
			                               &from->client[i].source->prefix, now),
			                 0);
	list_each (link, &from->service.queue.arrival) {
		const struct admit_client *client =
		    list_entry(link, struct admit_client, node.arrival);
		int i = number_of(from, client);

		assert_int_equal(adopt_waiting(&to->service, &to->client[i],
		                               &client->source->prefix, client->node.since, now),
		                 0);
	}
	return to;
}

static void adopt__anything__goes_on_alike(void **state)
{
	uint64_t random = 4711;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct world *a = world_new(), *b;
		msec_t now = 1000;
		int before = (int)(test_random(&random) % 400);

		for (int i = 0; i < before; i++, now += 3)
			step(a, NULL, &random, now);
		b = adopt(a, now);
		assert_int_equal(b->service.running, a->service.running);
		assert_int_equal(b->admit.running, a->admit.running);
		assert_int_equal(b->service.queue.count, a->service.queue.count);
		assert_int_equal(admit_expiry(&b->service), admit_expiry(&a->service));
		for (int i = 0; i < 200; i++, now += 3)
			step(a, b, &random, now);
		world_free(a);
		world_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adopt__anything__goes_on_alike),
	};

	return cmocka_run_group_tests_name("admit/adopt", tests, NULL, NULL);
}
