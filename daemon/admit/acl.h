/* admit/acl.h - the access lists of a service: only_from, no_access, exempt and
 * allow_users, held against one client.
 *
 * The narrowest prefix around the address decides between only_from and
 * no_access; of two equal ones no_access does. An address in neither is refused
 * if only_from is set. allow_users is for the peers of unix sockets, the others
 * for all else; what has no peer at all (a socket that is lent) passes. Pure. */
#ifndef ADMIT_ACL_H
#define ADMIT_ACL_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/nets.h"
#include "config/model.h"

struct acl_answer {
	bool refuses;
	const char *option;           /* that decided; NULL: there was no rule */
	const struct net *net;        /* its address, or NULL: the client is in none */
	const struct conf_user *user; /* of allow_users, as with net */
};

struct acl_answer acl_ask(const struct conf_service *conf, const struct addr *peer);

/* The entry of `exempt` that the client is in, or NULL. */
const struct net *acl_exempt(const struct conf_service *conf, const struct addr *peer);

#endif
