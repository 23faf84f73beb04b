#include "core/wish.h"

#include "core/conn.h"
#include "core/port.h"
#include "core/service.h"
#include "core/supervisor.h"

bool wish_is_open(const struct service *service)
{
	return service->wish == WISH_NONE ? service->conf->enabled : service->wish == WISH_ENABLED;
}

void wish_enable(struct service *service)
{
	service->wish = WISH_ENABLED;
	if (service->state == SERVICE_RUNNING)
		return;
	service->state = SERVICE_RUNNING;
	list_each (link, &service->ports) {
		struct port *port = list_entry(link, struct port, link);

		/* One that had not been emptied yet need not be closed any more. */
		if (port->listener.fd >= 0)
			port_stay(port);
		else
			port_open(port);
	}
	service_queue_changed(service);
	service_update(service);
}

void wish_disable(struct service *service)
{
	service->wish = WISH_DISABLED;
	service_queue_changed(service);
	service_update(service);
	service_close_gently(service);
	if (service->state == SERVICE_CLOSED)
		service->state = SERVICE_DISABLED;
}

void wish_drain(struct service *service)
{
	service->wish = WISH_DRAINED;
	service_close_gently(service);
	if (service->state == SERVICE_DISABLED)
		service->state = SERVICE_CLOSED;
}
