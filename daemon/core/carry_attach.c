/* What was read into memory gets its descriptors, and goes on. */
#include "core/carry.h"
#include "core/group.h"
#include "core/header.h"
#include "core/port.h"
#include "core/reap.h"
#include "core/service.h"
#include "core/session.h"
#include "core/stderr.h"
#include "core/supervisor.h"
#include "net/activation.h"

/* The sockets that the service manager has given us. */
static bool attach_given(struct supervisor *sup, struct state_reader *state)
{
	for (size_t i = 0; i < sup->service_count; i++) {
		const struct list *lists[] = {&sup->services[i]->ports, &sup->services[i]->leaving};

		for (int j = 0; j < 2; j++)
			list_each (link, lists[j]) {
				const struct port *port = list_entry(link, struct port, link);

				if (port->listener.adopted &&
				    activation_adopt(port->listener.fd, true) < 0)
					return false;
			}
	}
	state_rewind(state);
	while (state_next(state))
		if (state->kind == CARRY_KEPT &&
		    activation_adopt(state_get_fd(state, CARRY_KEPT_FD), false) < 0)
			return false;
	return true;
}

static bool attach_service(struct service *service)
{
	struct supervisor *sup = service->sup;

	list_each (link, &service->sessions) {
		struct session *session = list_entry(link, struct session, link);

		if (!session->ended)
			reap_watch(sup, session);
	}
	return stderr_attach(service) == 0;
}

bool carry_attach(struct supervisor *sup, struct state_reader *state)
{
	if (!attach_given(sup, state))
		return false;
	for (size_t i = 0; i < sup->service_count; i++)
		if (!attach_service(sup->services[i]))
			return false;
	if (sup->groups.tree.fd >= 0 && groups_attach(sup) < 0)
		return false;
	list_each (link, &sup->headers)
		if (header_attach(list_entry(link, struct header, all)) < 0)
			return false;
	return linger_attach(sup->linger) == 0;
}

/* An address that nobody had until now is opened; that of a service which is in no
 * model belongs to somebody else by now. */
static void settle_ports(struct service *service)
{
	list_each_safe (link, &service->ports) {
		struct port *port = list_entry(link, struct port, link);
		bool kept = port->claimed;

		port->claimed = false;
		if (!kept && service->retired)
			port_free(port);
		else if (service->state == SERVICE_RUNNING && port->listener.fd < 0 &&
		         !port_is_retried(port))
			port_open(port);
	}
	list_each (link, &service->leaving)
		list_entry(link, struct port, link)->claimed = false;
}

/* What was about to close goes on with it; what has become so begins. */
static void go_on_closing(struct list *ports)
{
	list_each_safe (link, ports) {
		struct port *port = list_entry(link, struct port, link);

		if (loop_timer_is_set(&port->retry))
			continue;
		if (port->closing_left > 0)
			port_go_on_closing(port);
		else
			port_close_gently(port);
	}
}

void carry_settle(struct supervisor *sup)
{
	for (size_t i = 0; i < sup->service_count; i++) {
		struct service *service = sup->services[i];

		settle_ports(service);
		service_refresh(service);
		go_on_closing(&service->leaving);
		if (service->state == SERVICE_CLOSING)
			go_on_closing(&service->ports);
		service_port_closed(service);
	}
	sup->reaper.more = true;
}
