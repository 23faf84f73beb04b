#include "core/environ.h"

#include <stdio.h>

#include "base/sys.h"
#include "core/service.h"

static char *format_number(uint64_t number, char text[24])
{
	char *p = text + 23;

	*p = '\0';
	do
		*--p = (char)('0' + number % 10);
	while (number /= 10);
	return p;
}

static void add_number(struct slot *slot, const char *name, uint64_t number)
{
	char text[24];

	slot_env_add(slot, name, format_number(number, text));
}

/* A wait service's handler asks its socket who the clients are. */
static void add_lent(struct slot *slot, const struct service_port *port)
{
	const struct addr *local = &port->listener.local;
	bool datagram = port->where->kind == CONF_UDP4 || port->where->kind == CONF_UDP6;
	char text[ADDR_TEXT_MAX];

	if (!addr_is_ip(local)) {
		slot_env_add(slot, "PROTO=", "IPC");
	} else {
		addr_format_host(local, text, sizeof text);
		slot_env_add(slot, "PROTO=", datagram ? "UDP" : "TCP");
		slot_env_add(slot, datagram ? "UDPLOCALIP=" : "TCPLOCALIP=", text);
		add_number(slot, datagram ? "UDPLOCALPORT=" : "TCPLOCALPORT=", addr_port(local));
	}
	if (port->service->conf->listen_fds) {
		slot_env_add(slot, "LISTEN_FDS=", "1");
		slot_env_add(slot, "LISTEN_FDNAMES=", port->service->conf->name);
		slot_env_add_pid(slot, "LISTEN_PID=");
	}
}

static void add_ip(struct slot *slot, const struct facts *facts)
{
	char peer[ADDR_TEXT_MAX], local[ADDR_TEXT_MAX], port[24];
	const char *peer_port = format_number(addr_port(&facts->peer), port);

	addr_format_host(&facts->peer, peer, sizeof peer);
	addr_format_host(&facts->local, local, sizeof local);
	slot_env_add(slot, "PROTO=", "TCP");
	slot_env_add(slot, "TCPLOCALIP=", local);
	add_number(slot, "TCPLOCALPORT=", addr_port(&facts->local));
	slot_env_add(slot, "TCPREMOTEIP=", peer);
	slot_env_add(slot, "TCPREMOTEPORT=", peer_port);
	slot_env_add(slot, "REMOTE_ADDR=", peer);
	slot_env_add(slot, "REMOTE_PORT=", peer_port);
	slot_env_add(slot, "REMOTE_HOST=", peer);
}

static void add_unix(struct slot *slot, const struct facts *facts)
{
	slot_env_add(slot, "PROTO=", "IPC");
	add_number(slot, "IPCREMOTEEUID=", facts->peer.uid);
	add_number(slot, "IPCREMOTEEGID=", facts->peer.gid);
}

int environ_build(struct slot *slot, const struct conn *conn)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	if (slot_env_begin(slot, conn->service->plan) < 0)
		return -1;
	if (conn->lent)
		add_lent(slot, conn->lent);
	else if (addr_is_ip(&conn->facts.local))
		add_ip(slot, &conn->facts);
	else
		add_unix(slot, &conn->facts);
	if (sys_getsockopt(conn->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0)
		add_number(slot, "SO_COOKIE=", cookie);
	slot_env_add(slot, "USHERD_SERVICE=", conn->service->conf->name);
	add_number(slot, "USHERD_SESSION=", conn->facts.session);
	return slot_env_end(slot);
}
