#include "base/nets.h"

#include <stdlib.h>
#include <string.h>

/* By address, and of those that begin alike the widest first. */
static int compare(const struct prefix *a, const struct prefix *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->bytes, b->bytes, sizeof a->bytes);
	return order ? order : (int)a->len - (int)b->len;
}

static int compare_nets(const void *a, const void *b)
{
	const struct net *one = a, *other = b;

	return compare(&one->prefix, &other->prefix);
}

static bool contains(const struct prefix *wide, const struct prefix *narrow)
{
	size_t whole = wide->len / 8;
	unsigned rest = wide->len % 8;

	if (wide->family != narrow->family || wide->len > narrow->len ||
	    memcmp(wide->bytes, narrow->bytes, whole) != 0)
		return false;
	return !rest || (wide->bytes[whole] ^ narrow->bytes[whole]) >> (8 - rest) == 0;
}

void nets_sort(struct net *net, size_t count)
{
	if (count == 0)
		return;
	qsort(net, count, sizeof *net, compare_nets);
	net[0].up = 0;
	for (size_t i = 1; i < count; i++) {
		/* What is around it is around its neighbour, or is its neighbour. */
		size_t up = i;

		while (up && !contains(&net[up - 1].prefix, &net[i].prefix))
			up = net[up - 1].up;
		net[i].up = (uint32_t)up;
	}
}

/* The place of the first that comes after it in the order. */
static size_t behind(const struct net *net, size_t count, const struct prefix *prefix)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&net[middle].prefix, prefix) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct net *nets_around(const struct net *net, size_t count, const struct prefix *prefix)
{
	size_t at = behind(net, count, prefix);

	while (at && !contains(&net[at - 1].prefix, prefix))
		at = net[at - 1].up;
	return at ? &net[at - 1] : NULL;
}

const struct net *nets_inside(const struct net *net, size_t count, const struct prefix *prefix)
{
	size_t at = behind(net, count, prefix);

	return at < count && contains(prefix, &net[at].prefix) ? &net[at] : NULL;
}

const struct net *nets_find(const struct net *net, size_t count, const struct addr *addr)
{
	struct prefix whole;

	if (count == 0 || !addr_is_ip(addr))
		return NULL;
	prefix_of(addr, 32, 128, &whole);
	return nets_around(net, count, &whole);
}

const struct net *nets_up(const struct net *net, const struct net *member)
{
	return member->up ? &net[member->up - 1] : NULL;
}
