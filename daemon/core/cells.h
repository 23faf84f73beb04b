/* core/cells.h - usherd-cells whose handler is gone, until they are, too.
 *
 * A cell (spawn/nest.h) ends when its handler has ended, with all that is left in
 * its namespace, and for that it waits until the handler was reaped. So it is
 * reaped a moment later, by its pid, which nobody else can have till then. */
#ifndef CORE_CELLS_H
#define CORE_CELLS_H

#include <stddef.h>
#include <sys/types.h>

struct cells {
	pid_t *ending;
	size_t count, size;
	unsigned running; /* those of sessions; count + running <= size */
};

/* Room for one more, before it is started. -1: no memory. */
int cells_reserve(struct cells *cells);

/* It runs, and: its handler has been reaped. */
void cells_began(struct cells *cells);
void cells_ended(struct cells *cells, pid_t cell);

/* Reaps those that are gone, a batch at most. */
void cells_reap(struct cells *cells);
void cells_free(struct cells *cells);

#endif
