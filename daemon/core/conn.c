#include "core/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/door.h"
#include "core/environ.h"
#include "core/fold.h"
#include "core/header.h"
#include "core/record.h"
#include "core/service.h"
#include "core/stderr.h"
#include "core/supervisor.h"
#include "core/wait.h"
#include "net/greet.h"
#include "net/sockfilter.h"
#include "net/sockopt.h"

enum { ACCEPT_BATCH = 16, REFUSE_BATCH = 64 };

static bool conn_start(struct conn *conn);

/* The next connection's memory, made before it is accepted. */
static struct conn *conn_take_spare(struct supervisor *sup)
{
	struct conn *conn = sup->spare;

	if (!conn)
		conn = sup->spare = sys_malloc(sizeof *conn);
	return conn;
}

void conn_free_spare(struct supervisor *sup)
{
	free(sup->spare);
	sup->spare = NULL;
}

/* The connection is somebody else's now, or closed. */
static void conn_free(struct conn *conn)
{
	struct supervisor *sup = conn->service->sup;

	list_remove(&conn->link);
	sup->conn_count--;
	conn->service->conn_count--;
	sup->collect_wanted |= conn->service->retired;
	if (conn->lent)
		wait_return(conn->lent);
	if (sup->spare)
		free(conn);
	else
		sup->spare = conn;
}

static void conn_close(struct conn *conn)
{
	fd_close(&conn->fd);
	conn_free(conn);
}

/* Says why, where there is something to say, and closes. */
static void conn_answer(struct conn *conn)
{
	const struct conf_service *conf = conn->service->conf;

	linger_close(conn->service->sup->linger, conn->fd, conf->banner_fail,
	             conf->banner_fail_len);
	conn_free(conn);
}

void conn_refuse(struct conn *conn, enum reason reason)
{
	struct service *service = conn->service;

	service->stats.refused[reason]++;
	if (conn->state == CONN_QUEUED)
		stats_observe(&service->stats.queue, clock_usec() - conn->facts.accepted);
	fold_refusal(service->sup->fold, service, &conn->facts, reason);
	conn_answer(conn);
}

static struct conn *conn_of(struct admit_client *client)
{
	return list_entry(client, struct conn, admit);
}

void conn_admit(struct conn *conn)
{
	struct service *service = conn->service;
	enum reason closed = door_look(service);
	struct admit_answer answer;

	if (closed) {
		conn_refuse(conn, closed);
		return;
	}
	answer = admit_check(&service->admit, &conn->admit, &conn->facts.peer,
	                     loop_now(service->sup->loop));
	switch (answer.verdict) {
	case ADMIT_START:
		conn_start(conn);
		break;
	case ADMIT_WAIT:
		conn->fd = fd_up(conn->fd);
		conn->state = CONN_QUEUED;
		if (answer.displaced)
			conn_refuse(conn_of(answer.displaced), REASON_QUEUE_FULL);
		service->sup->pump_wanted = true;
		service_queue_changed(service);
		break;
	case ADMIT_REFUSE:
		conn_refuse(conn, answer.reason);
		break;
	}
}

/* What the kernel says of both ends. */
static void conn_ends(struct conn *conn, const struct listener *listener)
{
	struct addr *local = &conn->facts.local, *peer = &conn->facts.peer;
	struct ucred cred = {.uid = (uid_t)-1, .gid = (gid_t)-1};
	socklen_t len = sizeof cred;

	*local = listener->local;
	if (local->sa.sa_family == AF_UNIX) {
		(void)sys_getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
		peer->uid = cred.uid;
		peer->gid = cred.gid;
	}
	if (listener->exact)
		return;
	local->len = sizeof local->storage;
	if (sys_getsockname(conn->fd, &local->sa, &local->len) < 0)
		*local = listener->local;
}

/* What accept4(2) reports of the client or the network, not of us: that client
 * is gone, the next may be well. */
static bool is_clients_error(int error)
{
	switch (error) {
	case ECONNABORTED:
	case EINTR:
	case EPERM:
	case EPROTO:
	case ENOPROTOOPT:
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
	case EOPNOTSUPP:
	case ETIMEDOUT:
		return true;
	default:
		return false;
	}
}

/* The spare one becomes a connection; its descriptor and peer are in place. */
static void conn_begin(struct conn *conn, struct service *service)
{
	struct supervisor *sup = service->sup;

	sup->spare = NULL;
	list_init(&conn->link);
	conn->service = service;
	conn->state = CONN_NEW;
	conn->session = NULL;
	conn->plan = NULL;
	conn->stderr_fd = -1;
	conn->lent = NULL;
	conn->greeted = false;
	conn->tries = 0;
	conn->facts.session = 0;
	conn->facts.accepted = clock_usec();
	sup->conn_count++;
	service->conn_count++;
	service->stats.connections++;
}

enum accepted { ACCEPTED, ACCEPT_EMPTY, ACCEPT_LATER };

