/* admit/verdict.h - why a client is refused: the reasons of the records.
 *
 * The order is that of the names in the records and metrics; 0 is no reason. */
#ifndef ADMIT_VERDICT_H
#define ADMIT_VERDICT_H

enum reason {
	REASON_NONE,
	REASON_ACCESS,
	REASON_BANNED,
	REASON_SENSOR,
	REASON_TIME,
	REASON_LOAD,
	REASON_PRESSURE,
	REASON_RATE,
	REASON_RATE_SOURCE,
	REASON_PER_SOURCE,
	REASON_INSTANCES,
	REASON_QUEUE_FULL,
	REASON_QUEUE_TIMEOUT,
	REASON_MAX_SESSIONS,
	REASON_PROXY,
	REASON_DISABLED,
	REASON_DRAINING,
	REASON_STOPPING,
	REASON_RESOURCES,
	REASON_SPAWN,
	REASONS
};

/* "per_source" and so on; "" for REASON_NONE. */
const char *reason_name(enum reason reason);

#endif
