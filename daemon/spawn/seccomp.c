#include "spawn/seccomp.h"

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "base/arch.h"
#include "base/list.h"
#include "base/sys.h"
#include "spawn/rawcall.h"

#ifdef OWN_ARCH

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* As the kernel has them, whatever the headers know. */
enum { SOCKET_TYPE = 0xf };

/* From this number on, up to where the next one begins. */
struct range {
	uint32_t first;
	enum filter_answer answer;
};

enum { RANGES_MAX = CALLS_LAST + 3 };

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

/* Families first, then the type without its flags. */
static void put_socket(struct writer *w, bool internet)
{
	put_argument(w, 0);
	if (internet) {
		put_test(w, BPF_JEQ, AF_INET, 2, 0);
		put_test(w, BPF_JEQ, AF_INET6, 1, 0);
	}
	put_test(w, BPF_JEQ, AF_UNIX, 0, 6);
	put_argument(w, 1);
	put(w, BPF_ALU | BPF_AND | BPF_K, SOCKET_TYPE, 0, 0);
	put_test(w, BPF_JEQ, SOCK_STREAM, 2, 0);
	put_test(w, BPF_JEQ, SOCK_DGRAM, 1, 0);
	put_test(w, BPF_JEQ, SOCK_SEQPACKET, 0, 1);
}

/* Up to the last one of Linux 5.4 all but what rebuilds the memory image and what
 * is no more; of the later ones those that libraries use. */
static void put_options(struct writer *w)
{
	static const uint32_t later[] = {PR_CAP_AMBIENT,
	                                 PR_SVE_SET_VL,
	                                 PR_SVE_GET_VL,
	                                 PR_PAC_RESET_KEYS,
	                                 PR_SET_TAGGED_ADDR_CTRL,
	                                 PR_GET_TAGGED_ADDR_CTRL,
	                                 0x53564d41 /* PR_SET_VMA */,
	                                 0x41555856 /* PR_GET_AUXV */};
	enum { LATER = sizeof later / sizeof *later };

	put_argument(w, 0);
	put_test(w, BPF_JEQ, PR_SET_MM, LATER + 2, 0);
	put_test(w, BPF_JGT, PR_GET_THP_DISABLE, 0, LATER);
	for (int i = 0; i < LATER; i++)
		put_test(w, BPF_JEQ, later[i], (uint8_t)(LATER - 1 - i), i == LATER - 1);
}

/* In all of them: allowed, and the refusal behind it. */
static void put_rule(struct writer *w, enum filter_answer rule)
{
	static const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	                               CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;

	switch (rule) {
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
	case FILTER_MAP:
		put_argument(w, 2);
		put_test(w, BPF_JSET, PROT_EXEC, 0, 1);
		put_test(w, BPF_JSET, PROT_WRITE, 1, 0);
		break;
	case FILTER_PROTECT:
		put_argument(w, 2);
		put_test(w, BPF_JSET, PROT_EXEC, 1, 0);
		break;
	case FILTER_ATTACH:
		put_argument(w, 2);
		put_test(w, BPF_JSET, SHM_EXEC, 1, 0);
		break;
	case FILTER_LOCAL:
	case FILTER_INTERNET:
		put_socket(w, rule == FILTER_INTERNET);
		break;
	case FILTER_OPTIONS:
		put_options(w);
		break;
	case FILTER_ALLOW:
	case FILTER_DENY:
	case FILTER_UNKNOWN:
	case FILTER_ANSWERS:
		put_answer(w, EPERM);
		return;
	}
	put_answer(w, 0);
	put_answer(w, EPERM);
}

static void put_leaf(struct writer *w, enum filter_answer answer)
{
	if (answer == FILTER_ALLOW)
		put_answer(w, 0);
	else if (answer == FILTER_UNKNOWN)
		put_answer(w, ENOSYS);
	else
		put_rule(w, answer);
}

