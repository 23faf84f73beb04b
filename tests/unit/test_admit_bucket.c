/* admit/bucket.h: exact in every millisecond, for however long. */
#include "admit/bucket.h"
#include "unit/test.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)

/* How many of `tries` at this moment get one. */
static unsigned take(struct bucket *bucket, const struct conf_rate *rate, msec_t now,
                     unsigned tries)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tries; i++) {
		if (!bucket_has(bucket, rate, now))
			continue;
		bucket_take(bucket, rate, now);
		n++;
	}
	return n;
}

static void bucket__new__has_its_burst(void **state)
{
	const struct conf_rate rate = {.count = 1, .burst = 5, .time = MINUTE};
	struct bucket bucket = {.taken = 0};

	(void)state;
	assert_int_equal(bucket_left(&bucket, &rate, 123456789), 5);
	assert_int_equal(take(&bucket, &rate, 123456789, 100), 5);
	assert_int_equal(bucket_left(&bucket, &rate, 123456789), 0);
}

static void bucket__empty__refuses_until_refill(void **state)
{
	const struct conf_rate rate = {.count = 12, .burst = 2, .time = MINUTE};
	struct bucket bucket = {.taken = 0};

	(void)state;
	assert_int_equal(take(&bucket, &rate, 1000, 3), 2);
	assert_int_equal(bucket_wait(&bucket, &rate, 1000), 5 * SECOND);
	assert_int_equal(bucket_wait_full(&bucket, &rate, 1000), 10 * SECOND);
	assert_false(bucket_has(&bucket, &rate, 1000 + 5 * SECOND - 1));
	assert_int_equal(bucket_wait(&bucket, &rate, 1000 + 5 * SECOND - 1), 1);
	assert_true(bucket_has(&bucket, &rate, 1000 + 5 * SECOND));
	assert_int_equal(bucket_wait(&bucket, &rate, 1000 + 5 * SECOND), 0);
	assert_int_equal(take(&bucket, &rate, 1000 + 5 * SECOND, 3), 1);
}

/* Seven in a second is no whole number of milliseconds each; an hour of it is.
 * (Of a burst of one, what comes within the millisecond that fills it is lost.) */
