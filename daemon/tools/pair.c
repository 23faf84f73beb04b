#include "tools/pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

#ifndef VMADDR_CID_LOCAL
#define VMADDR_CID_LOCAL 1
#endif

enum { STRANGERS_MAX = 16 };

/* A peer of this family can come to this address. */
static bool suits(const struct conf_listen *listen, const struct addr *peer)
{
	return addr_is_ip(&listen->addr) && (listen->addr.sa.sa_family == peer->sa.sa_family ||
	                                     (listen->dual && peer->sa.sa_family == AF_INET));
}

const struct conf_listen *pair_choose(const struct conf_service *service, const struct addr *peer)
{
	for (size_t i = 0; i < service->listen_count; i++)
		if (!peer || suits(&service->listen[i], peer))
			return &service->listen[i];
	return NULL;
}

static bool is_wildcard(const struct addr *addr)
{
	if (addr->sa.sa_family == AF_INET)
		return addr->in.sin_addr.s_addr == htonl(INADDR_ANY);
	if (addr->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
	return addr->sa.sa_family == AF_VSOCK && addr->vm.svm_cid == VMADDR_CID_ANY;
}

/* The same port on the loopback. On a socket for both families IPv4 comes mapped,
 * and it is what most clients use. */
static void set_loopback(struct addr *addr, bool mapped)
{
	if (addr->sa.sa_family == AF_INET)
		addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (addr->sa.sa_family == AF_VSOCK)
		addr->vm.svm_cid = VMADDR_CID_LOCAL;
	else if (mapped)
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &addr->in6.sin6_addr);
	else
		addr->in6.sin6_addr = in6addr_loopback;
}

static void set_any_port(struct addr *addr)
{
	if (addr->sa.sa_family == AF_VSOCK)
		addr->vm.svm_port = VMADDR_PORT_ANY;
	else if (addr->sa.sa_family == AF_INET)
		addr->in.sin_port = 0;
	else
		addr->in6.sin6_port = 0;
}

static int name_of(int fd, struct addr *addr)
{
	addr->len = sizeof addr->storage;
	return sys_getsockname(fd, &addr->sa, &addr->len);
}

/* Where MPTCP is not to be had, it is TCP, as it would be on the wire. */
static int open_socket(const struct conf_listen *listen, const char **call_r)
{
	int family = listen->addr.sa.sa_family;
	int fd = sys_socket(family, listen->type | SOCK_CLOEXEC, listen->protocol);

	if (fd < 0 && listen->kind == CONF_MPTCP)
		fd = sys_socket(family, listen->type | SOCK_CLOEXEC, 0);
	*call_r = "socket";
	return fd;
}

static int bind_to(int fd, const struct addr *addr)
{
	return sys_bind(fd, &addr->sa, addr->len);
}

/* A name that the kernel finds, as for a client (unix(7), autobind). */
static int bind_unix(int fd)
{
	const struct addr none = {.sa.sa_family = AF_UNIX, .len = sizeof(sa_family_t)};

	return bind_to(fd, &none);
}

/* The service's own address, or the same on the loopback, or any port there. */
static int bind_server(int fd, const struct conf_listen *listen, bool mapped, struct addr *want)
{
	const int on = 1;
	struct addr other;

	*want = listen->addr;
	if (listen->addr.sa.sa_family == AF_UNIX)
		return bind_unix(fd);
	if (is_wildcard(want))
		set_loopback(want, mapped);
	if (listen->type == SOCK_STREAM)
		(void)sys_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind_to(fd, want) == 0)
		return 0;
	other = *want;
	set_loopback(&other, mapped);
	set_any_port(&other);
	return bind_to(fd, &other);
}

