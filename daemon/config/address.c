#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/problem.h"

static const struct {
	const char *name;
	enum conf_kind kind;
	bool built;
} kinds[] = {
    {"tcp", CONF_TCP, true},      {"tcp4", CONF_TCP4, true},
    {"tcp6", CONF_TCP6, true},    {"unix", CONF_UNIX, true},
    {"udp", CONF_UDP6, false},    {"udp4", CONF_UDP4, false},
    {"udp6", CONF_UDP6, false},   {"unix-dgram", CONF_UNIX_DGRAM, false},
    {"vsock", CONF_VSOCK, false}, {"unix-seqpacket", CONF_UNIX_SEQPACKET, false},
    {"mptcp", CONF_MPTCP, false},
};

static int fail(char why[VALUE_WHY_MAX], const char *text, const char *what)
{
	char quoted[QUOTED_MAX];

	snprintf(why, VALUE_WHY_MAX, "\"%s\" %s", problem_quote(text, strlen(text), quoted), what);
	return -1;
}

/* Takes the kind off the front of the address, if there is one. */
static int take_kind(const char **text, enum conf_kind *kind, char why[VALUE_WHY_MAX])
{
	const char *colon = strchr(*text, ':');
	size_t len = colon ? (size_t)(colon - *text) : 0;

	*kind = **text == '/' || **text == '@' ? CONF_UNIX : CONF_TCP;
	for (size_t i = 0; len && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, *text, len) != 0)
			continue;
		if (!kinds[i].built) {
			snprintf(why, VALUE_WHY_MAX,
			         "%s: known, but this version does not have it yet (remove it)",
			         kinds[i].name);
			return -1;
		}
		*kind = kinds[i].kind;
		*text = colon + 1;
		break;
	}
	return 0;
}

static int parse_port(const char *text, uint16_t *port, char why[VALUE_WHY_MAX])
{
	const struct servent *service;
	unsigned long n;

	if (strchr(text, '%'))
		return fail(
		    why, text,
		    "names a device: known, but this version does not have it yet (remove it)");
	if (*text && text[strspn(text, "0123456789")] == '\0') {
		n = strlen(text) > 5 ? 65536 : strtoul(text, NULL, 10);
		if (n < 1 || n > 65535)
			return fail(why, text, "is no port (1 to 65535)");
		*port = (uint16_t)n;
		return 0;
	}
	service = *text ? getservbyname(text, "tcp") : NULL;
	endservent();
	if (!service)
		return fail(why, text, "is neither a port nor a name in /etc/services");
	*port = ntohs((uint16_t)service->s_port);
	return 0;
}

static void set_any(enum conf_kind kind, uint16_t port, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (kind == CONF_TCP4) {
		addr->in.sin_family = AF_INET;
		addr->in.sin_port = htons(port);
		addr->len = sizeof(addr->in);
	} else {
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons(port);
		addr->len = sizeof(addr->in6);
	}
}

/* Splits "host:port" and "[host]:port"; host is empty where there is only a port. */
static int split(const char *text, char *host, size_t size, const char **port,
                 char why[VALUE_WHY_MAX])
{
	const char *colon = strrchr(text, ':'), *begin = text, *end = colon;

	host[0] = '\0';
	*port = colon ? colon + 1 : text;
	if (text[0] == '[') {
		end = strchr(text, ']');
		if (!end || end[1] != ':')
			return fail(why, text,
			            "is no address (an IPv6 one is written [2001:db8::1]:80)");
		begin++;
		*port = end + 2;
	} else if (colon && memchr(text, ':', (size_t)(colon - text))) {
		return fail(why, text, "is no address (an IPv6 one is written [2001:db8::1]:80)");
	}
	if (!end)
		return 0;
	if (end == begin || (size_t)(end - begin) >= size)
		return fail(why, text, "is no address");
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	return 0;
}

static int parse_ip(const char *text, bool v6only, struct conf_listen *listen,
                    char why[VALUE_WHY_MAX])
{
	char host[80];
	const char *port_text;
	uint16_t port;
	int family;

	if (split(text, host, sizeof(host), &port_text, why) < 0 ||
	    parse_port(port_text, &port, why) < 0)
		return -1;
	if (!host[0] || strcmp(host, "*") == 0)
		set_any(listen->kind, port, &listen->addr);
	else if (addr_parse_ip(host, port, &listen->addr) < 0)
		return fail(why, host, "is no address (hosts are given as numbers, not as names)");
	else if (text[0] == '[' && listen->addr.sa.sa_family != AF_INET6)
		return fail(why, text, "is no IPv6 address");
	family = listen->addr.sa.sa_family;
	if ((listen->kind == CONF_TCP4 && family != AF_INET) ||
	    (listen->kind == CONF_TCP6 && family != AF_INET6))
		return fail(why, text, "is of the other IP version than its kind");
	listen->dual = listen->kind == CONF_TCP && !v6only && family == AF_INET6 &&
	               IN6_IS_ADDR_UNSPECIFIED(&listen->addr.in6.sin6_addr);
	return 0;
}

static int parse_unix(const char *text, struct conf_listen *listen, char why[VALUE_WHY_MAX])
{
	if ((text[0] != '/' && text[0] != '@') || !text[1])
		return fail(why, text, "is no socket's path (it begins with / or @)");
	if (addr_set_unix(text, &listen->addr) < 0)
		return fail(why, text, "is too long for the path of a socket (107 bytes)");
	return 0;
}

int address_parse(const char *text, bool v6only, struct conf_listen *listen,
                  char why[VALUE_WHY_MAX])
{
	if (take_kind(&text, &listen->kind, why) < 0)
		return -1;
	listen->type = SOCK_STREAM;
	if (listen->kind == CONF_UNIX)
		return parse_unix(text, listen, why);
	return parse_ip(text, v6only, listen, why);
}

static bool is_any(const struct addr *addr)
{
	if (addr->sa.sa_family == AF_INET)
		return addr->in.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
}

bool address_conflict(const struct conf_listen *a, const struct conf_listen *b)
{
	if (!addr_is_ip(&a->addr) || !addr_is_ip(&b->addr))
		return addr_equal(&a->addr, &b->addr);
	if (addr_port(&a->addr) != addr_port(&b->addr))
		return false;
	if (a->addr.sa.sa_family != b->addr.sa.sa_family)
		return a->dual || b->dual;
	return is_any(&a->addr) || is_any(&b->addr) || addr_equal(&a->addr, &b->addr);
}
