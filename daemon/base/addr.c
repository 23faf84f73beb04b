#include "base/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The four bytes of an IPv4 or IPv4-mapped address, or NULL. */
static const uint8_t *addr_v4(const struct addr *addr)
{
	if (addr->len == 0)
		return NULL;
	if (addr->sa.sa_family == AF_INET)
		return (const uint8_t *)&addr->in.sin_addr;
	if (addr->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr))
		return addr->in6.sin6_addr.s6_addr + 12;
	return NULL;
}

static const uint8_t *addr_v6(const struct addr *addr)
{
	if (addr->len == 0 || addr->sa.sa_family != AF_INET6)
		return NULL;
	return addr->in6.sin6_addr.s6_addr;
}

static bool addr_is_vsock(const struct addr *addr)
{
	return addr->len != 0 && addr->sa.sa_family == AF_VSOCK;
}

bool addr_is_ip(const struct addr *addr)
{
	return addr->len != 0 && (addr->sa.sa_family == AF_INET || addr->sa.sa_family == AF_INET6);
}

bool addr_is_wildcard(const struct addr *addr)
{
	switch (addr->sa.sa_family) {
	case AF_INET:
		return addr->in.sin_addr.s_addr == htonl(INADDR_ANY);
	case AF_INET6:
		return IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
	case AF_VSOCK:
		return addr->vm.svm_cid == VMADDR_CID_ANY;
	default:
		return false;
	}
}

bool addr_has_port(const struct addr *addr)
{
	return addr_is_ip(addr) || addr_is_vsock(addr);
}

/* The interface of a name or a number; 0 if it is neither. */
static uint32_t parse_index(const char *text)
{
	uint64_t n = if_nametoindex(text);

	if (n != 0 || strlen(text) > 10 || text[strspn(text, "0123456789")])
		return (uint32_t)n;
	n = strtoull(text, NULL, 10);
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* Splits "fe80::1%eth0" into an address and its scope. */
static int parse_scope(const char *text, char *host, size_t size, uint32_t *scope_r)
{
	const char *percent = strchr(text, '%');
	size_t len = percent ? (size_t)(percent - text) : strlen(text);

	if (len == 0 || len >= size)
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	*scope_r = 0;
	if (percent)
		*scope_r = parse_index(percent + 1);
	return percent && *scope_r == 0 ? -1 : 0;
}

int addr_parse_ip(const char *text, uint16_t port, struct addr *addr)
{
	struct addr a;
	char host[INET6_ADDRSTRLEN];
	uint32_t scope;

	memset(&a, 0, sizeof a);
	if (parse_scope(text, host, sizeof host, &scope) < 0)
		return -1;
	if (scope == 0 && inet_pton(AF_INET, host, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons(port);
		a.len = sizeof a.in;
	} else if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons(port);
		a.in6.sin6_scope_id = scope;
		a.len = sizeof a.in6;
	} else {
		return -1;
	}
	*addr = a;
	return 0;
}

int addr_set_unix(const char *path, struct addr *addr)
{
	size_t len = strlen(path);

	/* An abstract name has no NUL at its end, a path does. */
	if (len == 0 || len + (path[0] != '@') > sizeof addr->un.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memset(addr, 0, sizeof *addr);
	addr->un.sun_family = AF_UNIX;
	memcpy(addr->un.sun_path, path, len);
	addr->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (path[0] == '@')
		addr->un.sun_path[0] = '\0';
	else
		addr->len++;
	return 0;
}

int addr_parse_vsock(const char *cid, uint32_t port, struct addr *addr)
{
	uint64_t n = VMADDR_CID_ANY;

	if (strcmp(cid, "*") != 0) {
		if (!*cid || strlen(cid) > 10 || cid[strspn(cid, "0123456789")])
			return -1;
		n = strtoull(cid, NULL, 10);
		if (n >= VMADDR_CID_ANY)
			return -1;
	}
	memset(addr, 0, sizeof *addr);
	addr->vm.svm_family = AF_VSOCK;
	addr->vm.svm_cid = (uint32_t)n;
	addr->vm.svm_port = port;
	addr->len = sizeof addr->vm;
	return 0;
}

static size_t put(char *text, size_t size, const char *from, size_t len)
{
	if (size == 0)
		return 0;
	if (len >= size)
		len = size - 1;
	memcpy(text, from, len);
	text[len] = '\0';
	return len;
}

static size_t format_v4(const uint8_t *b, char *text, size_t size)
{
	char t[16], *p = t;

	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*p++ = '.';
		if (b[i] >= 100)
			*p++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*p++ = (char)('0' + b[i] / 10 % 10);
		*p++ = (char)('0' + b[i] % 10);
	}
	return put(text, size, t, (size_t)(p - t));
}

static size_t format_v6(const struct sockaddr_in6 *in6, char *text, size_t size)
{
	char t[INET6_ADDRSTRLEN + 16];
	size_t len;

	if (!inet_ntop(AF_INET6, &in6->sin6_addr, t, INET6_ADDRSTRLEN))
		t[0] = '\0';
	len = strlen(t);
	if (in6->sin6_scope_id != 0)
		len += (size_t)snprintf(t + len, sizeof t - len, "%%%u", in6->sin6_scope_id);
	return put(text, size, t, len);
}

static size_t format_unix(const struct addr *addr, char *text, size_t size)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);
	size_t len = addr->len > head ? addr->len - head : 0;
	char t[sizeof addr->un.sun_path];

	/* The kernel counts a NUL past the end of a path that fills sun_path. */
	if (len > sizeof t)
		len = sizeof t;
	memcpy(t, addr->un.sun_path, len);
	if (len > 0 && t[0] == '\0')
		t[0] = '@';
	else
		len = strnlen(t, len);
	return put(text, size, t, len);
}

