/* core/service.h - one service: its listeners, its limits, its sessions. */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "admit/admit.h"
#include "base/list.h"
#include "base/loop.h"
#include "config/model.h"
#include "core/backoff.h"
#include "core/header.h"
#include "core/overtime.h"
#include "core/port.h"
#include "core/stats.h"
#include "core/wish.h"
#include "spawn/plan.h"

struct supervisor;
struct service;

enum service_state {
	SERVICE_RUNNING,
	SERVICE_DISABLED, /* enabled = no, or disabled by a wish */
	SERVICE_CLOSING,  /* takes in what its accept queues hold, then closes them */
	SERVICE_CLOSED    /* its listeners are gone; sessions may still run */
};

struct service {
	struct supervisor *sup;
	struct conf *model; /* that `conf` is in */
	const struct conf_service *conf;
	struct plan *plan;
	struct plan *plan_before; /* with wait = yes: the last one without, or NULL */
	enum service_state state;
	enum wish wish;      /* what was asked for over control (core/wish.h) */
	bool retired;        /* in no configuration any more; goes when its last session has */
	uint32_t carried;    /* its number in the state of an upgrade (core/carry.h) */
	unsigned conn_count; /* connections that are on their way in */
	struct list ports;   /* in the order of `listen` (core/port.h) */
	struct list leaving; /* of an address that it has no more, until they are empty */
	bool listening;      /* its open listeners are watched */

	struct admit_service admit;
	struct list waiting; /* in sup->waiting while somebody waits */
	struct loop_timer queue_timer;
	struct list sessions;
	struct overtime overtime;
	struct headers headers;
	struct list stderr_idle; /* pipes for the next sessions (core/stderr.h) */
	struct list stderr_used;
	unsigned stderr_idle_count;

	unsigned in_flight;     /* starts; at most spawn_share(), but when that shrinks */
	struct backoff backoff; /* of a program that cannot be started */
	struct loop_timer backoff_timer;
	bool failing; /* until then nothing is started */
	bool lacking; /* ... since its user may have no more processes */
	struct loop_timer stop_timer;

	struct stats stats;
};

/* Of that model, which it keeps a reference on. NULL: out of memory. */
struct service *service_new(struct supervisor *sup, struct conf *model,
                            const struct conf_service *conf);
void service_free(struct service **service);

/* Makes a port for each of its addresses, which are to be opened. */
int service_make_ports(struct service *service);

/* It goes on with another model; its ports are moved apart from that. From here on
 * the limits are those of the new one. Takes the plan. `changed` gives a program
 * that could not be started a new chance. */
void service_adopt(struct service *service, struct conf *model, const struct conf_service *conf,
                   struct plan *plan, bool changed);
/* It is not configured any more: it lives on until the last of its clients is gone. */
void service_retire(struct service *service);
bool service_is_gone(const struct service *service);

/* Opens the listeners; those that fail are tried again with back-off. */
void service_open(struct service *service);
/* Closes them now; those who are in the accept queues are reset by the kernel. */
void service_close(struct service *service);
/* Closes each as soon as its accept queue has been taken in. */
void service_close_gently(struct service *service);

/* One of its ports has been closed by itself. */
void service_port_closed(struct service *service);

/* Puts the listeners in or out of the loop. The one place that decides it, from
 * what it sees; to be called after any change of state, limit or numbers. */
void service_update(struct service *service);

/* The same after ports have come or gone. */
void service_refresh(struct service *service);

/* May a client that was let in be started now? */
bool service_can_start(const struct service *service);

/* The queue has changed: sets its timer and its place among those that wait. */
void service_queue_changed(struct service *service);

/* Its user, or its own rlimit_nproc, allows no more processes: that is nobody
 * else's trouble. Tried again after a while, or when one of its sessions has
 * ended (service_freed). */
void service_lacks(struct service *service, enum spawn_step step, int error);
void service_freed(struct service *service);

/* A program could not be started, or could. */
void service_spawn_failed(struct service *service, enum spawn_step step, int error);
void service_spawn_succeeded(struct service *service);

/* TERM to all sessions now, KILL at the deadline. */
void service_stop_sessions(struct service *service);
unsigned service_signal(struct service *service, int signal); /* how many got it */

/* "running", "disabled", "failing" (back-off), "full", "closed", "partial" (an
 * address could not be opened) ... for status. */
const char *service_state_name(const struct service *service);

struct service *service_find(const struct supervisor *sup, const char *name);

#endif
