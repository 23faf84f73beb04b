/* config/account.h - users and groups by name or number.
 *
 * A number must be that of an account, and 0 is only ever written "root": no
 * slip of the hand makes root of something else. Results live in the model. */
#ifndef CONFIG_ACCOUNT_H
#define CONFIG_ACCOUNT_H

#include <sys/types.h>

#include "config/reader.h"
#include "config/value.h"

struct account {
	struct account *next;
	const char *asked; /* the text it was found by */
	const char *name;
	const char *home, *shell;
	uid_t uid;
	gid_t gid;
	const gid_t *groups; /* supplementary, as initgroups(3) would set them */
	size_t group_count;
};

/* NULL: there is none, and why says so. */
const struct account *account_find(struct reader *reader, const char *text,
                                   char why[VALUE_WHY_MAX]);

/* Whoever runs this, with the groups that the process has. NULL: out of memory. */
const struct account *account_self(struct reader *reader);

int account_group(const char *text, gid_t *gid, char why[VALUE_WHY_MAX]);

/* A user alone. The number may be one that has no account here. */
int account_user(const char *text, uid_t *uid, char why[VALUE_WHY_MAX]);

/* Who is named as a member of a group; not those whose own group it is. */
const uid_t *account_members(struct reader *reader, gid_t gid, size_t *count_r);

#endif
