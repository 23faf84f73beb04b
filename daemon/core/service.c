#include "core/service.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/fold.h"
#include "core/stderr.h"
#include "core/supervisor.h"
#include "core/wait.h"

enum {
	CLOSING_MOST = 8192, /* clients: a flood does not keep a listener open */
	CLOSING_MSEC = 20,   /* between looks at one that could take in nobody */
	LACKING_MSEC = 1000, /* until the user's processes are tried again */
};

static void port_open(struct service_port *port);

static void port_close(struct service_port *port)
{
	struct loop *loop = port->service->sup->loop;

	loop_timer_unset(loop, &port->retry);
	if (port->listener.fd < 0)
		return;
	loop_unwatch(loop, &port->watch);
	listener_close(&port->listener);
}

static size_t ports_open(const struct service *service)
{
	size_t n = 0;

	for (size_t i = 0; i < service->port_count; i++)
		n += service->port[i].listener.fd >= 0;
	return n;
}

/* Takes a batch in; a listener that is to go does so once it is empty. */
static void port_accept(struct service_port *port)
{
	struct service *service = port->service;
	uint64_t before = service->stats.connections;
	bool empty = conn_accept(port);
	uint64_t taken = service->stats.connections - before;

	if (service->state != SERVICE_CLOSING)
		return;
	port->closing_left -= taken < port->closing_left ? (unsigned)taken : port->closing_left;
	if (empty || port->closing_left == 0)
		port_close(port);
	else
		loop_timer_set(service->sup->loop, &port->retry,
		               loop_now(service->sup->loop) + CLOSING_MSEC);
	if (ports_open(service) == 0)
		service->state = SERVICE_CLOSED;
}

static void on_readable(struct loop_watch *watch, uint32_t events)
{
	struct service_port *port = list_entry(watch, struct service_port, watch);

	(void)events;
	if (port->service->conf->wait)
		wait_lend(port);
	else
		port_accept(port);
}

static void on_retry(struct loop_timer *timer)
{
	struct service_port *port = list_entry(timer, struct service_port, retry);

	if (port->pausing) {
		port->pausing = false;
		service_update(port->service);
	} else if (port->service->state == SERVICE_CLOSING) {
		port_accept(port);
	} else {
		port_open(port);
	}
}

static void on_queue_timeout(struct loop_timer *timer)
{
	conn_refuse_expired(list_entry(timer, struct service, queue_timer));
}

static void on_backoff_over(struct loop_timer *timer)
{
	struct service *service = list_entry(timer, struct service, backoff_timer);

	service->failing = false;
	service->sup->pump_wanted = true;
	service_update(service);
}

void service_lacks(struct service *service, enum spawn_step step, int error)
{
	struct loop *loop = service->sup->loop;

	if (!service->lacking)
		log_warn("service \"%s\": %s: %s: user \"%s\" may have no more processes; its "
		         "clients wait (%u sessions)",
		         service->conf->name, spawn_step_call(step), strerror(error),
		         service->conf->user, service->admit.running);
	service->lacking = service->failing = true;
	loop_timer_set(loop, &service->backoff_timer, loop_now(loop) + LACKING_MSEC);
	service_update(service);
}

void service_freed(struct service *service)
{
	struct loop *loop = service->sup->loop;

	if (service->lacking && service->failing)
		loop_timer_set(loop, &service->backoff_timer, loop_now(loop));
}

static void on_stop_timeout(struct loop_timer *timer)
{
	service_signal(list_entry(timer, struct service, stop_timer), SIGKILL);
}

static int service_make_ports(struct service *service)
{
	struct loop *loop = service->sup->loop;
	const struct conf_service *conf = service->conf;

	service->port = sys_calloc(conf->listen_count, sizeof *service->port);
	if (!service->port)
		return -1;
	for (; service->port_count < conf->listen_count; service->port_count++) {
		struct service_port *port = &service->port[service->port_count];

		port->service = service;
		port->where = &conf->listen[service->port_count];
		port->listener = (struct listener)LISTENER_CLOSED;
		port->watch.ready = on_readable;
		if (loop_timer_init(loop, &port->retry, on_retry) < 0)
			return -1;
	}
	return 0;
}

