/* Handlers that run. */
#include "core/carry.h"

#include <stdlib.h>

#include "admit/adopt.h"
#include "core/group.h"
#include "core/service.h"
#include "core/session.h"
#include "core/stderr.h"
#include "core/supervisor.h"

enum {
	SESSION_SERVICE = 1,
	SESSION_PID,
	SESSION_PIDFD,
	SESSION_LENT,
	SESSION_OVERTIME,
	SESSION_TOLD,
	SESSION_STEP,
	SESSION_VOID,
	SESSION_PIPE,
	SESSION_SOURCE,
	SESSION_FACTS,                               /* and CARRY_FACTS - 1 more */
	SESSION_GROUP = SESSION_FACTS + CARRY_FACTS, /* and CARRY_SESSION_GROUP - 1 more */
	SESSION_CELL = 64,
};

enum { OVERTIME_NONE, OVERTIME_IN_TIME, OVERTIME_TOLD };

void carry_write_facts(const struct facts *facts, unsigned tag, struct state_writer *state)
{
	state_add(state, tag, facts->session);
	state_add_addr(state, tag + 1, &facts->peer);
	state_add_addr(state, tag + 2, &facts->local);
	state_add(state, tag + 3, (uint64_t)facts->accepted);
	state_add(state, tag + 4, (uint64_t)facts->started);
}

void carry_read_facts(struct state_reader *state, unsigned tag, struct facts *facts)
{
	facts->session = state_get(state, tag);
	state_get_addr(state, tag + 1, &facts->peer);
	state_get_addr(state, tag + 2, &facts->local);
	facts->accepted = (usec_t)state_get(state, tag + 3);
	facts->started = (usec_t)state_get(state, tag + 4);
}

void carry_write_session(const struct session *session, struct state_writer *state)
{
	unsigned which = OVERTIME_NONE;

	if (!list_empty(&session->overtime))
		which = session->told ? OVERTIME_TOLD : OVERTIME_IN_TIME;
	state_record(state, CARRY_SESSION);
	state_add(state, SESSION_SERVICE, session->service->carried);
	state_add(state, SESSION_PID, (uint64_t)session->pid);
	state_add_fd(state, SESSION_PIDFD, session->pidfd);
	if (session->lent)
		state_add(state, SESSION_LENT, session->lent->carried);
	state_add(state, SESSION_OVERTIME, which);
	state_add(state, SESSION_TOLD, (uint64_t)session->told);
	state_add(state, SESSION_STEP, session->step);
	state_add(state, SESSION_VOID, session->void_);
	state_add(state, SESSION_PIPE, session->stderr_pipe != NULL);
	if (!session->void_)
		carry_write_prefix(&session->admit.source->prefix, SESSION_SOURCE, state);
	carry_write_facts(&session->facts, SESSION_FACTS, state);
	carry_write_session_group(session, SESSION_GROUP, state);
	if (session->cell)
		state_add(state, SESSION_CELL | STATE_OPTIONAL, (uint64_t)session->cell);
}

static void enter(struct session *session, unsigned which)
{
	struct service *service = session->service;

	list_append(&service->sessions, &session->link);
	if (which == OVERTIME_IN_TIME)
		list_append(&service->overtime.in_time, &session->overtime);
	else if (which == OVERTIME_TOLD)
		list_append(&service->overtime.told, &session->overtime);
	service->sup->session_count++;
}

static bool take_pipe(struct carry *carry, struct session *session)
{
	if (!carry->pipe || stderr_session(carry->pipe) != session->facts.session)
		return state_fail(carry->state, "session %llu has no pipe",
		                  (unsigned long long)session->facts.session);
	session->stderr_pipe = carry->pipe;
	carry->pipe = NULL;
	return true;
}

static bool fill_in(struct carry *carry, struct session *session)
{
	struct state_reader *state = carry->state;
	unsigned which = (unsigned)state_get_below(state, SESSION_OVERTIME, OVERTIME_TOLD + 1);
	bool has_pipe;
	struct prefix source;

	session->pid = (pid_t)state_get(state, SESSION_PID);
	session->pidfd = state_get_fd(state, SESSION_PIDFD);
	session->lent = carry_find_port(carry, SESSION_LENT);
	session->told = (msec_t)state_get(state, SESSION_TOLD);
	session->step = (enum spawn_step)state_get_below(state, SESSION_STEP, SPAWN_STEPS);
	session->void_ = state_get(state, SESSION_VOID);
	has_pipe = state_get(state, SESSION_PIPE);
	session->cell = (pid_t)state_get_or(state, SESSION_CELL, 0);
	if (!session->void_ && !carry_read_prefix(state, SESSION_SOURCE, &source))
		return false;
	if (!carry_read_session_group(carry, session, SESSION_GROUP))
		return false;
	if (!state_done(state))
		return false;
	if (session->pid <= 1)
		return state_fail(state, "a session has no process");
	if (has_pipe && !take_pipe(carry, session))
		return false;
	if (!session->void_ && adopt_running(&session->service->admit, &session->admit, &source,
	                                     loop_now(carry->sup->loop)) < 0)
		return carry_no_memory(carry);
	if (session->cell) {
		if (cells_reserve(&carry->sup->reaper.cells) < 0)
			return carry_no_memory(carry);
		cells_began(&carry->sup->reaper.cells);
	}
	enter(session, which);
	return true;
}

bool carry_read_session(struct carry *carry)
{
	struct service *service = carry_find_service(carry, SESSION_SERVICE);
	struct session *session;
	struct facts facts;

	if (!service)
		return false;
	carry_read_facts(carry->state, SESSION_FACTS, &facts);
	if (carry->state->failed)
		return false;
	session = session_new(service, &facts);
	if (!session)
		return carry_no_memory(carry);
	if (facts.session > carry->sup->last_session)
		carry->sup->last_session = facts.session;
	if (fill_in(carry, session))
		return true;
	if (session->group)
		list_remove(&session->group->link);
	free(session->group);
	free(session);
	return false;
}
