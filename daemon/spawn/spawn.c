#include "spawn/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "spawn/namespace.h"
#include "spawn/ways.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum {
	STOPPED_MSEC = 100,     /* before it is asked whether a start was stopped */
	STUCK_MSEC = 10 * 1000, /* a slow disk is no crime, this is */
};

struct spawner {
	struct spawn_options options;
	enum spawn_way way;
	bool told_into; /* that no child can be made in a group at once */
	struct slots slots;
};

bool spawn_is_shortage(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

const char *spawn_way_name(enum spawn_way way)
{
	static const char *const name[] = {"clone3", "clone", "fork"};

	return name[way];
}

enum spawn_way spawn_way(const struct spawner *spawner, bool change_user)
{
	if (change_user && spawner->options.fork_for_users)
		return SPAWN_BY_FORK;
	return spawner->way;
}

#ifdef USHERD_FAULTS
static void plant_fault(struct child *child)
{
	char name[32] = "step-";

	for (int step = SPAWN_NONE + 1; step < SPAWN_STEPS; step++) {
		strncpy(name + 5, spawn_step_name((enum spawn_step)step), sizeof name - 6);
		if (!fault_wanted(name))
			continue;
		child->fail_at = (enum spawn_step)step;
		child->fail_error = errno;
	}
}
#else
static void plant_fault(struct child *child)
{
	(void)child;
}
#endif

static void slot_release(struct spawner *spawner, struct slot *slot)
{
	slot->tid = 0;
	slot->pidfd = -1;
	slot->cell = 0;
	slot->left = false;
	fd_close(&slot->error_fd);
	fd_close(&slot->group_fd);
	plan_unref(&slot->plan);
	slots_mark(&spawner->slots, slot, false);
}

static pid_t slot_start(struct spawner *spawner, struct slot *slot, enum spawn_way way)
{
	int pidfd = -1;
	long r;

	slots_mark(&spawner->slots, slot, true);
	slot->killed = slot->stopped = false;
	slot->cell = 0;
	slot->tid = 1;
	r = ways_start(slot, way, &spawner->told_into, &pidfd);
	slot->into_fd = -1;
	if (r < 0) {
		slot_release(spawner, slot);
		errno = (int)-r;
		return -1;
	}
	slot->pid = (pid_t)r;
	slot->pidfd = fd_up(pidfd);
	return slot->pid;
}

struct slot *spawn_slot(struct spawner *spawner)
{
	struct slot *slot = slots_get(&spawner->slots);

	if (slot)
		slot->child.step = SPAWN_NONE;
	return slot;
}

bool spawn_is_full(const struct spawner *spawner)
{
	return spawner->slots.busy == SLOTS;
}

void spawn_into(struct slot *slot, int group_fd)
{
	slot->into_fd = group_fd;
}

void spawn_wait(struct spawner *spawner)
{
	slots_wait(&spawner->slots);
}

pid_t spawn_start(struct spawner *spawner, struct slot *slot, struct plan *plan, int client,
                  int stderr_fd, void *owner, msec_t now, int *pidfd_r)
{
	const char *call;
	pid_t pid;

	slot->plan = plan_ref(plan);
	slot->owner = owner;
	slot->since = now;
	slot->child = (struct child){
	    .plan = plan,
	    .envp = slot->envp,
	    .client = client,
	    .stderr_fd = stderr_fd,
	    .pid_text = slot->pid_text,
	    .group_fd = -1,
	    .error_fd = -1,
	};
	plant_fault(&slot->child);
	if (plan->namespaces && namespaces_make(plan->namespaces, &call) < 0) {
		slot->child.step = SPAWN_NAMESPACES;
		slot->into_fd = -1;
		plan_unref(&slot->plan);
		return -1;
	}
	pid = slot_start(spawner, slot,
	                 plan->own_memory ? SPAWN_BY_FORK : spawn_way(spawner, plan->change_user));
	*pidfd_r = slot->pidfd;
	return pid;
}

static bool slot_is_stopped(const struct slot *slot)
{
	siginfo_t info = {.si_pid = 0};
	idtype_t type = slot->pidfd >= 0 ? (idtype_t)P_PIDFD : P_PID;
	id_t id = slot->pidfd >= 0 ? (id_t)slot->pidfd : (id_t)slot->pid;

	return sys_waitid(type, id, &info, WSTOPPED | WNOHANG | WNOWAIT, NULL) == 0 &&
	       info.si_pid != 0;
}

/* Somebody of the handler's user can stop a child between the change of user
 * and the exec; it would keep its slot for ever. */
static void slot_look(struct slot *slot, msec_t now)
{
	msec_t age = now - slot->since;

	if (slot->killed || slot->left || age < STOPPED_MSEC)
		return;
	slot->stopped = slot_is_stopped(slot);
	if (!slot->stopped && age < STUCK_MSEC)
		return;
	slot->killed = true;
	if (slot->pidfd >= 0)
		(void)sys_pidfd_send_signal(slot->pidfd, SIGKILL);
	else
		(void)sys_kill(slot->pid, SIGKILL);
	if (slot->cell)
		(void)sys_kill(slot->cell, SIGKILL);
}

static void slot_settle(struct spawner *spawner, struct slot *slot)
{
	void *owner = slot->owner;
	struct spawn_result result = {
	    .step = slot->child.step,
	    .error = slot->child.error,
	    .killed = slot->killed,
	    .stopped = slot->stopped,
	};

	/* A cell that is slow keeps the slot, but not its owner. */
	if (slot_is_left(slot)) {
		slot->left = true;
		slot->pid = 0;
	} else {
		slot_release(spawner, slot);
	}
	spawner->options.settled(owner, &result);
}

void spawn_settle(struct spawner *spawner, msec_t now)
{
	unsigned stuck = 0;

	if (spawner->slots.busy == 0)
		return;
	for (int i = -1; (i = slots_next(&spawner->slots, i + 1)) >= 0;) {
		struct slot *slot = &spawner->slots.slot[i];

		if (slot->left && !slot_is_left(slot)) {
			slot_release(spawner, slot);
			continue;
		}
		if (!slot->left && slot_is_done(slot)) {
			slot_settle(spawner, slot);
			continue;
		}
		slot_look(slot, now);
		stuck += now - slot->since >= SLOT_STUCK_MSEC;
	}
	spawner->slots.stuck = stuck;
}

void spawn_ended(struct spawner *spawner, pid_t pid)
{
	for (int i = -1; (i = slots_next(&spawner->slots, i + 1)) >= 0;) {
		struct slot *slot = &spawner->slots.slot[i];

		if (slot->pid != pid)
			continue;
		slot_ended(slot);
		slot_settle(spawner, slot);
	}
}

unsigned spawn_share(const struct spawner *spawner)
{
	unsigned share = (SLOTS - spawner->slots.stuck) / 2;

	return share > 0 ? share : 1;
}

bool spawn_is_stuck(const struct spawner *spawner)
{
	return spawner->slots.stuck > 0;
}

unsigned spawn_in_flight(const struct spawner *spawner)
{
	return spawner->slots.busy;
}

/* Goes the whole way with a program that cannot be one: a way that works brings
 * the failure of the exec back. 0 if it does; else what is in the way, or -1
 * where the child could not be waited for. */
static int try_way(struct spawner *spawner, enum spawn_way way)
{
	static const char *const nothing[] = {NULL};
	static const struct plan plan = {
	    .path = "/", .argv = nothing, .env = nothing, .directory = "/", .umask = 022};
	struct slot *slot = &spawner->slots.slot[0];
	siginfo_t info;
	int client = fd_down(0), pidfd = -1;
	int obstacle = 0;
	pid_t pid;

	if (client < 0)
		return -1;
	slot->child = (struct child){.plan = &plan,
	                             .envp = nothing,
	                             .client = client,
	                             .stderr_fd = -1,
	                             .group_fd = -1,
	                             .error_fd = -1};
	pid = slot_start(spawner, slot, way);
	if (pid < 0) {
		obstacle = errno;
	} else if (sys_waitid(P_PID, (id_t)pid, &info, WEXITED, NULL) < 0) {
		obstacle = -1;
	} else {
		slot_ended(slot);
		pidfd = slot->pidfd;
		slot_release(spawner, slot);
		if (slot->child.step != SPAWN_EXEC)
			obstacle = slot->child.error ? slot->child.error : EPROTO;
	}
	fd_close(&pidfd);
	fd_close(&client);
	return obstacle;
}

/* Valgrind refuses clone3, but ends the process at a clone that is no fork. */
static bool is_under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "vgpreload");
}

static int choose_way(struct spawner *spawner)
{
	int obstacle;

	if (is_under_valgrind()) {
		spawner->way = SPAWN_BY_FORK;
		return 0;
	}
	for (spawner->way = SPAWN_BY_CLONE3; spawner->way < SPAWN_BY_FORK; spawner->way++) {
		obstacle = try_way(spawner, spawner->way);
		if (obstacle <= 0)
			return obstacle;
		log_info("children cannot be made by %s here: %s", spawn_way_name(spawner->way),
		         strerror(obstacle));
	}
	return 0;
}

struct spawner *spawn_new(const struct spawn_options *options)
{
	struct spawner *spawner = sys_calloc(1, sizeof *spawner);

	if (!spawner)
		return NULL;
	spawner->options = *options;
	if (slots_init(&spawner->slots) < 0 || choose_way(spawner) < 0)
		spawn_free(&spawner);
	return spawner;
}

void spawn_free(struct spawner **spawner)
{
	if (!*spawner)
		return;
	slots_free(&(*spawner)->slots);
	free(*spawner);
	*spawner = NULL;
}
