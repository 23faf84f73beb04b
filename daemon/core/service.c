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

enum {
	LACKING_MSEC = 1000, /* until the user's processes are tried again */
};

static struct port *port_of(struct list *link)
{
	return list_entry(link, struct port, link);
}

static size_t ports_count(const struct service *service, bool only_open)
{
	size_t n = 0;

	list_each (link, &service->ports)
		n += !only_open || port_of(link)->listener.fd >= 0;
	return n;
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
	(void)service_signal(list_entry(timer, struct service, stop_timer), SIGKILL);
}

int service_make_ports(struct service *service)
{
	for (size_t i = 0; i < service->conf->listen_count; i++)
		if (!port_new(service, service->model, service->conf, &service->conf->listen[i]))
			return -1;
	return 0;
}

struct service *service_new(struct supervisor *sup, struct conf *model,
                            const struct conf_service *conf)
{
	struct service *service = sys_calloc(1, sizeof *service);

	if (!service)
		return NULL;
	service->sup = sup;
	service->model = conf_ref(model);
	service->conf = conf;
	service->state = conf->enabled ? SERVICE_RUNNING : SERVICE_DISABLED;
	list_init(&service->ports);
	list_init(&service->leaving);
	list_init(&service->waiting);
	list_init(&service->sessions);
	list_init(&service->stderr_idle);
	list_init(&service->stderr_used);
	admit_service_init(&service->admit, &sup->admit, conf);
	service->plan = plan_new(model, conf, &sup->original_files);
	if (!service->plan ||
	    loop_timer_init(sup->loop, &service->queue_timer, on_queue_timeout) < 0 ||
	    loop_timer_init(sup->loop, &service->backoff_timer, on_backoff_over) < 0 ||
	    loop_timer_init(sup->loop, &service->stop_timer, on_stop_timeout) < 0 ||
	    overtime_init(service) < 0 || headers_init(service) < 0)
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
	list_each_safe (link, &svc->sessions) {
		struct session *session = list_entry(link, struct session, link);

		/* The end of all: the port's service may have been freed before. */
		session->lent = NULL;
		session_free(session);
	}
	if (svc->sup->groups.open)
		subtree_remove_service(&svc->sup->groups.tree, svc->conf->name);
	stderr_close(svc);
	list_each_safe (link, &svc->ports)
		port_free(port_of(link));
	list_each_safe (link, &svc->leaving)
		port_free(port_of(link));
	loop_timer_free(loop, &svc->queue_timer);
	loop_timer_free(loop, &svc->backoff_timer);
	loop_timer_free(loop, &svc->stop_timer);
	overtime_free(svc);
	headers_free(svc);
	list_remove(&svc->waiting);
	admit_service_free(&svc->admit);
	plan_unref(&svc->plan);
	plan_unref(&svc->plan_before);
	stats_free(&svc->stats);
	conf_unref(&svc->model);
	free(svc);
}

static void forgive(struct service *service)
{
	backoff_succeeded(&service->backoff);
	loop_timer_unset(service->sup->loop, &service->backoff_timer);
	service->failing = service->lacking = false;
}

static bool is_disabled(const struct service *service)
{
	return service->wish == WISH_NONE ? !service->conf->enabled
	                                  : service->wish == WISH_DISABLED;
}

/* For clients that were accepted by a service that lends its sockets from now on. */
static void keep_plan(struct service *service, bool was_waiting)
{
	if (service->conf->wait && was_waiting) {
		plan_unref(&service->plan);
		return;
	}
	plan_unref(&service->plan_before);
	if (service->conf->wait)
		service->plan_before = service->plan;
	else
		plan_unref(&service->plan);
}

void service_adopt(struct service *service, struct conf *model, const struct conf_service *conf,
                   struct plan *plan, bool changed)
{
	struct conf *old = service->model;
	bool was_waiting = service->conf->wait;

	service->model = conf_ref(model);
	service->conf = conf;
	admit_service_change(&service->admit, conf);
	keep_plan(service, was_waiting);
	service->plan = plan;
	if (service->retired)
		service->wish = WISH_NONE;
	service->retired = false;
	if (wish_is_open(service))
		service->state = SERVICE_RUNNING;
	else if (service->state == SERVICE_RUNNING)
		service->state = SERVICE_CLOSING;
	else if (service->state == SERVICE_CLOSED && is_disabled(service))
		service->state = SERVICE_DISABLED;
	if (changed)
		forgive(service);
	service_queue_changed(service);
	overtime_update(service);
	conf_unref(&old);
}

void service_retire(struct service *service)
{
	service->retired = true;
	if (service->state == SERVICE_RUNNING)
		service->state = SERVICE_CLOSING;
	else if (service->state == SERVICE_DISABLED)
		service->state = SERVICE_CLOSED;
}

/* A handler of another service, which had the port before, may have it still. */
static bool is_lent(const struct service *service)
{
	list_each (link, &service->ports)
		if (port_of(link)->lent)
			return true;
	return false;
}

