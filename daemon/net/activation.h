/* net/activation.h - sockets that the service manager has opened for us (sd_listen_fds(3)).
 *
 * They are known by their addresses, for names need not be unique and nobody has
 * to keep two files in step: where a service has the address and kind of one, it
 * gets that socket and binds none (net/listener.h). A socket that its service
 * closes is kept for when it is opened again, since the manager holds it open all
 * the time and the address would stay taken. Main calls activation_take() before
 * anything else, and activation_sort() once it knows the configuration. */
#ifndef NET_ACTIVATION_H
#define NET_ACTIVATION_H

#include <stdbool.h>

#include "config/model.h"

/* Takes those that LISTEN_FDS and LISTEN_PID mean for this process, and the
 * variables with them; the first descriptor behind them, 3 if there are none.
 * At most 1,024 of them. Says nothing. */
int activation_take(void);

/* Closes those that no service can use, and says so in the log. */
void activation_sort(const struct conf *conf);

/* The socket for this address, ours until it is given back; -1: there is none. addr
 * is that of `where`, or the one to be used in its place. */
int activation_claim(const struct addr *addr, const struct conf_listen *where);
void activation_give_back(int fd);

/* For an upgrade: the n-th that nobody has claimed, -1: there are no more; and taken
 * over again. Fails with ENOMEM. */
int activation_unclaimed(int n);
int activation_adopt(int fd, bool claimed);

void activation_close(void); /* what nobody has claimed */

#endif
