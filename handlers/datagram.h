/* datagram.h - answers the datagrams that come to a lent socket.
 *
 * For a service with `wait = yes`: descriptor 0 is the datagram socket itself,
 * unconnected and blocking, and is left so.  What is queued is answered one by
 * one; after a time without any the loop ends, so a burst costs one process.
 * What comes later stays queued for the next one.
 *
 * Over UDP no reply goes
 *  - to a port below 1024 (0 too): the port of a service, not of a client, and
 *    two services that answer each other never stop;
 *  - to a port that is the socket's own, for the same service on another host;
 *  - to what was sent to a broadcast or multicast address: many would answer;
 *  - further than the request had hops left, less one.  That ends a loop between
 *    services on any other ports after 255 replies, and a client within 31 hops
 *    notices nothing, as its datagrams set out with 64.
 * It leaves from the address that the request came to, also where the socket is
 * bound to every address (ip(7), IP_PKTINFO; RFC 3542, 6).
 *
 * A reply that cannot be sent is lost, as on any network: nobody waits for a unix socket that is
 * not read from, or for a host that does not exist.  What nobody has fetched from unix sockets
 * counts against the one buffer of the service, though: while a local client lets many replies lie
 * there, those to others can be lost, too. */
#ifndef HANDLERS_DATAGRAM_H
#define HANDLERS_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No UDP datagram is longer; one over a unix socket can be. */
enum { DATAGRAM_MAX = 65535 };

struct datagram {
	size_t len; /* as it was sent; what is above DATAGRAM_MAX was cut off */
	char data[DATAGRAM_MAX];
};

/* Whether descriptor 0 is a datagram socket. */
bool datagram_is_lent(void);

/* answer() turns a request into its reply in place, or returns false for none.
 * False with errno: the socket is no good.  After true, nothing has come for
 * idle_msec. */
bool datagram_serve(bool (*answer)(struct datagram *datagram), int64_t idle_msec);

#endif
