#include "net/sockfilter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/sys.h"

enum {
	DROP = 0,
	PASS = -1,
	LEAF = 16, /* entries that are compared one by one */
	WORD_BITS = 32,
	V4_SOURCE = 12, /* in their headers */
	V6_SOURCE = 8,
};

struct program {
	struct sock_filter *code;
	size_t len;
	bool failed; /* it did not fit */
};

static size_t put(struct program *p, unsigned op, uint32_t k)
{
	if (p->len == SOCKFILTER_MOST) {
		p->failed = true;
		return 0;
	}
	p->code[p->len] = (struct sock_filter){.code = (uint16_t)op, .k = k};
	return p->len++;
}

/* A jump whose ends are known later, or by how many it skips. */
static size_t put_jump(struct program *p, unsigned test, uint32_t k, uint8_t yes, uint8_t no)
{
	size_t at = put(p, BPF_JMP | test | BPF_K, k);

	p->code[at].jt = yes;
	p->code[at].jf = no;
	return at;
}

/* The jump at this place goes to what comes next. */
static void land(struct program *p, size_t at)
{
	p->code[at].k = (uint32_t)(p->len - at - 1);
}

/* An entry of a level: a prefix that ends within its word, or all those that have
 * a word in common and go on. */
struct entry {
	size_t first, end;
	uint32_t low, high;
	bool goes_on;
};

static uint32_t word_of(const struct prefix *prefix, int word)
{
	const uint8_t *b = prefix->bytes + (size_t)word * 4;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static struct entry entry_at(const struct prefix *prefix, size_t at, size_t end, int word)
{
	struct entry e = {.first = at, .end = at + 1, .low = word_of(&prefix[at], word)};
	int bits = prefix[at].len - word * WORD_BITS;

	e.goes_on = bits > WORD_BITS;
	e.high = e.low | (bits >= WORD_BITS ? 0 : UINT32_MAX >> bits);
	while (e.goes_on && e.end < end && word_of(&prefix[e.end], word) == e.low)
		e.end++;
	return e;
}

static void put_level(struct program *p, const struct prefix *prefix, size_t first, size_t end,
                      int word);

/* The entries are in order and apart, so what is below the next one is in none. */
static void put_leaf(struct program *p, const struct prefix *prefix, size_t first, size_t end,
                     int word)
{
	size_t hit[LEAF], deeper[LEAF], hits = 0, deepers = 0;
	unsigned miss = 0; /* those that end the search if they do not hold */
	struct entry below[LEAF];

	for (size_t at = first; at < end;) {
		struct entry e = entry_at(prefix, at, end, word);

		at = e.end;
		if (e.goes_on) {
			put_jump(p, BPF_JEQ, e.low, 0, 1);
			below[deepers] = e;
			deeper[deepers++] = put(p, BPF_JMP | BPF_JA, 0);
			continue;
		}
		if (e.low == e.high) {
			hit[hits++] = put_jump(p, BPF_JEQ, e.low, 0, 0);
			continue;
		}
		put_jump(p, BPF_JGT, e.high, 1, 0);
		hit[hits] = put_jump(p, BPF_JGE, e.low, 0, 0);
		miss |= 1U << hits++;
	}
	put(p, BPF_RET | BPF_K, (uint32_t)PASS);
	put(p, BPF_RET | BPF_K, DROP);
	if (p->failed)
		return;
	for (size_t i = 0; i < hits; i++) {
		p->code[hit[i]].jt = (uint8_t)(p->len - 1 - hit[i] - 1);
		if (miss & 1U << i)
			p->code[hit[i]].jf = (uint8_t)(p->len - 2 - hit[i] - 1);
	}
	for (size_t i = 0; i < deepers; i++) {
		land(p, deeper[i]);
		put_level(p, prefix, below[i].first, below[i].end, word + 1);
	}
}

/* Halves the entries until few are left. */
static void put_tree(struct program *p, const struct prefix *prefix, size_t first, size_t end,
                     int word)
{
	size_t entries = 0, middle = first, at, right;

	for (at = first; at < end; at = entry_at(prefix, at, end, word).end)
		entries++;
	if (entries <= LEAF) {
		put_leaf(p, prefix, first, end, word);
		return;
	}
	for (size_t i = 0; i < entries / 2; i++)
		middle = entry_at(prefix, middle, end, word).end;
	put_jump(p, BPF_JGE, word_of(&prefix[middle], word), 0, 1);
	right = put(p, BPF_JMP | BPF_JA, 0);
	put_tree(p, prefix, first, middle, word);
	if (p->failed)
		return;
	land(p, right);
	put_tree(p, prefix, middle, end, word);
}

static void put_level(struct program *p, const struct prefix *prefix, size_t first, size_t end,
                      int word)
{
	put(p, BPF_LD | BPF_MEM, (uint32_t)word);
	put_tree(p, prefix, first, end, word);
}

/* Reads the source of a packet into memory, which costs less than to read it from
 * the packet each time, and judges it. */
static void put_family(struct program *p, const struct prefix *prefix, size_t first, size_t end,
                       uint32_t source, int words)
{
	for (int i = 0; i < words && first < end; i++) {
		put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + source + (uint32_t)i * 4);
		put(p, BPF_ST, (uint32_t)i);
	}
	if (first < end)
		put_level(p, prefix, first, end, 0);
	else
		put(p, BPF_RET | BPF_K, (uint32_t)PASS);
}

