/* The addresses of a service, with the sockets that clients come to. */
#include <string.h>

#include "base/fd.h"
#include "config/arena.h"
#include "core/carry.h"
#include "core/port.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	PORT_TEXT = 1,
	PORT_KIND,
	PORT_TYPE,
	PORT_PROTOCOL,
	PORT_ADDR,
	PORT_DEVICE,
	PORT_DUAL,
	PORT_FILE,
	PORT_LINE,
	PORT_FD,
	PORT_LOCAL,
	PORT_EXACT,
	PORT_OPTIONS_DUE,
	PORT_V4_ONLY,
	PORT_OWN_PATH,
	PORT_DEV,
	PORT_INO,
	PORT_ERROR,
	PORT_FAILURES,
	PORT_RETRY,
	PORT_LENT,
	PORT_PAUSING,
	PORT_QUEUED,
	PORT_USELESS,
	PORT_LEAVING,
	PORT_COVERED,
	PORT_CLOSING_LEFT,
	PORT_ADOPTED,
	PORT_FILTERED,
	PORT_FILTER_CUT,
};

/* By number, and not by the order in the enumeration of another version. */
static void write_where(const struct conf_listen *where, struct state_writer *state)
{
	state_add_text(state, PORT_TEXT, where->text);
	state_add(state, PORT_KIND, where->kind);
	state_add(state, PORT_TYPE, (uint64_t)where->type);
	state_add(state, PORT_PROTOCOL, (uint64_t)where->protocol);
	state_add_addr(state, PORT_ADDR, &where->addr);
	state_add_text(state, PORT_DEVICE, where->device);
	state_add(state, PORT_DUAL, where->dual);
	state_add_text(state, PORT_FILE, where->where.file);
	state_add(state, PORT_LINE, where->where.line);
}

static void write_listener(const struct listener *listener, struct state_writer *state)
{
	if (listener->fd < 0)
		return;
	state_add_fd(state, PORT_FD, listener->fd);
	state_add_addr(state, PORT_LOCAL, &listener->local);
	state_add(state, PORT_EXACT, listener->exact);
	state_add(state, PORT_OPTIONS_DUE, listener->options_due);
	state_add(state, PORT_V4_ONLY, listener->v4_only);
	state_add(state, PORT_ADOPTED, listener->adopted);
	state_add(state, PORT_OWN_PATH, listener->own_path);
	state_add(state, PORT_DEV, listener->dev);
	state_add(state, PORT_INO, listener->ino);
}

void carry_write_port(const struct port *port, struct state_writer *state)
{
	state_record(state, CARRY_PORT);
	write_where(port->where, state);
	write_listener(&port->listener, state);
	state_add(state, PORT_ERROR, (uint64_t)port->error);
	state_add(state, PORT_FAILURES, port->backoff.failures);
	if (loop_timer_is_set(&port->retry))
		state_add(state, PORT_RETRY, (uint64_t)port->retry.due);
	state_add(state, PORT_LENT, port->lent);
	state_add(state, PORT_PAUSING, port->pausing);
	state_add(state, PORT_QUEUED, port->queued);
	state_add(state, PORT_USELESS, port->useless);
	state_add(state, PORT_LEAVING, port->leaving);
	state_add(state, PORT_COVERED, port->covered);
	state_add(state, PORT_CLOSING_LEFT, port->closing_left);
	state_add(state, PORT_FILTERED, port->filtered);
	state_add(state, PORT_FILTER_CUT, port->filter_cut);
}

static void read_where(struct state_reader *state, struct conf_listen *where)
{
	*where = (struct conf_listen){.text = state_get_text(state, PORT_TEXT)};
	where->kind = (enum conf_kind)state_get_below(state, PORT_KIND, CONF_KINDS);
	where->type = (int)state_get(state, PORT_TYPE);
	where->protocol = (int)state_get(state, PORT_PROTOCOL);
	state_get_addr(state, PORT_ADDR, &where->addr);
	where->device = state_get_text(state, PORT_DEVICE);
	where->dual = state_get(state, PORT_DUAL);
	where->where.file = state_get_text(state, PORT_FILE);
	where->where.line = (unsigned)state_get(state, PORT_LINE);
	if (!where->text || !where->where.file)
		state_fail(state, "an address has no text");
}

