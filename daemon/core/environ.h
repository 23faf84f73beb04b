/* core/environ.h - what a handler learns of its connection from its environment.
 *
 * The names of UCSPI-1996 (cr.yp.to/proto/ucspi.txt), of CGI (RFC 3875) and our
 * own; usherd(8), HANDLERS, lists them. */
#ifndef CORE_ENVIRON_H
#define CORE_ENVIRON_H

#include "core/conn.h"
#include "spawn/slots.h"

/* Fails with ENOMEM or E2BIG. */
int environ_build(struct slot *slot, const struct conn *conn);

#endif
