#include "admit/bucket.h"

#include <assert.h>

/* Parts of a token: the milliseconds of a day, a multiple of those of each unit. */
static const uint64_t token = UINT64_C(24) * 3600 * 1000;

static uint64_t parts_a_msec(const struct conf_rate *rate)
{
	return rate->count * (token / (uint64_t)rate->time);
}

static uint64_t most(const struct conf_rate *rate)
{
	return rate->burst * token;
}

static uint64_t taken_now(const struct bucket *bucket, const struct conf_rate *rate, msec_t now)
{
	uint64_t each = parts_a_msec(rate), elapsed;

	if (now <= bucket->at)
		return bucket->taken;
	elapsed = (uint64_t)now - (uint64_t)bucket->at;
	/* The product is only made where it is less than what was taken. */
	return elapsed > bucket->taken / each ? 0 : bucket->taken - elapsed * each;
}

/* Until no more than that is missing. */
static msec_t wait_for(const struct bucket *bucket, const struct conf_rate *rate, msec_t now,
                       uint64_t missing)
{
	uint64_t each = parts_a_msec(rate), taken = taken_now(bucket, rate, now);

	return taken <= missing ? 0 : (msec_t)((taken - missing + each - 1) / each);
}

bool bucket_has(const struct bucket *bucket, const struct conf_rate *rate, msec_t now)
{
	return taken_now(bucket, rate, now) + token <= most(rate);
}

void bucket_take(struct bucket *bucket, const struct conf_rate *rate, msec_t now)
{
	assert(bucket_has(bucket, rate, now));
	bucket->taken = taken_now(bucket, rate, now) + token;
	if (now > bucket->at)
		bucket->at = now;
}

unsigned bucket_left(const struct bucket *bucket, const struct conf_rate *rate, msec_t now)
{
	uint64_t taken = taken_now(bucket, rate, now);

	return taken >= most(rate) ? 0 : (unsigned)((most(rate) - taken) / token);
}

msec_t bucket_wait(const struct bucket *bucket, const struct conf_rate *rate, msec_t now)
{
	return wait_for(bucket, rate, now, most(rate) - token);
}

msec_t bucket_wait_full(const struct bucket *bucket, const struct conf_rate *rate, msec_t now)
{
	return wait_for(bucket, rate, now, 0);
}
