/* admit/bucket.h - a token bucket: so many in so much time, so many at once.
 *
 * What is kept is not what is in it but what was taken and has not come back
 * yet, so all zero is full, and another rate or burst needs no conversion: who
 * has taken five has taken five. It is counted in parts of a token so small that
 * each rate gives back a whole number of them a millisecond: nothing is rounded,
 * so nothing drifts, and nothing overflows after however long a time. Pure.
 *
 * A rate of 0 is no limit; these are not to be called for it. */
#ifndef ADMIT_BUCKET_H
#define ADMIT_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "config/model.h"

struct bucket {
	uint64_t taken; /* at `at`; in parts */
	msec_t at;
};

/* Is there one to take? */
bool bucket_has(const struct bucket *bucket, const struct conf_rate *rate, msec_t now);
/* Takes one; to be called where there is one. */
void bucket_take(struct bucket *bucket, const struct conf_rate *rate, msec_t now);

/* Those that may come at once now. */
unsigned bucket_left(const struct bucket *bucket, const struct conf_rate *rate, msec_t now);
/* How long until there is one; 0: there is. */
msec_t bucket_wait(const struct bucket *bucket, const struct conf_rate *rate, msec_t now);
/* How long until it is full, and nothing of the past matters any more. */
msec_t bucket_wait_full(const struct bucket *bucket, const struct conf_rate *rate, msec_t now);

#endif
