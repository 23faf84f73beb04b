/* A service: what it was asked for, how it fares, what it has counted. */
#include <string.h>

#include "config/print.h"
#include "core/carry.h"
#include "core/port.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	SERVICE_NAME = 1,
	SERVICE_TEXT, /* of one that is in no configuration any more */
	SERVICE_STATE,
	SERVICE_WISH,
	SERVICE_FAILURES,
	SERVICE_FAILING,
	SERVICE_LACKING,
	SERVICE_BACKOFF_DUE,
	SERVICE_TURNS,
	SERVICE_TAKEN,
	SERVICE_TAKEN_AT,
};

enum { TEXT_MAX_BYTES = 4 << 20 };

/* Its model reduced to this one service. */
static void write_text(const struct service *service, struct state_writer *state)
{
	const struct conf_service *const services[] = {service->conf};
	struct conf conf = *service->model;
	struct buf text = BUF_INIT(TEXT_MAX_BYTES);

	conf.services = services;
	conf.service_count = 1;
	conf_print(&conf, &text);
	if (text.failed)
		state->out.failed = true;
	state_add_text(state, SERVICE_TEXT, text.data);
	buf_free(&text);
}

void carry_write_service(const struct service *service, struct state_writer *state)
{
	state_record(state, CARRY_SERVICE);
	state_add_text(state, SERVICE_NAME, service->conf->name);
	if (service->retired)
		write_text(service, state);
	state_add(state, SERVICE_STATE, service->state);
	state_add(state, SERVICE_WISH, service->wish);
	state_add(state, SERVICE_FAILURES, service->backoff.failures);
	state_add(state, SERVICE_FAILING, service->failing);
	state_add(state, SERVICE_LACKING, service->lacking);
	if (loop_timer_is_set(&service->backoff_timer))
		state_add(state, SERVICE_BACKOFF_DUE, (uint64_t)service->backoff_timer.due);
	state_add(state, SERVICE_TURNS, service->admit.queue.turns);
	state_add(state, SERVICE_TAKEN, service->admit.bucket.taken);
	state_add(state, SERVICE_TAKEN_AT, (uint64_t)service->admit.bucket.at);
	carry_write_stats(&service->stats, state);
	list_each (link, &service->ports)
		carry_write_port(list_entry(link, struct port, link), state);
	list_each (link, &service->leaving)
		carry_write_port(list_entry(link, struct port, link), state);
}

static const struct conf_service *find_in(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->service_count; i++)
		if (strcmp(conf->services[i]->name, name) == 0)
			return conf->services[i];
	return NULL;
}

/* At the end of the list, to go with its last session. */
static struct service *make_service(struct carry *carry, struct conf *model,
                                    const struct conf_service *conf)
{
	struct service *service = service_new(carry->sup, model, conf);

	if (!service)
		return NULL;
	service->retired = true;
	if (supervisor_add_service(carry->sup, service) == 0 && service_make_ports(service) == 0)
		return service;
	return NULL;
}

static struct service *make_from_text(struct carry *carry, const char *name, const char *text)
{
	struct conf_problems problems = {.item = NULL};
	struct service *service = NULL;
	struct conf *model;
	const struct conf_service *conf;

	model = conf_read_text_apart(carry->sup->conf->file, text, strlen(text), carry->options,
	                             &problems);
	conf = model ? find_in(model, name) : NULL;
	if (conf)
		service = make_service(carry, model, conf);
	if (!service)
		state_fail(carry->state, "service \"%.40s\" is in no file any more: %.80s", name,
		           problems.count ? problems.item[0].text : "its text cannot be read");
	conf_unref(&model);
	conf_problems_free(&problems);
	return service;
}

/* The files have changed since they were read last: it is as if it went by a reload. */
static struct service *make_from_whole(struct carry *carry, const char *name)
{
	struct state_reader state = *carry->state;
	const char *text = carry_text(&state);

	if (text)
		return make_from_text(carry, name, text);
	state_fail(carry->state, "service \"%.40s\" is in no file any more", name);
	return NULL;
}

/* Of what was running, what the model of now allows. */
static void read_state(struct service *service, enum service_state state, enum wish wish)
{
	service->wish = wish;
	service->state = state;
	if (!service->retired && wish_is_open(service))
		service->state = SERVICE_RUNNING;
	else if (state == SERVICE_RUNNING)
		service->state = SERVICE_CLOSING;
}

static void read_rest(struct state_reader *state, struct service *service)
{
	msec_t due;

	service->backoff.failures = (unsigned)state_get(state, SERVICE_FAILURES);
	service->failing = state_get(state, SERVICE_FAILING);
	service->lacking = state_get(state, SERVICE_LACKING);
	due = (msec_t)state_get_or(state, SERVICE_BACKOFF_DUE, 0);
	if (due > 0)
		loop_timer_set(service->sup->loop, &service->backoff_timer, due);
	else
		service->failing = false;
	service->admit.queue.turns = state_get(state, SERVICE_TURNS);
	service->admit.bucket.taken = state_get(state, SERVICE_TAKEN);
	service->admit.bucket.at = (msec_t)state_get(state, SERVICE_TAKEN_AT);
}

bool carry_read_service(struct carry *carry)
{
	struct state_reader *state = carry->state;
	const char *name = state_get_text(state, SERVICE_NAME);
	const char *text = state_get_text(state, SERVICE_TEXT);
	enum service_state was =
	    (enum service_state)state_get_below(state, SERVICE_STATE, SERVICE_CLOSED + 1);
	enum wish wish = (enum wish)state_get_below(state, SERVICE_WISH, WISH_DRAINED + 1);
	struct service *service;

	if (!name)
		return state_fail(state, "a service has no name");
	if (state->failed || carry->service_count == carry->service_size)
		return state_fail(state, "there are too many services");
	service = service_find(carry->sup, name);
	if (service && service->carried)
		return state_fail(state, "service \"%.40s\" is there twice", name);
	if (!service)
		service = text ? make_from_text(carry, name, text) : make_from_whole(carry, name);
	if (!service)
		return false;
	carry->service[carry->service_count++] = service;
	service->carried = (uint32_t)carry->service_count;
	read_state(service, was, wish);
	read_rest(state, service);
	return state_done(state);
}
