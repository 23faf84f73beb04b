/* net/listener.h - one listening socket, from an address of the configuration.
 *
 * Opened by core/service.c, which also tries again what could not be opened.
 * Socket options that an accepted socket inherits from its listener (socket(7),
 * tcp(7)) are set here once and not per connection. Never accepts. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/addr.h"
#include "config/model.h"

struct listener {
	int fd;            /* -1: not open */
	struct addr local; /* what it is bound to, valid while open */
	bool exact;        /* every client's local address is `local` */
	bool v4_only;      /* asked for both families, but there is no IPv6 here */
	bool own_path;     /* the path of a unix socket was made by us */
	dev_t dev;         /* ... and is this file */
	ino_t ino;
};

#define LISTENER_CLOSED  \
	{                \
		.fd = -1 \
	}

/* Opens, binds and listens. Fails with errno and *why_r, the name of the call
 * that failed, leaving nothing behind. A unix socket that nobody serves any
 * more is replaced; a living one is EADDRINUSE. */
int listener_open(struct listener *listener, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r);

/* Closes, and removes the path of a unix socket if it is still ours. */
void listener_close(struct listener *listener);

#endif
