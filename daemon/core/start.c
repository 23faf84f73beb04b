#include "core/start.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fd.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/environ.h"
#include "core/group.h"
#include "core/record.h"
#include "core/service.h"
#include "core/stderr.h"
#include "core/supervisor.h"
#include "net/greet.h"

/* Let in, but something lacks: it is tried again before all others. */
static void start_later(struct conn *conn, bool first)
{
	struct supervisor *sup = conn->service->sup;

	conn->state = CONN_READY;
	if (first)
		list_insert_before(sup->ready.next, &conn->link);
	else
		list_append(&sup->ready, &conn->link);
	sup->pump_wanted = true;
}

/* Back among those that are ready, before all others; false where the end has
 * come, and the client goes. */
static bool start_again(struct conn *conn)
{
	if (conn->service->sup->state == SUPERVISOR_STOPPING) {
		admit_release(&conn->service->admit, &conn->admit);
		conn_refuse(conn, REASON_STOPPING);
		return false;
	}
	start_later(conn, true);
	return true;
}

static void start_lacks(struct conn *conn, const char *what, int error)
{
	struct supervisor *sup = conn->service->sup;

	if (start_again(conn))
		resources_lack(sup, what, error);
}

static void start_failed(struct conn *conn, enum spawn_step step, int error)
{
	struct service *service = conn->service;

	service->stats.refused[REASON_SPAWN]++;
	record_fail(service, &conn->facts, step, error);
	conn_answer(conn);
}

/* A child copies the descriptors below its client's, so that one comes down. */
static int come_down(struct conn *conn)
{
	int low;

	if (!fd_is_up(conn->fd))
		return 0;
	low = fd_down(conn->fd);
	if (low < 0)
		return -1;
	fd_close(&conn->fd);
	conn->fd = low;
	return 0;
}

/* The log's pipe for the session; without one its lines go to our own stderr. */
static void borrow_stderr(struct conn *conn)
{
	struct session *session = conn->session;

	if (conn->plan->stderr_to != PLAN_STDERR_LOG)
		return;
	session->stderr_pipe = stderr_borrow(conn->service);
	if (session->stderr_pipe)
		conn->stderr_fd = stderr_end(session->stderr_pipe);
}

/* The banner goes before anything that the handler says. */
static void greet_client(struct conn *conn)
{
	const struct conf_service *conf = conn->service->conf;

	if (!conf->banner || conn->greeted || conn->lent)
		return;
	conn->greeted = true;
	(void)greet(conn->fd, conf->banner, conf->banner_len, conf->sndbuf);
}

/* A client that was accepted before its service became one with wait = yes is served by
 * the program that it came for. */
static struct plan *plan_of(const struct conn *conn)
{
	const struct service *service = conn->service;

	return service->conf->wait && !conn->lent && service->plan_before ? service->plan_before
	                                                                  : service->plan;
}

/* Everything up to the clone that may lack something. */
static pid_t start_try(struct conn *conn, struct slot *slot, int *pidfd)
{
	struct service *service = conn->service;
	struct supervisor *sup = service->sup;
	int group = -1;
	pid_t pid;

	if (conn->facts.session == 0)
		conn->facts.session = ++sup->last_session;
	conn->facts.started = clock_usec();
	conn->plan = plan_ref(plan_of(conn));
	conn->session = session_new(service, &conn->facts);
	if (conn->plan->cell && cells_reserve(&sup->reaper.cells) < 0)
		return -1;
	if (!conn->session || come_down(conn) < 0 || environ_build(slot, conn) < 0)
		return -1;
	borrow_stderr(conn);
	if (group_begin(conn, slot, &group) < 0)
		return -1;
	greet_client(conn);
	pid = spawn_start(sup->spawner, slot, conn->plan, conn->fd, conn->stderr_fd, conn,
	                  loop_now(sup->loop), pidfd);
	fd_close(&group);
	return pid;
}

static void try_failed(struct conn *conn, enum spawn_step step, int error)
{
	struct service *service = conn->service;

	fd_close(&conn->stderr_fd);
	if (conn->session && conn->session->stderr_pipe)
		stderr_return(conn->session->stderr_pipe, 0);
	if (conn->session && conn->session->group)
		group_forget(conn->session);
	free(conn->session);
	conn->session = NULL;
	plan_unref(&conn->plan);
	if (spawn_is_shortage(error)) {
		start_lacks(conn, spawn_step_call(step), error);
		return;
	}
	service->stats.spawn_failures[step]++;
	admit_release(&service->admit, &conn->admit);
	start_failed(conn, step, error);
	service_spawn_failed(service, step, error);
}

