/* core/changes.h - what differs between two configurations, in words.
 *
 * core/switchover.c asks for each service that both have; the words go to the log and
 * to `usherctl reload`. Both models are complete. Compares what was asked for
 * and what came of it: a program that is found elsewhere by now is a change, an
 * option that is set to its default is none. */
#ifndef CORE_CHANGES_H
#define CORE_CHANGES_H

#include <stdbool.h>

#include "base/buf.h"
#include "config/model.h"

/* Each appends "instances 10 -> 20, user games -> nobody" and the like, and
 * returns whether there was anything. */
bool changes_of_service(const struct conf_service *from, const struct conf_service *to,
                        struct buf *out);
bool changes_of_top(const struct conf *from, const struct conf *to, struct buf *out);

#endif