static void read_listener(struct state_reader *state, struct listener *listener)
{
	*listener = (struct listener)LISTENER_CLOSED;
	listener->fd = state_get_fd(state, PORT_FD);
	if (listener->fd < 0)
		return;
	state_get_addr(state, PORT_LOCAL, &listener->local);
	listener->exact = state_get(state, PORT_EXACT);
	listener->options_due = state_get(state, PORT_OPTIONS_DUE);
	listener->v4_only = state_get(state, PORT_V4_ONLY);
	listener->adopted = state_get(state, PORT_ADOPTED);
	listener->own_path = state_get(state, PORT_OWN_PATH);
	listener->dev = state_get(state, PORT_DEV);
	listener->ino = state_get(state, PORT_INO);
}

static bool is_same(const struct conf_listen *a, const struct conf_listen *b)
{
	return a->kind == b->kind && a->dual == b->dual && addr_equal(&a->addr, &b->addr) &&
	       strcmp(a->device ? a->device : "", b->device ? b->device : "") == 0;
}

/* What the service's model has for it. */
static struct port *find_port(const struct service *service, const struct conf_listen *where)
{
	list_each (link, &service->ports) {
		struct port *port = list_entry(link, struct port, link);

		if (!port->claimed && is_same(port->where, where))
			return port;
	}
	return NULL;
}

/* A model of this address alone, for one that is in no model. */
static struct conf *model_of(const struct conf_listen *where, const struct conf_listen **where_r)
{
	struct arena *arena = arena_new();
	struct conf *conf = arena ? arena_alloc(arena, sizeof *conf) : NULL;
	struct conf_listen *copy = conf ? arena_alloc(arena, sizeof *copy) : NULL;

	if (copy) {
		*copy = *where;
		copy->text = arena_text(arena, where->text);
		copy->device = where->device ? arena_text(arena, where->device) : NULL;
		copy->where.file = arena_text(arena, where->where.file);
	}
	if (!copy || arena_failed(arena)) {
		arena_free(&arena);
		return NULL;
	}
	conf->refs = 1;
	conf->arena = arena;
	*where_r = copy;
	return conf;
}

/* One that is to go; or has to stay, unseen, behind its wildcard. */
static struct port *make_port(struct service *service, const struct conf_listen *where,
                              bool covered)
{
	const struct conf_listen *own;
	struct conf *model = model_of(where, &own);
	struct port *port = model ? port_new(service, service->model, service->conf, own) : NULL;

	if (!port) {
		conf_unref(&model);
		return NULL;
	}
	conf_unref(&port->model);
	port->model = model;
	port->covered = covered && !service->retired;
	port->leaving = !port->covered;
	if (port->leaving) {
		list_remove(&port->link);
		list_append(&service->leaving, &port->link);
	}
	return port;
}

static void read_rest(struct state_reader *state, struct port *port)
{
	msec_t retry;

	port->error = (int)state_get(state, PORT_ERROR);
	port->backoff.failures = (unsigned)state_get(state, PORT_FAILURES);
	retry = (msec_t)state_get_or(state, PORT_RETRY, 0);
	port->lent = state_get(state, PORT_LENT);
	port->pausing = state_get(state, PORT_PAUSING);
	port->queued = (unsigned)state_get(state, PORT_QUEUED);
	port->useless = (unsigned)state_get(state, PORT_USELESS);
	port->closing_left = (unsigned)state_get(state, PORT_CLOSING_LEFT);
	port->filtered = state_get(state, PORT_FILTERED);
	port->filter_cut = state_get(state, PORT_FILTER_CUT);
	port->why = "listen";
	if (retry > 0)
		loop_timer_set(port->service->sup->loop, &port->retry, retry);
}

bool carry_read_port(struct carry *carry)
{
	struct state_reader *state = carry->state;
	struct service *service = carry_last_service(carry);
	struct conf_listen where;
	struct listener listener;
	struct port *port = NULL;
	bool leaving, covered;

	if (!service)
		return false;
	read_where(state, &where);
	read_listener(state, &listener);
	leaving = state_get(state, PORT_LEAVING);
	covered = state_get(state, PORT_COVERED);
	if (state->failed)
		return false;
	if (!leaving && !covered)
		port = find_port(service, &where);
	if (!port)
		port = make_port(service, &where, covered);
	if (!port)
		return carry_no_memory(carry);
	port->claimed = true;
	port_adopt(port, &listener);
	read_rest(state, port);
	return state_done(state) && carry_add_port(carry, port);
}
