/* config/sockets.h - the addresses of a service, and the options of its sockets.
 *
 * A service has one type of socket. Datagrams have no connections, so their
 * handlers get the socket itself (wait). An option of a service that is for
 * sockets of another kind is a slip, and is said; one of `defaults` is not. */
#ifndef CONFIG_SOCKETS_H
#define CONFIG_SOCKETS_H

#include "config/builder.h"

void sockets_build(struct builder *b);

#endif
