/* base/nets.h - a set of prefixes that tells the narrowest one around an address.
 *
 * An array, sorted once by nets_sort() and const from then on. In that order a
 * prefix stands behind those that contain it, and knows the narrowest of them;
 * so a search halves the array and then climbs, whatever the set looks like.
 * No two may be equal. Never allocates. */
#ifndef BASE_NETS_H
#define BASE_NETS_H

#include "base/addr.h"

struct net {
	struct prefix prefix;
	uint32_t up;      /* 1 + the place of the narrowest one around it; 0: none */
	const void *note; /* its owner's */
};

void nets_sort(struct net *net, size_t count);

/* The narrowest that contains the address, or NULL; of no other family than IP. */
const struct net *nets_find(const struct net *net, size_t count, const struct addr *addr);

/* The narrowest that contains all of the prefix, be it the same; or NULL. */
const struct net *nets_around(const struct net *net, size_t count, const struct prefix *prefix);

/* The first that is a part of the prefix and not the same, or NULL. */
const struct net *nets_inside(const struct net *net, size_t count, const struct prefix *prefix);

/* The narrowest around a member of the set, itself left out; or NULL. */
const struct net *nets_up(const struct net *net, const struct net *member);

#endif
