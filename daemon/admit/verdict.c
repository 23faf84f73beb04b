#include "admit/verdict.h"

const char *reason_name(enum reason reason)
{
	static const char *const name[REASONS] = {
	    [REASON_NONE] = "",
	    [REASON_ACCESS] = "access",
	    [REASON_BANNED] = "banned",
	    [REASON_SENSOR] = "sensor",
	    [REASON_TIME] = "time",
	    [REASON_LOAD] = "load",
	    [REASON_PRESSURE] = "pressure",
	    [REASON_RATE] = "rate",
	    [REASON_RATE_SOURCE] = "rate_source",
	    [REASON_PER_SOURCE] = "per_source",
	    [REASON_INSTANCES] = "instances",
	    [REASON_QUEUE_FULL] = "queue_full",
	    [REASON_QUEUE_TIMEOUT] = "queue_timeout",
	    [REASON_MAX_SESSIONS] = "max_sessions",
	    [REASON_PROXY] = "proxy",
	    [REASON_DISABLED] = "disabled",
	    [REASON_DRAINING] = "draining",
	    [REASON_STOPPING] = "stopping",
	    [REASON_RESOURCES] = "resources",
	    [REASON_SPAWN] = "spawn",
	};

	return name[reason];
}
