/* base/log_sink.h - how a line of the log looks. Only formats, never writes.
 *
 * Called by base/log.c only. */
#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

/* Appends one line with its newline. */
void log_sink_message(struct buf *out, const struct log_options *options, usec_t wall, int level,
                      const char *text);
void log_sink_event(struct buf *out, const struct log_options *options, usec_t wall, int level,
                    const struct log_field *field, size_t count);

const char *log_sink_level_name(int level); /* "error" "warning" "info" "debug" */

#endif
