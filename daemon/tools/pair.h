/* tools/pair.h - both ends of one connection of a service, without usherd between.
 *
 * Made on this machine alone, of the kind that the service listens on: the
 * handler's end is what usherd would have accepted or, for a wait service, the
 * socket that it would have lent. Where the service's own address cannot be had
 * (usherd runs, the port is root's) it is another one of the loopback. */
#ifndef TOOLS_PAIR_H
#define TOOLS_PAIR_H

#include <stdbool.h>

#include "base/addr.h"
#include "config/model.h"

struct pair {
	int handler, client; /* blocking; to be closed by the caller */
	int type;            /* SOCK_... */
	struct addr local;   /* the service's address, as usherd would tell it */
	struct addr peer;    /* the client's */
	bool other_peer;     /* ... is not what getpeername(2) says: it is none of ours */
};

/* The first address of the service that such a peer could come to; peer NULL:
 * the first. NULL: there is none. */
const struct conf_listen *pair_choose(const struct conf_service *service, const struct addr *peer);

/* Fails with errno and *call_r, the call that did. peer NULL: whatever comes. */
int pair_open(struct pair *pair, const struct conf_listen *listen, bool wait,
              const struct addr *peer, const char **call_r);

#endif
