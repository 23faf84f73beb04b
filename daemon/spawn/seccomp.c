#include "spawn/seccomp.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "base/arch.h"
#include "spawn/rawcall.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

enum { RULES_MAX = 128, CODE_MAX = 4 * RULES_MAX };

#ifdef OWN_ARCH

/* From this number on, up to where the next one begins. */
struct range {
	uint32_t first;
	enum filter_action action;
};

struct writer {
	struct sock_filter *code;
	size_t len, size; /* len goes on when there is no room */
};

static void put(struct writer *w, uint16_t op, uint32_t k, uint8_t yes, uint8_t no)
{
	if (w->len < w->size)
		w->code[w->len] = (struct sock_filter)BPF_JUMP(op, k, yes, no);
	w->len++;
}

static void put_load(struct writer *w, size_t offset)
{
	put(w, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* If the test holds, go on `yes` instructions later, else `no` later. */
static void put_test(struct writer *w, uint16_t test, uint32_t k, uint8_t yes, uint8_t no)
{
	put(w, BPF_JMP | test | BPF_K, k, yes, no);
}

static void put_answer(struct writer *w, int error)
{
	uint32_t answer =
	    error ? SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA) : SECCOMP_RET_ALLOW;

	put(w, BPF_RET | BPF_K, answer, 0, 0);
}

/* The kernel looks at the lower half of these arguments, which is the first here. */
static void put_argument(struct writer *w, int n)
{
	put_load(w, offsetof(struct seccomp_data, args) + (size_t)n * sizeof(uint64_t));
}

/* In all three: allowed, and the refusal behind it. */
static void put_action(struct writer *w, enum filter_action action)
{
	static const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	                               CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;

	switch (action) {
	case FILTER_ALLOW:
		put_answer(w, 0);
		return;
	case FILTER_UNKNOWN:
		put_answer(w, ENOSYS);
		return;
	case FILTER_NAMESPACES:
		put_argument(w, 0);
		put_test(w, BPF_JSET, spaces, 1, 0);
		break;
	case FILTER_PERSONALITY:
		put_argument(w, 0);
		put_test(w, BPF_JEQ, 0, 1, 0);
		put_test(w, BPF_JEQ, UINT32_MAX, 0, 1);
		break;
	case FILTER_TERMINAL:
		put_argument(w, 1);
		put_test(w, BPF_JEQ, TIOCSTI, 2, 0);
		put_test(w, BPF_JEQ, TIOCLINUX, 1, 0);
		break;
	case FILTER_DENY:
		put_answer(w, EPERM);
		return;
	}
	put_answer(w, 0);
	put_answer(w, EPERM);
}

/* Halves the ranges until one is left. */
static void put_tree(struct writer *w, const struct range *range, size_t count)
{
	size_t half = count / 2, jump = w->len;

	if (count == 1) {
		put_action(w, range->action);
		return;
	}
	put_test(w, BPF_JGE, range[half].first, 0, 0);
	put_tree(w, range, half);
	if (jump < w->size)
		w->code[jump].jt = (uint8_t)(w->len - jump - 1);
	/* A jump that is too long for its field makes it no filter. */
	if (w->len - jump - 1 > UINT8_MAX)
		w->size = 0;
	put_tree(w, range + half, count - half);
}

static int compare_rules(const void *a, const void *b)
{
	const struct filter_rule *one = a, *other = b;

	return one->number < other->number ? -1 : one->number > other->number;
}

static void add_range(struct range *range, size_t *count, uint32_t first, enum filter_action action)
{
	/* One that begins where the last one did takes its place. */
	if (*count && range[*count - 1].first == first)
		(*count)--;
	if (*count && range[*count - 1].action == action)
		return;
	range[(*count)++] = (struct range){first, action};
}

static size_t make_ranges(const struct filter_rule *rules, size_t count, struct range *range)
{
	struct filter_rule sorted[RULES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		sorted[i] = rules[i];
	qsort(sorted, count, sizeof *sorted, compare_rules);
	add_range(range, &n, 0, FILTER_ALLOW);
	for (size_t i = 0; i < count; i++) {
		add_range(range, &n, sorted[i].number, sorted[i].action);
		add_range(range, &n, sorted[i].number + 1, FILTER_ALLOW);
	}
	add_range(range, &n, filters_last + 1, FILTER_UNKNOWN);
#ifdef __x86_64__
	/* Those of x32. */
	add_range(range, &n, 0x40000000, FILTER_DENY);
#endif
	return n;
}

size_t seccomp_compile(const struct filter_rule *rules, size_t count, struct sock_filter *code,
                       size_t size)
{
	struct range range[2 * RULES_MAX + 3];
	struct writer w = {.code = code, .size = size};

	if (count > RULES_MAX)
		return 0;
	/* Another machine's calls have other numbers: a 32-bit program's. */
	put_load(&w, offsetof(struct seccomp_data, arch));
	put_test(&w, BPF_JEQ, OWN_ARCH, 1, 0);
	put_answer(&w, EPERM);
	put_load(&w, offsetof(struct seccomp_data, nr));
	put_tree(&w, range, make_ranges(rules, count, range));
	return w.len <= w.size ? w.len : 0;
}

#else

size_t seccomp_compile(const struct filter_rule *rules, size_t count, struct sock_filter *code,
                       size_t size)
{
	(void)rules;
	(void)count;
	(void)code;
	(void)size;
	return 0;
}

#endif

const struct sock_fprog *seccomp_standard(void)
{
	static struct sock_filter code[CODE_MAX];
	static struct sock_fprog filter = {.filter = code};
	const struct filter_rule *rules;
	size_t count;

	if (filter.len == 0) {
		rules = filters_standard(&count);
		filter.len = (unsigned short)seccomp_compile(rules, count, code, CODE_MAX);
	}
	return filter.len ? &filter : NULL;
}

IN_CHILD long seccomp_enter(const struct sock_fprog *filter)
{
	long r = rawcall3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);

	if (r < 0)
		return r;
	r = rawcall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	return r == SECCOMP_MODE_FILTER ? 0 : r < 0 ? r : -EPERM;
}
