/* core/pulse.h - signs of life: to the service manager, and to who asks for the status.
 *
 * Beats in the loop's own turns, so a loop that hangs gives none and the manager's
 * watchdog bites. A turn that was late (base/loop.h), since it had too much to do or
 * the process was stopped, is said in the log. While nobody is served and no
 * watchdog waits there is no beat, so that an idle usherd sleeps. */
#ifndef CORE_PULSE_H
#define CORE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "net/notify.h"

struct supervisor;

struct pulse {
	struct notify notify;
	struct loop_timer timer;
	bool reloading;     /* the manager was told so, and not yet that it is over */
	uint64_t late_seen; /* turns of loop_pace() that were said */
	msec_t status_last; /* when the manager was told the numbers */
	msec_t watchdog_due;
};

/* A manager that cannot be reached is no reason not to start: it is said. */
int pulse_init(struct supervisor *sup);
void pulse_free(struct supervisor *sup);

void pulse_ready(struct supervisor *sup); /* it serves */
/* Each reload, also one that fails, has both; where it ends nothing is said if
 * nothing was at its beginning, or if usherd is stopping by then. */
void pulse_reloading(struct supervisor *sup);
void pulse_reloaded(struct supervisor *sup);
/* Not while draining: a manager gives who stops little time. */
void pulse_stopping(struct supervisor *sup);

/* After each turn of the loop: sees whether it was late, and whether to beat. */
void pulse_turned(struct supervisor *sup);

#endif
