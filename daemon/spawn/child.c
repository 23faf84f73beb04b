#include "spawn/child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "spawn/landlock.h"
#include "spawn/namespace.h"
#include "spawn/privs.h"
#include "spawn/rawcall.h"
#include "spawn/seccomp.h"

#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

/* As the kernel sees it: libc's has another layout. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

enum { KERNEL_SIGNALS = 64 };

IN_CHILD static long step_signals(const struct child *child)
{
	struct kernel_sigaction sa = {.handler = SIG_DFL};
	uint64_t none = 0;

	/* CLONE_CLEAR_SIGHAND did it, and we block nothing. */
	if (!child->reset_signals)
		return 0;
	for (long sig = 1; sig <= KERNEL_SIGNALS; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			(void)rawcall4(SYS_rt_sigaction, sig, &sa, NULL, sizeof sa.mask);
	return rawcall4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/* The parent has made them, or made no child. */
IN_CHILD static long step_namespaces(const struct child *child)
{
	return child->plan->namespaces && !child->plan->namespaces->made ? -EBADF : 0;
}

IN_CHILD static long step_elsewhere(const struct child *child)
{
	(void)child;
	return 0;
}

IN_CHILD static long step_join(const struct child *child)
{
	const struct plan *plan = child->plan;

	if (!plan->namespaces)
		return 0;
	/* Who has a pid namespace of its own was made in it. */
	return namespaces_enter(plan->namespaces, !plan->cell);
}

/* Nothing that the handler has open leads out again. */
IN_CHILD static long step_root(const struct child *child)
{
	long r;

	if (!child->plan->root)
		return 0;
	r = rawcall1(SYS_fchdir, child->plan->root_fd);
	return r < 0 ? r : rawcall1(SYS_chroot, ".");
}

IN_CHILD static long step_mounts(const struct child *child)
{
	return mounts_make(&child->plan->mounts);
}

IN_CHILD static long step_landlock(const struct child *child)
{
	return child->plan->landlock ? landlock_enter(child->plan->landlock) : 0;
}

/* Before the cut: the descriptor is the parent's, and above it. */
IN_CHILD static long step_cgroup(const struct child *child)
{
	if (child->group_fd < 0)
		return 0;
	return rawcall3(SYS_write, child->group_fd, "0", 1);
}

/* The descriptor table is the parent's until here: a copy is made of what is
 * below the cut, and what is above never was in it. */
IN_CHILD static long step_cut(const struct child *child)
{
	int above = child->error_fd > child->client ? child->error_fd : child->client;

	if (child->stderr_fd > above)
		above = child->stderr_fd;
	return rawcall3(SYS_close_range, above + 1, ~0U, CLOSE_RANGE_UNSHARE);
}

IN_CHILD static long step_session(const struct child *child)
{
	(void)child;
	return rawcall0(SYS_setsid);
}

IN_CHILD static long step_limits(const struct child *child)
{
	const struct plan *plan = child->plan;

	for (size_t i = 0; i < plan->rlimit_count; i++) {
		long r = rawcall4(SYS_prlimit64, 0, plan->rlimit[i].resource,
		                  &plan->rlimit[i].value, NULL);

		if (r < 0)
			return r;
	}
	return 0;
}

IN_CHILD static long step_nice(const struct child *child)
{
	if (!child->plan->nice_set)
		return 0;
	return rawcall3(SYS_setpriority, PRIO_PROCESS, 0, child->plan->nice);
}

/* The kernel gives the score to all who share a memory, so only a child that has
 * its own comes here, and only that one's dumpable flag is touched: without it
 * the file is root's (proc(5)). */
IN_CHILD static long step_oom_score_adj(const struct child *child)
{
	const struct plan *plan = child->plan;
	long fd, r;

	if (plan->oom_score_adj_len == 0)
		return 0;
	if (!plan->own_memory)
		return -EINVAL;
	(void)rawcall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
	fd = rawcall4(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = rawcall3(SYS_write, fd, plan->oom_score_adj, plan->oom_score_adj_len);
	(void)rawcall1(SYS_close, fd);
	(void)rawcall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	return r;
}

IN_CHILD static long step_cpu_affinity(const struct child *child)
{
	if (!child->plan->cpus)
		return 0;
	return rawcall3(SYS_sched_setaffinity, 0, child->plan->cpus_size, child->plan->cpus);
}

/* Where the error pipe is once the descriptors are in their places. */
IN_CHILD static int error_place(const struct child *child)
{
	return child->plan->listen_fds ? 4 : 3;
}

/* Standard error first: the supervisor's 0 is /dev/null until it is replaced. */
IN_CHILD static long step_stdio(const struct child *child)
{
	long r = 0;

	if (child->plan->stderr_to == PLAN_STDERR_NULL)
		r = rawcall3(SYS_dup3, 0, 2, 0);
	else if (child->plan->stderr_to == PLAN_STDERR_CLIENT)
		r = rawcall3(SYS_dup3, child->client, 2, 0);
	else if (child->stderr_fd >= 0)
		r = rawcall3(SYS_dup3, child->stderr_fd, 2, 0);
	if (r >= 0)
		r = rawcall3(SYS_dup3, child->client, 0, 0);
	if (r >= 0)
		r = rawcall3(SYS_dup3, child->client, 1, 0);
	if (r < 0)
		return r;
	/* The error pipe is close-on-exec and stays until then. */
	if (child->error_fd >= 0) {
		r = rawcall3(SYS_dup3, child->error_fd, error_place(child), O_CLOEXEC);
		if (r < 0 && r != -EINVAL)
			return r;
	}
	if (child->plan->listen_fds) {
		r = rawcall3(SYS_dup3, 0, 3, 0);
		if (r < 0)
			return r;
	}
	return rawcall3(SYS_close_range, error_place(child) + (child->error_fd >= 0), ~0U, 0);
}

IN_CHILD static long step_pid(const struct child *child)
{
	char digits[12];
	long pid = rawcall0(SYS_getpid), n = 0;

	if (!child->pid_text)
		return 0;
	do
		digits[n++] = (char)('0' + pid % 10);
	while (pid /= 10);
	for (long i = 0; i < n; i++)
		child->pid_text[i] = digits[n - 1 - i];
	child->pid_text[n] = '\0';
	return 0;
}

IN_CHILD static long step_bounds(const struct child *child)
{
	return child->plan->privs.exact ? privs_bound(&child->plan->privs) : 0;
}

IN_CHILD static long step_groups(const struct child *child)
{
	const struct plan *plan = child->plan;

	if (!plan->change_user)
		return 0;
	return rawcall2(SYS_setgroups, plan->group_count, plan->groups);
}

IN_CHILD static long step_user(const struct child *child)
{
	const struct plan *plan = child->plan;
	long r;

	if (!plan->change_user)
		return 0;
	r = rawcall3(SYS_setresgid, plan->gid, plan->gid, plan->gid);
	return r < 0 ? r : rawcall3(SYS_setresuid, plan->uid, plan->uid, plan->uid);
}

/* A change from one ordinary user to another keeps the capabilities that the
 * supervisor has; only root keeps what root has, where nothing else is said. */
IN_CHILD static long step_privs(const struct child *child)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}, {0}};

	if (child->plan->privs.exact)
		return privs_become(&child->plan->privs);
	if (!child->plan->change_user || child->plan->uid == 0)
		return 0;
	return rawcall2(SYS_capset, &head, none);
}

