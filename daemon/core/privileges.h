/* core/privileges.h - what the supervisor itself may do.
 *
 * Once everything is bound it becomes `user` and keeps only the capabilities
 * that its configuration needs (capabilities(7)). Where no service runs as root
 * and none can gain privileges, a filter (seccomp(2)) makes uid and gid 0
 * unreachable for it and all its children, for good. */
#ifndef CORE_PRIVILEGES_H
#define CORE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/model.h"

/* A set of capabilities: base/caps.h. Where root starts it without a service, those that the first
 * one will need. */
uint64_t privileges_needed(const struct conf *conf);
/* ... for this service alone, enabled or not. */
uint64_t privileges_needed_by(const struct conf_service *service);

struct privileges {
	uint64_t kept;    /* what the supervisor has */
	uint64_t missing; /* needed, but not to be had here */
	bool filtered;    /* uid 0 is out of reach */
	const char *unfiltered_why;
};

/* Drops all that is not needed. Fails with the call in *why_r and errno; then
 * the process must not go on. */
int privileges_drop(const struct conf *conf, struct privileges *result, const char **why_r);

/* For an exec that is to go on with what we have: a program of an ordinary user
 * would have no capability. Fails with errno. */
int privileges_hand_on(void);
/* After it, or when it did not come to it: exactly these, where they are to be had,
 * and none for what we execute. root: it was root who started us. */
int privileges_resume(uint64_t kept, bool root);

#endif