/* Halves the ranges until one is left. */
static void put_tree(struct writer *w, const struct range *range, size_t count)
{
	size_t half = count / 2;
	struct writer left = {NULL, 0, 0};

	if (count == 1) {
		put_leaf(w, range->answer);
		return;
	}
	put_tree(&left, range, half);
	/* The jump of a test reaches no farther than this. */
	if (left.len <= UINT8_MAX) {
		put_test(w, BPF_JGE, range[half].first, (uint8_t)left.len, 0);
	} else {
		put_test(w, BPF_JGE, range[half].first, 0, 1);
		put(w, BPF_JMP | BPF_JA, (uint32_t)left.len, 0, 0);
	}
	put_tree(w, range, half);
	put_tree(w, range + half, count - half);
}

static void add_range(struct range *range, size_t *count, uint32_t first, enum filter_answer answer)
{
	if (*count == 0 || range[*count - 1].answer != answer)
		range[(*count)++] = (struct range){first, answer};
}

static size_t make_ranges(const struct filter *filter, struct range *range)
{
	size_t n = 0;

	for (uint32_t number = 0; number <= CALLS_LAST; number++)
		add_range(range, &n, number, filter->answer[number]);
	add_range(range, &n, CALLS_LAST + 1, FILTER_UNKNOWN);
#ifdef __x86_64__
	/* Those of x32. */
	add_range(range, &n, 0x40000000, FILTER_DENY);
#endif
	return n;
}

size_t seccomp_compile(const struct filter *filter, struct sock_filter *code, size_t size)
{
	struct range range[RANGES_MAX];
	struct writer w = {.code = code, .size = size};

	/* Another machine's calls have other numbers: a 32-bit program's. */
	put_load(&w, offsetof(struct seccomp_data, arch));
	put_test(&w, BPF_JEQ, OWN_ARCH, 1, 0);
	put_answer(&w, EPERM);
	put_load(&w, offsetof(struct seccomp_data, nr));
	put_tree(&w, range, make_ranges(filter, range));
	return w.len;
}

#else

size_t seccomp_compile(const struct filter *filter, struct sock_filter *code, size_t size)
{
	(void)filter;
	(void)code;
	(void)size;
	return 0;
}

#endif

/* One that is in use; its code follows it. */
struct shared {
	struct list link;
	size_t refs;
	struct filter filter;
	struct sock_fprog program;
	struct sock_filter code[];
};

static struct list all = LIST_INIT(all);

static struct shared *find(const struct filter *filter)
{
	list_each (link, &all) {
		struct shared *shared = list_entry(link, struct shared, link);

		if (memcmp(&shared->filter, filter, sizeof *filter) == 0)
			return shared;
	}
	return NULL;
}

static struct shared *make(const struct filter *filter)
{
	size_t len = seccomp_compile(filter, NULL, 0);
	struct shared *shared;

	if (len == 0 || len > BPF_MAXINSNS) {
		errno = ENOSYS;
		return NULL;
	}
	shared = sys_calloc(1, sizeof *shared + len * sizeof *shared->code);
	if (!shared)
		return NULL;
	shared->filter = *filter;
	shared->program = (struct sock_fprog){.len = (unsigned short)len, .filter = shared->code};
	seccomp_compile(filter, shared->code, len);
	list_append(&all, &shared->link);
	return shared;
}

const struct sock_fprog *seccomp_get(const struct filter *filter)
{
	struct shared *shared = find(filter);

	if (!shared)
		shared = make(filter);
	if (!shared)
		return NULL;
	shared->refs++;
	return &shared->program;
}

void seccomp_put(const struct sock_fprog **filter)
{
	const struct sock_fprog *program = *filter;

	*filter = NULL;
	list_each_safe (link, &all) {
		struct shared *shared = list_entry(link, struct shared, link);

		if (&shared->program == program && --shared->refs == 0) {
			list_remove(&shared->link);
			free(shared);
		}
	}
}

IN_CHILD long seccomp_enter(const struct sock_fprog *filter)
{
	long r = rawcall3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);

	if (r < 0)
		return r;
	r = rawcall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	/* Only a filter that refuses prctl answers so. */
	if (r == SECCOMP_MODE_FILTER || r == -EPERM)
		return 0;
	return r < 0 ? r : -EPERM;
}
