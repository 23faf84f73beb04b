#include "core/moves.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "config/address.h"
#include "core/port.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "core/switchover.h"

enum { COVERED_MOST = 8 /* of a service, unseen behind its wildcards */ };

/* One address of the new model. */
struct switchover_move {
	struct switchover_item *item;
	const struct conf_listen *where;
	struct port *port; /* that it will be */
	bool open;         /* its service wants clients */
	bool made;         /* ... and was made here */
	bool opened;       /* ... its listener, too */
	bool changed;      /* ... from another service's options, or older ones, to the new */
	bool crowded;      /* not open yet: one that goes is in its way */
};

/* One that went to make room, to be opened again if all was in vain. */
struct switchover_closed {
	struct port *port;
};

static struct port *port_of(struct list *link)
{
	return list_entry(link, struct port, link);
}

static bool is_same(const struct conf_listen *a, const struct conf_listen *b)
{
	return a->kind == b->kind && a->dual == b->dual && addr_equal(&a->addr, &b->addr) &&
	       strcmp(a->device ? a->device : "", b->device ? b->device : "") == 0;
}

static struct port *find_free(const struct list *ports, const struct conf_listen *where)
{
	list_each (link, ports)
		if (!port_of(link)->claimed && is_same(port_of(link)->where, where))
			return port_of(link);
	return NULL;
}

static void claim(struct switchover_move *move, struct port *port)
{
	move->port = port;
	if (port)
		port->claimed = true;
}

static void claim_own(struct switchover_move *move)
{
	if (!move->port && move->item->service && !move->item->made)
		claim(move, find_free(&move->item->service->ports, move->where));
}

/* What is about to close, or another service's, can be had as well. */
static void claim_any(const struct supervisor *sup, struct switchover_move *move)
{
	for (size_t i = 0; !move->port && i < sup->service_count; i++) {
		claim(move, find_free(&sup->services[i]->ports, move->where));
		if (!move->port)
			claim(move, find_free(&sup->services[i]->leaving, move->where));
	}
}

static bool wants_open(const struct switchover_item *item)
{
	if (!item->service || item->made || item->service->retired ||
	    item->service->wish == WISH_NONE)
		return item->conf->enabled;
	return wish_is_open(item->service);
}

static int list_moves(struct switchover *so)
{
	size_t count = 0;

	for (size_t i = 0; i < so->item_count; i++)
		count += so->item[i].conf ? so->item[i].conf->listen_count : 0;
	so->move = sys_calloc(count + 1, sizeof *so->move);
	so->closed = sys_calloc(so->sup->port_count + 1, sizeof *so->closed);
	if (!so->move || !so->closed)
		return -1;
	for (size_t i = 0; i < so->item_count; i++) {
		struct switchover_item *item = &so->item[i];

		for (size_t j = 0; item->conf && j < item->conf->listen_count; j++)
			so->move[so->move_count++] =
			    (struct switchover_move){.item = item,
			                             .where = &item->conf->listen[j],
			                             .open = wants_open(item)};
	}
	return 0;
}

/* A service that wants no clients has a port all the same, to be opened once it is
 * asked to; but it leaves to others what they listen on. */
static void claim_all(struct switchover *so)
{
	for (size_t i = 0; i < so->move_count; i++)
		if (so->move[i].open)
			claim_own(&so->move[i]);
	for (size_t i = 0; i < so->move_count; i++)
		if (so->move[i].open && !so->move[i].port)
			claim_any(so->sup, &so->move[i]);
	for (size_t i = 0; i < so->move_count; i++)
		claim_own(&so->move[i]);
}

static int complain(const struct switchover_move *move, const char *call, struct buf *why)
{
	buf_addf(why, "%s:%u: service \"%s\": listen: %s: %s: %m%s\n", move->where->where.file,
	         move->where->where.line, move->item->conf->name, move->where->text, call,
	         errno == EACCES || errno == EPERM ? " (usherd has given up that right: restart it)"
	                                           : "");
	return -1;
}

static int change_options(struct switchover_move *move, struct buf *why)
{
	struct port *port = move->port;
	const char *call = "";

	if (listener_change(&port->listener, move->where, port->options, move->item->conf, &call) <
	    0)
		return complain(move, call, why);
	move->changed = true;
	return 0;
}

/* A port that goes and is in the way of this address. */
static struct port *find_in_the_way(const struct supervisor *sup, const struct conf_listen *where)
{
	for (size_t i = 0; i < sup->service_count; i++) {
		struct list *lists[] = {&sup->services[i]->ports, &sup->services[i]->leaving};

		for (size_t j = 0; j < 2; j++)
			list_each (link, lists[j]) {
				struct port *port = port_of(link);

				if (!port->claimed && port->listener.fd >= 0 &&
				    address_conflict(port->where, where))
					return port;
			}
	}
	return NULL;
}

static int open_listener(struct switchover *so, struct switchover_move *move, struct buf *why)
{
	const struct conf_service *conf = move->item->conf;
	struct listener *listener = &move->port->listener;
	const char *call = "";
	struct port *other;

	move->opened = true;
	if (listener_open(listener, move->where, conf, &call) == 0)
		return 0;
	other = errno == EADDRINUSE ? find_in_the_way(so->sup, move->where) : NULL;
	if (!other)
		return complain(move, call, why);
	move->crowded =
	    !addr_is_ip(&move->where->addr) ||
	    listener_open_beside(listener, move->where, conf, &other->listener, &call) < 0;
	return 0;
}