bool start_conn(struct conn *conn)
{
	struct service *service = conn->service;
	struct slot *slot = NULL;
	int pidfd = -1;
	pid_t pid;

	/* Its service has no use for a socket to lend any more: it accepts itself. */
	if (conn->lent && !service->conf->wait) {
		admit_release(&service->admit, &conn->admit);
		conn_close(conn);
		return true;
	}
	if (service_can_start(service))
		slot = spawn_slot(service->sup->spawner);
	if (!slot) {
		start_later(conn, false);
		return false;
	}
	pid = start_try(conn, slot, &pidfd);
	if (pid < 0) {
		bool lacks = spawn_is_shortage(errno);

		try_failed(conn, slot->child.step, errno);
		return !lacks;
	}
	conn->state = CONN_STARTING;
	conn->session->admit = conn->admit;
	conn->session->lent = conn->lent;
	conn->session->starting = true;
	service->in_flight++;
	conn->session->cell = slot->cell;
	if (slot->cell)
		cells_began(&service->sup->reaper.cells);
	session_add(conn->session, pid, pidfd);
	return true;
}

static void start_done(struct conn *conn, struct session *session)
{
	struct service *service = conn->service;

	service->stats.started++;
	stats_observe(&service->stats.queue, session->facts.started - conn->facts.accepted);
	service_spawn_succeeded(service);
	record_start(session);
	conn->lent = NULL;
	conn_close(conn);
}

/* More processes than the handler's own user may have: only its service waits. */
static bool is_users_shortage(const struct plan *plan, const struct spawn_result *result)
{
	bool own = plan->change_user;

	for (size_t i = 0; i < plan->rlimit_count; i++)
		own |= plan->rlimit[i].resource == RLIMIT_NPROC;
	return own && result->error == EAGAIN && result->step >= SPAWN_USER;
}

static void step_failed(struct conn *conn, struct session *session, const struct plan *plan,
                        const struct spawn_result *result)
{
	struct service *service = conn->service;

	service->stats.spawn_failures[result->step]++;
	session->step = result->step;
	session->lent = NULL;
	if (!spawn_is_shortage(result->error)) {
		/* Not if that was as it was configured before: now it may go well. */
		session->void_ = plan != plan_of(conn);
		if (session->void_) {
			(void)start_again(conn);
			return;
		}
		start_failed(conn, result->step, result->error);
		service_spawn_failed(service, result->step, result->error);
		return;
	}
	/* The place stays the client's; the child that could not goes alone. */
	session->void_ = true;
	if (!is_users_shortage(plan, result)) {
		start_lacks(conn, spawn_step_call(result->step), result->error);
	} else if (start_again(conn)) {
		service_lacks(service, result->step, result->error);
	}
}

enum { TRIES = 3 };

/* Its child never came to the program. Whoever stopped it is no fault of the
 * client, so it is tried again; one that hung for long is given up. */
static void was_stuck(struct conn *conn, struct session *session, const struct spawn_result *result)
{
	struct service *service = conn->service;

	session->lent = NULL;
	service->stats.spawn_failures[SPAWN_EXEC]++;
	session->void_ = result->stopped && conn->tries++ < TRIES;
	if (session->void_) {
		(void)start_again(conn);
		return;
	}
	session->step = SPAWN_EXEC;
	start_failed(conn, SPAWN_EXEC, ETIMEDOUT);
}

void start_settled(void *owner, const struct spawn_result *result)
{
	struct conn *conn = owner;
	struct session *session = conn->session;
	struct service *service = conn->service;
	struct plan *plan = conn->plan;

	conn->session = NULL;
	conn->plan = NULL;
	fd_close(&conn->stderr_fd);
	session->starting = false;
	service->in_flight--;
	service->sup->pump_wanted = true;
	if (result->error)
		step_failed(conn, session, plan, result);
	else if (result->killed)
		was_stuck(conn, session, result);
	else
		start_done(conn, session);
	plan_unref(&plan);
	service_update(service);
}

/* The first of those who were let in whose service has room for a start. */
static struct conn *next_ready(const struct supervisor *sup)
{
	list_each (link, &sup->ready) {
		struct conn *conn = list_entry(link, struct conn, link);

		/* Who is freed has left the list before; the analyzer does not see it. */
		if (service_can_start(conn->service)) /* NOLINT(clang-analyzer-unix.Malloc) */
			return conn;
	}
	return NULL;
}

/* Starts one client more; false when none may or can. */
static bool pump_one(struct supervisor *sup)
{
	struct conn *ready = next_ready(sup);

	if (ready) {
		list_remove(&ready->link);
		return start_conn(ready);
	}
	list_each_safe (link, &sup->waiting) {
		struct service *service = list_entry(link, struct service, waiting);
		bool may = service_can_start(service) && service->wish != WISH_DISABLED;
		struct admit_client *next = may ? admit_next(&service->admit) : NULL;

		if (!next)
			continue;
		/* Services take turns, too. */
		list_remove(&service->waiting);
		list_append(&sup->waiting, &service->waiting);
		service_queue_changed(service);
		return start_conn(conn_of(next));
	}
	return false;
}

void start_pump(struct supervisor *sup)
{
	if (!sup->pump_wanted)
		return;
	sup->pump_wanted = false;
	while (pump_one(sup))
		;
	sup->held_back |= !list_empty(&sup->ready) || !list_empty(&sup->waiting);
}
