/* config/groups.h - what all the processes of one session may have together.
 *
 * memory_max, pids_max, cpu_max and slot, which each session gets a control
 * group for (version 2). Asks the kernel whether it has that at all; whether
 * usherd may make groups where it is started is told by its start. */
#ifndef CONFIG_GROUPS_H
#define CONFIG_GROUPS_H

#include "base/buf.h"
#include "config/builder.h"

void groups_build(struct builder *b);

/* The controllers that a service needs, CGROUP_... of base/cgroup.h. */
unsigned groups_controllers(const struct conf_service *service);

/* In one line: "memory 64 MiB, processes 20, processor 50 %, place until all has
 * ended", or "none". */
void groups_format(const struct conf_service *service, struct buf *out);

#endif