static enum accepted conn_accept_one(struct port *port)
{
	struct service *service = port->service;
	struct supervisor *sup = service->sup;
	struct conn *conn = conn_take_spare(sup);
	struct addr *peer;

	if (!conn) {
		resources_lack(sup, "malloc", ENOMEM);
		return ACCEPT_LATER;
	}
	peer = &conn->facts.peer;
	peer->len = sizeof peer->storage;
	conn->fd = sys_accept4(port->listener.fd, &peer->sa, &peer->len, SOCK_CLOEXEC);
	if (conn->fd < 0) {
		if (is_clients_error(errno))
			return ACCEPTED;
		if (errno == EAGAIN)
			return ACCEPT_EMPTY;
		resources_lack(sup, "accept4", errno);
		return ACCEPT_LATER;
	}
	conn_begin(conn, service);
	conn_ends(conn, &port->listener);
	if (port->listener.options_due)
		sockopt_accepted(conn->fd, port->where, service->conf);
	if (port->filtered)
		sockfilter_clear(conn->fd);
	if (service->conf->proxy_protocol)
		header_begin(conn);
	else
		conn_admit(conn);
	return ACCEPTED;
}

bool conn_lend(struct port *port)
{
	struct service *service = port->service;
	struct supervisor *sup = service->sup;
	struct conn *conn = conn_take_spare(sup);

	if (!conn) {
		resources_lack(sup, "malloc", ENOMEM);
		return false;
	}
	conn->fd = fd_down(port->listener.fd);
	if (conn->fd < 0) {
		resources_lack(sup, "dup", errno);
		return false;
	}
	conn_begin(conn, service);
	conn->facts.peer = (struct addr){.len = 0};
	conn->facts.local = port->listener.local;
	conn->lent = port;
	conn_admit(conn);
	return true;
}

bool conn_accept(struct port *port)
{
	struct service *service = port->service;
	struct supervisor *sup = service->sup;
	enum accepted last = ACCEPTED;

	for (int i = 0; i < ACCEPT_BATCH && last == ACCEPTED; i++) {
		if (!service->listening)
			return false;
		if (spawn_is_full(sup->spawner) ||
		    service->in_flight >= spawn_share(sup->spawner)) {
			sup->held_back = true;
			service_update(service);
			return false;
		}
		if (!supervisor_has_fds(sup)) {
			resources_lack(sup, "descriptors", EMFILE);
			return false;
		}
		last = conn_accept_one(port);
		service_update(service);
	}
	return last == ACCEPT_EMPTY;
}

/* Let in, but something lacks: it is tried again before all others. */
static void conn_ready(struct conn *conn, bool first)
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
static bool conn_wait_on(struct conn *conn)
{
	if (conn->service->sup->state == SUPERVISOR_STOPPING) {
		admit_release(&conn->service->admit, &conn->admit);
		conn_refuse(conn, REASON_STOPPING);
		return false;
	}
	conn_ready(conn, true);
	return true;
}

static void conn_lacks(struct conn *conn, const char *what, int error)
{
	struct supervisor *sup = conn->service->sup;

	if (conn_wait_on(conn))
		resources_lack(sup, what, error);
}

static void conn_failed(struct conn *conn, enum spawn_step step, int error)
{
	struct service *service = conn->service;

	service->stats.refused[REASON_SPAWN]++;
	record_fail(service, &conn->facts, step, error);
	conn_answer(conn);
}

/* A child copies the descriptors below its client's, so that one comes down. */
static int conn_come_down(struct conn *conn)
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
static void conn_borrow_stderr(struct conn *conn)
{
	struct session *session = conn->session;

	if (conn->plan->stderr_to != PLAN_STDERR_LOG)
		return;
	session->stderr_pipe = stderr_borrow(conn->service);
	if (session->stderr_pipe)
		conn->stderr_fd = stderr_end(session->stderr_pipe);
}

/* The banner goes before anything that the handler says. */
static void conn_greet(struct conn *conn)
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
static pid_t conn_try(struct conn *conn, struct slot *slot, int *pidfd)
{
	struct service *service = conn->service;
	struct supervisor *sup = service->sup;

	if (conn->facts.session == 0)
		conn->facts.session = ++sup->last_session;
	conn->facts.started = clock_usec();
	conn->plan = plan_ref(plan_of(conn));
	conn->session = session_new(service, &conn->facts);
	if (!conn->session || conn_come_down(conn) < 0 || environ_build(slot, conn) < 0)
		return -1;
	conn_borrow_stderr(conn);
	conn_greet(conn);
	return spawn_start(sup->spawner, slot, conn->plan, conn->fd, conn->stderr_fd, conn,
	                   loop_now(sup->loop), pidfd);
}