static int open_server(const struct conf_listen *listen, bool mapped, struct addr *want,
                       const char **call_r)
{
	int fd = open_socket(listen, call_r);

	if (fd < 0)
		return -1;
	*call_r = "bind";
	if (bind_server(fd, listen, mapped, want) < 0) {
		fd_close(&fd);
		return -1;
	}
	*call_r = "listen";
	if (listen->type != SOCK_DGRAM && sys_listen(fd, 1) < 0)
		fd_close(&fd);
	return fd;
}

/* The way to an IPv4-mapped address is IPv4. */
static void unmap(struct addr *addr)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = addr->in6.sin6_port};

	if (addr->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		return;
	memcpy(&in.sin_addr, addr->in6.sin6_addr.s6_addr + 12, sizeof in.sin_addr);
	addr->in = in;
	addr->len = sizeof in;
}

static int connect_as(const struct addr *server, int type, const struct addr *peer)
{
	int fd = sys_socket(server->sa.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if ((peer && bind_to(fd, peer) < 0) ||
	    (server->sa.sa_family == AF_UNIX && bind_unix(fd) < 0) ||
	    sys_connect(fd, &server->sa, server->len) < 0)
		fd_close(&fd);
	return fd;
}

/* From the peer's own address where it is one of this machine. */
static int open_client(struct pair *pair, const struct addr *peer, const char **call_r)
{
	struct addr server;
	int fd = -1;

	*call_r = "getsockname";
	if (name_of(pair->handler, &server) < 0)
		return -1;
	unmap(&server);
	*call_r = "connect";
	if (peer)
		fd = connect_as(&server, pair->type, peer);
	pair->other_peer = peer && fd < 0;
	if (fd < 0)
		fd = connect_as(&server, pair->type, NULL);
	return fd;
}

/* Somebody else may have come to the address first: not to us. */
static int accept_ours(int server, const struct addr *client)
{
	for (int i = 0; i < STRANGERS_MAX; i++) {
		struct addr peer = {.len = sizeof peer.storage};
		int fd = sys_accept4(server, &peer.sa, &peer.len, SOCK_CLOEXEC);

		if (fd < 0)
			return -1;
		if (addr_equal(&peer, client))
			return fd;
		fd_close(&fd);
	}
	errno = EBUSY;
	return -1;
}

static int accept_client(struct pair *pair, const char **call_r)
{
	struct addr client;
	int fd = -1;

	*call_r = "accept";
	if (name_of(pair->client, &client) == 0)
		fd = accept_ours(pair->handler, &client);
	fd_close(&pair->handler);
	pair->handler = fd;
	if (fd < 0)
		return -1;
	if (!pair->other_peer)
		pair->peer = client;
	else if (addr_port(&pair->peer) == 0) /* in the same place for both families */
		pair->peer.in.sin_port = client.in.sin_port;
	return 0;
}

static int open_unix_pair(struct pair *pair, int type, const char **call_r)
{
	int fd[2];

	*call_r = "socketpair";
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fd) < 0)
		return -1;
	pair->handler = fd[0];
	pair->client = fd[1];
	return 0;
}

int pair_open(struct pair *pair, const struct conf_listen *listen, bool wait,
              const struct addr *peer, const char **call_r)
{
	bool mapped = listen->dual && (!peer || peer->sa.sa_family == AF_INET);

	*pair = (struct pair){.handler = -1, .client = -1, .type = listen->type};
	pair->local = listen->addr;
	pair->peer.uid = geteuid();
	pair->peer.gid = getegid();
	if (peer)
		pair->peer = *peer;
	if (listen->addr.sa.sa_family == AF_UNIX && !wait)
		return open_unix_pair(pair, listen->type, call_r);
	pair->handler = open_server(listen, mapped, &pair->local, call_r);
	if (pair->handler < 0)
		return -1;
	pair->client = open_client(pair, peer, call_r);
	if (pair->client < 0 || (!wait && accept_client(pair, call_r) < 0)) {
		fd_close(&pair->handler);
		fd_close(&pair->client);
		return -1;
	}
	return 0;
}
