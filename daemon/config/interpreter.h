/* config/interpreter.h - what the kernel needs besides a program to start it.
 *
 * Of a script that is the program in its first line (execve(2)), of a program with
 * shared libraries the loader that its header names (elf(5)). */
#ifndef CONFIG_INTERPRETER_H
#define CONFIG_INTERPRETER_H

#include <linux/limits.h>
#include <stdbool.h>

/* The interpreter of this program in `path_r`, both as seen from that root (config/beneath.h).
 * False: it has none, or cannot be looked at. Opens regular files only, and leaves no
 * descriptor open. */
bool interpreter_find(const char *root, const char *program, char path_r[PATH_MAX]);

#endif
