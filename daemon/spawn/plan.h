/* spawn/plan.h - all that is known of a start before there is a client.
 *
 * Made when the configuration is loaded, with everything resolved that has a
 * name; const from then on, and read by children that share our memory, so it
 * is kept by reference until the last start that uses it has left the image.
 * It points into the model and holds a reference on it. */
#ifndef SPAWN_PLAN_H
#define SPAWN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "config/model.h"
#include "spawn/mounts.h"
#include "spawn/privs.h"
#include "spawn/subtree.h"

struct landlock;
struct namespaces;
struct sock_fprog;

/* PLAN_STDERR_LOG: the descriptor that comes with the start, or ours without one. */
enum plan_stderr { PLAN_STDERR_LOG, PLAN_STDERR_CLIENT, PLAN_STDERR_NULL };

struct plan_rlimit {
	int resource;
	struct rlimit value;
};

struct plan {
	unsigned refs;
	struct conf *conf; /* what all pointers below point into */
	const char *path;
	const char *const *argv;
	const char *const *env; /* what does not depend on the connection */
	size_t env_count;
	const char *root; /* directory, NULL: ours */
	int root_fd;      /* ... open; else -1 */
	const char *directory;
	mode_t umask;
	enum plan_stderr stderr_to;
	bool change_user; /* else no call of the set*id family is made at all */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	bool listen_fds;               /* the client, which is a listening socket, is 3 as well */
	struct namespaces *namespaces; /* to enter; NULL: none */
	bool user_space;               /* ... one of users is among them */
	const char *cell;              /* usherd-cell, of a pid namespace of its own; NULL: none */
	const char *name;              /* of the service */
	struct mounts mounts;
	struct privs privs;
	bool no_new_privs;
	struct landlock *landlock;       /* the files that it may use, or NULL: all */
	const struct sock_fprog *filter; /* of system calls, or NULL */
	bool nice_set;
	int nice;
	const void *cpus; /* NULL: any */
	size_t cpus_size;
	char oom_score_adj[8]; /* as it is written to /proc; "": not at all */
	size_t oom_score_adj_len;
	bool own_memory; /* a step acts on all who share a memory: made by fork */
	struct plan_rlimit rlimit[CONF_RLIMITS + 1];
	size_t rlimit_count;
	struct subtree_limits group;
};

/* original_files: the RLIMIT_NOFILE that usherd was started with, which the
 * handler gets back unless the service says otherwise. NULL with errno: no
 * memory, or what was there when the model was made is there no more; a path of
 * the rule set for which this holds is logged. */
struct plan *plan_new(struct conf *conf, const struct conf_service *service,
                      const struct rlimit *original_files);

/* Leaves out what would change nothing, seen from the process as it is now, and
 * makes the namespaces: to be called once our ids and groups are final. What could
 * not be made is tried again at a start. */
void plan_trim(struct plan *plan);
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan **plan);

#endif