struct service *service_new(struct supervisor *sup, const struct conf_service *conf)
{
	struct service *service = sys_calloc(1, sizeof *service);

	if (!service)
		return NULL;
	service->sup = sup;
	service->conf = conf;
	service->state = conf->enabled ? SERVICE_RUNNING : SERVICE_DISABLED;
	list_init(&service->waiting);
	list_init(&service->sessions);
	list_init(&service->stderr_idle);
	list_init(&service->stderr_used);
	admit_service_init(&service->admit, &sup->admit, conf);
	service->plan = plan_new(sup->conf, conf, &sup->original_files);
	if (!service->plan || service_make_ports(service) < 0 ||
	    loop_timer_init(sup->loop, &service->queue_timer, on_queue_timeout) < 0 ||
	    loop_timer_init(sup->loop, &service->backoff_timer, on_backoff_over) < 0 ||
	    loop_timer_init(sup->loop, &service->stop_timer, on_stop_timeout) < 0)
		service_free(&service);
	return service;
}

void service_free(struct service **service)
{
	struct service *svc = *service;
	struct loop *loop;

	*service = NULL;
	if (!svc)
		return;
	loop = svc->sup->loop;
	service_close(svc);
	fold_forget(svc->sup->fold, svc);
	list_each_safe (link, &svc->sessions)
		session_free(list_entry(link, struct session, link));
	stderr_close(svc);
	for (size_t i = 0; i < svc->port_count; i++)
		loop_timer_free(loop, &svc->port[i].retry);
	loop_timer_free(loop, &svc->queue_timer);
	loop_timer_free(loop, &svc->backoff_timer);
	loop_timer_free(loop, &svc->stop_timer);
	list_remove(&svc->waiting);
	admit_service_free(&svc->admit);
	plan_unref(&svc->plan);
	stats_free(&svc->stats);
	free(svc->port);
	free(svc);
}

static void port_failed(struct service_port *port)
{
	struct supervisor *sup = port->service->sup;
	msec_t now = loop_now(sup->loop);
	int error = errno;
	bool first = port->error != error;

	port->error = error;
	loop_timer_set(sup->loop, &port->retry, backoff_failed(&port->backoff, now));
	if (first)
		log_error("%s:%u: service \"%s\": listen: %s: %s: %s (it is tried again every "
		          "2 to 60 s)",
		          port->where->where.file, port->where->where.line,
		          port->service->conf->name, port->where->text, port->why, strerror(error));
}

static void port_open(struct service_port *port)
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

void service_open(struct service *service)
{
	if (service->state != SERVICE_RUNNING)
		return;
	for (size_t i = 0; i < service->port_count; i++)
		port_open(&service->port[i]);
}

void service_close(struct service *service)
{
	for (size_t i = 0; i < service->port_count; i++)
		port_close(&service->port[i]);
	service->listening = false;
	if (service->state != SERVICE_DISABLED)
		service->state = SERVICE_CLOSED;
}

void service_close_gently(struct service *service)
{
	if (service->state != SERVICE_RUNNING)
		return;
	service->state = SERVICE_CLOSING;
	service_update(service);
	for (size_t i = 0; i < service->port_count; i++) {
		struct service_port *port = &service->port[i];

		port->closing_left = CLOSING_MOST;
		/* What waits in a socket that is lent is its handlers' business. */
		if (port->listener.fd >= 0 && !service->conf->wait)
			port_accept(port);
		else
			port_close(port);
	}
	if (ports_open(service) == 0)
		service->state = SERVICE_CLOSED;
}

/* Without a queue, clients wait in the kernel's: then nobody is accepted who
 * could not start. With one they come in, so that the queue can be fair. */
static bool has_place(const struct service *service)
{
	const struct conf_service *conf = service->conf;

	return conf->queue > 0 || conf->when_full == CONF_FULL_REFUSE ||
	       admit_has_room(&service->admit);
}

