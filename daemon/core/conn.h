/* core/conn.h - the way in, from accept to admission or refusal.
 *
 *     new ──► [header] ──► admitted ─┬─► queued ─┐
 *                                    │           ▼
 *                                    └───────► ready ──► starting ──► (session)
 *
 * `new` has just been accepted, `header` waits for what its proxy has to tell
 * (core/header.h), `queued` stands in the service's fair queue,
 * `ready` was let in and waits for a slot to start in, `starting` has a child
 * that has not executed the program yet (core/start.h for both); then the descriptor is closed and
 * only the session remains. From everywhere a refusal leads out, by net/linger. */
#ifndef CORE_CONN_H
#define CORE_CONN_H

#include "admit/admit.h"
#include "core/session.h"

struct service;
struct port;
struct supervisor;

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
/* Each of these is the end of it: it is not to be used after. To refuse is to record
 * it and to answer, which is to say banner_fail, where there is one, and to close. */
void conn_refuse(struct conn *conn, enum reason reason);
void conn_answer(struct conn *conn);
void conn_close(struct conn *conn);

struct conn *conn_of(struct admit_client *client);

/* Refuses everybody who waits for the service, or for whom a header is awaited. */
void conn_refuse_waiting(struct service *service, enum reason reason);
/* Refuses those whose queue_timeout is over, or all if the service was disabled;
 * a batch at a time. */
void conn_refuse_expired(struct service *service);

void conn_free_spare(struct supervisor *sup);

#endif
