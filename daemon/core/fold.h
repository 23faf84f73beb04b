/* core/fold.h - a flood of refusals becomes a few lines of the log.
 *
 * The first refusal of a source for a reason is logged at once; those that
 * follow within a second are counted, and one line tells their number when the
 * second is over. So there is at most one line a second for each service, reason
 * and source. The table is bounded: sources that find no place in it share one
 * line for their service and reason, which names none of them, and where even
 * those are too many, only their number is told. So a second has 700 lines at
 * most, whoever comes from wherever. */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include "core/session.h"

struct fold;

struct fold *fold_new(struct supervisor *sup); /* NULL: out of memory */
void fold_free(struct fold **fold);            /* after all services */

/* A client was refused: logs it, or counts it. */
void fold_refusal(struct fold *fold, struct service *service, const struct facts *facts,
                  enum reason reason);

/* The service goes: logs what was counted for it, and forgets it. */
void fold_forget(struct fold *fold, const struct service *service);

#endif
