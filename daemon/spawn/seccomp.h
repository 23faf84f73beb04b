/* spawn/seccomp.h - filters of system calls (seccomp(2)), made at load.
 *
 * A filter is a search tree over the numbers of the calls, so that the way to
 * each is short: the kernel goes all of them when a filter is loaded, which is
 * once a start. It needs no library, and is the same for all services. */
#ifndef SPAWN_SECCOMP_H
#define SPAWN_SECCOMP_H

#include <linux/filter.h>
#include <stddef.h>

#include "spawn/filters.h"

/* The filter of sandbox = "standard": made at the first call, never freed. NULL:
 * there is none for this machine. */
const struct sock_fprog *seccomp_standard(void);

/* Writes the filter of these rules, one a number. Returns its length; 0: it does
 * not fit, or this machine's calls are not known. */
size_t seccomp_compile(const struct filter_rule *rules, size_t count, struct sock_filter *code,
                       size_t size);

/* In the child: from now on it holds, for good. 0, or -errno. */
long seccomp_enter(const struct sock_fprog *filter);

#endif
