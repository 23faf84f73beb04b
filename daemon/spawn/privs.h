/* spawn/privs.h - exactly these capabilities for a handler (capabilities(7)).
 *
 * Of a service that says which: permitted, effective, inheritable and ambient
 * are then the set, whatever its user is, and what it executes has no other.
 * Where the supervisor has CAP_SETPCAP, being root gives nothing, which a handler
 * that is root needs, and the bounding set is cut, too: but where no_new_privs
 * holds it would only cost time (each capability a call, 20 us in all). The end
 * is a look at what has come of it. */
#ifndef SPAWN_PRIVS_H
#define SPAWN_PRIVS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

struct privs {
	bool exact; /* else nothing of this is done */
	bool root;  /* the handler's user is */
	bool gains; /* programs that it executes could give it more */
	uint64_t set;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]; /* as capset(2) wants it */
};

/* In the parent, at load. */
void privs_prepare(struct privs *privs, uint64_t set, bool root, bool gains);

/* In the child, before and after the change of user. 0, or -errno. */
long privs_bound(const struct privs *privs);
long privs_become(const struct privs *privs);

#endif
