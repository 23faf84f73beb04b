/* spawn/filters.h - which system calls a sandbox takes away.
 *
 * Tables only; spawn/seccomp.c makes filters of them. A call that has no rule is
 * allowed, up to the last number that this list was written for; what is above
 * that is not known, and looks as on a kernel without it (ENOSYS). */
#ifndef SPAWN_FILTERS_H
#define SPAWN_FILTERS_H

#include <stddef.h>
#include <stdint.h>

enum filter_action {
	FILTER_ALLOW,
	FILTER_DENY,        /* EPERM */
	FILTER_UNKNOWN,     /* ENOSYS: programs have another way */
	FILTER_NAMESPACES,  /* its first argument must ask for no new namespace */
	FILTER_PERSONALITY, /* only the ordinary one, and asking which it is */
	FILTER_TERMINAL,    /* ioctl: nothing that types for the user of a terminal */
};

struct filter_rule {
	uint32_t number;
	enum filter_action action;
};

/* In no order. */
const struct filter_rule *filters_standard(size_t *count);

/* The numbers of calls that may be allowed end here. */
extern const uint32_t filters_last;

#endif
