/* core/conn.h - the way in, from accept to the handler's start.
 *
 *     new ──► [header] ──► admitted ─┬─► queued ─┐
 *                                    │           ▼
 *                                    └───────► ready ──► starting ──► (session)
 *
 * `new` has just been accepted, `header` waits for what its proxy has to tell
 * (core/header.h), `queued` stands in the service's fair queue,
 * `ready` was let in and waits for a slot to start in, `starting` has a child
 * that has not executed the program yet; then the descriptor is closed and only
 * the session remains. From everywhere a refusal leads out, by net/linger. */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "admit/admit.h"
#include "core/session.h"

struct service;
struct port;
struct supervisor;
struct spawn_result;

enum conn_state { CONN_NEW, CONN_HEADER, CONN_QUEUED, CONN_READY, CONN_STARTING };

struct conn {
	struct list link; /* in sup->ready */
	struct service *service;
	enum conn_state state;
	int fd;
	struct facts facts;
	struct admit_client admit;
	struct session *session; /* while it starts */
	struct plan *plan;       /* ... by which; a reload may bring another meanwhile */
	int stderr_fd;           /* ... its handler's end of the log's pipe, or -1 */
	struct port *lent;       /* a wait service's: the socket that it stands for */
	bool greeted;            /* the banner was sent */
	unsigned tries;          /* starts that were stopped by somebody before the exec */
};

/* A listener is readable: accepts a batch. True when nobody was left. */
bool conn_accept(struct port *port);

/* A wait service's socket is readable: what stands for it goes the same way as a
 * client. False if that lacks something; it is said to core/resources then. */
bool conn_lend(struct port *port);

/* Lets it in, to start or to wait, or refuses it: the second half of the way in,
 * for core/header.c. */
void conn_admit(struct conn *conn);
/* Records it, answers with banner_fail, closes. It is not to be used after. */
void conn_refuse(struct conn *conn, enum reason reason);

/* Starts those that are ready and then those that wait, as far as there are
 * slots and limits allow. Called once a turn, and does nothing unless wanted. */
void conn_pump(struct supervisor *sup);

/* Refuses everybody who waits for the service, or for whom a header is awaited. */
void conn_refuse_waiting(struct service *service, enum reason reason);
/* Refuses those whose queue_timeout is over, or all if the service was disabled;
 * a batch at a time. */
void conn_refuse_expired(struct service *service);

/* What spawn reports when a child has left our memory. owner is the conn. */
void conn_settled(void *owner, const struct spawn_result *result);

void conn_free_spare(struct supervisor *sup);

#endif
