/* Clients on their way in: for whom a header is awaited, who wait, who are ready. */
#include "core/conn.h"

#include <stdlib.h>

#include "admit/adopt.h"
#include "base/sys.h"
#include "core/carry.h"
#include "core/header.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "net/proxyproto.h"

enum {
	CONN_SERVICE = 1,
	CONN_STATE,
	CONN_FD,
	CONN_LENT,
	CONN_GREETED,
	CONN_TRIES,
	CONN_SOURCE,
	CONN_SINCE,
	CONN_DUE,
	CONN_BYTES,
	CONN_FACTS, /* and CARRY_FACTS - 1 more */
};

/* As they are written: the enumeration may change. */
enum { STATE_IN_HEADER = 1, STATE_IN_QUEUE, STATE_IS_READY, STATES };

void carry_write_conn(const struct conn *conn, const struct header *header,
                      struct state_writer *state)
{
	static const unsigned name[] = {[CONN_HEADER] = STATE_IN_HEADER,
	                                [CONN_QUEUED] = STATE_IN_QUEUE,
	                                [CONN_READY] = STATE_IS_READY};

	state_record(state, CARRY_CONN);
	state_add(state, CONN_SERVICE, conn->service->carried);
	state_add(state, CONN_STATE, name[conn->state]);
	state_add_fd(state, CONN_FD, conn->fd);
	if (conn->lent)
		state_add(state, CONN_LENT, conn->lent->carried);
	state_add(state, CONN_GREETED, conn->greeted);
	state_add(state, CONN_TRIES, conn->tries);
	if (header) {
		state_add(state, CONN_DUE, (uint64_t)header->due);
		state_add_bytes(state, CONN_BYTES, header->bytes, header->len);
	} else {
		carry_write_prefix(&conn->admit.source->prefix, CONN_SOURCE, state);
		if (conn->state == CONN_QUEUED)
			state_add(state, CONN_SINCE, (uint64_t)conn->admit.node.since);
	}
	carry_write_facts(&conn->facts, CONN_FACTS, state);
}

static bool read_header(struct carry *carry, struct conn *conn)
{
	struct state_reader *state = carry->state;
	msec_t due = (msec_t)state_get(state, CONN_DUE);
	size_t len;
	const void *bytes = state_get_bytes(state, CONN_BYTES, &len);

	if (!state_done(state))
		return false;
	if (len >= PROXYPROTO_MAX)
		return state_fail(state, "a header is too long");
	return header_adopt(conn, due, bytes, len) == 0 || carry_no_memory(carry);
}

static bool read_place(struct carry *carry, struct conn *conn, bool waits)
{
	struct state_reader *state = carry->state;
	struct supervisor *sup = carry->sup;
	struct admit_service *admit = &conn->service->admit;
	msec_t since = waits ? (msec_t)state_get(state, CONN_SINCE) : 0, now = loop_now(sup->loop);
	struct prefix source;
	int rc;

	if (!carry_read_prefix(state, CONN_SOURCE, &source) || !state_done(state))
		return false;
	rc = waits ? adopt_waiting(admit, &conn->admit, &source, since, now)
	           : adopt_running(admit, &conn->admit, &source, now);
	if (rc < 0)
		return carry_no_memory(carry);
	conn->state = waits ? CONN_QUEUED : CONN_READY;
	if (!waits)
		list_append(&sup->ready, &conn->link);
	return true;
}

static bool fill_in(struct carry *carry, struct conn *conn)
{
	struct state_reader *state = carry->state;
	unsigned which = (unsigned)state_get_below(state, CONN_STATE, STATES);

	list_init(&conn->link);
	conn->stderr_fd = -1;
	conn->fd = state_get_fd(state, CONN_FD);
	conn->lent = carry_find_port(carry, CONN_LENT);
	conn->greeted = state_get(state, CONN_GREETED);
	conn->tries = (unsigned)state_get(state, CONN_TRIES);
	carry_read_facts(state, CONN_FACTS, &conn->facts);
	if (conn->fd < 0 || which == 0)
		return state_fail(state, "a client has no connection");
	if (which == STATE_IN_HEADER)
		return read_header(carry, conn);
	return read_place(carry, conn, which == STATE_IN_QUEUE);
}

bool carry_read_conn(struct carry *carry)
{
	struct service *service = carry_find_service(carry, CONN_SERVICE);
	struct conn *conn;

	if (!service)
		return false;
	conn = sys_calloc(1, sizeof *conn);
	if (!conn)
		return carry_no_memory(carry);
	conn->service = service;
	if (!fill_in(carry, conn)) {
		free(conn);
		return false;
	}
	carry->sup->conn_count++;
	service->conn_count++;
	return true;
}
