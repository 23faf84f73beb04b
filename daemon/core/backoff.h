/* core/backoff.h - waits longer after each failure: 2 s, doubling to 60 s.
 *
 * For what fails by itself (a program that is not there, an address that cannot
 * be bound), never for what a client can provoke. The first success resets it. */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include "base/clock.h"

struct backoff {
	unsigned failures; /* in a row */
};

/* Counts a failure; when to try again. */
msec_t backoff_failed(struct backoff *backoff, msec_t now);
void backoff_succeeded(struct backoff *backoff);

#endif
