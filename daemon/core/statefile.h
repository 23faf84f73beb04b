/* core/statefile.h - a state (core/state.h) in memory that has a descriptor and cannot change.
 *
 * A memfd, sealed against everything (memfd_create(2), F_ADD_SEALS), which goes
 * over an exec and to a child as it is. One that is not sealed is refused: whoever
 * has it open could change it after it was checked. */
#ifndef CORE_STATEFILE_H
#define CORE_STATEFILE_H

#include <stddef.h>

struct statefile {
	const void *data;
	size_t len;
};

/* The descriptor, close-on-exec and high up, or -1 with errno. */
int statefile_make(const void *data, size_t len);

/* Fails with *why_r, in words. */
int statefile_map(int fd, struct statefile *file, const char **why_r);
void statefile_unmap(struct statefile *file);

#endif