static size_t format_cid(uint32_t cid, char *text, size_t size)
{
	char t[16];

	if (cid == VMADDR_CID_ANY)
		return put(text, size, "*", 1);
	return put(text, size, t, (size_t)snprintf(t, sizeof t, "%u", cid));
}

size_t addr_format_host(const struct addr *addr, char *text, size_t size)
{
	const uint8_t *v4 = addr_v4(addr);

	if (v4)
		return format_v4(v4, text, size);
	if (addr_v6(addr))
		return format_v6(&addr->in6, text, size);
	if (addr->len != 0 && addr->sa.sa_family == AF_UNIX)
		return format_unix(addr, text, size);
	if (addr_is_vsock(addr))
		return format_cid(addr->vm.svm_cid, text, size);
	return put(text, size, "", 0);
}

size_t addr_format(const struct addr *addr, char *text, size_t size)
{
	char host[ADDR_TEXT_MAX], t[ADDR_TEXT_MAX + 16];
	size_t len = addr_format_host(addr, host, sizeof host);

	if (!addr_has_port(addr))
		return put(text, size, host, len);
	len = (size_t)snprintf(t, sizeof t, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
	                       addr_port(addr));
	return put(text, size, t, len);
}

uint32_t addr_port(const struct addr *addr)
{
	if (addr->len == 0)
		return 0;
	if (addr->sa.sa_family == AF_INET)
		return ntohs(addr->in.sin_port);
	if (addr->sa.sa_family == AF_INET6)
		return ntohs(addr->in6.sin6_port);
	if (addr->sa.sa_family == AF_VSOCK)
		return addr->vm.svm_port;
	return 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	const uint8_t *a4 = addr_v4(a), *b4 = addr_v4(b);

	if (a4 || b4)
		return a4 && b4 && memcmp(a4, b4, 4) == 0 && addr_port(a) == addr_port(b);
	if (addr_v6(a) && addr_v6(b))
		return memcmp(addr_v6(a), addr_v6(b), 16) == 0 && addr_port(a) == addr_port(b) &&
		       a->in6.sin6_scope_id == b->in6.sin6_scope_id;
	if (addr_is_vsock(a) && addr_is_vsock(b))
		return a->vm.svm_cid == b->vm.svm_cid && a->vm.svm_port == b->vm.svm_port;
	return a->len == b->len && memcmp(&a->storage, &b->storage, a->len) == 0;
}

/* Clears what is past len bits. */
static void prefix_cut(struct prefix *prefix)
{
	size_t whole = prefix->len / 8, rest = prefix->len % 8;

	if (rest)
		prefix->bytes[whole] &= (uint8_t)(0xff00 >> rest);
	whole += rest != 0;
	memset(prefix->bytes + whole, 0, sizeof prefix->bytes - whole);
}

