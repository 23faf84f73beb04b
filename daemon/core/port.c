#include "core/port.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "core/wait.h"

enum {
	CLOSING_MOST = 8192, /* clients: a flood does not keep a listener open */
	CLOSING_MSEC = 20,   /* between looks at one that could take in nobody */
	CLOSING_USELESS = 3, /* handlers in a row that take nothing from one that closes */
};

static struct loop *loop_of(const struct port *port)
{
	return port->service->sup->loop;
}

bool port_is_retried(const struct port *port)
{
	return port->listener.fd < 0 && port->error && port->retry.node.at;
}

bool port_is_closing(const struct port *port)
{
	return port->leaving || port->service->state == SERVICE_CLOSING;
}

static void port_finish(struct port *port)
{
	struct service *service = port->service;

	port_close(port);
	/* A handler that has it will give it back. */
	if ((port->leaving || port->covered) && !port->lent)
		port_free(port);
	service_port_closed(service);
}

/* Takes a batch in; a listener that is to go does so once it is empty. */
static void port_accept(struct port *port)
{
	struct service *service = port->service;
	uint64_t before = service->stats.connections;
	bool empty = conn_accept(port);
	uint64_t taken = service->stats.connections - before;

	if (!port_is_closing(port))
		return;
	port->closing_left -= taken < port->closing_left ? (unsigned)taken : port->closing_left;
	if (!empty && port->closing_left > 0) {
		loop_timer_set(loop_of(port), &port->retry, loop_now(loop_of(port)) + CLOSING_MSEC);
		return;
	}
	port_finish(port);
}

static bool is_readable(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};

	return poll(&look, 1, 0) > 0;
}

/* What waits in it goes to one more handler, as long as they take something. */
static void lend_last(struct port *port)
{
	if (port->listener.fd >= 0 && port->useless < CLOSING_USELESS &&
	    is_readable(port->listener.fd))
		wait_lend(port);
	else
		port_finish(port);
}

void port_go_on_closing(struct port *port)
{
	if (port->lent || port->pausing)
		return;
	if (port->listener.fd < 0)
		port_finish(port);
	else if (port->service->conf->wait)
		lend_last(port);
	else
		port_accept(port);
}

static void on_readable(struct loop_watch *watch, uint32_t events)
{
	struct port *port = list_entry(watch, struct port, watch);

	(void)events;
	if (port->service->conf->wait)
		wait_lend(port);
	else
		port_accept(port);
}

static void on_retry(struct loop_timer *timer)
{
	struct port *port = list_entry(timer, struct port, retry);

	if (port->pausing) {
		port->pausing = false;
		if (port_is_closing(port))
			port_go_on_closing(port);
		else
			service_refresh(port->service);
	} else if (port_is_closing(port)) {
		port_accept(port);
	} else {
		port_open(port);
	}
}

static void set_options(struct port *port, struct conf *model, const struct conf_service *options)
{
	struct conf *old = port->options_model;

	port->options_model = conf_ref(model);
	port->options = options;
	conf_unref(&old);
}

struct port *port_new(struct service *service, struct conf *model,
                      const struct conf_service *options, const struct conf_listen *where)
{
	struct port *port = sys_calloc(1, sizeof *port);

	if (!port)
		return NULL;
	if (loop_timer_init(service->sup->loop, &port->retry, on_retry) < 0) {
		free(port);
		return NULL;
	}
	port->service = service;
	port->model = conf_ref(model);
	port->where = where;
	set_options(port, model, options);
	port->listener = (struct listener)LISTENER_CLOSED;
	port->watch.ready = on_readable;
	list_append(&service->ports, &port->link);
	service->sup->port_count++;
	return port;
}

void port_free(struct port *port)
{
	port_close(port);
	loop_timer_free(loop_of(port), &port->retry);
	list_remove(&port->link);
	port->service->sup->port_count--;
	conf_unref(&port->model);
	conf_unref(&port->options_model);
	free(port);
}

/* Bound by root, it is to have the account that we will be: only sockets of one
 * account can be bound beside each other (net/listener.h). */
