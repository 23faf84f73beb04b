/* config/schedule.h - nice, oom_score_adj and cpu_affinity of a service.
 *
 * What a handler may not get is better said now than at each of its starts, so
 * it is tried on the process that reads, and undone. */
#ifndef CONFIG_SCHEDULE_H
#define CONFIG_SCHEDULE_H

#include "config/builder.h"

void schedule_build(struct builder *b);

#endif
