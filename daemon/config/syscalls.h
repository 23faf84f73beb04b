/* config/syscalls.h - `syscalls`: which system calls are allowed or refused besides.
 *
 * Entries hold in their order, a later one before an earlier one. A call by its
 * name is allowed with any arguments; one of a group with those that the
 * sandbox's own filter allows. */
#ifndef CONFIG_SYSCALLS_H
#define CONFIG_SYSCALLS_H

#include "config/builder.h"

/* Without a sandbox there is a filter only if a call is refused. */
void syscalls_build(struct builder *b);

#endif
