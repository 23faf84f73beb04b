/* base/fd.h - where descriptors live.
 *
 * What lives long (listeners, pidfds, waiting clients, logs) is moved up to the
 * floor and above, so that accept4(2) gets low numbers and the copy of the
 * table that a child makes of what is below its cut stays small. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <sys/resource.h>

/* Opens what is missing of 0, 1 and 2 on /dev/null: else the next descriptor
 * that is opened would be taken for one of them. */
int fd_fill_standard(void);

/* Raises the soft RLIMIT_NOFILE to the hard one and sets the floor from it:
 * min(4096, limit / 2). *original_r is what it was, for handlers. */
void fd_raise_limit(struct rlimit *original_r);
unsigned fd_limit(void); /* how many descriptors this process may have */

/* Moves fd to the floor or above and returns its new number; where that is not
 * possible it stays where it is. Accepts -1. */
int fd_up(int fd);

/* Is it at the floor or above? */
bool fd_is_up(int fd);

/* A close-on-exec duplicate at the lowest free number above 2. */
int fd_down(int fd);

/* Closes *fd, if it is not -1, and sets it to -1. errno is kept. */
void fd_close(int *fd);

int fd_set_nonblock(int fd, bool on);

/* Closes every descriptor from `first` up. */
void fd_close_from(int first);

/* How many descriptors are open now. Reads /proc/self/fd, or asks for each. */
unsigned fd_count(void);

#endif
