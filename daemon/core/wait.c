#include "core/wait.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/service.h"
#include "core/supervisor.h"

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

enum {
	USELESS_MOST = 256, /* handlers in a row that may take nothing */
	PAUSE_MSEC = 5,     /* ... before each further one has to wait */
	RETRY_MSEC = 100,   /* where the socket could not be lent */
};

static int socket_type(int fd)
{
	int type = 0;
	socklen_t len = sizeof type;

	return sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ? 0 : type;
}

/* How much is queued, in whatever unit the kernel counts it for this kind; only
 * good for comparing. Nothing of what is queued is read for that. */
static unsigned queued(int fd)
{
	uint32_t memory[SK_MEMINFO_VARS] = {0};
	struct tcp_info info = {.tcpi_unacked = 0};
	socklen_t len = sizeof memory;

	if (socket_type(fd) == SOCK_DGRAM) {
		if (sys_getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) < 0)
			return 0;
		return memory[SK_MEMINFO_RMEM_ALLOC];
	}
	/* For a listening socket: the clients in its accept queue. */
	len = sizeof info;
	if (sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return 0;
	return info.tcpi_unacked;
}

void wait_lend(struct port *port)
{
	struct service *service = port->service;

	loop_unwatch(service->sup->loop, &port->watch);
	port->queued = queued(port->listener.fd);
	/* It is our description, too: what a handler leaves on it stays on it. */
	(void)fd_set_nonblock(port->listener.fd, false);
	port->lent = true;
	if (!conn_lend(port)) {
		port->lent = false;
		port_pause(port, RETRY_MSEC);
	}
}

/* What a handler may have left: O_NONBLOCK (which only an accept of ours wants), and a peer that
 * all datagrams of others would be dropped for (connect(2)). */
static void put_in_order(int fd, bool nonblock)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	(void)fd_set_nonblock(fd, nonblock);
	if (socket_type(fd) == SOCK_DGRAM && sys_connect(fd, &none, sizeof none) < 0)
		log_warn("connect(AF_UNSPEC) on a datagram socket: %m");
}

void wait_return(struct port *port)
{
	struct service *service = port->service;
	unsigned now;

	port->lent = false;
	service->sup->collect_wanted |= service->retired;
	if (port->listener.fd < 0) {
		if (port_is_closing(port))
			port_go_on_closing(port);
		return;
	}
	put_in_order(port->listener.fd, !service->conf->wait);
	now = queued(port->listener.fd);
	port->useless = now > 0 && now >= port->queued ? port->useless + 1 : 0;
	if (port_is_closing(port)) {
		port_go_on_closing(port);
		return;
	}
	if (service->conf->wait && port->useless > USELESS_MOST) {
		if (port->useless == USELESS_MOST + 1)
			log_warn(
			    "service \"%s\": %s: handlers end without taking anything from the "
			    "socket; there are pauses between them now",
			    service->conf->name, port->where->text);
		port_pause(port, PAUSE_MSEC);
	}
	/* It may be of a service by now that watches all its ports already. */
	service_refresh(service);
}
