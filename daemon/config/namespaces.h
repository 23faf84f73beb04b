/* config/namespaces.h - network, processes and /tmp of a service's own.
 *
 * They take CAP_SYS_ADMIN, or a user namespace (user_namespaces(7)), in which
 * everybody has it and nothing outside can be reached with it. A service whose
 * handlers can have no privileges is put into one: the supervisor then keeps
 * no capability for it, and need not even have been started by root. */
#ifndef CONFIG_NAMESPACES_H
#define CONFIG_NAMESPACES_H

#include "base/buf.h"
#include "config/builder.h"

/* To be called when all else of the confinement is known: takes what this machine
 * does not have out of the model (sandbox_lacks()). */
void namespaces_build(struct builder *b);

/* ", no network but the client's socket" and so on; nothing where there is none. */
void namespaces_format(const struct conf_service *service, struct buf *out);

#endif
