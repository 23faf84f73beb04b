/* spawn/child.h - what happens between the clone and the exec.
 *
 * A straight list of steps, each one or a few system calls. The child may share
 * all memory with the supervisor: a step reads its slot and the plan, and
 * writes nothing but the slot's {step, error}. A step that fails ends the child;
 * the parent words it. */
#ifndef SPAWN_CHILD_H
#define SPAWN_CHILD_H

#include "spawn/plan.h"

enum spawn_step {
	SPAWN_NONE,
	SPAWN_SIGNALS,
	SPAWN_CGROUP,
	SPAWN_OOM_SCORE_ADJ,
	SPAWN_NAMESPACES,
	SPAWN_PIDS,
	SPAWN_CELL,
	SPAWN_JOIN,
	SPAWN_ROOT,
	SPAWN_MOUNTS,
	SPAWN_LANDLOCK,
	SPAWN_CUT,
	SPAWN_SESSION,
	SPAWN_NICE,
	SPAWN_CPU_AFFINITY,
	SPAWN_STDIO,
	SPAWN_PID,
	SPAWN_LIMITS,
	SPAWN_BOUNDS,
	SPAWN_GROUPS,
	SPAWN_USER,
	SPAWN_PRIVS,
	SPAWN_NO_NEW_PRIVS,
	SPAWN_DIRECTORY,
	SPAWN_SECCOMP,
	SPAWN_EXEC,
	SPAWN_STEPS
};

/* What a child is given; lives in the parent's slot. */
struct child {
	const struct plan *plan;
	const char *const *envp; /* complete, NULL-terminated */
	int client;              /* the lowest descriptors there are, all above 2 */
	int stderr_fd;           /* the same; -1: the supervisor's own standard error */
	char *pid_text;          /* where its pid is wanted, ten digits' room, or NULL */
	bool reset_signals;      /* dispositions came along and all is blocked */
	int group_fd;            /* cgroup.procs of its group, where it was not made in it; or -1 */
	int error_fd;            /* after fork: where {step, error} goes; else -1 */
	enum spawn_step fail_at; /* for tests: this step fails with fail_error */
	int fail_error;

	volatile enum spawn_step step; /* what failed */
	volatile int error;            /* ... and how; 0: nothing did */
};

/* Runs the steps. Never returns. */
void child_run(struct child *child) __attribute__((noreturn));

/* "user" and so on, for messages and metrics. */
const char *spawn_step_name(enum spawn_step step);

/* What the step was about to do, for a message: "setresuid", "execve" ... */
const char *spawn_step_call(enum spawn_step step);

#endif
