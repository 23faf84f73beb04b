/* config/slurp.h - a whole file, if it is one.
 *
 * A FIFO or a device is opened without blocking and refused. */
#ifndef CONFIG_SLURP_H
#define CONFIG_SLURP_H

#include <sys/stat.h>

#include "config/arena.h"

/* At most max bytes, a NUL behind them; or NULL, with why_r what is wrong with
 * the file: "is a directory ...". Leaves no descriptor open. */
char *slurp(struct arena *arena, const char *path, size_t max, size_t *len_r, struct stat *st,
            const char **why_r);

#endif
