/* spawn/namespace.h - the namespaces of a service, made once, and how a child gets in.
 *
 * A network namespace costs several times what a start does, so one is made for a
 * service and all its handlers enter it: empty, without even a loopback device
 * that is up. It is the service's and no other's, for abstract unix sockets are
 * in it: those who share an account and a program could reach each other anyway.
 * The same goes for IPC. Plans of the same service share them over a reload; an
 * upgrade makes new ones. */
#ifndef SPAWN_NAMESPACE_H
#define SPAWN_NAMESPACE_H

#include "base/spaces.h"
#include "config/model.h"

struct namespaces {
	struct spaces spaces; /* none until they are made */
	unsigned kinds;       /* of base/spaces.h */
	bool made;
	unsigned refs;
	struct namespaces *next;
	struct spaces_ids ids;
	gid_t *groups;
	char name[]; /* of the service */
};

/* Those of the service, to be made before the first start; the same ones for the
 * same service as long as somebody has them. NULL without an error where it needs
 * none (*failed_r). */
struct namespaces *namespaces_get(const struct conf_service *service, bool *failed_r);
void namespaces_put(struct namespaces **namespaces); /* accepts NULL */

/* Makes them unless they are there. -1 with errno, and *call_r is what failed. To
 * be called when our user is final: it owns them. */
int namespaces_make(struct namespaces *namespaces, const char **call_r);

/* In the child: 0, or -errno. user: that of users, too, which must be the first. */
long namespaces_enter(const struct namespaces *namespaces, bool user);
long namespaces_enter_user(const struct namespaces *namespaces);

#endif
