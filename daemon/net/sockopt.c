#include "net/sockopt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sys.h"

/* FIELD_PROBES: an int that means nothing without keepalive. */
enum field { FIELD_BOOL, FIELD_INT, FIELD_UINT32, FIELD_PROBES };

#define TCP_AND_MPTCP (CONF_ANY_TCP | CONF_KIND(CONF_MPTCP))
#define UNIX_STREAMS  (CONF_KIND(CONF_UNIX) | CONF_KIND(CONF_UNIX_SEQPACKET))
#define BUFFERED      (CONF_ANY_IP | CONF_KIND(CONF_UNIX_DGRAM))
#define F(name, type) offsetof(struct conf_service, name), type
#define OPT(name)     name, "setsockopt(" #name ")"

/* In this order: IP_TOS sets a priority, too. A row of IPPROTO_IPV6 is for IPv6
 * sockets alone; those of IPPROTO_IP are for both, and on an IPv6 socket they
 * are for its IPv4 clients, or the same flag of the kernel by another name. */
static const struct row {
	size_t offset;
	enum field type;
	unsigned kinds, each; /* each: accepted sockets of these kinds do not inherit it */
	int level, name;
	const char *call;
} rows[] = {
    {F(reuse_port, FIELD_BOOL), CONF_ANY_IP, 0, SOL_SOCKET, OPT(SO_REUSEPORT)},
    {F(freebind, FIELD_BOOL), CONF_ANY_IP, 0, IPPROTO_IP, OPT(IP_FREEBIND)},
    {F(transparent, FIELD_BOOL), CONF_ANY_IP, 0, IPPROTO_IP, OPT(IP_TRANSPARENT)},
    {F(defer_accept_sec, FIELD_INT), TCP_AND_MPTCP, 0, IPPROTO_TCP, OPT(TCP_DEFER_ACCEPT)},
    {F(fast_open, FIELD_INT), TCP_AND_MPTCP, 0, IPPROTO_TCP, OPT(TCP_FASTOPEN)},
    {F(nodelay, FIELD_BOOL), TCP_AND_MPTCP, 0, IPPROTO_TCP, OPT(TCP_NODELAY)},
    {F(keepalive, FIELD_BOOL), TCP_AND_MPTCP, 0, SOL_SOCKET, OPT(SO_KEEPALIVE)},
    {F(keepalive_time_sec, FIELD_PROBES), TCP_AND_MPTCP, 0, IPPROTO_TCP, OPT(TCP_KEEPIDLE)},
    {F(keepalive_interval_sec, FIELD_PROBES), TCP_AND_MPTCP, 0, IPPROTO_TCP, OPT(TCP_KEEPINTVL)},
    {F(keepalive_probes, FIELD_PROBES), TCP_AND_MPTCP, 0, IPPROTO_TCP, OPT(TCP_KEEPCNT)},
    {F(user_timeout_msec, FIELD_UINT32), CONF_ANY_TCP, 0, IPPROTO_TCP, OPT(TCP_USER_TIMEOUT)},
    {F(sndbuf, FIELD_INT), BUFFERED, UNIX_STREAMS, SOL_SOCKET, OPT(SO_SNDBUF)},
    {F(rcvbuf, FIELD_INT), BUFFERED, UNIX_STREAMS, SOL_SOCKET, OPT(SO_RCVBUF)},
    {F(tos, FIELD_UINT32), CONF_ANY_IP, 0, IPPROTO_IP, OPT(IP_TOS)},
    /* The kernel has none for MPTCP. */
    {F(tos, FIELD_UINT32), CONF_ANY_TCP | CONF_ANY_UDP, 0, IPPROTO_IPV6, OPT(IPV6_TCLASS)},
    {F(priority, FIELD_UINT32), CONF_ANY_IP, TCP_AND_MPTCP, SOL_SOCKET, OPT(SO_PRIORITY)},
    {F(mark, FIELD_UINT32), CONF_ANY_IP, 0, SOL_SOCKET, OPT(SO_MARK)},
};

/* 0 or less: it is not asked for. */
static int64_t value_of(const struct row *row, const struct conf_service *conf)
{
	const char *field = (const char *)conf + row->offset;

	switch (row->type) {
	case FIELD_BOOL:
		return *(const bool *)field;
	case FIELD_INT:
		return *(const int *)field;
	case FIELD_PROBES:
		return conf->keepalive ? *(const int *)field : 0;
	default:
		return *(const uint32_t *)field;
	}
}

static int set_int(int fd, int level, int name, int value)
{
	return sys_setsockopt(fd, level, name, &value, sizeof value);
}

static int set_text(int fd, int level, int name, const char *text)
{
	return sys_setsockopt(fd, level, name, text, (socklen_t)strlen(text));
}