static void conn_try_failed(struct conn *conn, int error)
{
	struct service *service = conn->service;

	fd_close(&conn->stderr_fd);
	if (conn->session && conn->session->stderr_pipe)
		stderr_return(conn->session->stderr_pipe, 0);
	free(conn->session);
	conn->session = NULL;
	plan_unref(&conn->plan);
	if (spawn_is_shortage(error)) {
		conn_lacks(conn, "clone", error);
		return;
	}
	service->stats.spawn_failures[SPAWN_NONE]++;
	admit_release(&service->admit, &conn->admit);
	conn_failed(conn, SPAWN_NONE, error);
	service_spawn_failed(service, SPAWN_NONE, error);
}

/* False if the client is ready still: there was no slot, or something lacks. */
static bool conn_start(struct conn *conn)
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
		conn_ready(conn, false);
		return false;
	}
	pid = conn_try(conn, slot, &pidfd);
	if (pid < 0) {
		bool lacks = spawn_is_shortage(errno);

		conn_try_failed(conn, errno);
		return !lacks;
	}
	conn->state = CONN_STARTING;
	conn->session->admit = conn->admit;
	conn->session->lent = conn->lent;
	conn->session->starting = true;
	service->in_flight++;
	session_add(conn->session, pid, pidfd);
	return true;
}

static void conn_started(struct conn *conn, struct session *session)
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

static void conn_step_failed(struct conn *conn, struct session *session, const struct plan *plan,
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
			(void)conn_wait_on(conn);
			return;
		}
		conn_failed(conn, result->step, result->error);
		service_spawn_failed(service, result->step, result->error);
		return;
	}
	/* The place stays the client's; the child that could not goes alone. */
	session->void_ = true;
	if (!is_users_shortage(plan, result)) {
		conn_lacks(conn, spawn_step_call(result->step), result->error);
	} else if (conn_wait_on(conn)) {
		service_lacks(service, result->step, result->error);
	}
}

enum { TRIES = 3 };

/* Its child never came to the program. Whoever stopped it is no fault of the
 * client, so it is tried again; one that hung for long is given up. */
static void conn_was_stuck(struct conn *conn, struct session *session,
                           const struct spawn_result *result)
{
	struct service *service = conn->service;

	session->lent = NULL;
	service->stats.spawn_failures[SPAWN_EXEC]++;
	session->void_ = result->stopped && conn->tries++ < TRIES;
	if (session->void_) {
		(void)conn_wait_on(conn);
		return;
	}
	session->step = SPAWN_EXEC;
	conn_failed(conn, SPAWN_EXEC, ETIMEDOUT);
}

void conn_settled(void *owner, const struct spawn_result *result)
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
		conn_step_failed(conn, session, plan, result);
	else if (result->killed)
		conn_was_stuck(conn, session, result);
	else
		conn_started(conn, session);
	plan_unref(&plan);
	service_update(service);
}

/* The first of those who were let in whose service has room for a start. */
static struct conn *conn_next_ready(const struct supervisor *sup)
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
static bool conn_pump_one(struct supervisor *sup)
{
	struct conn *ready = conn_next_ready(sup);

	if (ready) {
		list_remove(&ready->link);
		return conn_start(ready);
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
		return conn_start(conn_of(next));
	}
	return false;
}

void conn_pump(struct supervisor *sup)
{
	if (!sup->pump_wanted)
		return;
	sup->pump_wanted = false;
	while (conn_pump_one(sup))
		;
	sup->held_back |= !list_empty(&sup->ready) || !list_empty(&sup->waiting);
}

static void conn_refuse_client(struct service *service, struct admit_client *client,
                               enum reason reason)
{
	conn_refuse(conn_of(client), reason);
	service_queue_changed(service);
}

void conn_refuse_waiting(struct service *service, enum reason reason)
{
	struct admit_client *client;

	headers_refuse(service, reason);
	while ((client = admit_waiting(&service->admit))) {
		admit_release(&service->admit, client);
		conn_refuse_client(service, client, reason);
	}
	list_each_safe (link, &service->sup->ready) {
		struct conn *conn = list_entry(link, struct conn, link);

		if (conn->service != service)
			continue;
		admit_release(&service->admit, &conn->admit);
		conn_refuse(conn, reason);
	}
}

/* Of a disabled service all, of others those who have waited too long. */
static struct admit_client *conn_next_refused(struct service *service, msec_t now)
{
	struct admit_client *client;

	if (service->wish != WISH_DISABLED)
		return admit_expired(&service->admit, now);
	client = admit_waiting(&service->admit);
	if (client)
		admit_release(&service->admit, client);
	return client;
}

void conn_refuse_expired(struct service *service)
{
	msec_t now = loop_now(service->sup->loop);
	struct admit_client *client;

	/* What is left is due at once, in the next turn. */
	for (int i = 0; i < REFUSE_BATCH && (client = conn_next_refused(service, now)); i++)
		conn_refuse_client(service, client,
		                   service->wish == WISH_DISABLED ? REASON_DISABLED
		                                                  : REASON_QUEUE_TIMEOUT);
	service_queue_changed(service);
}
