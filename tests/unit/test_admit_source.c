/* admit/source.h: a bounded table that never forgets who is in. */
#include <stdio.h>

#include "admit/source.h"
#include "unit/test.h"

enum { MAX = 8 };

enum { SERVICES = 3 };

static struct source_table table;
static struct source_pool pool[SERVICES]; /* of services 1, 2 and 3 */
static const struct conf_rate no_rate;

static int set_up(void **state)
{
	(void)state;
	if (source_table_init(&table, MAX) < 0)
		return -1;
	source_pool_init(&table, &pool[0], 1);
	source_pool_init(&table, &pool[1], 2);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	source_table_free(&table);
	return 0;
}

static struct prefix prefix_number(unsigned n)
{
	struct prefix prefix;
	const char *why;
	char text[32];

	snprintf(text, sizeof text, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static struct source *get(uint32_t service, unsigned n)
{
	struct prefix prefix = prefix_number(n);
	struct source *source = source_get(&table, &pool[service - 1], &prefix, &no_rate, 0);

	assert_non_null(source);
	return source;
}

static struct source *find(uint32_t service, unsigned n)
{
	struct prefix prefix = prefix_number(n);

	return source_find(&table, service, &prefix);
}

static void use(struct source *source)
{
	source->running++;
	source_touch(source);
}

static void leave(struct source *source)
{
	source->running--;
	source_touch(source);
}

static void source__same_prefix_and_service__is_the_same(void **state)
{
	struct source *source = get(1, 5);

	(void)state;
	assert_ptr_equal(get(1, 5), source);
	assert_ptr_equal(find(1, 5), source);
	assert_ptr_not_equal(get(2, 5), source);
	assert_ptr_not_equal(get(1, 6), source);
	assert_null(find(3, 5));
	assert_int_equal(table.hash.count, 3);
}

static void source__same_bytes_of_another_length__is_another(void **state)
{
	struct prefix whole = prefix_number(0), cut = whole;
	struct source *source = source_get(&table, &pool[0], &whole, &no_rate, 0);

	(void)state;
	cut.len = 24;
	assert_ptr_not_equal(source_get(&table, &pool[0], &cut, &no_rate, 0), source);
	assert_ptr_equal(source_find(&table, 1, &whole), source);
}

static void table__full__the_longest_idle_goes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAX; i++)
		leave((use(get(1, i)), find(1, i)));
	/* 0 was used again: 1 has been idle the longest. */
	use(get(1, 0));
	leave(get(1, 0));
	get(1, 100);
	assert_int_equal(table.hash.count, MAX);
	assert_null(find(1, 1));
	assert_non_null(find(1, 0));
	get(1, 101);
	assert_null(find(1, 2));
}

static void table__full_of_users__none_of_them_goes(void **state)
{
	struct source *source[MAX];

	(void)state;
	for (unsigned i = 0; i < MAX; i++) {
		source[i] = get(1, i);
		if (i % 2)
			use(source[i]);
		source[i]->waiting += i % 2 == 0;
		source_touch(source[i]);
	}
	for (unsigned i = 0; i < 50; i++)
		get(1, 1000 + i);
	for (unsigned i = 0; i < MAX; i++)
		assert_ptr_equal(find(1, i), source[i]);
	/* One more than all who are in use: that one is idle. */
	assert_int_equal(table.hash.count, MAX + 1);
	assert_non_null(find(1, 1049));
}

/* What was above the bound because all were in use comes down again. */
static void table__more_users_than_room__stay_and_are_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * MAX; i++)
		use(get(1, i));
	assert_int_equal(table.hash.count, 3 * MAX);
	for (unsigned i = 0; i < 3 * MAX; i++)
		assert_int_equal(find(1, i)->running, 1);
	for (unsigned i = 0; i < 3 * MAX; i++)
		leave(find(1, i));
	for (unsigned i = 0; i < 100; i++)
		get(2, i);
	assert_true(table.hash.count <= 3 * MAX);
}

static void table__flood_of_sources__is_bounded(void **state)
{
	(void)state;
	use(get(1, 7));
	for (unsigned i = 0; i < 100000; i++) {
		get(1, 1000 + i);
		assert_true(table.hash.count <= MAX);
	}
	assert_int_equal(find(1, 7)->running, 1);
}

static void pool__freed__leaves_the_others(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		get(1, i);
		get(2, i);
	}
	source_pool_free(&table, &pool[0]);
	assert_int_equal(table.pool_count, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_null(find(1, i));
		assert_non_null(find(2, i));
	}
}

