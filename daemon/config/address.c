#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/problem.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const struct {
	const char *name;
	enum conf_kind kind;
	int type;
	int family; /* AF_UNSPEC: IPv6, or what the address says */
} kinds[] = {
    {"tcp", CONF_TCP, SOCK_STREAM, AF_UNSPEC},
    {"tcp4", CONF_TCP4, SOCK_STREAM, AF_INET},
    {"tcp6", CONF_TCP6, SOCK_STREAM, AF_INET6},
    {"mptcp", CONF_MPTCP, SOCK_STREAM, AF_UNSPEC},
    {"udp", CONF_UDP, SOCK_DGRAM, AF_UNSPEC},
    {"udp4", CONF_UDP4, SOCK_DGRAM, AF_INET},
    {"udp6", CONF_UDP6, SOCK_DGRAM, AF_INET6},
    {"unix", CONF_UNIX, SOCK_STREAM, AF_UNIX},
    {"unix-dgram", CONF_UNIX_DGRAM, SOCK_DGRAM, AF_UNIX},
    {"unix-seqpacket", CONF_UNIX_SEQPACKET, SOCK_SEQPACKET, AF_UNIX},
    {"vsock", CONF_VSOCK, SOCK_STREAM, AF_VSOCK},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int fail(char why[VALUE_WHY_MAX], const char *text, const char *what)
{
	char quoted[QUOTED_MAX];

	snprintf(why, VALUE_WHY_MAX, "\"%s\" %s", problem_quote(text, strlen(text), quoted), what);
	return -1;
}

/* Takes the kind off the front of the address, if there is one. */
static int take_kind(const char **text, struct conf_listen *listen)
{
	enum conf_kind kind = **text == '/' || **text == '@' ? CONF_UNIX : CONF_TCP;
	const char *colon = strchr(*text, ':');
	size_t len = colon ? (size_t)(colon - *text) : 0;
	int at = 0;

	for (int i = 0; len && i < KINDS; i++) {
		if (strlen(kinds[i].name) != len || memcmp(kinds[i].name, *text, len) != 0)
			continue;
		kind = kinds[i].kind;
		*text = colon + 1;
		break;
	}
	while (kinds[at].kind != kind)
		at++;
	listen->kind = kind;
	listen->type = kinds[at].type;
	listen->protocol = kind == CONF_MPTCP ? IPPROTO_MPTCP : 0;
	return kinds[at].family;
}

/* Digits only, and at least 1. */
static int parse_number(const char *text, unsigned long most, unsigned long *number)
{
	if (!*text || text[strspn(text, "0123456789")])
		return -1;
	*number = strlen(text) > 10 ? 0 : strtoul(text, NULL, 10);
	return *number >= 1 && *number <= most ? 0 : 1;
}

static int parse_port(const char *text, int type, uint16_t *port, char why[VALUE_WHY_MAX])
{
	const struct servent *service;
	unsigned long n;

	switch (parse_number(text, 65535, &n)) {
	case 0:
		*port = (uint16_t)n;
		return 0;
	case 1:
		return fail(why, text, "is no port (1 to 65535)");
	default:
		break;
	}
	service = *text ? getservbyname(text, type == SOCK_DGRAM ? "udp" : "tcp") : NULL;
	endservent();
	if (!service)
		return fail(why, text, "is neither a port nor a name in /etc/services");
	*port = ntohs((uint16_t)service->s_port);
	return 0;
}

static void set_any(int family, uint16_t port, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (family == AF_INET) {
		addr->in.sin_family = AF_INET;
		addr->in.sin_port = htons(port);
		addr->len = sizeof(addr->in);
	} else {
		addr->in6.sin6_family = AF_INET6;
		addr->in6.sin6_port = htons(port);
		addr->len = sizeof(addr->in6);
	}
}

int address_device(const char *name, char why[VALUE_WHY_MAX])
{
	size_t len = strlen(name);

	/* As the kernel's dev_valid_name() has it. */
	if (len == 0 || len >= IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcspn(name, "/: \t\n\v\f\r") != len)
		return fail(why, name, "is no name of a network device");
	return 0;
}

/* Cuts "%device" off the end; within brackets it is part of an address. */
static int take_device(const char *text, char *rest, size_t size, struct conf_listen *listen,
                       char why[VALUE_WHY_MAX])
{
	const char *bracket = strrchr(text, ']');
	const char *percent = strchr(bracket ? bracket : text, '%');
	size_t len = percent ? (size_t)(percent - text) : strlen(text);

	if (len >= size)
		return fail(why, text, "is no address");
	memcpy(rest, text, len);
	rest[len] = '\0';
	listen->device = percent ? percent + 1 : NULL;
	return percent ? address_device(percent + 1, why) : 0;
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

static int parse_ip(const char *whole, int family, bool v6only, struct conf_listen *listen,
                    char why[VALUE_WHY_MAX])
{
	char host[80], text[120];
	const char *port_text;
	uint16_t port;
	int found;

	if (take_device(whole, text, sizeof(text), listen, why) < 0 ||
	    split(text, host, sizeof(host), &port_text, why) < 0 ||
	    parse_port(port_text, listen->type, &port, why) < 0)
		return -1;
	if (!host[0] || strcmp(host, "*") == 0)
		set_any(family, port, &listen->addr);
	else if (addr_parse_ip(host, port, &listen->addr) < 0)
		return fail(why, host, "is no address (hosts are given as numbers, not as names)");
	else if (text[0] == '[' && listen->addr.sa.sa_family != AF_INET6)
		return fail(why, text, "is no IPv6 address");
	found = listen->addr.sa.sa_family;
	if (family != AF_UNSPEC && family != found)
		return fail(why, text, "is of the other IP version than its kind");
	listen->dual = family == AF_UNSPEC && !v6only && found == AF_INET6 &&
	               IN6_IS_ADDR_UNSPECIFIED(&listen->addr.in6.sin6_addr);
	return 0;
}

/* "port", "*:port", "CID:port": a context has a number, and so has its port. */
static int parse_vsock(const char *text, struct conf_listen *listen, char why[VALUE_WHY_MAX])
{
	const char *colon = strchr(text, ':'), *port = colon ? colon + 1 : text;
	char cid[16] = "*";
	unsigned long n;

	if (colon)
		snprintf(cid, sizeof(cid), "%.*s", (int)(colon - text), text);
	/* The highest one stands for any. */
	if (parse_number(port, UINT32_MAX - 1, &n) != 0)
		return fail(why, port, "is no port of vsock (1 to 4294967294)");
	if ((colon && (size_t)(colon - text) >= sizeof(cid)) ||
	    addr_parse_vsock(cid, (uint32_t)n, &listen->addr) < 0)
		return fail(why, text, "is no address of vsock (like 3:80 or *:80)");
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
	int family = take_kind(&text, listen);

	if (family == AF_UNIX)
		return parse_unix(text, listen, why);
	if (family == AF_VSOCK)
		return parse_vsock(text, listen, why);
	return parse_ip(text, family, v6only, listen, why);
}

static bool has_path(const struct addr *addr)
{
	return addr->sa.sa_family == AF_UNIX && addr->un.sun_path[0] != '\0';
}

bool address_conflict(const struct conf_listen *a, const struct conf_listen *b)
{
	/* Each type has its own ports and names, but files are files. */
	if (a->type != b->type && !has_path(&a->addr))
		return false;
	if (!addr_has_port(&a->addr) || !addr_has_port(&b->addr))
		return addr_equal(&a->addr, &b->addr);
	if (addr_port(&a->addr) != addr_port(&b->addr) ||
	    addr_is_ip(&a->addr) != addr_is_ip(&b->addr))
		return false;
	if (a->device && b->device && strcmp(a->device, b->device) != 0)
		return false;
	if (a->addr.sa.sa_family != b->addr.sa.sa_family)
		return a->dual || b->dual;
	return addr_is_wildcard(&a->addr) || addr_is_wildcard(&b->addr) ||
	       addr_equal(&a->addr, &b->addr);
}
