#include "admit/ban.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/sys.h"

enum { V4_BITS = 32, V6_BITS = 128 };

static bool ends_before(const struct heap_node *a, const struct heap_node *b)
{
	return heap_entry(a, struct ban, by_end)->until < heap_entry(b, struct ban, by_end)->until;
}

int ban_table_init(struct ban_table *table, size_t max)
{
	memset(table, 0, sizeof *table);
	table->max = max;
	table->by_end.before = ends_before;
	list_init(&table->order);
	hash_key_draw(&table->key);
	return hash_init(&table->hash, max);
}

void ban_table_free(struct ban_table *table)
{
	/* One that was never made has no list. */
	while (table->order.next && !list_empty(&table->order))
		ban_lift(table, ban_each(table, NULL));
	heap_free(&table->by_end);
	hash_free(&table->hash);
}

static int family_of(const struct prefix *prefix)
{
	assert(prefix->family == AF_INET || prefix->family == AF_INET6);
	return prefix->family == AF_INET6;
}

/* One more, or one less, of this length. */
static void count_length(struct ban_table *table, const struct prefix *prefix, int by)
{
	int family = family_of(prefix);
	size_t *count = &table->count[family][prefix->len];
	uint64_t bit = UINT64_C(1) << prefix->len % 64;

	*count += (size_t)by;
	if (*count > 0)
		table->used[family][prefix->len / 64] |= bit;
	else
		table->used[family][prefix->len / 64] &= ~bit;
	table->changes++;
}

static uint64_t hash_of(const struct ban_table *table, const struct prefix *prefix)
{
	return hash_bytes(&table->key, prefix, sizeof *prefix);
}

static struct ban *find(const struct ban_table *table, uint64_t hash, const struct prefix *prefix)
{
	struct hash_node *node = hash_find(&table->hash, hash);

	for (; node; node = hash_next(node)) {
		struct ban *ban = list_entry(node, struct ban, hash);

		if (prefix_equal(&ban->prefix, prefix))
			return ban;
	}
	return NULL;
}

struct ban *ban_find(const struct ban_table *table, const struct prefix *prefix)
{
	return find(table, hash_of(table, prefix), prefix);
}

static struct ban *soonest(const struct ban_table *table)
{
	struct heap_node *first = heap_first(&table->by_end);

	return first ? heap_entry(first, struct ban, by_end) : NULL;
}

void ban_lift(struct ban_table *table, struct ban *ban)
{
	count_length(table, &ban->prefix, -1);
	hash_remove(&table->hash, &ban->hash);
	heap_remove(&table->by_end, &ban->by_end);
	list_remove(&ban->order);
	free(ban);
}

/* Makes room for one that lasts until then. */
static int make_room(struct ban_table *table, msec_t until)
{
	struct ban *first = soonest(table);

	if (table->hash.count < table->max)
		return heap_reserve(&table->by_end, table->hash.count + 1);
	if (!first || first->until == BAN_FOREVER || first->until > until) {
		errno = ENOSPC;
		return -1;
	}
	ban_lift(table, first);
	return 0;
}

struct ban *ban_set(struct ban_table *table, const struct prefix *prefix, enum ban_by by,
                    msec_t until, msec_t now)
{
	uint64_t hash = hash_of(table, prefix);
	struct ban *ban = find(table, hash, prefix);

	if (ban) {
		table->changes += until < ban->until;
		ban->by = by;
		ban->until = until;
		heap_moved(&table->by_end, &ban->by_end);
		return ban;
	}
	ban = sys_calloc(1, sizeof *ban);
	if (!ban)
		return NULL;
	if (make_room(table, until) < 0) {
		free(ban);
		return NULL;
	}
	ban->prefix = *prefix;
	ban->by = by;
	ban->since = now;
	ban->until = until;
	ban->number = ++table->last_number;
	hash_add(&table->hash, &ban->hash, hash);
	heap_add(&table->by_end, &ban->by_end);
	list_append(&table->order, &ban->order);
	count_length(table, prefix, 1);
	return ban;
}

/* The bans of one length that the address may be in. */
static struct ban *around_of_length(const struct ban_table *table, const struct addr *addr,
                                    uint8_t len, msec_t now)
{
	struct prefix prefix;
	struct ban *ban;

	prefix_of(addr, len, len, &prefix);
	ban = ban_find(table, &prefix);
	return ban && ban->until > now ? ban : NULL;
}

struct ban *ban_around(const struct ban_table *table, const struct addr *addr, msec_t now)
{
	struct prefix whole;
	const uint64_t *used;

	if (table->hash.count == 0 || !addr_is_ip(addr))
		return NULL;
	/* IPv4 in IPv6 counts as IPv4. */
	prefix_of(addr, V4_BITS, V6_BITS, &whole);
	used = table->used[family_of(&whole)];
	for (int i = 0; i < 3; i++) {
		for (uint64_t left = used[i]; left; left &= left - 1) {
			uint8_t len = (uint8_t)(i * 64 + __builtin_ctzll(left));
			struct ban *ban = around_of_length(table, addr, len, now);

			if (ban)
				return ban;
		}
	}
	return NULL;
}

msec_t ban_until(msec_t now, msec_t time)
{
	return time == 0 || time > BAN_FOREVER - now ? BAN_FOREVER : now + time;
}

msec_t ban_next_end(const struct ban_table *table)
{
	const struct ban *first = soonest(table);

	return first && first->until != BAN_FOREVER ? first->until : -1;
}

bool ban_expire(struct ban_table *table, msec_t now)
{
	struct ban *first = soonest(table);

	if (!first || first->until == BAN_FOREVER || first->until > now)
		return false;
	ban_lift(table, first);
	return true;
}

struct ban *ban_each(const struct ban_table *table, const struct ban *after)
{
	const struct list *next = after ? after->order.next : table->order.next;

	return next == &table->order ? NULL : list_entry(next, struct ban, order);
}

struct ban *ban_last(const struct ban_table *table)
{
	const struct list *last = list_last(&table->order);

	return last ? list_entry(last, struct ban, order) : NULL;
}

struct ban *ban_before(const struct ban_table *table, const struct ban *ban)
{
	const struct list *before = ban->order.prev;

	return before == &table->order ? NULL : list_entry(before, struct ban, order);
}