/* A flood at one service costs another one nothing below its share. */
static void table__full__each_service_keeps_its_share(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * MAX; i++)
		get(1, i);
	for (unsigned i = 0; i < MAX / 2; i++)
		get(2, i);
	assert_int_equal(pool[0].count, MAX / 2);
	for (unsigned i = 0; i < 100; i++)
		get(1, 1000 + i);
	for (unsigned i = 0; i < MAX / 2; i++)
		assert_non_null(find(2, i));
	/* Above its share it takes its own places. */
	for (unsigned i = 0; i < 100; i++)
		get(2, 1000 + i);
	assert_int_equal(pool[0].count, MAX / 2);
	assert_int_equal(pool[1].count, MAX / 2);
}

static const struct conf_rate two_a_second = {.count = 2, .burst = 4, .time = 1000};

static struct source *comes(unsigned n, msec_t now)
{
	struct prefix prefix = prefix_number(n);

	return source_get(&table, &pool[0], &prefix, &two_a_second, now);
}

static void takes(unsigned n, unsigned tokens, msec_t now)
{
	while (tokens--)
		bucket_take(&comes(n, now)->bucket, &two_a_second, now);
	source_touch(comes(n, now));
}

static unsigned left(unsigned n, msec_t now)
{
	return bucket_left(&comes(n, now)->bucket, &two_a_second, now);
}

static void table__full__one_with_a_full_bucket_goes_first(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAX; i++)
		takes(i, i == 3 ? 0 : 4, 0);
	assert_int_equal(left(100, 0), 4);
	assert_null(find(1, 3));
	for (unsigned i = 0; i < MAX; i++)
		assert_int_equal(find(1, i) != NULL, i != 3);
	/* Two seconds later all are. */
	for (unsigned i = 0; i < MAX; i++)
		assert_int_equal(left(200 + i, 2000), 4);
}

/* Nobody gets a full bucket by being many. */
static void table__full_of_empty_buckets__gives_one_of_these(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAX; i++)
		takes(i, i == 5 ? 3 : 4, 0);
	assert_int_equal(left(100, 0), 1);
	assert_null(find(1, 5));
	takes(100, 1, 0);
	assert_int_equal(left(101, 0), 0);
	assert_int_equal(table.hash.count, MAX);
	/* Another service's newcomers do not pay for that. */
	assert_int_equal(source_newcomer(&table, &pool[1], &two_a_second, 0).taken, 0);
}

/* However many sources there are: all together they get what the table's own
 * would, and a source that is not one of them gets in now and then. */
static void table__flood_of_sources_with_a_rate__is_limited_and_not_closed(void **state)
{
	enum { SECONDS = 100, EACH = 500 };
	unsigned passed = 0, honest = 0, number = 1000;
	uint64_t seed = 0x2545f4914f6cdd1d;

	(void)state;
	for (msec_t now = 0; now < SECONDS * 1000; now += 1000 / EACH) {
		bool is_honest = test_random(&seed) % 100 == 0;
		struct source *source = comes(number++, now);

		if (bucket_has(&source->bucket, &two_a_second, now)) {
			bucket_take(&source->bucket, &two_a_second, now);
			passed++;
			honest += is_honest;
		}
		source_touch(source);
	}
	assert_true(passed <= MAX * (4 + 2 * SECONDS));
	assert_true(passed >= MAX * 2 * SECONDS * 9 / 10);
	assert_true(honest > 0);
}

static void newcomer__is_what_a_newcomer_gets(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		msec_t now = (msec_t)i * 50;
		struct bucket told = source_newcomer(&table, &pool[0], &two_a_second, now);
		struct source *source = comes(i, now);

		assert_memory_equal(&source->bucket, &told, sizeof told);
		for (unsigned n = (unsigned)(test_random(&seed) % 5); n > 0; n--)
			if (bucket_has(&source->bucket, &two_a_second, now))
				bucket_take(&source->bucket, &two_a_second, now);
		source_touch(source);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(source__same_prefix_and_service__is_the_same),
	    TEST(source__same_bytes_of_another_length__is_another),
	    TEST(table__full__the_longest_idle_goes),
	    TEST(table__full_of_users__none_of_them_goes),
	    TEST(table__more_users_than_room__stay_and_are_found),
	    TEST(table__flood_of_sources__is_bounded),
	    TEST(pool__freed__leaves_the_others),
	    TEST(table__full__each_service_keeps_its_share),
	    TEST(table__full__one_with_a_full_bucket_goes_first),
	    TEST(table__full_of_empty_buckets__gives_one_of_these),
	    TEST(table__flood_of_sources_with_a_rate__is_limited_and_not_closed),
	    TEST(newcomer__is_what_a_newcomer_gets),
	};

	return cmocka_run_group_tests_name("admit/source", tests, NULL, NULL);
}
