/* unit/handler.h - starts a built handler as usherd would, and plays its client.
 *
 * The handler gets one end of a connected pair of sockets as descriptors 0 and
 * 1; the test has the other. Everything that waits has a deadline: a handler
 * that hangs fails the test. */
#ifndef UNIT_HANDLER_H
#define UNIT_HANDLER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct handler {
	int fd; /* the client's end, -1 once closed */
	pid_t pid;
};

/* Two ends of a connection: over loopback, or an unnamed pair of unix sockets. */
void tcp_pair(int fds[2]);
void unix_pair(int fds[2]);

/* Starts USHERD_BUILD/handlers/<name> on the first end, with one argument or
 * NULL, and keeps the second. */
struct handler handler_start(const char *name, const char *argument, int fds[2]);

void handler_send(const struct handler *handler, const void *data, size_t len);

/* Reads up to the end of input, which must come in order: a reset fails. */
size_t handler_receive(const struct handler *handler, char *data, size_t size);

/* Closes by a reset. */
void handler_abort(struct handler *handler);

/* Closes if need be, and waits. Fails unless the handler ended by exit. */
int handler_end(struct handler *handler);

#endif
