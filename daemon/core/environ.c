#include "core/environ.h"

#include "core/service.h"
#include "spawn/env.h"

int environ_build(struct slot *slot, const struct conn *conn)
{
	const struct port *lent = conn->lent;
	struct env_facts facts = {
	    .service = conn->service->conf,
	    .session = conn->facts.session,
	    .fd = conn->fd,
	    .type = lent ? lent->where->type : SOCK_STREAM,
	    .local = lent ? &lent->listener.local : &conn->facts.local,
	    .peer = lent ? NULL : &conn->facts.peer,
	};

	return env_build(slot, conn->plan, &facts);
}
