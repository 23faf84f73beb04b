#include "spawn/slots.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

enum { ENV_OWN = 32 }; /* names that a connection adds, at most */

static size_t guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int slots_init(struct slots *slots)
{
	size_t guard = guard_size();

	for (struct slot *slot = slots->slot; slot < slots->slot + SLOTS; slot++)
		slot->error_fd = slot->pidfd = slot->into_fd = slot->group_fd = -1;
	for (struct slot *slot = slots->slot; slot < slots->slot + SLOTS; slot++) {
		char *map = mmap(NULL, guard + SLOT_STACK + SLOT_TEXT, PROT_READ | PROT_WRITE,
		                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

		if (map == MAP_FAILED)
			return -1;
		slot->stack = map + guard;
		slot->text = slot->stack + SLOT_STACK;
		if (mprotect(map, guard, PROT_NONE) < 0)
			return -1;
	}
	slots->nests = mmap(NULL, SLOTS * sizeof *slots->nests, PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots->nests == MAP_FAILED) {
		slots->nests = NULL;
		return -1;
	}
	for (int i = 0; i < SLOTS; i++)
		slots->slot[i].nest = &slots->nests[i];
	return 0;
}

void slots_free(struct slots *slots)
{
	size_t guard = guard_size();

	for (struct slot *slot = slots->slot; slot < slots->slot + SLOTS; slot++) {
		/* A child that is still in there needs all of it. */
		if (slot->tid || (slot->nest && slot->nest->cell_tid))
			continue;
		if (slot->stack)
			munmap(slot->stack - guard, guard + SLOT_STACK + SLOT_TEXT);
		fd_close(&slot->error_fd);
		fd_close(&slot->group_fd);
		plan_unref(&slot->plan);
		free(slot->envp);
	}
	if (slots->nests)
		munmap(slots->nests, SLOTS * sizeof *slots->nests);
	memset(slots, 0, sizeof *slots);
}

/* The bits as they stand after turning the next slot's to the lowest place. */
static uint32_t from_next(const struct slots *slots, uint32_t bits)
{
	unsigned n = slots->next;

	return n ? bits >> n | bits << (SLOTS - n) : bits;
}

struct slot *slots_get(struct slots *slots)
{
	uint32_t free_bits = from_next(slots, ~slots->busy_bits);
	unsigned at;

	if (!free_bits)
		return NULL;
	at = (slots->next + (unsigned)__builtin_ctz(free_bits)) % SLOTS;
	slots->next = (at + 1) % SLOTS;
	return &slots->slot[at];
}

void slots_mark(struct slots *slots, struct slot *slot, bool busy)
{
	uint32_t bit = 1U << (slot - slots->slot);

	slots->busy_bits = busy ? slots->busy_bits | bit : slots->busy_bits & ~bit;
	slots->busy = (unsigned)__builtin_popcount(slots->busy_bits);
}

int slots_next(const struct slots *slots, int first)
{
	uint32_t bits = first < SLOTS ? slots->busy_bits >> first << first : 0;

	return bits ? __builtin_ctz(bits) : -1;
}

/* They are given out in turn: the first busy one after the last given out. */
static struct slot *slots_oldest(struct slots *slots)
{
	uint32_t bits = from_next(slots, slots->busy_bits);

	return bits ? &slots->slot[(slots->next + (unsigned)__builtin_ctz(bits)) % SLOTS] : NULL;
}

void slots_wait(struct slots *slots)
{
	struct timespec msec = {.tv_nsec = 1000000};
	struct slot *oldest = slots_oldest(slots);
	int tid = oldest ? oldest->tid : 0;

	if (!oldest)
		return;
	if (tid)
		syscall(SYS_futex, &oldest->tid, FUTEX_WAIT, tid, &msec, NULL, 0);
	else if (oldest->error_fd >= 0)
		nanosleep(&msec, NULL);
}

/* Reads a forked child's report; its end without one is the exec's success. */
static bool pipe_is_done(struct slot *slot)
{
	int report[2];
	ssize_t n = sys_read(slot->error_fd, report, sizeof report);

	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0)
		return true;
	/* The child may have been traced by another process of its user, so what
	 * it says is looked at before it is used. */
	if (n == (ssize_t)sizeof report && report[0] > SPAWN_NONE && report[0] < SPAWN_STEPS &&
	    report[1] > 0 && report[1] < 4096) {
		slot->child.step = (enum spawn_step)report[0];
		slot->child.error = report[1];
	} else {
		slot->child.step = SPAWN_EXEC;
		slot->child.error = EPROTO;
	}
	return true;
}

/* One that failed is the end of its handler, too, now or in a moment. */
static void look_at_cell(struct slot *slot)
{
	if (!slot->cell || !slot->nest->cell_error || slot->child.error)
		return;
	slot->child.step = SPAWN_CELL;
	slot->child.error = slot->nest->cell_error;
}

bool slot_is_done(struct slot *slot)
{
	if (slot->error_fd >= 0)
		return pipe_is_done(slot);
	if (__atomic_load_n(&slot->tid, __ATOMIC_ACQUIRE) != 0 || slot_is_left(slot))
		return false;
	look_at_cell(slot);
	return true;
}

bool slot_is_left(const struct slot *slot)
{
	return slot->cell && __atomic_load_n(&slot->nest->cell_tid, __ATOMIC_ACQUIRE) != 0;
}

void slot_ended(struct slot *slot)
{
	if (slot->error_fd >= 0)
		(void)pipe_is_done(slot);
	fd_close(&slot->error_fd);
	slot->tid = 0;
	look_at_cell(slot);
}

int slot_env_begin(struct slot *slot, const struct plan *plan)
{
	size_t size = plan->env_count + ENV_OWN + 1;

	slot->env_count = slot->text_used = 0;
	slot->pid_text = NULL;
	slot->overflow = false;
	if (size > slot->env_size) {
		const char **envp = sys_realloc(slot->envp, size * sizeof *envp);

		if (!envp)
			return -1;
		slot->envp = envp;
		slot->env_size = size;
	}
	memcpy(slot->envp, plan->env, plan->env_count * sizeof *slot->envp);
	slot->env_count = plan->env_count;
	return 0;
}

void slot_env_add(struct slot *slot, const char *name, const char *value)
{
	size_t name_len = strlen(name), value_len = strlen(value);
	char *to = slot->text + slot->text_used;

	if (name_len + value_len + 1 > SLOT_TEXT - slot->text_used ||
	    slot->env_count + 1 >= slot->env_size) {
		slot->overflow = true;
		return;
	}
	memcpy(to, name, name_len);
	memcpy(to + name_len, value, value_len + 1);
	slot->text_used += name_len + value_len + 1;
	slot->envp[slot->env_count++] = to;
}

void slot_env_add_pid(struct slot *slot, const char *name)
{
	static const char room[] = "0000000000";

	slot_env_add(slot, name, room);
	if (!slot->overflow)
		slot->pid_text = slot->text + slot->text_used - sizeof room;
}

int slot_env_end(struct slot *slot)
{
	slot->envp[slot->env_count] = NULL;
	if (slot->overflow)
		errno = E2BIG;
	return slot->overflow ? -1 : 0;
}
