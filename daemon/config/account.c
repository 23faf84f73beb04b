#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/account.h"

/* Only "0" is 0, and that is refused: see the header. */
static int parse_id(const char *text, unsigned long *id, const char *what, char why[VALUE_WHY_MAX])
{
	if (strlen(text) > 10 || text[strspn(text, "0123456789")] || !*text)
		return -1;
	*id = strtoul(text, NULL, 10);
	if (text[0] == '0' || *id > 0xfffffffeUL) {
		snprintf(why, VALUE_WHY_MAX,
		         "\"%s\" is no %s (numbers are decimal; root is written root)", text, what);
		return -2;
	}
	return 0;
}

static const struct passwd *find_passwd(const char *text, char why[VALUE_WHY_MAX])
{
	char quoted[QUOTED_MAX];
	const struct passwd *found = *text ? getpwnam(text) : NULL;
	unsigned long uid;

	if (!found) {
		int rc = parse_id(text, &uid, "user", why);

		if (rc == -2)
			return NULL;
		if (rc == 0)
			found = getpwuid((uid_t)uid);
	}
	if (!found)
		snprintf(why, VALUE_WHY_MAX, "there is no user \"%s\"",
		         problem_quote(text, strlen(text), quoted));
	return found;
}

static void find_groups(struct reader *reader, struct account *account)
{
	int count = 64;
	gid_t *groups = NULL;

	for (int tries = 0; tries < 4; tries++) {
		groups = arena_array(reader->arena, (size_t)count, sizeof(*groups));
		if (!groups)
			return;
		if (getgrouplist(account->name, account->gid, groups, &count) >= 0)
			break;
	}
	account->groups = groups;
	account->group_count = (size_t)count;
}

static struct account *from_passwd(struct reader *reader, const struct passwd *passwd)
{
	struct account *account = arena_alloc(reader->arena, sizeof(*account));

	if (!account)
		return NULL;
	account->name = arena_text(reader->arena, passwd->pw_name);
	account->home = arena_text(reader->arena, passwd->pw_dir);
	account->shell =
	    arena_text(reader->arena, *passwd->pw_shell ? passwd->pw_shell : "/bin/sh");
	account->uid = passwd->pw_uid;
	account->gid = passwd->pw_gid;
	return account->name && account->home && account->shell ? account : NULL;
}

const struct account *account_find(struct reader *reader, const char *text, char why[VALUE_WHY_MAX])
{
	const struct passwd *passwd;
	struct account *account;

	for (account = reader->accounts; account; account = account->next) {
		if (account->asked && strcmp(account->asked, text) == 0)
			return account;
	}
	passwd = find_passwd(text, why);
	if (!passwd)
		return NULL;
	account = from_passwd(reader, passwd);
	if (!account || !(account->asked = arena_text(reader->arena, text))) {
		snprintf(why, VALUE_WHY_MAX, "out of memory");
		return NULL;
	}
	find_groups(reader, account);
	account->next = reader->accounts;
	reader->accounts = account;
	return account;
}

const struct account *account_self(struct reader *reader)
{
	const struct passwd *passwd = reader->self ? NULL : getpwuid(geteuid());
	char number[20];
	struct passwd nameless = {
	    .pw_name = number, .pw_dir = (char *)"/", .pw_shell = (char *)"/bin/sh"};
	struct account *account;
	int count = getgroups(0, NULL);
	gid_t *groups;

	if (reader->self)
		return reader->self;
	snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
	account = from_passwd(reader, passwd ? passwd : &nameless);
	groups = arena_array(reader->arena, (size_t)(count > 0 ? count : 0) + 1, sizeof(*groups));
	if (!account || !groups)
		return NULL;
	account->uid = geteuid();
	account->gid = getegid();
	account->groups = groups;
	count = getgroups(count > 0 ? count : 0, groups);
	account->group_count = count > 0 ? (size_t)count : 0;
	reader->self = account;
	return account;
}

int account_group(const char *text, gid_t *gid, char why[VALUE_WHY_MAX])
{
	char quoted[QUOTED_MAX];
	const struct group *found = *text ? getgrnam(text) : NULL;
	unsigned long id;

	if (!found) {
		int rc = parse_id(text, &id, "group", why);

		if (rc == -2)
			return -1;
		if (rc == 0)
			found = getgrgid((gid_t)id);
	}
	if (!found) {
		snprintf(why, VALUE_WHY_MAX, "there is no group \"%s\"",
		         problem_quote(text, strlen(text), quoted));
		return -1;
	}
	*gid = found->gr_gid;
	return 0;
}

int account_user(const char *text, uid_t *uid, char why[VALUE_WHY_MAX])
{
	unsigned long id;
	const struct passwd *found = *text ? getpwnam(text) : NULL;
	char quoted[QUOTED_MAX];
	int rc = found ? 0 : parse_id(text, &id, "user", why);

	if (rc == -1)
		snprintf(why, VALUE_WHY_MAX, "there is no user \"%s\"",
		         problem_quote(text, strlen(text), quoted));
	if (rc == 0)
		*uid = found ? found->pw_uid : (uid_t)id;
	return rc ? -1 : 0;
}

const uid_t *account_members(struct reader *reader, gid_t gid, size_t *count_r)
{
	const struct group *group = getgrgid(gid);
	size_t most = 0;
	char **name;
	uid_t *uid;

	*count_r = 0;
	while (group && group->gr_mem[most])
		most++;
	uid = arena_array(reader->arena, most, sizeof(*uid));
	/* Looking up users may overwrite what the group was read into. */
	name = arena_array(reader->scratch, most, sizeof(*name));
	for (size_t i = 0; name && i < most; i++)
		name[i] = arena_text(reader->scratch, group->gr_mem[i]);
	for (size_t i = 0; name && uid && i < most; i++) {
		const struct passwd *found = name[i] ? getpwnam(name[i]) : NULL;

		if (found)
			uid[(*count_r)++] = found->pw_uid;
	}
	return uid;
}
