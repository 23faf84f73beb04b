/* spawn/filters.h - what a sandbox answers to each system call.
 *
 * Answers only; spawn/seccomp.c makes filters of them. "standard" refuses the
 * groups of calls (base/calls.h) that administer a machine or reach into other
 * processes, "strict" allows only those that a program needs for itself; an
 * option of the service changes single answers. A call whose number is above
 * all that are known, or that no name is known of, looks as on a kernel without
 * it (ENOSYS). */
#ifndef SPAWN_FILTERS_H
#define SPAWN_FILTERS_H

#include <stdint.h>

#include "base/calls.h"
#include "config/model.h"

enum filter_answer {
	FILTER_ALLOW,
	FILTER_DENY,        /* EPERM */
	FILTER_UNKNOWN,     /* ENOSYS: programs have another way */
	FILTER_NAMESPACES,  /* its first argument must ask for no new namespace */
	FILTER_PERSONALITY, /* only the ordinary one, and asking which it is */
	FILTER_TERMINAL,    /* ioctl: nothing that types for the user of a terminal */
	FILTER_MAP,         /* mmap: no memory that is writable and executable at a time */
	FILTER_PROTECT,     /* mprotect: nothing becomes executable */
	FILTER_ATTACH,      /* shmat: nothing executable */
	FILTER_APART,       /* socket: families that know of network namespaces */
	FILTER_LOCAL,       /* socket: between processes of this machine */
	FILTER_INTERNET,    /* socket: that, and TCP and UDP; nothing raw */
	FILTER_OPTIONS,     /* prctl: what a program says of itself */
	FILTER_ANSWERS
};

struct filter {
	uint8_t answer[CALLS_LAST + 1]; /* enum filter_answer, by the call's number */
};

/* Of a service whose `filter` is not NONE. */
void filters_make(const struct conf_service *service, struct filter *filter);

#endif
