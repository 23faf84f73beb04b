#include "core/cells.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/sys.h"

enum { BATCH = 64, FIRST = 16 };

int cells_reserve(struct cells *cells)
{
	size_t size = cells->size ? 2 * cells->size : FIRST;
	pid_t *ending;

	if (cells->count + cells->running < cells->size)
		return 0;
	ending = sys_realloc(cells->ending, size * sizeof *ending);
	if (!ending)
		return -1;
	cells->ending = ending;
	cells->size = size;
	return 0;
}

void cells_began(struct cells *cells)
{
	cells->running++;
	assert(cells->count + cells->running <= cells->size);
}

static bool is_gone(pid_t cell)
{
	siginfo_t info = {.si_pid = 0};

	/* ECHILD: a sweep has found it. */
	if (sys_waitid(P_PID, (id_t)cell, &info, WEXITED | WNOHANG, NULL) < 0)
		return errno == ECHILD;
	return info.si_pid == cell;
}

void cells_ended(struct cells *cells, pid_t cell)
{
	assert(cells->running > 0);
	cells->running--;
	/* One that is reaped has no number any more that could be killed. */
	if (is_gone(cell))
		return;
	/* It would go by itself; so nobody has to rely on that. */
	(void)sys_kill(cell, SIGKILL);
	cells->ending[cells->count++] = cell;
}

void cells_reap(struct cells *cells)
{
	for (size_t i = 0, looked = 0; i < cells->count && looked < BATCH; looked++) {
		if (is_gone(cells->ending[i]))
			cells->ending[i] = cells->ending[--cells->count];
		else
			i++;
	}
}

void cells_free(struct cells *cells)
{
	free(cells->ending);
	*cells = (struct cells){.ending = NULL};
}
