/* core/wish.h - what an administrator asks of a service while it runs.
 *
 * A wish overrides `enabled` and is live state: a reload leaves it alone, as it
 * gives the service another configuration. Only control calls this. None of it
 * touches a handler that runs. */
#ifndef CORE_WISH_H
#define CORE_WISH_H

#include <stdbool.h>

enum wish {
	WISH_NONE, /* as it is configured */
	WISH_ENABLED,
	WISH_DISABLED, /* takes in nobody; who came before and waits is refused */
	WISH_DRAINED   /* takes in nobody; who came before is served */
};

struct service;

/* Should its listeners be open, as long as the supervisor runs? */
bool wish_is_open(const struct service *service);

/* Opens what is not open, also while it was just closing. */
void wish_enable(struct service *service);
/* Those who wait, and those in the accept queues, are refused with
 * REASON_DISABLED; then the listeners are closed. */
void wish_disable(struct service *service);
/* The accept queues are taken in, then the listeners closed. */
void wish_drain(struct service *service);

#endif
