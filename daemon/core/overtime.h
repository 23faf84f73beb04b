/* core/overtime.h - ends the sessions that run longer than max_runtime.
 *
 * All sessions of a service have the same limit, so the list of them in the
 * order of their starts is the list of their deadlines, and one timer of the
 * service serves all: a start costs a link. Who is over time gets TERM, and KILL
 * after stop_timeout, with the whole process group. At most a batch of them a
 * turn of the loop. While usherd stops it does nothing, for all are told to end. */
#ifndef CORE_OVERTIME_H
#define CORE_OVERTIME_H

#include "base/list.h"
#include "base/loop.h"

struct service;
struct session;

struct overtime {
	struct list in_time; /* sessions, the one that has run longest first */
	struct list told;    /* those that got TERM, the first one first */
	struct loop_timer timer;
};

/* Fails with ENOMEM. */
int overtime_init(struct service *service);
void overtime_free(struct service *service);

/* A session has begun; one that ends only takes its link out. */
void overtime_begin(struct session *session);

/* To be called when another max_runtime or stop_timeout holds: from here on it
 * is that of sessions that run already, too. */
void overtime_update(struct service *service);

#endif
