/* relay.h - passes bytes on between two stream sockets, both ways at once.
 *
 * Each way is a pipe that is filled from one socket and emptied into the other by
 * splice(2): the bytes never come to us. A side that ends its sending ends just
 * that way, and the other way goes on; a side that resets the connection has
 * the other one reset as well, so that nobody takes half of it for all. */
#ifndef HANDLERS_RELAY_H
#define HANDLERS_RELAY_H

#include <stddef.h>
#include <stdint.h>

enum relay_end {
	RELAY_DONE,   /* both ways have ended */
	RELAY_RESET,  /* a side is gone; the other is set to be reset by its close */
	RELAY_IDLE,   /* nothing moved for so long */
	RELAY_FAILED, /* something of ours: errno */
};

/* The sockets do not block. `head` comes first on the way to the server; it is
 * at most 4096 bytes. */
enum relay_end relay(int client, int server, const void *head, size_t len, int64_t idle_msec);

#endif
