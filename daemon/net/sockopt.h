/* net/sockopt.h - the options of a service, set on its sockets.
 *
 * sockopt_apply() is called between socket(2) and bind(2): which addresses can
 * be bound is among them, and the size of a window is settled before listen(2).
 * Most of it is inherited by accepted sockets (socket(7), ip(7), tcp(7)) and
 * costs nothing per connection. What is not, the priority and the buffers of
 * unix sockets, is set by sockopt_accepted(). */
#ifndef NET_SOCKOPT_H
#define NET_SOCKOPT_H

#include <stdbool.h>

#include "config/model.h"

/* Those that are for this kind of address; family is that of the socket, which
 * may be IPv4 where the address is not. Fails with errno and *why_r, the call. */
int sockopt_apply(int fd, int family, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r);

/* From what one configuration wants to what another one does, on a socket that
 * is bound. An option that is not set any more gets the value that a new socket
 * has. Fails with errno and *why_r, the call, having changed some: the way back is
 * the same call with both exchanged. */
int sockopt_change(int fd, int family, const struct conf_listen *where,
                   const struct conf_service *from, const struct conf_service *to,
                   const char **why_r);

/* Lets sockets of this account be bound beside this one, or no more: it must be
 * set on both of them (SO_REUSEPORT, socket(7)). */
int sockopt_share(int fd, bool share);

/* Is there anything for sockopt_accepted() to do? */
bool sockopt_is_due(const struct conf_listen *where, const struct conf_service *conf);

/* On a socket that was accepted there. What fails is left out: the client is
 * served all the same. */
void sockopt_accepted(int fd, const struct conf_listen *where, const struct conf_service *conf);

#endif
