/* core/record.h - turns facts into the events of the log (usherd(8), RECORDS). */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include <signal.h>
#include <sys/resource.h>

#include "core/session.h"

struct service;

/* A handler runs. Written with level "debug" only. */
void record_start(const struct session *session);
/* A handler has ended. */
void record_end(const struct session *session, const siginfo_t *info, const struct rusage *usage);
/* So many clients were refused; the facts are of the last one (core/fold.h). */
void record_refuse(const struct service *service, const struct facts *facts, enum reason reason,
                   uint64_t count);
/* A handler could not be started. */
void record_fail(const struct service *service, const struct facts *facts, enum spawn_step step,
                 int error);

#endif
