/* tools/sample.h - one look at all services, and what has changed since another. */
#ifndef TOOLS_SAMPLE_H
#define TOOLS_SAMPLE_H

#include <stddef.h>

#include "base/clock.h"
#include "tools/ask.h"

enum sample_number { SESSIONS, INSTANCES, QUEUED, ACCEPTED, REFUSED, STARTED, FAILED, NUMBERS };

struct sample_row {
	const char *name, *state; /* in the reply's text */
	unsigned long long number[NUMBERS];
	double rate[NUMBERS]; /* a second, of those that only grow; -1: not known */
};

/* One look at all services. */
struct sample {
	struct reply reply;
	msec_t when;
	struct sample_row *row;
	size_t count;
};

/* A request of one word. 0, or an exit status and reply->why. */
int sample_ask(const char *socket, const char *what, struct reply *reply);

/* 0, or an exit status and why in its reply. To be freed in any case. */
int sample_take(const char *socket, struct sample *sample);
void sample_free(struct sample *sample);

/* Fills in the rates of `now`. */
void sample_compare(struct sample *now, const struct sample *before);

#endif
