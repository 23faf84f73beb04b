/* The beginning and the end of our part of the tree. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/sys.h"
#include "spawn/subtree.h"

enum { USHERDS_MOST = 64, DEPTH_MOST = 3, PIDS_BYTES = 4096 };

#define LEAF       "supervisor"
#define LEAF_PROCS "supervisor/cgroup.procs"

void subtree_init(struct subtree *tree)
{
	*tree = (struct subtree){.fd = -1, .way_back = -1};
}

static void let_go(struct subtree *tree)
{
	fd_close(&tree->fd);
	fd_close(&tree->way_back);
	subtree_init(tree);
}

static int fails(char why[SUBTREE_WHY_MAX], const char *what, const char *path)
{
	snprintf(why, SUBTREE_WHY_MAX, "%s %.160s: %s", what, path, strerror(errno));
	return -1;
}

/* systemd says so on the groups that it has given away (Delegate=yes). */
static bool is_delegated(int group_fd)
{
	char value[8];

	return (fgetxattr(group_fd, "user.delegate", value, sizeof value) == 1 ||
	        fgetxattr(group_fd, "trusted.delegate", value, sizeof value) == 1) &&
	       value[0] == '1';
}

static bool is_alone(int group_fd)
{
	char text[PIDS_BYTES];
	ssize_t len = cgroup_read(group_fd, "cgroup.procs", text, sizeof text);
	char *end;

	return len > 0 && strtol(text, &end, 10) == getpid() && strcmp(end, "\n") == 0;
}

/* Opens it, if nobody else has it. Fails with EWOULDBLOCK if somebody has. */
static int take(struct subtree *tree, const char *path)
{
	tree->fd = fd_up(cgroup_open(AT_FDCWD, path));
	if (tree->fd < 0)
		return -1;
	if (flock(tree->fd, LOCK_EX | LOCK_NB) < 0) {
		fd_close(&tree->fd);
		return -1;
	}
	snprintf(tree->path, sizeof tree->path, "%s", path);
	return 0;
}

/* "usherd", or the next one that no other usherd has. */
static int make_own(struct subtree *tree, const char *parent)
{
	char path[PATH_MAX];

	for (int i = 1; i <= USHERDS_MOST; i++) {
		int n = i == 1 ? snprintf(path, sizeof path, "%s/usherd", parent)
		               : snprintf(path, sizeof path, "%s/usherd.%d", parent, i);

		if (n < 0 || (size_t)n >= sizeof path) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (sys_mkdirat(AT_FDCWD, path, 0755) < 0 && errno != EEXIST)
			return -1;
		tree->made = true;
		if (take(tree, path) == 0 || errno != EWOULDBLOCK)
			return tree->fd < 0 ? -1 : 0;
	}
	errno = EUSERS;
	return -1;
}

/* With one controller after the other: that one cannot be had is no reason for
 * the others. */
static void enable(int group_fd, unsigned wanted)
{
	unsigned has = cgroup_read_controllers(group_fd, "cgroup.subtree_control");
	char text[16];

	for (unsigned bit = 1; bit <= CGROUP_ALL; bit <<= 1) {
		if (!(wanted & ~has & bit))
			continue;
		snprintf(text, sizeof text, "+%s", cgroup_controller(bit));
		(void)cgroup_write(group_fd, "cgroup.subtree_control", text);
	}
}

static int give(const struct subtree *tree, const struct subtree_options *options)
{
	static const char *const file[] = {
	    ".", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads", LEAF, LEAF_PROCS};

	if (options->uid == (uid_t)-1)
		return 0;
	for (size_t i = 0; i < sizeof file / sizeof *file; i++)
		if (fchownat(tree->fd, file[i], options->uid, options->gid, 0) < 0)
			return -1;
	return 0;
}

/* Empty groups below, which an usherd before us has left. Those with processes are
 * not ours to end. */
static void remove_below(int group_fd, int depth)
{
	int fd = depth < DEPTH_MOST ? cgroup_open(group_fd, ".") : -1;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir))) {
		int below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = cgroup_open(group_fd, entry->d_name);
		if (below >= 0)
			remove_below(below, depth + 1);
		fd_close(&below);
		(void)sys_rmdirat(group_fd, entry->d_name);
	}
	closedir(dir);
}

