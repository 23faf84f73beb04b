/* core/port.h - one address of a service, and the socket that clients come to.
 *
 * core/service.c makes one for each address of its configuration and opens and
 * closes it; an address that cannot be opened is tried again with back-off. Each
 * is an object of its own, at one place for as long as it lives, since sessions
 * have sockets that are lent (core/wait.h) and a reload may hand one to another
 * service (core/reload.h). What it accepts goes to core/conn.c. */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/loop.h"
#include "config/model.h"
#include "core/backoff.h"
#include "net/listener.h"

struct service;

struct port {
	struct list link; /* in service->ports or service->leaving */
	struct service *service;
	struct conf *model; /* that `where` is in */
	const struct conf_listen *where;
	/* Whose options its listener has, and the model of that: where a service has other
	 * ones by now, those of a port that it has left are still the old. */
	const struct conf_service *options;
	struct conf *options_model;
	struct listener listener;
	struct loop_watch watch;
	struct loop_timer retry;
	struct backoff backoff;
	int error;             /* of the last try; 0: open, or never tried */
	const char *why;       /* the call that failed */
	bool lent;             /* a handler has it (core/wait.h) */
	bool pausing;          /* until `retry` fires, nobody gets it */
	unsigned queued;       /* in it when it was lent */
	unsigned useless;      /* handlers in a row that took nothing */
	bool filtered;         /* it has a filter (core/bans.h) */
	bool filter_cut;       /* ... in which not all that should be are, as was said */
	bool leaving;          /* no address of the service any more: freed once closed */
	bool covered;          /* the same, and open while its wildcard is */
	bool claimed;          /* while a switchover or an upgrade is made: it will be used */
	uint32_t carried;      /* its number in the state of an upgrade, from 1 (core/carry.h) */
	unsigned closing_left; /* while it closes: clients that it may still take in */
};

/* At the end of the service's ports, not open, with the options of that service of the
 * model. NULL: out of memory. */
struct port *port_new(struct service *service, struct conf *model,
                      const struct conf_service *options, const struct conf_listen *where);
/* Closes it, too. */
void port_free(struct port *port);

/* Opens it now; what fails is said once and tried again later. */
void port_open(struct port *port);
/* Somebody else has opened its listener. */
void port_opened(struct port *port);
/* Its listener is one that was open before an upgrade. */
void port_adopt(struct port *port, const struct listener *listener);
/* It is the service's from now on, at the end of its ports, and has its options. */
void port_assign(struct port *port, struct service *service, struct conf *model,
                 const struct conf_listen *where);
/* Its listener's options become the service's; -1 with errno, and then it has the old. */
int port_follow(struct port *port);
/* Accepts all who are in the accept queue, as far as they can be taken in now. Nobody of
 * one that is lent: it may be as its handler left it, and accept(2) would wait. */
void port_empty(struct port *port);
/* Closes it now; those who are in the accept queue are reset by the kernel. */
void port_close(struct port *port);
/* Closes it as soon as its accept queue has been taken in. Frees it then if it is
 * `leaving` or `covered` and not lent, so it is not to be used after. */
void port_close_gently(struct port *port);

/* It need not close any more. An address that could not be opened yet is tried on,
 * and a pause goes on. */
void port_stay(struct port *port);

/* In or out of the loop; -1 with errno if the loop has no room. */
int port_watch(struct port *port, bool want);

/* A wait service's: nobody gets it for so long. */
void port_pause(struct port *port, msec_t msec);
/* One that closes: the next step of port_close_gently(), but none while it is lent. */
void port_go_on_closing(struct port *port);
bool port_is_retried(const struct port *port); /* it could not be opened yet */
bool port_is_closing(const struct port *port);

#endif
