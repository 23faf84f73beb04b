/* base/addr.h - socket addresses, their text, and prefixes of them.
 *
 * An IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) counts as IPv4 everywhere:
 * it is printed, compared and matched as the IPv4 address that it carries.
 * Never resolves a name and never blocks. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <linux/vm_sockets.h> /* needs those above */

struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_vm vm;
		struct sockaddr_storage storage;
	};
	socklen_t len; /* 0: none */
	uid_t uid;     /* whose the peer of a unix socket is, where that was asked for */
	gid_t gid;
};

/* The leading bits of an IP address; also the name of a source. */
struct prefix {
	uint8_t bytes[16]; /* IPv4 in the first four, the bits past len are 0 */
	uint8_t len;       /* in bits: at most 32 or 128 */
	uint8_t family;    /* AF_INET, AF_INET6; AF_UNIX, AF_VSOCK: bytes hold the uid, the CID */
};

/* Room for any text that these functions write, NUL included. */
enum { ADDR_TEXT_MAX = 128 };

/* "192.0.2.1" or "2001:db8::1" (a link-local one with its "%ifindex") and port,
 * without brackets.  Fails, leaving *addr alone, for anything else. */
int addr_parse_ip(const char *text, uint16_t port, struct addr *addr);

/* "/run/x" or "@abstract". Fails with ENAMETOOLONG where it does not fit. */
int addr_set_unix(const char *path, struct addr *addr);

/* A context of vsock(7), which is a number, or "*" for any. */
int addr_parse_vsock(const char *cid, uint32_t port, struct addr *addr);

/* The host part: "192.0.2.1", "2001:db8::1", "/run/x", "@abstract", a CID or "*",
 * or "" for an unnamed unix socket. Returns the length; size should be
 * ADDR_TEXT_MAX. */
size_t addr_format_host(const struct addr *addr, char *text, size_t size);

/* Host and port: "192.0.2.1:80", "[2001:db8::1]:80", "/run/x", "3:80" (vsock). */
size_t addr_format(const struct addr *addr, char *text, size_t size);

/* In host order; 0 where there is none. Those of vsock have 32 bits. */
uint32_t addr_port(const struct addr *addr);
bool addr_has_port(const struct addr *addr);

bool addr_equal(const struct addr *a, const struct addr *b);
bool addr_is_ip(const struct addr *addr);
bool addr_is_wildcard(const struct addr *addr); /* all addresses of its family, or all CIDs */

/* The address cut to v4_len or v6_len bits; of a unix socket's peer, its uid; of
 * one of vsock, the CID. */
void prefix_of(const struct addr *addr, uint8_t v4_len, uint8_t v6_len, struct prefix *prefix);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* Is there an address in both? */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);

/* "192.0.2.0/24", "2001:db8::/32", or an address alone; "::ffff:192.0.2.0/120" is
 * the first of these. Bits past the length must be 0. Fails with *why_r set to what is wrong, in
 * words. */
int prefix_parse(const char *text, struct prefix *prefix, const char **why_r);

/* As it is written in a configuration; without "/32" and "/128". */
size_t prefix_format(const struct prefix *prefix, char *text, size_t size);

#endif
