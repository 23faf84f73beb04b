#include "core/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "core/wait.h"

enum {
	CLOSING_MOST = 8192, /* clients: a flood does not keep a listener open */
	CLOSING_MSEC = 20,   /* between looks at one that could take in nobody */
};

static struct loop *loop_of(const struct port *port)
{
	return port->service->sup->loop;
}

static bool is_closing(const struct port *port)
{
	return port->leaving || port->service->state == SERVICE_CLOSING;
}

/* Takes a batch in; a listener that is to go does so once it is empty. */
static void port_accept(struct port *port)
{
	struct service *service = port->service;
	uint64_t before = service->stats.connections;
	bool empty = conn_accept(port);
	uint64_t taken = service->stats.connections - before;

	if (!is_closing(port))
		return;
	port->closing_left -= taken < port->closing_left ? (unsigned)taken : port->closing_left;
	if (!empty && port->closing_left > 0) {
		loop_timer_set(loop_of(port), &port->retry, loop_now(loop_of(port)) + CLOSING_MSEC);
		return;
	}
	port_close(port);
	if (port->leaving)
		port_free(port);
	service_port_closed(service);
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
		service_update(port->service);
	} else if (is_closing(port)) {
		port_accept(port);
	} else {
		port_open(port);
	}
}

struct port *port_new(struct service *service, struct conf *model, const struct conf_listen *where)
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
	free(port);
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

	if (listener_open(&port->listener, port->where, service->conf, &port->why) < 0) {
		port_failed(port);
		return;
	}
	if (port->error)
		log_info("service \"%s\": listen: %s is open now", service->conf->name,
		         port->where->text);
	if (port->listener.v4_only)
		log_info("service \"%s\": listen: %s: no IPv6 here, serving IPv4 only",
		         service->conf->name, port->where->text);
	port->error = 0;
	backoff_succeeded(&port->backoff);
	port->watch.fd = port->listener.fd;
	port->watch.events = 0;
	/* Decided anew, so that this one is watched if the others are. */
	service->listening = false;
	service_update(service);
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
	/* What waits in a socket that is lent is its handlers' business. */
	if (port->listener.fd >= 0 && !port->service->conf->wait) {
		port_accept(port);
		return;
	}
	port_close(port);
	/* A handler that has it gives it back later. */
	if (port->leaving && !port->lent)
		port_free(port);
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

void port_returned(struct port *port)
{
	port->lent = false;
	if (port->leaving)
		port_free(port);
}
