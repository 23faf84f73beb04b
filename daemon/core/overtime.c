#include "core/overtime.h"

#include <signal.h>

#include "base/log.h"
#include "core/service.h"
#include "core/session.h"
#include "core/supervisor.h"

enum { BATCH = 64 };

static struct session *first_of(const struct list *list)
{
	struct list *first = list_first(list);

	return first ? list_entry(first, struct session, overtime) : NULL;
}

/* When the next of these is due; -1: never. */
static msec_t term_due(const struct service *service)
{
	const struct session *session = first_of(&service->overtime.in_time);

	if (!session || service->conf->max_runtime_msec == 0)
		return -1;
	return session->facts.started / 1000 + 1 + service->conf->max_runtime_msec;
}

static msec_t kill_due(const struct service *service)
{
	const struct session *session = first_of(&service->overtime.told);

	return session ? session->told + service->conf->stop_timeout_msec : -1;
}

static void tell(struct service *service, msec_t now)
{
	struct session *session = first_of(&service->overtime.in_time);

	list_remove(&session->overtime);
	list_append(&service->overtime.told, &session->overtime);
	session->told = now;
	log_info("service \"%s\": session %llu has run longer than max_runtime, SIGTERM to pid %d",
	         service->conf->name, (unsigned long long)session->facts.session,
	         (int)session->pid);
	session_signal(session, SIGTERM);
}

static void end(struct service *service)
{
	struct session *session = first_of(&service->overtime.told);

	list_remove(&session->overtime);
	session_signal(session, SIGKILL);
}

static bool is_due(msec_t due, msec_t now)
{
	return due >= 0 && due <= now;
}

static void on_timer(struct loop_timer *timer)
{
	struct overtime *overtime = list_entry(timer, struct overtime, timer);
	struct service *service = list_entry(overtime, struct service, overtime);
	msec_t now = loop_now(service->sup->loop);

	if (service->sup->state >= SUPERVISOR_STOPPING)
		return;
	for (int i = 0; i < BATCH && is_due(term_due(service), now); i++)
		tell(service, now);
	for (int i = 0; i < BATCH && is_due(kill_due(service), now); i++)
		end(service);
	overtime_update(service);
}

void overtime_update(struct service *service)
{
	struct loop *loop = service->sup->loop;
	msec_t term = term_due(service), kill = kill_due(service);
	msec_t due = term < 0 || (kill >= 0 && kill < term) ? kill : term;

	if (due < 0)
		loop_timer_unset(loop, &service->overtime.timer);
	else
		loop_timer_set(loop, &service->overtime.timer, due);
}

void overtime_begin(struct session *session)
{
	struct service *service = session->service;

	list_append(&service->overtime.in_time, &session->overtime);
	/* One that is set is set for somebody who is due before. */
	if (service->conf->max_runtime_msec > 0 && !service->overtime.timer.node.at)
		overtime_update(service);
}

int overtime_init(struct service *service)
{
	list_init(&service->overtime.in_time);
	list_init(&service->overtime.told);
	return loop_timer_init(service->sup->loop, &service->overtime.timer, on_timer);
}

void overtime_free(struct service *service)
{
	loop_timer_free(service->sup->loop, &service->overtime.timer);
}
