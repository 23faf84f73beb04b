/* core/moves.h - the addresses of a switchover (core/switchover.h), which alone calls this.
 *
 * Finds for each address of the new model the port that has it already, opens
 * the others, and in the end hands each port to its service. */
#ifndef CORE_MOVES_H
#define CORE_MOVES_H

#include "base/buf.h"

struct switchover;

/* Opens what can be opened beside the old. Fails with a sentence in why. */
int moves_prepare(struct switchover *so, struct buf *why);

/* Opens what is left, closing what is in its way: the last step that may fail. */
int moves_make_room(struct switchover *so, struct buf *why);

/* Once the services have been told: ports move, and the left-over ones go. */
void moves_commit(struct switchover *so);

/* After a failure: all is open as it was. */
void moves_undo(struct switchover *so);
void moves_free(struct switchover *so);

#endif