static int compare(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	if (x->family != y->family)
		return x->family == AF_INET ? -1 : 1;
	if (memcmp(x->bytes, y->bytes, sizeof x->bytes) != 0)
		return memcmp(x->bytes, y->bytes, sizeof x->bytes);
	return (int)x->len - (int)y->len;
}

/* In order, and none in another; how many are left. */
static size_t tidy(struct prefix *prefix, size_t count)
{
	size_t left = 0;

	qsort(prefix, count, sizeof *prefix, compare);
	for (size_t i = 0; i < count; i++)
		if (left == 0 || !prefix_overlaps(&prefix[left - 1], &prefix[i]))
			prefix[left++] = prefix[i];
	return left;
}

size_t sockfilter_build(struct prefix *prefix, size_t count,
                        struct sock_filter code[SOCKFILTER_MOST])
{
	struct program p = {.code = code};
	size_t v4 = 0, to_v4, to_v6;

	count = tidy(prefix, count);
	while (v4 < count && prefix[v4].family == AF_INET)
		v4++;
	put(&p, BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF);
	put(&p, BPF_ALU | BPF_RSH | BPF_K, 4);
	put_jump(&p, BPF_JEQ, 4, 0, 1);
	to_v4 = put(&p, BPF_JMP | BPF_JA, 0);
	put_jump(&p, BPF_JEQ, 6, 0, 1);
	to_v6 = put(&p, BPF_JMP | BPF_JA, 0);
	put(&p, BPF_RET | BPF_K, (uint32_t)PASS);
	land(&p, to_v4);
	put_family(&p, prefix, 0, v4, V4_SOURCE, 1);
	land(&p, to_v6);
	put_family(&p, prefix, v4, count, V6_SOURCE, 4);
	return p.failed ? 0 : p.len;
}

void sockfilter_clear(int fd)
{
	int nothing = 0;

	(void)sys_setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &nothing, sizeof nothing);
}

/* While it is replaced the old program counts, too. Without it for a moment, who
 * would have been dropped is refused. */
static int attach(int fd, const struct sock_fprog *program)
{
	if (sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof *program) == 0)
		return 0;
	if (errno != ENOMEM)
		return -1;
	sockfilter_clear(fd);
	return sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof *program);
}

ssize_t sockfilter_set(int fd, const struct prefix *prefix, size_t count)
{
	static struct sock_filter code[SOCKFILTER_MOST];
	static struct prefix sorted[SOCKFILTER_MOST];
	size_t n = count < SOCKFILTER_MOST ? count : SOCKFILTER_MOST;

	while (n > 0) {
		struct sock_fprog program = {.filter = code};

		memcpy(sorted, prefix, n * sizeof *sorted);
		program.len = (unsigned short)sockfilter_build(sorted, n, code);
		if (program.len > 0 && attach(fd, &program) == 0)
			return (ssize_t)n;
		if (program.len > 0 && errno != ENOMEM)
			return -1;
		n -= n / 4 + 1;
	}
	sockfilter_clear(fd);
	return 0;
}
