/* unit/control_fixture.h - a supervisor filled in by hand, for tests of control.
 *
 * It has a loop, a configuration and services that were never opened; sessions
 * are entered without processes. A client talks to its control socket while the
 * same thread turns the loop. */
#ifndef UNIT_CONTROL_FIXTURE_H
#define UNIT_CONTROL_FIXTURE_H

#include "base/buf.h"
#include "control/commands.h"
#include "control/control.h"
#include "core/service.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "unit/test.h"

struct fixture {
	struct supervisor sup;
	struct conf conf;
	char dir[64];
	char path[96];                       /* of the control socket, in dir */
	const struct privileges *privileges; /* for answers */
};

/* Services are named s0, s1 ...; each has one address. */
struct fixture *fixture_new(size_t services);
void fixture_free(struct fixture *fixture);

/* A session that started at this moment, with a peer at 192.0.2.1. */
struct session *fixture_session(struct fixture *fixture, size_t service, uint64_t number,
                                usec_t started);
void fixture_session_end(struct session *session);

/* The service's address. */
struct port *fixture_port(const struct service *service);

/* The whole answer to a request, made piece by piece without a socket; *most_r,
 * if not NULL, is the length of the longest piece. */
void fixture_answer(struct fixture *fixture, const char *line, bool may_change, struct buf *all,
                    size_t *most_r);

/* A connection to the control socket; non-blocking. */
int fixture_connect(const struct fixture *fixture);

/* Turns the loop until the descriptor has its end, or fails after 10 s. */
void fixture_read_all(struct fixture *fixture, int fd, struct buf *all);

#endif
