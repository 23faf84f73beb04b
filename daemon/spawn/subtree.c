#include "spawn/subtree.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/sys.h"

enum {
	SERVICE_MAX = 200, /* bytes of a service's name in that of its group */
	TAKEN_MOST = 8,    /* names tried, where an usherd before us has left one */
	PIDS_BYTES = 16 << 10,
	ROUNDS = 4, /* of killing, where the kernel does not do it in one */
};

static void service_name(const char *service, char name[SUBTREE_NAME_MAX])
{
	/* With something in front, for a service may be called "cgroup.procs". */
	snprintf(name, SUBTREE_NAME_MAX, "service-%.*s", SERVICE_MAX, service);
}

/* Makes the directory, in that of its service, which may not be there yet. */
static int make_directory(const struct subtree *tree, const char *service, uint64_t session,
                          char name[SUBTREE_NAME_MAX])
{
	char of_service[SUBTREE_NAME_MAX];
	unsigned long long number = session;
	int rc = -1;

	service_name(service, of_service);
	for (unsigned i = 1; rc < 0 && i <= TAKEN_MOST; i++) {
		if (i == 1)
			snprintf(name, SUBTREE_NAME_MAX, "%.220s/%llu", of_service, number);
		else
			snprintf(name, SUBTREE_NAME_MAX, "%.220s/%llu.%u", of_service, number, i);
		rc = sys_mkdirat(tree->fd, name, 0755);
		if (rc < 0 && errno == ENOENT) {
			if (sys_mkdirat(tree->fd, of_service, 0755) < 0 && errno != EEXIST)
				return -1;
			rc = sys_mkdirat(tree->fd, name, 0755);
		}
		if (rc < 0 && errno != EEXIST)
			return -1;
	}
	return rc;
}

/* What is below a group has a controller if all above it say so. */
static int pass_on(const struct subtree *tree, const char *service, unsigned wanted)
{
	char name[SUBTREE_NAME_MAX], text[64];
	size_t len = 0;
	int fd, rc = 0;
	unsigned has;

	service_name(service, name);
	fd = cgroup_open(tree->fd, name);
	if (fd < 0)
		return -1;
	has = cgroup_read_controllers(fd, "cgroup.subtree_control");
	for (unsigned bit = 1; bit <= CGROUP_ALL; bit <<= 1)
		if (wanted & ~has & bit)
			len += (size_t)snprintf(text + len, sizeof text - len, "+%s ",
			                        cgroup_controller(bit));
	if (len > 0)
		rc = cgroup_write(fd, "cgroup.subtree_control", text);
	fd_close(&fd);
	return rc;
}

static int set_memory(int group_fd, const char *max)
{
	/* Without a swap file there may be none of it; then nothing can be swapped. */
	if (cgroup_write(group_fd, "memory.swap.max", "0") < 0 && errno != ENOENT)
		return -1;
	if (cgroup_write(group_fd, "memory.oom.group", "1") < 0)
		return -1;
	return cgroup_write(group_fd, "memory.max", max);
}

/* Is it to be set? Where it is not required, only if it can be had. */
static bool applies(const struct subtree *tree, const struct subtree_limits *limits,
                    unsigned controller)
{
	return limits->controllers & controller &&
	       (limits->required || tree->controllers & controller);
}

static int set_limits(const struct subtree *tree, int group_fd, const struct subtree_limits *limits,
                      const char **what_r)
{
	*what_r = "memory_max";
	if (applies(tree, limits, CGROUP_MEMORY) && set_memory(group_fd, limits->memory_max) < 0)
		return -1;
	*what_r = "pids_max";
	if (applies(tree, limits, CGROUP_PIDS) &&
	    cgroup_write(group_fd, "pids.max", limits->pids_max) < 0)
		return -1;
	*what_r = "cpu_max";
	if (applies(tree, limits, CGROUP_CPU) &&
	    cgroup_write(group_fd, "cpu.max", limits->cpu_max) < 0)
		return -1;
	return 0;
}

int subtree_make(const struct subtree *tree, const char *service, uint64_t session,
                 const struct subtree_limits *limits, char name[SUBTREE_NAME_MAX],
                 const char **what_r)
{
	int fd, rc, error;

	*what_r = "mkdir";
	if (make_directory(tree, service, session, name) < 0)
		return -1;
	fd = cgroup_open(tree->fd, name);
	rc = fd < 0 ? -1 : set_limits(tree, fd, limits, what_r);
	/* The first one of its service that needs this controller. */
	if (rc < 0 && fd >= 0 && errno == ENOENT &&
	    pass_on(tree, service, limits->controllers & tree->controllers) == 0)
		rc = set_limits(tree, fd, limits, what_r);
	if (rc == 0)
		return fd;
	error = errno;
	fd_close(&fd);
	(void)subtree_remove(tree, name);
	errno = error;
	return -1;
}

int subtree_remove(const struct subtree *tree, const char *name)
{
	if (sys_rmdirat(tree->fd, name) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

void subtree_remove_service(const struct subtree *tree, const char *service)
{
	char name[SUBTREE_NAME_MAX];

	service_name(service, name);
	(void)sys_rmdirat(tree->fd, name);
}

/* To those that are in it now, as far as they fit; how many. What is made by one
 * of them in between does not get it. */
static unsigned signal_each(int group_fd, int signal)
{
	static char text[PIDS_BYTES];
	ssize_t len = cgroup_read(group_fd, "cgroup.procs", text, sizeof text);
	unsigned n = 0;

	for (const char *line = text; len > 0 && *line; line += *line == '\n') {
		pid_t pid = (pid_t)strtol(line, NULL, 10);
		size_t end = strcspn(line, "\n");

		/* The last one may have been cut; 0: outside of our pid namespace. */
		if (line[end] == '\n' && pid > 1)
			n += sys_kill(pid, signal) == 0;
		line += end;
	}
	return n;
}

bool subtree_signal(const struct subtree *tree, const char *name, int signal)
{
	int fd = cgroup_open(tree->fd, name);
	unsigned n = 0;

	if (fd < 0)
		return false;
	if (signal != SIGKILL) {
		n = signal_each(fd, signal);
	} else if (cgroup_write(fd, "cgroup.kill", "1") == 0) {
		n = 1;
	} else {
		/* They cannot make others faster than they are killed while they stand still. */
		(void)cgroup_write(fd, "cgroup.freeze", "1");
		for (int i = 0; i < ROUNDS; i++)
			n += signal_each(fd, SIGKILL);
		(void)cgroup_write(fd, "cgroup.freeze", "0");
	}
	fd_close(&fd);
	return n > 0;
}

ssize_t subtree_read(const struct subtree *tree, const char *name, const char *file, char *text,
                     size_t size)
{
	int fd = cgroup_open(tree->fd, name);
	ssize_t n = fd < 0 ? -1 : cgroup_read(fd, file, text, size);

	fd_close(&fd);
	return n;
}
