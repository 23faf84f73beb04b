/* net/linger.h - closes a connection so that the client can read what was said.
 *
 * A socket that is closed with unread input sends a reset, which may overtake
 * the text that was sent before (RFC 1122, 4.2.2.13). So: send, shut down the
 * sending side, throw away what still comes, and close at the client's end or
 * at the deadline. At most so many at once: one more closes the oldest. Reads
 * nothing into memory and never blocks. */
#ifndef NET_LINGER_H
#define NET_LINGER_H

#include <stddef.h>

#include "base/loop.h"

struct lingerers;

struct lingerers *linger_new(struct loop *loop, unsigned max);
void linger_free(struct lingerers **linger); /* closes those that linger */

/* Takes over fd. text may be NULL: then it is closed at once. */
void linger_close(struct lingerers *linger, int fd, const char *text, size_t len);

/* How many descriptors are held now. */
unsigned linger_count(const struct lingerers *linger);

/* For an upgrade: tells each one that lingers, in the order of their deadlines. */
void linger_each(const struct lingerers *linger, void (*tell)(void *context, int fd, msec_t due),
                 void *context);
/* Takes one over that was told so, in the same order; nobody looks at it before
 * linger_attach(). Fails with ENOMEM. */
int linger_adopt(struct lingerers *linger, int fd, msec_t due);
int linger_attach(struct lingerers *linger);

#endif
