/* owner.h - whose a TCP connection of this machine is, as the kernel tells (sock_diag(7)). */
#ifndef HANDLERS_OWNER_H
#define HANDLERS_OWNER_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum owner_verdict {
	OWNER_FOUND,
	OWNER_NOBODY, /* there is no such connection, or no process has it any more */
	OWNER_UNKNOWN /* the kernel does not say; errno */
};

/* The user who opened the socket between the local address with one port and the remote address
 * with the other. The addresses are IPv4 or IPv6, both of one family; their own ports do not
 * count. Waits for the kernel for 2 s at most. */
enum owner_verdict owner_find(const struct sockaddr *local, uint16_t local_port,
                              const struct sockaddr *remote, uint16_t remote_port, uid_t *uid_r);

#endif
