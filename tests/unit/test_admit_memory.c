/* admit/admit.h when memory is out: refused, and nothing has changed. */
#include <errno.h>
#include <stdio.h>

#include "admit/admit.h"
#include "base/sys.h"
#include "unit/test.h"

static bool out_of_memory;

void *__wrap_sys_calloc(size_t count, size_t size);
void *__real_sys_calloc(size_t count, size_t size);
void *__wrap_sys_realloc(void *old, size_t size);
void *__real_sys_realloc(void *old, size_t size);

void *__wrap_sys_calloc(size_t count, size_t size)
{
	errno = ENOMEM;
	return out_of_memory ? NULL : __real_sys_calloc(count, size);
}

void *__wrap_sys_realloc(void *old, size_t size)
{
	errno = ENOMEM;
	return out_of_memory ? NULL : __real_sys_realloc(old, size);
}

static struct admit admit;
static struct admit_service service;
static const struct conf_service conf = {.instances = 1,
                                         .per_source = 1,
                                         .queue = 64,
                                         .queue_per_source = 64,
                                         .source_prefix_v4 = 32,
                                         .source_prefix_v6 = 64};

static int set_up(void **state)
{
	(void)state;
	if (admit_init(&admit, 1000, 100) < 0)
		return -1;
	admit_service_init(&service, &admit, &conf);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	out_of_memory = false;
	/* A test that failed in the middle must not take the others along. */
	if (admit.running > 0 || service.queue.count > 0)
		return -1;
	admit_service_free(&service);
	admit_free(&admit);
	return 0;
}

static struct admit_answer come(struct admit_client *client, unsigned from)
{
	struct addr peer;
	char text[32];

	snprintf(text, sizeof text, "10.0.0.%u", from);
	assert_int_equal(addr_parse_ip(text, 1, &peer), 0);
	return admit_check(&service, client, &peer, 0);
}

static void admit__no_memory_for_the_source__refuses(void **state)
{
	struct admit_client client;
	struct admit_answer answer;

	(void)state;
	out_of_memory = true;
	answer = come(&client, 1);
	assert_int_equal(answer.verdict, ADMIT_REFUSE);
	assert_int_equal(answer.reason, REASON_RESOURCES);
	assert_int_equal(admit.running, 0);
	out_of_memory = false;
	assert_int_equal(come(&client, 1).verdict, ADMIT_START);
	admit_release(&service, &client);
}

/* A table that is full makes room before it asks for memory; that must not
 * touch anybody who is in. */
static void admit__no_memory_in_a_full_table__keeps_who_is_in(void **state)
{
	struct admit_client running, client;

	(void)state;
	admit.sources.max = 1;
	assert_int_equal(come(&running, 1).verdict, ADMIT_START);
	out_of_memory = true;
	assert_int_equal(come(&client, 2).reason, REASON_RESOURCES);
	assert_int_equal(running.source->running, 1);
	admit_release(&service, &running);
	assert_int_equal(service.running, 0);
}

static void queue__no_memory_for_the_line__refuses(void **state)
{
	struct admit_client running, waiter, known;
	struct admit_answer answer;
	struct addr peer;
	struct prefix prefix;

	(void)state;
	assert_int_equal(come(&running, 1).verdict, ADMIT_START);
	/* The source is in the table, so only the waiting room needs memory. */
	assert_int_equal(addr_parse_ip("10.0.0.2", 1, &peer), 0);
	prefix_of(&peer, 32, 64, &prefix);
	assert_non_null(source_get(&admit.sources, &service.sources, &prefix, &conf.rate, 0));
	out_of_memory = true;
	answer = come(&waiter, 2);
	assert_int_equal(answer.verdict, ADMIT_REFUSE);
	assert_int_equal(answer.reason, REASON_RESOURCES);
	assert_int_equal(service.queue.count, 0);
	assert_null(admit_waiting(&service));
	out_of_memory = false;
	assert_int_equal(come(&known, 2).verdict, ADMIT_WAIT);
	admit_release(&service, &known);
	admit_release(&service, &running);
}

/* Whoever has lost its place must be named, or nobody ever closes it. */
static void queue__no_memory_when_full__displaces_nobody_in_silence(void **state)
{
	enum { SOURCES = 16 }; /* what the heaps have room for at first */
	struct admit_client running, waiter[64], newcomer;
	struct admit_answer answer;
	unsigned n = 0;

	(void)state;
	assert_int_equal(come(&running, 200).verdict, ADMIT_START);
	for (unsigned i = 1; i <= SOURCES; i++)
		for (int j = 0; j < 4; j++)
			assert_int_equal(come(&waiter[n++], i).verdict, ADMIT_WAIT);
	assert_int_equal(n, conf.queue);
	/* Known, so that only the heaps lack memory. */
	assert_non_null(source_get(&admit.sources, &service.sources,
	                           &(struct prefix){{10, 0, 0, 100}, 32, AF_INET}, &conf.rate, 0));
	out_of_memory = true;
	answer = come(&newcomer, 100);
	assert_int_equal(answer.verdict, ADMIT_REFUSE);
	n = 0;
	for (unsigned i = 0; i < 64; i++)
		n += waiter[i].state == ADMIT_OUT && &waiter[i] != answer.displaced;
	assert_int_equal(n, 0);
	out_of_memory = false;
	for (unsigned i = 0; i < 64; i++)
		if (waiter[i].state != ADMIT_OUT)
			admit_release(&service, &waiter[i]);
	admit_release(&service, &running);
}

static void init__no_memory__can_be_freed(void **state)
{
	struct admit other;

	(void)state;
	out_of_memory = true;
	assert_int_equal(admit_init(&other, 1000, 100), -1);
	admit_free(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(admit__no_memory_for_the_source__refuses),
	    TEST(admit__no_memory_in_a_full_table__keeps_who_is_in),
	    TEST(queue__no_memory_for_the_line__refuses),
	    TEST(queue__no_memory_when_full__displaces_nobody_in_silence),
	    TEST(init__no_memory__can_be_freed),
	};

	return cmocka_run_group_tests_name("admit/memory", tests, NULL, NULL);
}
