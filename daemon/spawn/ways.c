#include "spawn/ways.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "spawn/rawclone.h"

static const uint64_t shared_flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CHILD_CLEARTID;

IN_CHILD static void run_child(void *arg)
{
	child_run(arg);
}

/* With a usherd-cell beside it. */
static long start_pair(struct slot *slot, enum spawn_way way, int *pidfd)
{
	long r;

	/* They read it when we are back from here. */
	slot->pair = (struct nest_start){
	    .nest = slot->nest,
	    .child = &slot->child,
	    .handler_tid = &slot->tid,
	    .stack = slot->stack,
	    .clone3 = way == SPAWN_BY_CLONE3,
	    .copy = way == SPAWN_BY_FORK,
	    .group_fd = way == SPAWN_BY_CLONE3 ? slot->into_fd : -1,
	    .fail_at = slot->child.fail_at,
	};
	r = nest_make(&slot->pair, pidfd);
	if (r > 0)
		slot->cell = (pid_t)slot->nest->cell;
	else
		slot->child.step = (enum spawn_step)slot->nest->step;
	return r;
}

static bool has_cell(const struct slot *slot)
{
	return slot->plan && slot->plan->cell;
}

static long start_clone3(struct slot *slot, int *pidfd)
{
	struct clone_args args = {
	    .flags = shared_flags | CLONE_CLEAR_SIGHAND,
	    .pidfd = (uintptr_t)pidfd,
	    .child_tid = (uintptr_t)&slot->tid,
	    .exit_signal = SIGCHLD,
	    .stack = (uintptr_t)slot->stack,
	    .stack_size = SLOT_STACK,
	};
	const long arg[5] = {(long)&args, sizeof args};

	if (slot->into_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)slot->into_fd;
	}
	return rawclone(SYS_clone3, arg, run_child, &slot->child);
}

static long start_clone(struct slot *slot, int *pidfd)
{
	const long arg[5] = {(long)shared_flags | SIGCHLD, (long)(slot->stack + SLOT_STACK),
	                     (long)pidfd, (long)&slot->tid, 0};

	return rawclone(SYS_clone, arg, run_child, &slot->child);
}

/* An old kernel has none, and is not asked again. */
static int open_pidfd(pid_t pid)
{
	static bool unknown;
	int pidfd = unknown ? -1 : sys_pidfd_open(pid);

	unknown |= pidfd < 0 && errno == ENOSYS;
	return pidfd;
}

static long start_fork(struct slot *slot, int *pidfd)
{
	int end[2];
	long pid;

	if (sys_pipe2(end, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	slot->child.error_fd = end[1];
	if (has_cell(slot)) {
		pid = start_pair(slot, SPAWN_BY_FORK, pidfd);
	} else {
		pid = fork();
		if (pid == 0)
			child_run(&slot->child);
		pid = pid < 0 ? -errno : pid;
	}
	close(end[1]);
	if (pid < 0) {
		close(end[0]);
		return pid;
	}
	slot->tid = 0;
	slot->error_fd = fd_up(end[0]);
	*pidfd = open_pidfd((pid_t)pid);
	return pid;
}

static long make(enum spawn_way way, struct slot *slot, int *pidfd)
{
	if (way == SPAWN_BY_FORK)
		return start_fork(slot, pidfd);
	if (has_cell(slot))
		return start_pair(slot, way, pidfd);
	return way == SPAWN_BY_CLONE3 ? start_clone3(slot, pidfd) : start_clone(slot, pidfd);
}

static long start_by(enum spawn_way way, struct slot *slot, int *pidfd)
{
	static const char *const refused[] = {"way-clone3", "way-clone", "way-fork"};
	sigset_t all, old;
	long r;

	if (fault_wanted("clone") || fault_wanted(refused[way]))
		return -errno;
	if (way == SPAWN_BY_CLONE3)
		return make(way, slot, pidfd);
	/* What came along with the older calls must not run in the child: its handlers
	 * are ours, and they write into our memory. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	slot->child.reset_signals = true;
	r = make(way, slot, pidfd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

long ways_start(struct slot *slot, enum spawn_way way, bool *told_into, int *pidfd)
{
	long r = -EINVAL;
	int group = slot->into_fd;

	if (group < 0)
		return start_by(way, slot, pidfd);
	if (way == SPAWN_BY_CLONE3) {
		r = fault_wanted("into-cgroup") ? -errno : start_by(way, slot, pidfd);
		if (r >= 0 || spawn_is_shortage((int)-r))
			return r;
		way = SPAWN_BY_CLONE;
		if (!*told_into)
			log_info("clone3 makes no child in a control group here: %s; it goes "
			         "there itself",
			         strerror((int)-r));
		*told_into = true;
	}
	slot->into_fd = -1;
	slot->group_fd = fd_up(sys_openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC));
	if (slot->group_fd < 0)
		return -errno;
	slot->child.group_fd = slot->group_fd;
	return start_by(way, slot, pidfd);
}
