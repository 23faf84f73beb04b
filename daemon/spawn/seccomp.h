/* spawn/seccomp.h - filters of system calls (seccomp(2)), made at load.
 *
 * A filter is a search tree over the numbers of the calls, so that the way to
 * each is short: the kernel goes all of them when a filter is loaded, which is
 * once a start. It needs no library. Services with the same answers share one:
 * there are at most as many as there are plans. */
#ifndef SPAWN_SECCOMP_H
#define SPAWN_SECCOMP_H

#include <linux/filter.h>
#include <stddef.h>

#include "spawn/filters.h"

/* The filter of these answers, to be given back. NULL: out of memory, or (errno
 * ENOSYS) there is none for this machine. */
const struct sock_fprog *seccomp_get(const struct filter *filter);
void seccomp_put(const struct sock_fprog **filter); /* accepts NULL, clears the pointer */

/* Writes it into code, if there is room for it; returns its length. 0: this machine's
 * calls are not known. */
size_t seccomp_compile(const struct filter *filter, struct sock_filter *code, size_t size);

/* In the child: from now on it holds, for good. 0, or -errno. */
long seccomp_enter(const struct sock_fprog *filter);

#endif
