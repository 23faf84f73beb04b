/* spawn/env.h - what a handler learns of its connection from its environment.
 *
 * The names of UCSPI-1996 (cr.yp.to/proto/ucspi.txt), of CGI (RFC 3875) and our
 * own; usherd(8), HANDLERS, lists them. What does not depend on the connection
 * stands in the plan, and before these. */
#ifndef SPAWN_ENV_H
#define SPAWN_ENV_H

#include <stdint.h>

#include "base/addr.h"
#include "config/model.h"
#include "spawn/plan.h"
#include "spawn/slots.h"

struct env_facts {
	const struct conf_service *service;
	uint64_t session;
	int fd;   /* the socket, which is asked for its cookie */
	int type; /* SOCK_... of a socket that is lent */
	const struct addr *local;
	const struct addr *peer; /* NULL: the socket is lent, and has no one peer */
};

/* Fails with ENOMEM or E2BIG. */
int env_build(struct slot *slot, const struct plan *plan, const struct env_facts *facts);

#endif
