/* tools/relay.h - carries bytes between two descriptors and a socket, both ways.
 *
 * The end of the input becomes a half-close, so that a handler sees the end of
 * its client's words and can still answer. On a datagram socket each read is a
 * datagram. Nothing is read ahead of what the handler takes. */
#ifndef TOOLS_RELAY_H
#define TOOLS_RELAY_H

#include <stdbool.h>
#include <stddef.h>

struct relay {
	int in, out; /* where what goes to the socket comes from, and the other way */
	int sock;
	bool datagrams;
	/* The rest belongs to the relay. */
	bool in_ended, sock_ended, out_failed;
	char held[65536]; /* read from in, and not taken yet */
	size_t held_len, held_taken;
};

/* Carries until `end` (a pidfd) is readable, and then what is still under way.
 * end -1: until stop() says so, which is asked every 50 ms. */
void relay_run(struct relay *relay, int end, bool (*stop)(void *arg), void *arg);

#endif