static void give_away(const struct port *port)
{
	const struct conf *conf = port->service->sup->conf;

	if (conf->user && geteuid() == 0 && addr_is_ip(&port->where->addr) &&
	    fchown(port->listener.fd, conf->uid, (gid_t)-1) < 0)
		log_debug("service \"%s\": fchown of a listener: %m", port->service->conf->name);
}

static void port_failed(struct port *port)
{
	msec_t now = loop_now(loop_of(port));
	int error = errno;
	bool first = port->error != error;

	port->error = error;
	loop_timer_set(loop_of(port), &port->retry, backoff_failed(&port->backoff, now));
	if (first)
		log_error("%s:%u: service \"%s\": listen: %s: %s: %s (it is tried again every "
		          "2 to 60 s)",
		          port->where->where.file, port->where->where.line,
		          port->service->conf->name, port->where->text, port->why, strerror(error));
}

void port_open(struct port *port)
{
	struct service *service = port->service;

	if (listener_open(&port->listener, port->where, port->options, &port->why) < 0) {
		port_failed(port);
		return;
	}
	port_opened(port);
	/* Decided anew, so that this one is watched if the others are. */
	service_refresh(service);
}

void port_opened(struct port *port)
{
	struct service *service = port->service;

	give_away(port);
	if (port->error)
		log_info("service \"%s\": listen: %s is open now", service->conf->name,
		         port->where->text);
	if (port->listener.v4_only)
		log_info("service \"%s\": listen: %s: no IPv6 here, serving IPv4 only",
		         service->conf->name, port->where->text);
	port->error = 0;
	backoff_succeeded(&port->backoff);
	port->filtered = false;
	bans_filter_soon(service->sup);
	port->watch.fd = port->listener.fd;
	port->watch.events = 0;
}

void port_stay(struct port *port)
{
	if (port->listener.fd >= 0 && !port->pausing)
		loop_timer_unset(loop_of(port), &port->retry);
}

void port_adopt(struct port *port, const struct listener *listener)
{
	port->listener = *listener;
	port->watch.fd = listener->fd;
	port->watch.events = 0;
}

void port_assign(struct port *port, struct service *service, struct conf *model,
                 const struct conf_listen *where)
{
	struct conf *old = port->model;

	list_remove(&port->link);
	list_append(&service->ports, &port->link);
	port_stay(port);
	port->leaving = port->covered = port->claimed = false;
	port->service = service;
	port->model = conf_ref(model);
	port->where = where;
	set_options(port, model, service->conf);
	conf_unref(&old);
	/* A handler that had it may have left it blocking. */
	if (port->listener.fd >= 0 && !port->lent && !service->conf->wait)
		(void)fd_set_nonblock(port->listener.fd, true);
}

int port_follow(struct port *port)
{
	struct service *service = port->service;
	const char *why;

	if (listener_change(&port->listener, port->where, port->options, service->conf, &why) < 0)
		return -1;
	set_options(port, service->model, service->conf);
	return 0;
}

void port_empty(struct port *port)
{
	struct service *service = port->service;
	uint64_t end = service->stats.connections + CLOSING_MOST, before;

	if (service->conf->wait || port->lent)
		return;
	do
		before = service->stats.connections;
	while (!conn_accept(port) && service->stats.connections > before && before < end);
}

void port_close(struct port *port)
{
	loop_timer_unset(loop_of(port), &port->retry);
	port->pausing = false;
	if (port->listener.fd < 0)
		return;
	loop_unwatch(loop_of(port), &port->watch);
	listener_close(&port->listener);
}

void port_close_gently(struct port *port)
{
	port->closing_left = CLOSING_MOST;
	/* What waits in a socket of datagrams cannot be refused: it goes with it. */
	if (port->listener.fd < 0 ||
	    (port->service->conf->wait && port->service->wish == WISH_DISABLED))
		port_finish(port);
	else
		port_go_on_closing(port);
}

int port_watch(struct port *port, bool want)
{
	if (port->listener.fd < 0)
		return 0;
	if (want && !port->lent && !port->pausing)
		return loop_watch(loop_of(port), &port->watch, EPOLLIN);
	loop_unwatch(loop_of(port), &port->watch);
	return 0;
}

void port_pause(struct port *port, msec_t msec)
{
	port->pausing = true;
	loop_timer_set(loop_of(port), &port->retry, loop_now(loop_of(port)) + msec);
}
