#include "core/session.h"

#include <signal.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/sys.h"
#include "core/group.h"
#include "core/service.h"
#include "core/stderr.h"
#include "core/supervisor.h"
#include "core/wait.h"

struct session *session_new(struct service *service, const struct facts *facts)
{
	struct session *session = sys_calloc(1, sizeof *session);

	if (!session)
		return NULL;
	session->service = service;
	session->facts = *facts;
	session->pidfd = -1;
	list_init(&session->link);
	list_init(&session->overtime);
	return session;
}

void session_add(struct session *session, pid_t pid, int pidfd)
{
	struct supervisor *sup = session->service->sup;

	session->pid = pid;
	session->pidfd = pidfd;
	if (session->stderr_pipe)
		stderr_begin(session->stderr_pipe, session->facts.session, pid);
	list_append(&session->service->sessions, &session->link);
	overtime_begin(session);
	sup->session_count++;
	reap_watch(sup, session);
}

void session_end_stderr(struct session *session)
{
	if (session->stderr_pipe)
		stderr_return(session->stderr_pipe, session->pid);
	session->stderr_pipe = NULL;
}

/* A sibling that is just being started may still hold a copy of it, so the close
 * alone would not take it out of the epoll set. */
static void unwatch(struct session *session)
{
	struct reaper *reaper = &session->service->sup->reaper;

	if (session->pidfd >= 0 && !session->blind)
		(void)sys_epoll_ctl(reaper->epoll_fd, EPOLL_CTL_DEL, session->pidfd, NULL);
	if (session->blind && session->pid > 0)
		reaper->blind--;
	session->blind = false;
	fd_close(&session->pidfd);
}

void session_leave_process(struct session *session)
{
	unwatch(session);
	session->ended = true;
}

void session_free(struct session *session)
{
	struct supervisor *sup = session->service->sup;

	/* A void one has left its place to the client, who tries again. */
	if (!session->void_)
		admit_release(&session->service->admit, &session->admit);
	if (session->pid > 0) {
		list_remove(&session->link);
		list_remove(&session->overtime);
		sup->session_count--;
		sup->collect_wanted |= session->service->retired;
	}
	unwatch(session);
	if (session->group)
		group_forget(session);
	session_end_stderr(session);
	if (session->lent)
		wait_return(session->lent);
	free(session);
}

struct session *session_of_pid(const struct supervisor *sup, pid_t pid)
{
	for (size_t i = 0; i < sup->service_count; i++)
		list_each (link, &sup->services[i]->sessions) {
			struct session *session = list_entry(link, struct session, link);

			if (session->pid == pid && !session->ended)
				return session;
		}
	return NULL;
}

struct session *session_of_number(const struct supervisor *sup, uint64_t number)
{
	for (size_t i = 0; i < sup->service_count; i++)
		list_each (link, &sup->services[i]->sessions) {
			struct session *session = list_entry(link, struct session, link);

			if (session->facts.session == number)
				return session;
		}
	return NULL;
}

void session_signal(const struct session *session, int signal)
{
	/* One that is starting may not be in its group yet. */
	if (session->group && group_signal(session, signal) && !session->starting)
		return;
	if (session->ended)
		return;
	/* The process group first: once the leader is reaped its number may be another's.
	 * Before setsid(2) there is no such group, and the leader gets it alone. */
	if (sys_kill(-session->pid, signal) == 0)
		return;
	if (session->pidfd >= 0)
		(void)sys_pidfd_send_signal(session->pidfd, signal);
	else
		(void)sys_kill(session->pid, signal);
}
