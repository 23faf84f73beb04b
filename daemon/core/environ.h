/* core/environ.h - the environment of a connection's handler (spawn/env.h). */
#ifndef CORE_ENVIRON_H
#define CORE_ENVIRON_H

#include "core/conn.h"
#include "spawn/slots.h"

/* Fails with ENOMEM or E2BIG. */
int environ_build(struct slot *slot, const struct conn *conn);

#endif