static int make_port(struct switchover *so, struct switchover_move *move, struct buf *why)
{
	move->port = port_new(move->item->service, so->conf, move->item->conf, move->where);
	if (!move->port)
		return complain(move, "malloc", why);
	move->made = true;
	/* Of its service only when all is sure. */
	list_remove(&move->port->link);
	return 0;
}

static int prepare_move(struct switchover *so, struct switchover_move *move, struct buf *why)
{
	if (!move->port && make_port(so, move, why) < 0)
		return -1;
	if (move->port->listener.fd >= 0)
		return change_options(move, why);
	if (!move->open)
		return 0;
	/* One that cannot be opened now is tried again as before. */
	return port_is_retried(move->port) ? 0 : open_listener(so, move, why);
}

int moves_prepare(struct switchover *so, struct buf *why)
{
	if (list_moves(so) < 0) {
		buf_addf(why, "%s: %m\n", so->conf->file);
		return -1;
	}
	claim_all(so);
	for (size_t i = 0; i < so->move_count; i++)
		if (prepare_move(so, &so->move[i], why) < 0)
			return -1;
	return 0;
}

int moves_make_room(struct switchover *so, struct buf *why)
{
	for (size_t i = 0; i < so->move_count; i++) {
		struct switchover_move *move = &so->move[i];
		const char *call;
		struct port *other;

		if (!move->crowded)
			continue;
		while ((other = find_in_the_way(so->sup, move->where))) {
			errno = EADDRINUSE;
			if (other->lent)
				return complain(move, "bind", why);
			port_empty(other);
			port_close(other);
			so->closed[so->closed_count++].port = other;
		}
		if (listener_open(&move->port->listener, move->where, move->item->conf, &call) < 0)
			return complain(move, call, why);
	}
	return 0;
}

void moves_undo(struct switchover *so)
{
	const char *call;

	for (size_t i = 0; i < so->move_count; i++) {
		struct switchover_move *move = &so->move[i];

		if (!move->port)
			continue;
		if (move->changed)
			(void)listener_change(&move->port->listener, move->port->where,
			                      move->item->conf, move->port->options, &call);
		move->port->claimed = false;
		if (move->opened)
			listener_close(&move->port->listener);
		if (move->made)
			port_free(move->port);
	}
	for (size_t i = 0; i < so->closed_count; i++) {
		struct port *port = so->closed[i].port;

		if (port_is_closing(port) || port->covered)
			port_close_gently(port);
		else
			port_open(port);
	}
}

/* All of it: a wildcard for both families is not behind one for IPv6 alone. */
static bool is_within(const struct conf_listen *where, const struct conf_listen *wildcard)
{
	return address_conflict(wildcard, where) &&
	       (!addr_is_wildcard(&where->addr) || (!where->dual && wildcard->dual));
}

/* Does the service have this port's clients by its new wildcard as well? */
static bool is_covered(const struct switchover *so, const struct port *port)
{
	if (port->service->conf->wait || port->where->type != SOCK_STREAM || port->where->device ||
	    port->listener.fd < 0)
		return false;
	for (size_t i = 0; i < so->move_count; i++) {
		const struct switchover_move *move = &so->move[i];

		if (move->item->service == port->service && move->open &&
		    move->port->listener.fd >= 0 && !move->where->device &&
		    addr_is_ip(&move->where->addr) && move->where->kind != CONF_MPTCP &&
		    addr_is_wildcard(&move->where->addr) && is_within(port->where, move->where))
			return true;
	}
	return false;
}

/* Of the ports of a service, those that nobody has claimed. */
static void let_go(const struct switchover *so, struct service *service)
{
	unsigned covered = 0;

	list_each_safe (link, &service->ports) {
		struct port *port = port_of(link);

		if (port->claimed)
			continue;
		port->covered = service->state == SERVICE_RUNNING && covered < COVERED_MOST &&
		                is_covered(so, port) && port_follow(port) == 0;
		covered += port->covered;
		if (port->covered || service->retired)
			continue;
		list_remove(&port->link);
		list_append(&service->leaving, &port->link);
		port->leaving = true;
	}
}

static void close_gently(struct list *ports)
{
	list_each_safe (link, ports)
		port_close_gently(port_of(link));
}

void moves_commit(struct switchover *so)
{
	struct supervisor *sup = so->sup;

	for (size_t i = 0; i < sup->service_count; i++)
		let_go(so, sup->services[i]);
	for (size_t i = 0; i < so->move_count; i++) {
		struct switchover_move *move = &so->move[i];

		port_assign(move->port, move->item->service, so->conf, move->where);
		if (move->opened)
			port_opened(move->port);
	}
	for (size_t i = 0; i < so->item_count; i++)
		if (so->item[i].conf)
			service_refresh(so->item[i].service);
	for (size_t i = 0; i < sup->service_count; i++) {
		struct service *service = sup->services[i];

		close_gently(&service->leaving);
		if (service->state == SERVICE_CLOSING)
			close_gently(&service->ports);
		service_port_closed(service);
	}
}

void moves_free(struct switchover *so)
{
	free(so->move);
	free(so->closed);
}
