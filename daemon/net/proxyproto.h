/* net/proxyproto.h - reads the header by which a proxy says whose connection it
 * passes on (the PROXY protocol of HAProxy, versions 1 and 2).
 *
 * Pure: bytes in, an answer out. No socket, no memory, no clock; the caller
 * (core/header.c) knows whom it trusts and how long it waits. The answer never
 * depends on bytes behind the header, and more bytes never change one that was
 * given: PROXYPROTO_MORE means that all of the bytes belong to the header.
 *
 * Strict: whatever the specification does not allow is PROXYPROTO_BAD. A checksum (CRC32C, version
 * 2) is verified where there is one; other extensions are stepped over, and must end where the
 * header does. */
#ifndef NET_PROXYPROTO_H
#define NET_PROXYPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* Version 1 is bounded by itself, to 107 bytes. Version 2 could have 64 KiB of
 * extensions; what proxies send (names, identifiers, facts of TLS) is some
 * hundred bytes, a client's certificate 1 to 2 KiB. */
enum { PROXYPROTO_MAX = 4096 };

/* A set of the versions that are understood. */
enum { PROXYPROTO_V1 = 1 << 0, PROXYPROTO_V2 = 1 << 1 };

enum proxyproto_result { PROXYPROTO_MORE, PROXYPROTO_OK, PROXYPROTO_BAD };

struct proxyproto {
	size_t len; /* of the whole header; never above PROXYPROTO_MAX */
	/* Does it name the ends? Else the real ones hold: UNKNOWN and UNSPEC, LOCAL
	 * (the proxy's own health checks), and what is no TCP over IP: unix sockets and
	 * datagrams that a proxy turned into a connection. */
	bool has_ends;
	struct addr source, destination;
};

/* *header_r is set with PROXYPROTO_OK and left alone else. */
enum proxyproto_result proxyproto_parse(const uint8_t *bytes, size_t len, unsigned versions,
                                        struct proxyproto *header_r);

#endif
