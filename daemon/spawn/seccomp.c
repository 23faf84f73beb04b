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

/* Writes from the end to the front: what a test jumps to is there already. A
 * place is told by its distance from the end. */
struct writer {
	struct sock_filter code[BPF_MAXINSNS];
	size_t len;                    /* goes on when there is no room */
	size_t answer[FILTER_ANSWERS]; /* where it is, once it is; else 0 */
};

static size_t put(struct writer *w, uint16_t op, uint32_t k, size_t yes, size_t no)
{
	if (w->len < BPF_MAXINSNS)
		w->code[BPF_MAXINSNS - 1 - w->len] =
		    (struct sock_filter)BPF_JUMP(op, k, (uint8_t)yes, (uint8_t)no);
	return ++w->len;
}

static size_t put_load(struct writer *w, size_t offset)
{
	return put(w, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* The kernel looks at the lower half of these arguments, which is the first here. */
static size_t put_argument(struct writer *w, int n)
{
	return put_load(w, offsetof(struct seccomp_data, args) + (size_t)n * sizeof(uint64_t));
}

/* A test reaches no farther than its field, and there may be one of these in between. */
static size_t put_near(struct writer *w, size_t place)
{
	size_t distance = w->len - place;

	return distance < UINT8_MAX ? place : put(w, BPF_JMP | BPF_JA, (uint32_t)distance, 0, 0);
}

static size_t put_test(struct writer *w, uint16_t test, uint32_t k, size_t yes, size_t no)
{
	yes = put_near(w, yes);
	no = put_near(w, no);
	return put(w, BPF_JMP | test | BPF_K, k, w->len - yes, w->len - no);
}

static size_t put_return(struct writer *w, int error)
{
	uint32_t answer =
	    error ? SECCOMP_RET_ERRNO | ((uint32_t)error & SECCOMP_RET_DATA) : SECCOMP_RET_ALLOW;

	return put(w, BPF_RET | BPF_K, answer, 0, 0);
}

static size_t put_families(struct writer *w, size_t allow, size_t deny)
{
	static const uint32_t family[] = {AF_PACKET, AF_NETLINK, AF_INET6, AF_INET, AF_UNIX};
	size_t place = deny;

	for (size_t i = 0; i < sizeof family / sizeof *family; i++)
		place = put_test(w, BPF_JEQ, family[i], allow, place);
	return put_argument(w, 0);
}

/* Families first, then the type without its flags. */
static size_t put_socket(struct writer *w, bool internet, size_t allow, size_t deny)
{
	size_t type, place;

	place = put_test(w, BPF_JEQ, SOCK_SEQPACKET, allow, deny);
	place = put_test(w, BPF_JEQ, SOCK_DGRAM, allow, place);
	put_test(w, BPF_JEQ, SOCK_STREAM, allow, place);
	put(w, BPF_ALU | BPF_AND | BPF_K, SOCKET_TYPE, 0, 0);
	type = put_argument(w, 1);
	place = put_test(w, BPF_JEQ, AF_UNIX, type, deny);
	if (internet) {
		place = put_test(w, BPF_JEQ, AF_INET6, type, place);
		put_test(w, BPF_JEQ, AF_INET, type, place);
	}
	return put_argument(w, 0);
}

/* Up to PR_GET_THP_DISABLE all but what rebuilds the memory image; of the later
 * ones those that libraries use. */
static size_t put_options(struct writer *w, size_t allow, size_t deny)
{
	static const uint32_t later[] = {PR_CAP_AMBIENT,
	                                 PR_SVE_SET_VL,
	                                 PR_SVE_GET_VL,
	                                 PR_PAC_RESET_KEYS,
	                                 PR_SET_TAGGED_ADDR_CTRL,
	                                 PR_GET_TAGGED_ADDR_CTRL,
	                                 0x53564d41 /* PR_SET_VMA */,
	                                 0x41555856 /* PR_GET_AUXV */};
	size_t place = deny;

	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		place = put_test(w, BPF_JEQ, later[i], allow, place);
	place = put_test(w, BPF_JGT, PR_GET_THP_DISABLE, place, allow);
	put_test(w, BPF_JEQ, PR_SET_MM, deny, place);
	return put_argument(w, 0);
}

static size_t put_rule(struct writer *w, enum filter_answer rule, size_t allow, size_t deny)
{
	static const uint32_t spaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	                               CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;
	size_t place;

	switch (rule) {
	case FILTER_NAMESPACES:
		put_test(w, BPF_JSET, spaces, deny, allow);
		return put_argument(w, 0);
	case FILTER_PERSONALITY:
		place = put_test(w, BPF_JEQ, UINT32_MAX, allow, deny);
		put_test(w, BPF_JEQ, 0, allow, place);
		return put_argument(w, 0);
	case FILTER_TERMINAL:
		place = put_test(w, BPF_JEQ, TIOCLINUX, deny, allow);
		put_test(w, BPF_JEQ, TIOCSTI, deny, place);
		return put_argument(w, 1);
	case FILTER_MAP:
		place = put_test(w, BPF_JSET, PROT_WRITE, deny, allow);
		put_test(w, BPF_JSET, PROT_EXEC, place, allow);
		return put_argument(w, 2);
	case FILTER_PROTECT:
		put_test(w, BPF_JSET, PROT_EXEC, deny, allow);
		return put_argument(w, 2);
	case FILTER_ATTACH:
		put_test(w, BPF_JSET, SHM_EXEC, deny, allow);
		return put_argument(w, 2);
	case FILTER_APART:
		return put_families(w, allow, deny);
	case FILTER_LOCAL:
	case FILTER_INTERNET:
		return put_socket(w, rule == FILTER_INTERNET, allow, deny);
	case FILTER_OPTIONS:
		return put_options(w, allow, deny);
	case FILTER_ALLOW:
	case FILTER_DENY:
	case FILTER_UNKNOWN:
	case FILTER_ANSWERS:
		break;
	}
	return deny;
}

/* Each is there once, however many calls have it. */
static size_t put_answer(struct writer *w, enum filter_answer answer)
{
	if (w->answer[answer] == 0)
		w->answer[answer] =
		    put_rule(w, answer, w->answer[FILTER_ALLOW], w->answer[FILTER_DENY]);
	return w->answer[answer];
}

/* Halves the ranges until one is left. */
static size_t put_tree(struct writer *w, const struct range *range, size_t count)
{
	size_t half = count / 2, above, below;

	if (count == 1)
		return put_answer(w, range->answer);
	above = put_tree(w, range + half, count - half);
	below = put_tree(w, range, half);
	return put_test(w, BPF_JGE, range[half].first, above, below);
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
	size_t count = make_ranges(filter, range);
	struct writer w = {.len = 0};

	w.answer[FILTER_ALLOW] = put_return(&w, 0);
	w.answer[FILTER_UNKNOWN] = put_return(&w, ENOSYS);
	w.answer[FILTER_DENY] = put_return(&w, EPERM);
	/* There are two ranges at least, so the tree begins where it ends. */
	put_tree(&w, range, count);
	put_load(&w, offsetof(struct seccomp_data, nr));
	/* Another machine's calls have other numbers: a 32-bit program's. */
	put_test(&w, BPF_JEQ, OWN_ARCH, w.len, w.answer[FILTER_DENY]);
	put_load(&w, offsetof(struct seccomp_data, arch));
	if (code && w.len <= BPF_MAXINSNS && w.len <= size)
		memcpy(code, w.code + BPF_MAXINSNS - w.len, w.len * sizeof *code);
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
