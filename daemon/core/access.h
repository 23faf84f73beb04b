/* core/access.h - can the supervisor still do its work once it is `user`?
 *
 * A reload reads every configuration file, USR1 opens the log, and the end
 * removes the control socket; all that happens after the drop of privileges.
 * So a child becomes `user` and tries, at -t and before the start. Changes
 * nothing. */
#ifndef CORE_ACCESS_H
#define CORE_ACCESS_H

#include "base/buf.h"
#include "base/log.h"
#include "config/model.h"

/* log: where it really goes, whatever the configuration says.
 * Appends a line for each thing that `user` could not do and returns 1, or 0 if
 * all is well; -1 with errno where the child could not be made. Only for root
 * with a `user`; else all is well. */
int access_check(const struct conf *conf, const struct log_options *log, struct buf *out);

#endif
