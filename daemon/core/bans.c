#include "core/bans.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/nets.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "net/sockfilter.h"

enum {
	BATCH = 256,
	SOCKETS = 4,      /* that get a filter in one turn */
	ROUND_MSEC = 250, /* between the beginnings of two rounds */
};

static void wait_for_end(struct supervisor *sup)
{
	msec_t end = ban_next_end(&sup->admit.bans);

	if (end < 0)
		loop_timer_unset(sup->loop, &sup->bans.end);
	else
		loop_timer_set(sup->loop, &sup->bans.end, end);
}

static void on_end(struct loop_timer *timer)
{
	struct bans *bans = list_entry(timer, struct bans, end);
	struct supervisor *sup = list_entry(bans, struct supervisor, bans);

	for (int i = 0; i < BATCH && ban_expire(&sup->admit.bans, loop_now(sup->loop)); i++)
		;
	wait_for_end(sup);
}

void bans_turn(struct supervisor *sup)
{
	if (sup->bans.seen == sup->admit.bans.changes)
		return;
	sup->bans.seen = sup->admit.bans.changes;
	wait_for_end(sup);
	bans_filter_soon(sup);
}

/* ---- filters ---- */

static bool is_exempt(const struct conf_service *conf, const struct prefix *prefix)
{
	return nets_around(conf->exempt.net, conf->exempt.count, prefix) ||
	       nets_inside(conf->exempt.net, conf->exempt.count, prefix);
}

/* Whom the service refuses by its address alone, as far as they find room: its own
 * list first, then the newest bans. Returns how many there are in all. */
static size_t gather(const struct service *service, struct prefix list[SOCKFILTER_MOST],
                     size_t *count_r)
{
	const struct conf_service *conf = service->conf;
	const struct ban_table *bans = &service->sup->admit.bans;
	size_t count = 0, total = 0;

	for (size_t i = 0; i < conf->no_access.count; i++) {
		const struct prefix *prefix = &conf->no_access.net[i].prefix;

		if (nets_inside(conf->only_from.net, conf->only_from.count, prefix))
			continue;
		total++;
		if (count < SOCKFILTER_MOST)
			list[count++] = *prefix;
	}
	total += bans->hash.count;
	for (const struct ban *ban = ban_last(bans); ban && count < SOCKFILTER_MOST;
	     ban = ban_before(bans, ban)) {
		if (is_exempt(conf, &ban->prefix))
			total--;
		else
			list[count++] = ban->prefix;
	}
	*count_r = count;
	return total;
}

static void say_cut(struct port *port, ssize_t in, size_t total)
{
	bool cut = in < (ssize_t)total;

	if (cut && !port->filter_cut)
		log_warn("service \"%s\": drop_early: %s: the kernel drops %zd of %zu addresses, "
		         "the others are refused when they have connected%s%s",
		         port->service->conf->name, port->where->text, in > 0 ? in : 0, total,
		         in < 0 ? ": " : "", in < 0 ? strerror(errno) : "");
	port->filter_cut = cut;
}

/* Gives the sockets of a service their filter; how many it did. */
static int filter_service(struct service *service)
{
	static struct prefix list[SOCKFILTER_MOST];
	const struct conf_service *conf = service->conf;
	bool wanted = conf->drop_early && !conf->proxy_protocol;
	size_t count = 0, total = 0;
	int done = 0;

	list_each (link, &service->ports) {
		struct port *port = list_entry(link, struct port, link);
		bool here =
		    wanted && addr_is_ip(&port->where->addr) && port->where->kind != CONF_MPTCP;

		if (port->listener.fd < 0 || (!here && !port->filtered))
			continue;
		if (here && done == 0)
			total = gather(service, list, &count);
		if (here && (count > 0 || port->filtered)) {
			ssize_t in = sockfilter_set(port->listener.fd, list, count);

			say_cut(port, in, total);
			port->filtered = in != 0;
		} else if (!here) {
			sockfilter_clear(port->listener.fd);
			port->filtered = false;
		}
		done++;
	}
	return done;
}

static void on_filter(struct loop_timer *timer)
{
	struct bans *bans = list_entry(timer, struct bans, filter);
	struct supervisor *sup = list_entry(bans, struct supervisor, bans);

	if (bans->next == 0)
		bans->begun = loop_now(sup->loop);
	for (int done = 0; bans->next < sup->service_count && done < SOCKETS;)
		done += filter_service(sup->services[bans->next++]);
	bans->in_round = bans->next < sup->service_count;
	if (bans->in_round) {
		loop_timer_set(sup->loop, timer, loop_now(sup->loop));
	} else if (bans->again) {
		bans->again = false;
		bans_filter_soon(sup);
	}
}

void bans_filter_soon(struct supervisor *sup)
{
	struct bans *bans = &sup->bans;
	msec_t now = loop_now(sup->loop), due = bans->begun + ROUND_MSEC;

	if (bans->in_round) {
		bans->again |= bans->next > 0;
		return;
	}
	bans->in_round = true;
	bans->next = 0;
	loop_timer_set(sup->loop, &bans->filter, due > now ? due : now);
}

int bans_init(struct supervisor *sup)
{
	sup->bans.begun = -ROUND_MSEC;
	if (loop_timer_init(sup->loop, &sup->bans.end, on_end) < 0)
		return -1;
	return loop_timer_init(sup->loop, &sup->bans.filter, on_filter);
}

void bans_free(struct supervisor *sup)
{
	loop_timer_free(sup->loop, &sup->bans.end);
	loop_timer_free(sup->loop, &sup->bans.filter);
}