bool service_is_gone(const struct service *service)
{
	return service->state == SERVICE_CLOSED && service->conn_count == 0 &&
	       list_empty(&service->sessions) && list_empty(&service->leaving) && !is_lent(service);
}

void service_open(struct service *service)
{
	if (service->state != SERVICE_RUNNING)
		return;
	list_each (link, &service->ports)
		port_open(port_of(link));
}

void service_close(struct service *service)
{
	list_each (link, &service->ports)
		port_close(port_of(link));
	list_each (link, &service->leaving)
		port_close(port_of(link));
	service->listening = false;
	if (service->state != SERVICE_DISABLED)
		service->state = SERVICE_CLOSED;
}

void service_port_closed(struct service *service)
{
	if (service->state == SERVICE_CLOSING && ports_count(service, true) == 0 &&
	    list_empty(&service->leaving))
		service->state = is_disabled(service) ? SERVICE_DISABLED : SERVICE_CLOSED;
	service->sup->collect_wanted |= service->retired;
}

void service_close_gently(struct service *service)
{
	if (service->state != SERVICE_RUNNING)
		return;
	service->state = SERVICE_CLOSING;
	service_update(service);
	list_each_safe (link, &service->ports)
		port_close_gently(port_of(link));
	service_port_closed(service);
}

/* Without a queue, clients wait in the kernel's: then nobody is accepted who
 * could not start. With one they come in, so that the queue can be fair. */
static bool has_place(const struct service *service)
{
	const struct conf_service *conf = service->conf;

	return conf->queue > 0 || conf->when_full == CONF_FULL_REFUSE ||
	       admit_has_room(&service->admit);
}

static int watch_all(const struct list *ports, bool want)
{
	list_each (link, ports)
		if (port_watch(port_of(link), want) < 0)
			return -1;
	return 0;
}

static bool wants_clients(const struct service *service)
{
	const struct spawner *spawner = service->sup->spawner;
	bool open = service->state == SERVICE_RUNNING || service->state == SERVICE_CLOSING ||
	            !list_empty(&service->leaving);
	/* While starts are stuck, one more client of a service that has its share of
	 * them would keep the loop awake for nothing. */
	bool hangs = spawn_is_stuck(spawner) && service->in_flight >= spawn_share(spawner);
	bool serves = !hangs && !service->failing && has_place(service);

	/* To refuse somebody takes nothing of that. */
	return open && !service->sup->holding && !service->sup->resources.short_now &&
	       (serves || service->wish == WISH_DISABLED);
}

static void service_watch(struct service *service, bool want)
{
	service->listening = want;
	/* What fails takes all of them out again, and is tried anew later. */
	if (watch_all(&service->ports, want) < 0 || watch_all(&service->leaving, want) < 0)
		resources_lack(service->sup, "epoll_ctl", errno);
}

void service_update(struct service *service)
{
	bool want = wants_clients(service);

	/* Those of a wait service go in and out one by one. */
	if (want != service->listening || service->conf->wait)
		service_watch(service, want);
}

void service_refresh(struct service *service)
{
	service_watch(service, wants_clients(service));
}

bool service_can_start(const struct service *service)
{
	const struct spawner *spawner = service->sup->spawner;

	return !service->failing && !service->sup->holding && !service->sup->resources.short_now &&
	       service->in_flight < spawn_share(spawner) && !spawn_is_full(spawner);
}

void service_queue_changed(struct service *service)
{
	struct supervisor *sup = service->sup;
	msec_t expiry = admit_expiry(&service->admit);

	if (service->wish == WISH_DISABLED && service->admit.queue.count > 0)
		expiry = loop_now(sup->loop);
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

unsigned service_signal(struct service *service, int signal)
{
	unsigned n = 0;

	list_each (link, &service->sessions) {
		session_signal(list_entry(link, struct session, link), signal);
		n++;
	}
	return n;
}

void service_stop_sessions(struct service *service)
{
	struct loop *loop = service->sup->loop;

	(void)service_signal(service, SIGTERM);
	loop_timer_set(loop, &service->stop_timer,
	               loop_now(loop) + service->conf->stop_timeout_msec);
}

const char *service_state_name(const struct service *service)
{
	size_t open = ports_count(service, true);

	if (service->retired)
		return "leaving";
	if (service->state == SERVICE_DISABLED)
		return "disabled";
	if (service->wish == WISH_DRAINED && service->state != SERVICE_RUNNING)
		return service->state == SERVICE_CLOSING || service->admit.running > 0 ||
		               service->admit.queue.count > 0
		           ? "draining"
		           : "drained";
	if (service->state == SERVICE_CLOSED)
		return "closed";
	if (service->state == SERVICE_CLOSING)
		return "closing";
	if (service->failing)
		return service->lacking ? "lacking" : "failing";
	if (open < ports_count(service, false))
		return open == 0 ? "unbound" : "partial";
	return service->admit.running >= service->conf->instances ? "full" : "running";
}

struct service *service_find(const struct supervisor *sup, const char *name)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (!sup->services[i]->retired && strcmp(sup->services[i]->conf->name, name) == 0)
			return sup->services[i];
	return NULL;
}
