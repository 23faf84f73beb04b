#include "spawn/nest.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "spawn/namespace.h"
#include "spawn/rawclone.h"
#include "spawn/slots.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

enum { GO_WAIT, GO_ON, GO_AWAY };

static const uint64_t shared = CLONE_VM | CLONE_FILES;

/* ---- the cell, up to its program ---- */

IN_CHILD static long cell_wait(const struct nest_start *start)
{
	struct nest *nest = start->nest;

	while (nest->go == GO_WAIT)
		(void)rawcall4(SYS_futex, &nest->go, FUTEX_WAIT, GO_WAIT, NULL);
	if (nest->go == GO_AWAY)
		(void)rawcall1(SYS_exit_group, 0);
	return 0;
}

/* None but the one by which it reports, which its program does not get. */
IN_CHILD static long cell_close(const struct nest_start *start)
{
	int keep = start->child->error_fd;
	long r = keep >= 0 ? rawcall3(SYS_dup3, keep, 0, O_CLOEXEC) : 0;

	/* dup3 to itself; 0 is never it. */
	return r < 0 ? r : rawcall3(SYS_close_range, keep >= 0, ~0U, CLOSE_RANGE_UNSHARE);
}

/* It stays who we are, whom no handler can touch; but not root. */
IN_CHILD static long cell_user(const struct nest_start *start)
{
	const struct plan *plan = start->child->plan;
	long r = 0;

	if (!plan->user_space && plan->change_user) {
		r = rawcall2(SYS_setgroups, plan->group_count, plan->groups);
		if (r >= 0)
			r = rawcall3(SYS_setresgid, plan->gid, plan->gid, plan->gid);
		if (r >= 0)
			r = rawcall3(SYS_setresuid, plan->uid, plan->uid, plan->uid);
	}
	return r;
}

IN_CHILD static long cell_privs(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};
	long r = rawcall2(SYS_capset, &head, none);

	return r < 0 ? r : rawcall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

IN_CHILD static long cell_exec(const struct nest_start *start)
{
	const char *const argv[] = {"usherd-cell", start->child->plan->name, NULL};
	const char *const none[] = {NULL};

	return rawcall3(SYS_execve, start->child->plan->cell, argv, none);
}

IN_CHILD static void run_cell(void *arg)
{
	const struct nest_start *start = arg;
	struct nest *nest = start->nest;
	long r = cell_wait(start);

	if (r >= 0)
		r = cell_close(start);
	if (r >= 0)
		r = rawcall0(SYS_setsid);
	if (r >= 0)
		r = rawcall1(SYS_chdir, "/");
	if (r >= 0)
		r = cell_user(start);
	if (r >= 0)
		r = cell_privs();
	if (r >= 0)
		r = start->fail_at == SPAWN_CELL ? -start->child->fail_error : cell_exec(start);
	if (start->copy) {
		const int report[2] = {SPAWN_CELL, (int)-r};

		(void)rawcall3(SYS_write, 0, report, sizeof report);
	}
	nest->cell_error = (int)-r;
	for (;;)
		(void)rawcall1(SYS_exit_group, 127);
}

IN_CHILD static void run_handler(void *arg)
{
	const struct nest_start *start = arg;

	child_run(start->child);
}

/* ---- who makes the two ---- */

/* flags: besides those of the way. */
IN_CHILD static long make(const struct nest_start *start, uint64_t flags, char *stack, size_t size,
                          volatile int *tid, volatile int *pidfd, void (*run)(void *))
{
	struct clone_args args = {
	    .flags = shared | CLONE_PARENT | CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND | flags,
	    .pidfd = (uintptr_t)pidfd,
	    .child_tid = (uintptr_t)tid,
	    .stack = (uintptr_t)stack,
	    .stack_size = size,
	};
	const long by_clone3[5] = {(long)&args, sizeof args};
	const long by_clone[5] = {(long)(shared | CLONE_PARENT | CLONE_CHILD_CLEARTID | flags),
	                          (long)(stack + size), (long)pidfd, (long)tid, 0};
	long r;

	if (flags & CLONE_INTO_CGROUP)
		args.cgroup = (uint64_t)start->group_fd;
	if (start->copy) {
		r = rawcall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (r == 0)
			run((void *)start);
		return r;
	}
	if (start->clone3)
		return rawclone(SYS_clone3, by_clone3, run, (void *)start);
	return rawclone(SYS_clone, by_clone, run, (void *)start);
}

IN_CHILD static long enter(const struct nest_start *start)
{
	const struct plan *plan = start->child->plan;
	long r = 0;

	start->nest->step = SPAWN_PIDS;
	if (start->fail_at == SPAWN_PIDS)
		return -start->child->fail_error;
	if (plan->user_space)
		r = namespaces_enter_user(plan->namespaces);
	return r < 0 ? r : rawcall1(SYS_unshare, CLONE_NEWPID);
}

IN_CHILD static void run_maker(void *arg)
{
	const struct nest_start *start = arg;
	struct nest *nest = start->nest;
	char *cell_stack = start->stack + NEST_MAKER_STACK;
	char *handler_stack = cell_stack + NEST_CELL_STACK;
	long r = enter(start);

	if (r >= 0) {
		nest->step = SPAWN_NONE;
		nest->cell_tid = !start->copy;
		r = make(start, 0, cell_stack, NEST_CELL_STACK, &nest->cell_tid, NULL, run_cell);
		if (r < 0)
			nest->cell_tid = 0;
		nest->cell = r;
	}
	if (r >= 0) {
		r = make(start, CLONE_PIDFD | (start->group_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		         handler_stack, SLOT_STACK - NEST_MAKER_STACK - NEST_CELL_STACK,
		         start->handler_tid, &nest->handler_pidfd, run_handler);
		nest->go = r < 0 ? GO_AWAY : GO_ON;
		(void)rawcall3(SYS_futex, &nest->go, FUTEX_WAKE, 1);
	}
	nest->handler = r;
	for (;;)
		(void)rawcall1(SYS_exit_group, 0);
}

static long make_maker(struct nest_start *start)
{
	struct clone_args args = {
	    .flags = shared | CLONE_CLEAR_SIGHAND,
	    .exit_signal = SIGCHLD,
	    .stack = (uintptr_t)start->stack,
	    .stack_size = NEST_MAKER_STACK,
	};
	const long by_clone3[5] = {(long)&args, sizeof args};
	const long by_clone[5] = {(long)shared | SIGCHLD, (long)(start->stack + NEST_MAKER_STACK)};
	long r;

	if (start->copy) {
		r = fork();
		if (r == 0)
			run_maker(start);
		return r < 0 ? -errno : r;
	}
	return start->clone3 ? rawclone(SYS_clone3, by_clone3, run_maker, start)
	                     : rawclone(SYS_clone, by_clone, run_maker, start);
}

long nest_make(struct nest_start *start, int *pidfd)
{
	struct nest *nest = start->nest;
	siginfo_t info;
	long maker;

	*nest = (struct nest){.handler_pidfd = -1, .handler = -EPROTO};
	maker = make_maker(start);
	if (maker < 0)
		return maker;
	(void)sys_waitid(P_PID, (id_t)maker, &info, WEXITED | __WALL, NULL);
	if (nest->handler < 0 && nest->cell > 0) {
		/* It goes by itself, but for one that never got to hear of it. */
		(void)sys_kill((pid_t)nest->cell, SIGKILL);
		(void)sys_waitid(P_PID, (id_t)nest->cell, &info, WEXITED, NULL);
		nest->cell = nest->cell_tid = 0;
	}
	*pidfd = nest->handler_pidfd;
	return nest->handler;
}