/* All that are in the group move to the leaf: of one that was given to us whole,
 * they are our own, or of a start that is not over yet. */
static int move_in(const struct subtree *tree, int from_fd, bool all)
{
	char text[PIDS_BYTES];
	ssize_t len = all ? cgroup_read(from_fd, "cgroup.procs", text, sizeof text) : 0;
	int leaf = cgroup_open(tree->fd, LEAF), rc;

	rc = leaf < 0 ? -1 : cgroup_write(leaf, "cgroup.procs", "0");
	for (char *rest = text, *pid; rc == 0 && len > 0 && (pid = strsep(&rest, "\n"));)
		if (*pid && rest)
			(void)cgroup_write(leaf, "cgroup.procs", pid);
	fd_close(&leaf);
	return rc;
}

static int settle(struct subtree *tree, const struct subtree_options *options, int own_fd,
                  bool delegated, char why[SUBTREE_WHY_MAX])
{
	remove_below(tree->fd, 0);
	if (sys_mkdirat(tree->fd, LEAF, 0755) < 0 && errno != EEXIST)
		return fails(why, "a group " LEAF " cannot be made in", tree->path);
	if (give(tree, options) < 0)
		return fails(why, "cannot be given to our user:", tree->path);
	tree->way_back = fd_up(sys_openat(own_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC));
	if (move_in(tree, own_fd, delegated) < 0)
		return fails(why, "cannot move to a group below", tree->path);
	if (tree->made)
		enable(own_fd, options->wanted);
	enable(tree->fd, options->wanted);
	tree->controllers = cgroup_read_controllers(tree->fd, "cgroup.subtree_control");
	return 0;
}

int subtree_open(struct subtree *tree, const struct subtree_options *options,
                 char why[SUBTREE_WHY_MAX])
{
	char own[PATH_MAX], top[PATH_MAX];
	bool delegated;
	int own_fd, rc;

	subtree_init(tree);
	if (cgroup_find(options->proc, own, top) < 0) {
		snprintf(why, SUBTREE_WHY_MAX, "no control groups of version 2 are mounted here");
		return -1;
	}
	own_fd = cgroup_open(AT_FDCWD, own);
	if (own_fd < 0)
		return fails(why, "cannot open", own);
	delegated = strcmp(own, top) != 0 && is_delegated(own_fd);
	if (delegated || (strcmp(own, top) != 0 && faccessat(own_fd, ".", W_OK, AT_EACCESS) == 0 &&
	                  is_alone(own_fd)))
		rc = take(tree, own);
	else
		rc = make_own(tree, own);
	if (rc < 0)
		(void)fails(why, "no group can be made in", own);
	else
		rc = settle(tree, options, own_fd, delegated, why);
	fd_close(&own_fd);
	if (rc < 0)
		subtree_close(tree);
	return rc;
}

/* A group that passes controllers on takes no processes. */
static void disable(int group_fd, unsigned set)
{
	char text[16];

	for (unsigned bit = 1; bit <= CGROUP_ALL; bit <<= 1) {
		if (!(set & bit))
			continue;
		snprintf(text, sizeof text, "-%s", cgroup_controller(bit));
		(void)cgroup_write(group_fd, "cgroup.subtree_control", text);
	}
}

/* Those whose service has no groups have outlived us in our own. */
static void move_out(const struct subtree *tree)
{
	char text[PIDS_BYTES];
	int leaf = cgroup_open(tree->fd, LEAF);
	ssize_t len = leaf < 0 ? -1 : cgroup_read(leaf, "cgroup.procs", text, sizeof text);

	for (char *rest = text, *pid; len > 0 && (pid = strsep(&rest, "\n"));)
		if (*pid && rest)
			(void)sys_write(tree->way_back, pid, strlen(pid));
	fd_close(&leaf);
	(void)sys_rmdirat(tree->fd, LEAF);
}

void subtree_close(struct subtree *tree)
{
	if (tree->fd < 0)
		return;
	remove_below(tree->fd, 0);
	disable(tree->fd, tree->controllers);
	if (tree->way_back >= 0 && sys_write(tree->way_back, "0", 1) == 1)
		move_out(tree);
	if (tree->made)
		(void)sys_rmdirat(AT_FDCWD, tree->path);
	let_go(tree);
}
