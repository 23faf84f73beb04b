/* core/wait.h - sockets that are lent: services with wait = yes.
 *
 * Such a handler gets the listening or datagram socket itself and takes from it
 * what it wants. As long as it runs, nobody looks at the socket; when it ends, in
 * whatever way, the socket is put in order (blocking, no peer) and looked at again
 * at once. What is queued in it is never touched. A handler that ends again and
 * again without taking anything is started with a pause in between, so that it
 * cannot keep the machine busy; one that takes something is not. */
#ifndef CORE_WAIT_H
#define CORE_WAIT_H

struct port;

/* The socket is readable: starts a handler that gets it. */
void wait_lend(struct port *port);

/* The handler has ended, or could not be started. */
void wait_return(struct port *port);

#endif