IN_CHILD static long step_no_new_privs(const struct child *child)
{
	long r;

	if (!child->plan->no_new_privs)
		return 0;
	r = rawcall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r >= 0)
		r = rawcall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	return r == 0 ? -EPERM : r;
}

IN_CHILD static long step_directory(const struct child *child)
{
	(void)rawcall1(SYS_umask, child->plan->umask);
	return rawcall1(SYS_chdir, child->plan->directory);
}

IN_CHILD static long step_seccomp(const struct child *child)
{
	return child->plan->filter ? seccomp_enter(child->plan->filter) : 0;
}

IN_CHILD static long step_exec(const struct child *child)
{
	return rawcall3(SYS_execve, child->plan->path, child->plan->argv, child->envp);
}

static const struct {
	enum spawn_step step;
	const char *name, *call;
	long (*run)(const struct child *child);
} steps[] = {
    {SPAWN_SIGNALS, "signals", "rt_sigprocmask", step_signals},
    {SPAWN_CGROUP, "cgroup", "write", step_cgroup},
    /* While there is a /proc. */
    {SPAWN_OOM_SCORE_ADJ, "oom_score_adj", "write", step_oom_score_adj},
    /* What needs a descriptor of ours comes before the cut. */
    {SPAWN_NAMESPACES, "namespaces", "unshare", step_namespaces},
    /* Done by spawn/nest.c, for the two together. */
    {SPAWN_PIDS, "pids", "unshare", step_elsewhere},
    {SPAWN_CELL, "cell", "execve", step_elsewhere},
    {SPAWN_JOIN, "join", "setns", step_join},
    {SPAWN_ROOT, "root", "chroot", step_root},
    {SPAWN_MOUNTS, "mounts", "mount", step_mounts},
    /* After all that opens or mounts, and while the rule set's descriptor is there. */
    {SPAWN_LANDLOCK, "landlock", "landlock_restrict_self", step_landlock},
    {SPAWN_CUT, "cut", "close_range", step_cut},
    {SPAWN_SESSION, "session", "setsid", step_session},
    {SPAWN_NICE, "nice", "setpriority", step_nice},
    {SPAWN_CPU_AFFINITY, "cpu_affinity", "sched_setaffinity", step_cpu_affinity},
    {SPAWN_STDIO, "stdio", "dup3", step_stdio},
    {SPAWN_PID, "pid", "getpid", step_pid},
    /* After the descriptors: rlimit_files may be below the numbers that they had. */
    {SPAWN_LIMITS, "limits", "prlimit64", step_limits},
    {SPAWN_BOUNDS, "bounds", "prctl", step_bounds},
    {SPAWN_GROUPS, "groups", "setgroups", step_groups},
    {SPAWN_USER, "user", "setresuid", step_user},
    {SPAWN_PRIVS, "privs", "capset", step_privs},
    {SPAWN_NO_NEW_PRIVS, "no_new_privs", "prctl", step_no_new_privs},
    {SPAWN_DIRECTORY, "directory", "chdir", step_directory},
    /* The last: what it takes away, the steps may need. */
    {SPAWN_SECCOMP, "seccomp", "seccomp", step_seccomp},
    {SPAWN_EXEC, "exec", "execve", step_exec},
};

IN_CHILD static void child_fail(struct child *child, enum spawn_step step, long error)
{
	const int report[2] = {(int)step, (int)error};

	child->step = step;
	child->error = (int)error;
	if (child->error_fd >= 0) {
		/* At its old place before the step stdio, at 3 after it. */
		(void)rawcall3(SYS_write, step > SPAWN_STDIO ? error_place(child) : child->error_fd,
		               report, sizeof report);
	}
}

IN_CHILD void child_run(struct child *child)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		bool fails = child->fail_at == steps[i].step &&
		             !(child->plan->cell && steps[i].run == step_elsewhere);
		long r = fails ? -child->fail_error : steps[i].run(child);

		if (r < 0) {
			child_fail(child, steps[i].step, -r);
			break;
		}
	}
	for (;;)
		(void)rawcall1(SYS_exit_group, 127);
}

const char *spawn_step_name(enum spawn_step step)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].step == step)
			return steps[i].name;
	return "none";
}

const char *spawn_step_call(enum spawn_step step)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].step == step)
			return steps[i].call;
	return "clone";
}