void prefix_of(const struct addr *addr, uint8_t v4_len, uint8_t v6_len, struct prefix *prefix)
{
	const uint8_t *v4 = addr_v4(addr), *v6 = addr_v6(addr);

	memset(prefix, 0, sizeof *prefix);
	prefix->family = AF_UNIX;
	if (v4) {
		prefix->family = AF_INET;
		prefix->len = v4_len;
		memcpy(prefix->bytes, v4, 4);
	} else if (v6) {
		prefix->family = AF_INET6;
		prefix->len = v6_len;
		memcpy(prefix->bytes, v6, 16);
	} else if (addr_is_vsock(addr)) {
		prefix->family = AF_VSOCK;
		memcpy(prefix->bytes, &addr->vm.svm_cid, sizeof addr->vm.svm_cid);
		return;
	} else {
		memcpy(prefix->bytes, &addr->uid, sizeof addr->uid);
		return;
	}
	prefix_cut(prefix);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	struct prefix cut = a->len > b->len ? *a : *b;
	const struct prefix *wide = a->len > b->len ? b : a;

	cut.len = wide->len;
	prefix_cut(&cut);
	return prefix_equal(&cut, wide);
}

bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	struct prefix p;

	if (!addr_is_ip(addr))
		return false;
	prefix_of(addr, prefix->family == AF_INET ? prefix->len : 32,
	          prefix->family == AF_INET6 ? prefix->len : 128, &p);
	return prefix_equal(prefix, &p);
}

/* The length after the slash, less what of it is no part of the prefix; -1 if it
 * is none. */
static int parse_length(const char *text, unsigned least, unsigned max)
{
	unsigned n = 0;

	if (!*text || strlen(text) > 3)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (unsigned)(*text - '0');
	}
	return n >= least && n <= max ? (int)(n - least) : -1;
}

int prefix_parse(const char *text, struct prefix *prefix, const char **why_r)
{
	const char *slash = strchr(text, '/');
	size_t host_len = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN];
	struct addr addr;
	struct prefix whole, cut;
	bool mapped;
	int len;

	if (host_len >= sizeof host) {
		*why_r = "is not an address";
		return -1;
	}
	memcpy(host, text, host_len);
	host[host_len] = '\0';
	/* A prefix has no interface: to forget one in silence would widen it. */
	if (strchr(host, '%') || addr_parse_ip(host, 0, &addr) < 0) {
		*why_r = "is not an address";
		return -1;
	}
	prefix_of(&addr, 32, 128, &whole);
	/* An IPv4 address within an IPv6 one begins at bit 96. */
	mapped = whole.len == 32 && strchr(host, ':');
	len = whole.len;
	if (slash)
		len = parse_length(slash + 1, mapped ? 96 : 0, mapped ? 128 : whole.len);
	if (len < 0) {
		*why_r = mapped            ? "needs a length from 96 to 128 after the slash"
		         : whole.len == 32 ? "needs a length from 0 to 32 after the slash"
		                           : "needs a length from 0 to 128 after the slash";
		return -1;
	}
	cut = whole;
	cut.len = (uint8_t)len;
	prefix_cut(&cut);
	if (memcmp(cut.bytes, whole.bytes, sizeof cut.bytes) != 0) {
		*why_r = "has bits set past its length";
		return -1;
	}
	*prefix = cut;
	return 0;
}

size_t prefix_format(const struct prefix *prefix, char *text, size_t size)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	char host[ADDR_TEXT_MAX], t[ADDR_TEXT_MAX + 16];
	unsigned max = 32;

	if (prefix->family == AF_UNIX || prefix->family == AF_VSOCK) {
		uint32_t id; /* as wide as a uid_t */

		memcpy(&id, prefix->bytes, sizeof id);
		return put(text, size, t,
		           (size_t)snprintf(t, sizeof t, "%s %u",
		                            prefix->family == AF_UNIX ? "uid" : "cid", id));
	}
	if (prefix->family == AF_INET) {
		format_v4(prefix->bytes, host, sizeof host);
	} else {
		memcpy(&in6.sin6_addr, prefix->bytes, 16);
		format_v6(&in6, host, sizeof host);
		max = 128;
	}
	if (prefix->len == max)
		return put(text, size, host, strlen(host));
	return put(text, size, t, (size_t)snprintf(t, sizeof t, "%s/%u", host, prefix->len));
}
