/* config/beneath.h - what is to be found below a directory that will be the root.
 *
 * A handler with `root` sees another tree: its program and its working directory
 * are looked for there, and links that lead out of it lead back to its top
 * (openat2(2), RESOLVE_IN_ROOT). */
#ifndef CONFIG_BENEATH_H
#define CONFIG_BENEATH_H

#include <sys/stat.h>

/* open(2) (close-on-exec) and stat(2) of an absolute path, as seen from the root; NULL: the one
 * that we have. */
int beneath_open(const char *root, const char *path, int flags);
int beneath_stat(const char *root, const char *path, struct stat *st);

#endif
