/* tools/xinetd_attributes.h - what becomes of the attributes of xinetd, one by one.
 *
 * Called for each attribute that a service or defaults says, with as many values
 * as the table wants (xinetd_table.c), in the order of that table. */
#ifndef TOOLS_XINETD_ATTRIBUTES_H
#define TOOLS_XINETD_ATTRIBUTES_H

#include "tools/xinetd_carry.h"

#define XINETD_CARRY(name) \
	void xinetd_carry_##name(struct xinetd_move *move, const struct xinetd_said *said)

XINETD_CARRY(disable);
XINETD_CARRY(umask);
XINETD_CARRY(nice);
XINETD_CARRY(env);
XINETD_CARRY(passenv);
XINETD_CARRY(instances);
XINETD_CARRY(per_source);
XINETD_CARRY(cps);
XINETD_CARRY(max_load);
XINETD_CARRY(rlimit_as);
XINETD_CARRY(rlimit_cpu);
XINETD_CARRY(rlimit_data);
XINETD_CARRY(rlimit_files);
XINETD_CARRY(rlimit_rss);
XINETD_CARRY(rlimit_stack);
XINETD_CARRY(only_from);
XINETD_CARRY(no_access);
XINETD_CARRY(times);
XINETD_CARRY(banner_success);
XINETD_CARRY(banner_fail);
XINETD_CARRY(banner);
XINETD_CARRY(log_success);
XINETD_CARRY(log_failure);

#endif
