/* core/stats.h and core/backoff.h: what is counted, and how long is waited. */
#include <errno.h>

#include "base/sys.h"
#include "core/backoff.h"
#include "core/stats.h"
#include "unit/test.h"

static bool out_of_memory;

void *__wrap_sys_realloc(void *old, size_t size);
void *__real_sys_realloc(void *old, size_t size);

void *__wrap_sys_realloc(void *old, size_t size)
{
	errno = ENOMEM;
	return out_of_memory ? NULL : __real_sys_realloc(old, size);
}

static void backoff__failures__double_up_to_a_minute(void **state)
{
	static const msec_t want[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
	struct backoff backoff = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_true(backoff_failed(&backoff, 5000) == 5000 + want[i]);
	for (int i = 0; i < 1000; i++)
		assert_true(backoff_failed(&backoff, 0) == 60000);
}

static void backoff__success__begins_anew(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		(void)backoff_failed(&backoff, 0);
	backoff_succeeded(&backoff);
	assert_true(backoff_failed(&backoff, 7) == 2007);
	assert_true(backoff_failed(&backoff, 7) == 4007);
}

static void histogram__bounds__belong_to_the_lower_bucket(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATS_BUCKETS; i++) {
		struct stats_histogram histogram = {.count = 0};
		usec_t bound = stats_bound_msec[i] * 1000;

		stats_observe(&histogram, bound);
		stats_observe(&histogram, bound + 1);
		assert_int_equal(histogram.bucket[i], 1);
		assert_int_equal(histogram.bucket[i + 1], 1);
		assert_int_equal(histogram.count, 2);
		assert_true(histogram.sum_usec == (uint64_t)(2 * bound + 1));
		assert_true(i == 0 || stats_bound_msec[i] > stats_bound_msec[i - 1]);
	}
}

static void histogram__ends__are_counted(void **state)
{
	struct stats_histogram histogram = {.count = 0};

	(void)state;
	stats_observe(&histogram, 0);
	stats_observe(&histogram, (usec_t)365 * 24 * 3600 * 1000000);
	assert_int_equal(histogram.bucket[0], 1);
	assert_int_equal(histogram.bucket[STATS_BUCKETS], 1);
}

static uint64_t count_of(const struct stats *stats, int signal, int status)
{
	uint64_t count = 0;

	for (size_t i = 0; i < stats->exit_count; i++)
		if (stats->exit[i].signal == signal && stats->exit[i].status == status)
			count += stats->exit[i].count;
	return count;
}

static void exits__each_status_and_signal__has_one_entry(void **state)
{
	struct stats stats = {.exit = NULL};

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int status = 0; status < 256; status++)
			stats_exited(&stats, 0, status);
		for (int signal = 1; signal <= 64; signal++)
			stats_exited(&stats, signal, 0);
	}
	assert_int_equal(stats.exit_count, 256 + 64);
	for (int status = 0; status < 256; status++)
		assert_int_equal(count_of(&stats, 0, status), 3);
	for (int signal = 1; signal <= 64; signal++)
		assert_int_equal(count_of(&stats, signal, 0), 3);
	stats_free(&stats);
	assert_int_equal(stats.exit_count, 0);
	stats_free(&stats);
}

static void exits__no_memory__keeps_what_it_has(void **state)
{
	struct stats stats = {.exit = NULL};

	(void)state;
	for (int status = 0; status < 4; status++)
		stats_exited(&stats, 0, status);
	out_of_memory = true;
	stats_exited(&stats, 0, 4);
	stats_exited(&stats, 0, 2);
	out_of_memory = false;
	assert_int_equal(stats.exit_count, 4);
	assert_int_equal(count_of(&stats, 0, 2), 2);
	assert_int_equal(count_of(&stats, 0, 4), 0);
	stats_exited(&stats, 0, 4);
	assert_int_equal(count_of(&stats, 0, 4), 1);
	stats_free(&stats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(backoff__failures__double_up_to_a_minute),
	    cmocka_unit_test(backoff__success__begins_anew),
	    cmocka_unit_test(histogram__bounds__belong_to_the_lower_bucket),
	    cmocka_unit_test(histogram__ends__are_counted),
	    cmocka_unit_test(exits__each_status_and_signal__has_one_entry),
	    cmocka_unit_test(exits__no_memory__keeps_what_it_has),
	};

	return cmocka_run_group_tests_name("core/stats", tests, NULL, NULL);
}
