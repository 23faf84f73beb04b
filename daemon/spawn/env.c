#include "spawn/env.h"

#include "base/sys.h"

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

/* Names begin with the protocol (UCSPI). MPTCP is TCP to all but the kernel. */
struct family {
	const char *proto;
	const char *local_host, *local_port, *remote_host, *remote_port;
};

static const struct family families[] = {
    {"TCP", "TCPLOCALIP=", "TCPLOCALPORT=", "TCPREMOTEIP=", "TCPREMOTEPORT="},
    {"UDP", "UDPLOCALIP=", "UDPLOCALPORT=", "UDPREMOTEIP=", "UDPREMOTEPORT="},
    {"VSOCK", "VSOCKLOCALCID=", "VSOCKLOCALPORT=", "VSOCKREMOTECID=", "VSOCKREMOTEPORT="},
};

static const struct family *family_of(const struct addr *local, int type)
{
	if (!addr_is_ip(local))
		return &families[2];
	return &families[type == SOCK_DGRAM];
}

static void add_local(struct slot *slot, const struct addr *local, const struct family *family)
{
	char host[ADDR_TEXT_MAX];

	addr_format_host(local, host, sizeof host);
	slot_env_add(slot, "PROTO=", family->proto);
	slot_env_add(slot, family->local_host, host);
	add_number(slot, family->local_port, addr_port(local));
}

/* A wait service's handler asks its socket who the clients are. */
static void add_lent(struct slot *slot, const struct env_facts *facts)
{
	if (addr_has_port(facts->local))
		add_local(slot, facts->local, family_of(facts->local, facts->type));
	else
		slot_env_add(slot, "PROTO=", "IPC");
	if (facts->service->listen_fds) {
		slot_env_add(slot, "LISTEN_FDS=", "1");
		slot_env_add(slot, "LISTEN_FDNAMES=", facts->service->name);
		slot_env_add_pid(slot, "LISTEN_PID=");
	}
}

static void add_ends(struct slot *slot, const struct env_facts *facts)
{
	const struct family *family = family_of(facts->local, SOCK_STREAM);
	char peer[ADDR_TEXT_MAX], port[24];
	const char *peer_port = format_number(addr_port(facts->peer), port);

	addr_format_host(facts->peer, peer, sizeof peer);
	add_local(slot, facts->local, family);
	slot_env_add(slot, family->remote_host, peer);
	slot_env_add(slot, family->remote_port, peer_port);
	slot_env_add(slot, "REMOTE_ADDR=", peer);
	slot_env_add(slot, "REMOTE_PORT=", peer_port);
	slot_env_add(slot, "REMOTE_HOST=", peer);
}

static void add_unix(struct slot *slot, const struct env_facts *facts)
{
	slot_env_add(slot, "PROTO=", "IPC");
	add_number(slot, "IPCREMOTEEUID=", facts->peer->uid);
	add_number(slot, "IPCREMOTEEGID=", facts->peer->gid);
}

int env_build(struct slot *slot, const struct plan *plan, const struct env_facts *facts)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	if (slot_env_begin(slot, plan) < 0)
		return -1;
	if (!facts->peer)
		add_lent(slot, facts);
	else if (addr_has_port(facts->local))
		add_ends(slot, facts);
	else
		add_unix(slot, facts);
	if (sys_getsockopt(facts->fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0)
		add_number(slot, "SO_COOKIE=", cookie);
	slot_env_add(slot, "USHERD_SERVICE=", facts->service->name);
	add_number(slot, "USHERD_SESSION=", facts->session);
	return slot_env_end(slot);
}