static void bucket__an_hour_full__gives_exactly_its_rate(void **state)
{
	static const struct conf_rate rates[] = {
	    {.count = 7, .burst = 2, .time = SECOND},
	    {.count = 997, .burst = 3, .time = SECOND},
	    {.count = 601, .burst = 601, .time = MINUTE},
	    {.count = 11, .burst = 2, .time = HOUR},
	    {.count = 13, .burst = 2, .time = DAY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		const struct conf_rate *rate = &rates[i];
		struct bucket bucket = {.taken = 0};
		uint64_t got = 0, wanted = rate->burst + rate->count * (uint64_t)HOUR / rate->time;

		for (msec_t now = 0; now <= HOUR; now++)
			got += take(&bucket, rate, now, 2);
		assert_int_equal(got, wanted);
	}
}

/* Asked at odd moments only, it gives no less. */
static void bucket__any_moments__never_drift(void **state)
{
	const struct conf_rate rate = {.count = 7, .burst = 7, .time = SECOND};
	uint64_t seed = 0x2545f4914f6cdd1d, got = 0;
	struct bucket bucket = {.taken = 0};
	msec_t now = 0;

	(void)state;
	while (now < DAY) {
		now += (msec_t)(test_random(&seed) % 800) + 1;
		got += take(&bucket, &rate, now, 10);
	}
	assert_in_range(got, 7 * (uint64_t)(DAY / SECOND) - 7, 7 * (uint64_t)now / 1000 + 7);
}

static void bucket__a_year_idle__has_its_burst_and_no_more(void **state)
{
	static const struct conf_rate rates[] = {
	    {.count = 1000000, .burst = 10000000, .time = SECOND},
	    {.count = 1, .burst = 1, .time = DAY},
	    {.count = 1, .burst = 10000000, .time = DAY},
	    {.count = 1000000, .burst = 1, .time = DAY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		const struct conf_rate *rate = &rates[i];
		struct bucket bucket = {.taken = 0};
		unsigned some = rate->burst < 1000 ? rate->burst : 1000;

		assert_int_equal(take(&bucket, rate, 5, some), some);
		assert_int_equal(bucket_left(&bucket, rate, 5 + 10 * YEAR), rate->burst);
		assert_int_equal(bucket_wait_full(&bucket, rate, INT64_MAX), 0);
		assert_int_equal(bucket_left(&bucket, rate, INT64_MAX), rate->burst);
	}
}

/* What came back in these nine years, in parts of a token, is a multiple of 2^64. */
static void bucket__a_product_that_would_overflow__is_full(void **state)
{
	const struct conf_rate rate = {.count = 1 << 19, .burst = 3, .time = SECOND};
	struct bucket bucket = {.taken = 0};

	(void)state;
	assert_int_equal(take(&bucket, &rate, 0, 3), 3);
	assert_int_equal(bucket_left(&bucket, &rate, INT64_C(1) << 38), 3);
}

static void bucket__time_that_stands_or_goes_back__gives_nothing(void **state)
{
	const struct conf_rate rate = {.count = 10, .burst = 2, .time = SECOND};
	struct bucket bucket = {.taken = 0};

	(void)state;
	assert_int_equal(take(&bucket, &rate, 5000, 2), 2);
	assert_false(bucket_has(&bucket, &rate, 5000));
	assert_false(bucket_has(&bucket, &rate, 0));
	assert_false(bucket_has(&bucket, &rate, -5000));
	assert_true(bucket_has(&bucket, &rate, 5100));
	/* Nor is a moment counted twice after it went back. */
	bucket = (struct bucket){.taken = 0};
	assert_int_equal(take(&bucket, &rate, 5000, 1), 1);
	assert_int_equal(take(&bucket, &rate, 1000, 1), 1);
	assert_false(bucket_has(&bucket, &rate, 5000));
}

/* A reload changes the rate; what was taken was taken. */
static void bucket__another_rate__keeps_what_was_taken(void **state)
{
	const struct conf_rate slow = {.count = 1, .burst = 5, .time = HOUR};
	const struct conf_rate wide = {.count = 1, .burst = 8, .time = HOUR};
	const struct conf_rate tight = {.count = 1, .burst = 2, .time = SECOND};
	struct bucket bucket = {.taken = 0};

	(void)state;
	assert_int_equal(take(&bucket, &slow, 0, 5), 5);
	assert_int_equal(bucket_left(&bucket, &wide, 0), 3);
	assert_int_equal(bucket_left(&bucket, &tight, 0), 0);
	assert_int_equal(bucket_left(&bucket, &tight, 3 * SECOND), 0);
	assert_int_equal(bucket_left(&bucket, &tight, 4 * SECOND), 1);
	assert_int_equal(bucket_wait(&bucket, &tight, 0), 4 * SECOND);
	assert_int_equal(bucket_left(&bucket, &tight, 60 * SECOND), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bucket__new__has_its_burst),
	    cmocka_unit_test(bucket__empty__refuses_until_refill),
	    cmocka_unit_test(bucket__an_hour_full__gives_exactly_its_rate),
	    cmocka_unit_test(bucket__any_moments__never_drift),
	    cmocka_unit_test(bucket__a_year_idle__has_its_burst_and_no_more),
	    cmocka_unit_test(bucket__a_product_that_would_overflow__is_full),
	    cmocka_unit_test(bucket__time_that_stands_or_goes_back__gives_nothing),
	    cmocka_unit_test(bucket__another_rate__keeps_what_was_taken),
	};

	return cmocka_run_group_tests_name("admit/bucket", tests, NULL, NULL);
}
