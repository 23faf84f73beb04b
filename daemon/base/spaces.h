/* base/spaces.h - namespaces that stay when who made them has gone (namespaces(7)).
 *
 * A child makes them and lives until we have opened them; from then on they are
 * descriptors, to be entered by setns(2), and are gone with the last process in
 * them and the last descriptor. With a user namespace among them it owns the
 * others, so whoever enters it may do there what else takes CAP_SYS_ADMIN, which
 * we need not have: it is enough to be the same user as now. */
#ifndef BASE_SPACES_H
#define BASE_SPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SPACES_USER, SPACES_NET, SPACES_IPC, SPACES_KINDS };
#define SPACES(kind) (1U << SPACES_##kind)

struct spaces {
	int fd[SPACES_KINDS]; /* at high numbers; -1: none */
};

/* Who can be in a user namespace: these ids are there what they are outside, and
 * no other is. Who may not set ids can only let himself in. */
struct spaces_ids {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
};

void spaces_init(struct spaces *spaces); /* none */

/* Makes the kinds of that set. -1 with errno, the call in *call_r, and none made.
 * Takes about a millisecond. */
int spaces_make(struct spaces *spaces, unsigned kinds, const struct spaces_ids *ids,
                const char **call_r);
void spaces_close(struct spaces *spaces);

/* Can a process have network, processes and /tmp of its own here? Tries all of it
 * in a child; user: by means of a user namespace and as somebody without
 * privileges, else with those that we have. -1 with errno and the call. */
int spaces_try(bool user, const char **call_r);

#endif
