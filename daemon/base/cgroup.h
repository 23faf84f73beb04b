/* base/cgroup.h - control groups of version 2: where they are, and their files (cgroups(7)).
 *
 * A machine may have the hierarchy of version 2 alone, or beside those of
 * version 1, which then own the controllers that they have. cgroup_find() goes
 * by /proc/self/mountinfo and /proc/self/cgroup, never by a fixed path. The
 * parsers are pure. Nothing here makes, moves or removes a group. */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CGROUP_PROC "/proc/self"

/* Controllers, a bit each. */
enum {
	CGROUP_MEMORY = 1 << 0,
	CGROUP_PIDS = 1 << 1,
	CGROUP_CPU = 1 << 2,
	CGROUP_ALL = (1 << 3) - 1
};
const char *cgroup_controller(unsigned bit); /* "memory" ... */

/* One line of mountinfo: is it a mount of version 2? Which group is at its root,
 * and where it is; both unescaped. False if it is another, or too long. */
bool cgroup_parse_mount(const char *line, char root[PATH_MAX], char point[PATH_MAX]);
/* The text of /proc/self/cgroup: the group of version 2, which begins with '/'. */
bool cgroup_parse_own(const char *text, char own[PATH_MAX]);
/* The path of a group that is seen through a mount; false if it is not. */
bool cgroup_path(const char *root, const char *point, const char *group, char path[PATH_MAX]);

/* The paths of the group that we are in and of the top of its hierarchy, as far
 * as it is seen here. -1 with errno (ENOENT: there is no version 2 here); `proc`
 * is CGROUP_PROC, but in tests. */
int cgroup_find(const char *proc, char own[PATH_MAX], char top[PATH_MAX]);

/* Opens a group, to work on its files: a descriptor, or -1 with errno. */
int cgroup_open(int dir_fd, const char *name);
/* A whole file, as far as there is room, with a NUL at its end: its length, or -1. */
ssize_t cgroup_read(int group_fd, const char *file, char *text, size_t size);
int cgroup_write(int group_fd, const char *file, const char *text);
/* Which of our controllers a file like cgroup.controllers names. */
unsigned cgroup_read_controllers(int group_fd, const char *file);
/* The number behind a key of a text like that of memory.events; 0: it is not there. */
uint64_t cgroup_value(const char *text, const char *key);

#endif