void service_update(struct service *service)
{
	struct supervisor *sup = service->sup;
	bool open = service->state == SERVICE_RUNNING || service->state == SERVICE_CLOSING;
	/* While starts are stuck, one more client of a service that has its share of
	 * them would keep the loop awake for nothing. */
	bool hangs =
	    spawn_is_stuck(sup->spawner) && service->in_flight >= spawn_share(sup->spawner);
	bool want =
	    open && !hangs && !service->failing && !sup->resources.short_now && has_place(service);

	size_t i;

	/* Those of a wait service go in and out one by one. */
	if (want == service->listening && !service->conf->wait)
		return;
	service->listening = want;
	for (i = 0; i < service->port_count; i++) {
		struct service_port *port = &service->port[i];

		if (port->listener.fd < 0)
			continue;
		if (!want || port->lent || port->pausing)
			loop_unwatch(sup->loop, &port->watch);
		else if (loop_watch(sup->loop, &port->watch, EPOLLIN) < 0)
			break;
	}
	/* Takes all of them out again, and tries anew later. */
	if (i < service->port_count)
		resources_lack(sup, "epoll_ctl", errno);
}

bool service_can_start(const struct service *service)
{
	const struct spawner *spawner = service->sup->spawner;

	return !service->failing && !service->sup->resources.short_now &&
	       service->in_flight < spawn_share(spawner) && !spawn_is_full(spawner);
}

void service_queue_changed(struct service *service)
{
	struct supervisor *sup = service->sup;
	msec_t expiry = admit_expiry(&service->admit);

	if (service->admit.queue.count == 0)
		list_remove(&service->waiting);
	else if (list_empty(&service->waiting))
		list_append(&sup->waiting, &service->waiting);
	if (expiry < 0)
		loop_timer_unset(sup->loop, &service->queue_timer);
	else
		loop_timer_set(sup->loop, &service->queue_timer, expiry);
}

void service_spawn_failed(struct service *service, enum spawn_step step, int error)
{
	struct supervisor *sup = service->sup;
	msec_t now = loop_now(sup->loop), until;

	/* Several starts in flight fail together: that is one failure. */
	if (service->failing)
		return;
	until = backoff_failed(&service->backoff, now);
	log_error("%s:%u: service \"%s\": cannot start %s: %s: %s: %s (tried again in %lld s)",
	          service->conf->where.file, service->conf->where.line, service->conf->name,
	          service->plan->path, spawn_step_name(step), spawn_step_call(step),
	          strerror(error), (long long)(until - now) / 1000);
	service->failing = true;
	loop_timer_set(sup->loop, &service->backoff_timer, until);
	service_update(service);
}

void service_spawn_succeeded(struct service *service)
{
	backoff_succeeded(&service->backoff);
	if (service->lacking && !service->failing) {
		log_info("service \"%s\": processes can be made again", service->conf->name);
		service->lacking = false;
	}
}

void service_signal(struct service *service, int signal)
{
	list_each (link, &service->sessions)
		session_signal(list_entry(link, struct session, link), signal);
}

void service_stop_sessions(struct service *service)
{
	struct loop *loop = service->sup->loop;

	service_signal(service, SIGTERM);
	loop_timer_set(loop, &service->stop_timer,
	               loop_now(loop) + service->conf->stop_timeout_msec);
}

const char *service_state_name(const struct service *service)
{
	size_t open = ports_open(service);

	if (service->state == SERVICE_DISABLED)
		return "disabled";
	if (service->state == SERVICE_CLOSED)
		return "closed";
	if (service->state == SERVICE_CLOSING)
		return "closing";
	if (service->failing)
		return service->lacking ? "lacking" : "failing";
	if (open < service->port_count)
		return open == 0 ? "unbound" : "partial";
	return service->admit.running >= service->conf->instances ? "full" : "running";
}

struct service *service_find(const struct supervisor *sup, const char *name)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (strcmp(sup->services[i]->conf->name, name) == 0)
			return sup->services[i];
	return NULL;
}
