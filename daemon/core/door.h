/* core/door.h - the way to admission: what it needs to know, and asking it without
 * a client.
 *
 * core/conn.c calls door_look() before admit_check(); door_explain() does the same
 * before admit_explain(). So what usherctl says of an address is what would
 * become of it. */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

#include "admit/admit.h"

struct service;

/* Tells admission what time it is and how busy the machine. The reason why nobody
 * is to be admitted at all, or REASON_NONE. */
enum reason door_look(struct service *service);

/* What would become of a client with this address if it came now. One that would
 * stay in the kernel's backlog waits: for the reason that is given. */
struct admit_explanation door_explain(struct service *service, const struct addr *peer);

#endif
