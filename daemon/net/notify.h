/* net/notify.h - tells the service manager how we are, as sd_notify(3) does.
 *
 * A datagram of lines NAME=VALUE to the socket that NOTIFY_SOCKET names, a path or
 * "@" and an abstract name. Without that variable all of this does nothing. Never
 * blocks: what the manager's queue does not take now is for notify_retry(), which
 * core/pulse.c calls now and then, but the newest of each kind is enough. Answers
 * no questions; the manager sees by SO_PASSCRED that it is us. */
#ifndef NET_NOTIFY_H
#define NET_NOTIFY_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/clock.h"

enum { NOTIFY_TEXT_MAX = 256 };

struct notify {
	int fd; /* -1: nobody wants to know */
	struct addr to;
	msec_t watchdog_msec; /* WATCHDOG=1 is wanted at least so often; 0: never */
	char state[128];      /* what the manager has not taken yet; "": nothing */
	char status[NOTIFY_TEXT_MAX];
	bool status_due;
};

/* From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, which stay where they are.
 * -1 with errno: there is a manager, but it cannot be told anything; then this is
 * as without one. */
int notify_open(struct notify *notify);
void notify_close(struct notify *notify);

void notify_ready(struct notify *notify); /* at the start, and after a reload */
/* Before a reload; now is of the monotonic clock, which the manager compares. */
void notify_reloading(struct notify *notify, usec_t now);
void notify_stopping(struct notify *notify);
/* A sentence for people; told if it differs from the last one. */
void notify_status(struct notify *notify, const char *text);
/* We live. To be called by what must not hang. */
void notify_watchdog(struct notify *notify);

/* True if something has still to be told. */
bool notify_retry(struct notify *notify);

#endif
