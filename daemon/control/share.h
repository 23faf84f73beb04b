/* control/share.h - a loop inside the loop that gets a tenth of the time.
 *
 * What is watched by share->inner is served as long as it takes a millisecond in
 * all; then it rests nine times as long as it took. So nobody who asks, and were it
 * without end, takes the time of the services. Timers belong in the outer loop. */
#ifndef CONTROL_SHARE_H
#define CONTROL_SHARE_H

#include "base/loop.h"

struct share {
	struct loop *outer, *inner;
	struct loop_watch work; /* of `inner` in `outer`, but while it rests */
	struct loop_timer rest;
	usec_t worked; /* since the last rest */
};

/* Fails with errno; to be closed in any case. */
int share_open(struct share *share, struct loop *outer);
void share_close(struct share *share); /* nothing may be watched any more */

#endif
