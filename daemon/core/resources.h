/* core/resources.h - when the machine runs out of descriptors, processes, memory.
 *
 * Then nothing is given up: those who are in stay, nobody new is accepted (the
 * kernel's backlog keeps them), and it is tried again by a timer, or at once
 * when a session has ended. One line of the log on entering and one on leaving. */
#ifndef CORE_RESOURCES_H
#define CORE_RESOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"

struct supervisor;

struct resources {
	bool short_now;   /* accept and start nothing until the timer */
	bool episode;     /* it was said in the log and is not over yet */
	const char *what; /* the call that failed last */
	int error;
	msec_t since, last; /* of this episode */
	unsigned delay_msec;
	uint64_t episodes;
	struct loop_timer timer;
};

int resources_init(struct supervisor *sup);
void resources_free(struct supervisor *sup);

/* A call failed for lack of something. */
void resources_lack(struct supervisor *sup, const char *what, int error);

/* Something was given back: try again now. */
void resources_freed(struct supervisor *sup);

#endif
