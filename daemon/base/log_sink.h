/* base/log_sink.h - how a line of the log looks. Only formats, never writes.
 *
 * Called by base/log.c only. A stream's line is text or JSON and a newline. For
 * syslog it is a datagram as RFC 3164 describes it and local loggers expect it
 * (no host name, local time), facility "daemon". For the journal it is a
 * datagram of fields (systemd.io/JOURNAL_NATIVE_PROTOCOL): MESSAGE is what
 * syslog would get, and each field of a record has one of its own with USHERD_
 * in front of its name, unescaped, for the journal takes any bytes. */
#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"

/* Appends one line with its newline, or one datagram. */
void log_sink_message(struct buf *out, const struct log_options *options, usec_t wall, int level,
                      const char *text);
void log_sink_event(struct buf *out, const struct log_options *options, usec_t wall, int level,
                    const struct log_field *field, size_t count);

const char *log_sink_level_name(int level); /* "error" "warning" "info" "debug" */

#endif
