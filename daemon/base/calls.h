/* base/calls.h - the system calls of this machine, by name and by purpose.
 *
 * Each call belongs to one group. The numbers are those of the kernel's headers
 * that we were built with, and where these are older than this list, its own:
 * from 424 on all machines have the same. A call that other machines have and
 * this one has not is known, and has no number. */
#ifndef BASE_CALLS_H
#define BASE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

/* Above this number no call is known. */
enum { CALLS_LAST = 469 };

enum calls_group_id {
	CALLS_IO,
	CALLS_FILES,
	CALLS_PROCESS,
	CALLS_CREDENTIALS,
	CALLS_SIGNALS,
	CALLS_TIME,
	CALLS_MEMORY,
	CALLS_THREADS,
	CALLS_SOCKETS,
	CALLS_SANDBOX,
	CALLS_IPC,
	CALLS_NUMA,
	CALLS_AIO,
	CALLS_RARE,
	CALLS_MOUNT,
	CALLS_ADMIN,
	CALLS_CLOCK,
	CALLS_DEBUG,
	CALLS_KEYS,
	CALLS_KERNEL,
	CALLS_GROUPS
};

struct call {
	const char *name;
	const char *number; /* as the headers have it: call_number() */
};

struct calls_group {
	const char *name; /* without the @ that goes before it in a configuration */
	const char *help;
	const struct call *call;
	size_t count;
};

const struct calls_group *calls_group(enum calls_group_id id);

/* NULL: there is none of that name. */
const struct calls_group *calls_find_group(const char *name);
const struct call *calls_find(const char *name);

/* -1: this machine has no such call. Else at most CALLS_LAST. */
int call_number(const struct call *call);

#endif
