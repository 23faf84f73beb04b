#include "net/sockopt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

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

int sockopt_apply(int fd, int family, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r)
{
	unsigned kind = CONF_KIND(where->kind);

	if ((kind & CONF_ANY_IP) && set_kind(fd, family, where, why_r) < 0)
		return -1;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		int64_t value = value_of(row, conf);

		if (!(row->kinds & kind) || value <= 0 ||
		    (row->level == IPPROTO_IPV6 && family != AF_INET6))
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