/* What is no wish of the service but makes the socket what its kind says. */
static int set_kind(int fd, int family, const struct conf_listen *where, const char **why_r)
{
	/* A stream's address whose old connections are in TIME_WAIT can be bound
	 * again; one of datagrams could be bound by somebody else as well. */
	*why_r = "setsockopt(SO_REUSEADDR)";
	if (where->type == SOCK_STREAM && set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
		return -1;
	*why_r = "setsockopt(IPV6_V6ONLY)";
	if (family == AF_INET6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !where->dual) < 0)
		return -1;
	*why_r = "setsockopt(SO_BINDTODEVICE)";
	if (where->device && set_text(fd, SOL_SOCKET, SO_BINDTODEVICE, where->device) < 0)
		return -1;
	return 0;
}

bool sockopt_is_due(const struct conf_listen *where, const struct conf_service *conf)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((rows[i].each & CONF_KIND(where->kind)) && value_of(&rows[i], conf) > 0)
			return true;
	return false;
}

void sockopt_accepted(int fd, const struct conf_listen *where, const struct conf_service *conf)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		int64_t value = value_of(row, conf);

		if ((row->each & CONF_KIND(where->kind)) && value > 0)
			(void)set_int(fd, row->level, row->name, (int)(uint32_t)value);
	}
}

static bool is_for(const struct row *row, int family, const struct conf_listen *where)
{
	return (row->kinds & CONF_KIND(where->kind)) &&
	       (row->level != IPPROTO_IPV6 || family == AF_INET6);
}

int sockopt_apply(int fd, int family, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r)
{
	unsigned kind = CONF_KIND(where->kind);

	if ((kind & CONF_ANY_IP) && set_kind(fd, family, where, why_r) < 0)
		return -1;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		int64_t value = value_of(row, conf);

		if (!is_for(row, family, where) || value <= 0)
			continue;
		*why_r = row->call;
		if (set_int(fd, row->level, row->name, (int)(uint32_t)value) < 0)
			return -1;
	}
	*why_r = "setsockopt(TCP_CONGESTION)";
	if (conf->congestion && (kind & TCP_AND_MPTCP) &&
	    set_text(fd, IPPROTO_TCP, TCP_CONGESTION, conf->congestion) < 0)
		return -1;
	return 0;
}

/* What the kernel gives to a socket of this kind by itself. */
static int default_of(int family, const struct conf_listen *where, const struct row *row,
                      int *value)
{
	int fd = sys_socket(family, where->type | SOCK_CLOEXEC, where->protocol);
	socklen_t len = sizeof *value;
	int rc = fd < 0 ? -1 : sys_getsockopt(fd, row->level, row->name, value, &len);

	if (fd >= 0)
		close(fd);
	return rc;
}

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

static int change_row(int fd, int family, const struct conf_listen *where, const struct row *row,
                      int64_t to)
{
	int value = (int)(uint32_t)to;

	if (to > 0)
		return set_int(fd, row->level, row->name, value);
	if (default_of(family, where, row, &value) < 0)
		return -1;
	if (row->name != SO_SNDBUF && row->name != SO_RCVBUF)
		return set_int(fd, row->level, row->name, value);
	/* The kernel doubles what it is given, and keeps its hands off from then on. */
	if (set_int(fd, row->level, row->name, value / 2) < 0)
		return -1;
	(void)set_int(fd, SOL_SOCKET, SO_BUF_LOCK, 0);
	return 0;
}

static const char *congestion_of(const struct conf_service *conf)
{
	return conf->congestion ? conf->congestion : "";
}

static int change_congestion(int fd, int family, const struct conf_listen *where,
                             const struct conf_service *to)
{
	char name[32] = "";
	socklen_t len = sizeof name - 1;
	int fresh, rc;

	if (to->congestion)
		return set_text(fd, IPPROTO_TCP, TCP_CONGESTION, to->congestion);
	fresh = sys_socket(family, where->type | SOCK_CLOEXEC, where->protocol);
	rc = fresh < 0 ? -1 : sys_getsockopt(fresh, IPPROTO_TCP, TCP_CONGESTION, name, &len);
	if (fresh >= 0)
		close(fresh);
	return rc < 0 ? -1 : set_text(fd, IPPROTO_TCP, TCP_CONGESTION, name);
}

int sockopt_change(int fd, int family, const struct conf_listen *where,
                   const struct conf_service *from, const struct conf_service *to,
                   const char **why_r)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		int64_t had = value_of(row, from), wanted = value_of(row, to);

		if (!is_for(row, family, where) || (had > 0 ? had : 0) == (wanted > 0 ? wanted : 0))
			continue;
		*why_r = row->call;
		if (change_row(fd, family, where, row, wanted) < 0)
			return -1;
	}
	if (!(CONF_KIND(where->kind) & TCP_AND_MPTCP) ||
	    strcmp(congestion_of(from), congestion_of(to)) == 0)
		return 0;
	*why_r = "setsockopt(TCP_CONGESTION)";
	return change_congestion(fd, family, where, to);
}

int sockopt_share(int fd, bool share)
{
	return set_int(fd, SOL_SOCKET, SO_REUSEPORT, share);
}
