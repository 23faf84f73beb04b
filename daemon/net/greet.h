/* net/greet.h - a text goes to a client whole, without waiting for it.
 *
 * What is sent here is a banner: at most 64 KiB, first or last on its socket.
 * Where the socket does not take all of it at once, its buffer is made larger. */
#ifndef NET_GREET_H
#define NET_GREET_H

#include <stdbool.h>
#include <stddef.h>

/* sndbuf: what the buffer is to be afterwards (setsockopt(2)); 0: as it comes.
 * False: the client has less than all of it, because it is gone or the kernel
 * gives no room. */
bool greet(int fd, const char *text, size_t len, int sndbuf);

#endif
