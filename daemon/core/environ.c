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
	if (addr_is_ip(&conn->facts.local))
		add_ip(slot, &conn->facts);
	else
		add_unix(slot, &conn->facts);
	if (sys_getsockopt(conn->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0)
		add_number(slot, "SO_COOKIE=", cookie);
	slot_env_add(slot, "USHERD_SERVICE=", conn->service->conf->name);
	add_number(slot, "USHERD_SESSION=", conn->facts.session);
	return slot_env_end(slot);
}
