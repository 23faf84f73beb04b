/* core/start.h - from a place to a handler that runs: the second half of the way in.
 *
 * core/conn.c hands over a client that admission has let in. It gets a slot, a
 * session and a child, or is ready and waits for what lacks: a slot, descriptors,
 * processes. When its child has left our memory spawn reports that here; then the
 * client's descriptor is closed, and the session goes on alone. */
#ifndef CORE_START_H
#define CORE_START_H

#include <stdbool.h>

struct conn;
struct spawn_result;
struct supervisor;

/* False if the client is ready still: there was no slot, or something lacks. */
bool start_conn(struct conn *conn);

/* Starts those that are ready and then those that wait, as far as there are
 * slots and limits allow. Called once a turn, and does nothing unless wanted. */
void start_pump(struct supervisor *sup);

/* What spawn reports when a child has left our memory. owner is the conn. */
void start_settled(void *owner, const struct spawn_result *result);

#endif
