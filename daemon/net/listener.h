/* net/listener.h - one socket that clients come to, from an address of the configuration.
 *
 * Opened by core/service.c, which also tries again what could not be opened: an
 * address that is not there yet, a kernel without this kind. Socket options are
 * set here once and not per connection (net/sockopt.h). A socket of datagrams
 * is bound like the others and does not listen. Never accepts. */
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
	bool options_due;  /* accepted sockets want sockopt_accepted() */
	bool v4_only;      /* asked for both families, but there is no IPv6 here */
	bool adopted;      /* from the service manager (net/activation.h) */
	bool own_path;     /* the path of a unix socket was made by us */
	dev_t dev;         /* ... and is this file */
	ino_t ino;
};

#define LISTENER_CLOSED  \
	{                \
		.fd = -1 \
	}

/* Opens, binds and listens, or adopts what the service manager has opened there. Fails with errno
 * and *why_r, the name of the call that failed, leaving nothing behind. A unix socket that nobody
 * serves any more is replaced; a living one is EADDRINUSE. */
int listener_open(struct listener *listener, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r);

/* The same beside `other`, which is bound to an address that overlaps: both take
 * clients until one of them is closed. Only for IP. */
int listener_open_beside(struct listener *listener, const struct conf_listen *where,
                         const struct conf_service *conf, struct listener *other,
                         const char **why_r);

/* From one configuration's options to another's, for an open one whose address is
 * the same in both. Fails as listener_open() does, with the old options in place. */
int listener_change(struct listener *listener, const struct conf_listen *where,
                    const struct conf_service *from, const struct conf_service *to,
                    const char **why_r);

/* Closes, or gives back what was adopted, and removes the path of a unix socket if it is still
 * ours. */
void listener_close(struct listener *listener);

#endif
