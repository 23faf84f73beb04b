#include "core/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "core/door.h"
#include "core/fold.h"
#include "core/header.h"
#include "core/service.h"
#include "core/start.h"
#include "core/supervisor.h"
#include "core/wait.h"
#include "net/sockfilter.h"
#include "net/sockopt.h"

enum { ACCEPT_BATCH = 16, REFUSE_BATCH = 64 };

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

void conn_close(struct conn *conn)
{
	fd_close(&conn->fd);
	conn_free(conn);
}

void conn_answer(struct conn *conn)
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

struct conn *conn_of(struct admit_client *client)
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
		start_conn(conn);
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
