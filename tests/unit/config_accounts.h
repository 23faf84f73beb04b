/* unit/config_accounts.h - the same accounts on any machine, and no reading of files.
 *
 * Link with config_accounts_ldflags (tests/unit/config.inc). Each account has a
 * group of its name; all are in group 77 too. */
#ifndef UNIT_CONFIG_ACCOUNTS_H
#define UNIT_CONFIG_ACCOUNTS_H

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>

/* Is there an account usherd? */
static bool config_has_usherd = true;

static struct passwd config_users[] = {
    {.pw_name = (char *)"root", .pw_dir = (char *)"/root", .pw_shell = (char *)"/bin/sh"},
    {.pw_name = (char *)"nobody",
     .pw_uid = 65534,
     .pw_gid = 65534,
     .pw_dir = (char *)"/",
     .pw_shell = (char *)""},
    {.pw_name = (char *)"usherd",
     .pw_uid = 990,
     .pw_gid = 990,
     .pw_dir = (char *)"/",
     .pw_shell = (char *)""},
};

struct passwd *__wrap_getpwnam(const char *name);
struct passwd *__wrap_getpwuid(uid_t uid);
struct group *__wrap_getgrnam(const char *name);
struct group *__wrap_getgrgid(gid_t gid);
int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count);
struct servent *__wrap_getservbyname(const char *name, const char *proto);

struct passwd *__wrap_getpwnam(const char *name)
{
	for (size_t i = 0; i < sizeof(config_users) / sizeof(config_users[0]); i++) {
		if (strcmp(config_users[i].pw_name, name) == 0 &&
		    (config_has_usherd || strcmp(name, "usherd") != 0))
			return &config_users[i];
	}
	return NULL;
}

struct passwd *__wrap_getpwuid(uid_t uid)
{
	for (size_t i = 0; i < sizeof(config_users) / sizeof(config_users[0]); i++) {
		if (config_users[i].pw_uid == uid)
			return &config_users[i];
	}
	return NULL;
}

static struct group *group_of(const struct passwd *user)
{
	static struct group group;
	static char *nobody[1];

	if (!user)
		return NULL;
	group.gr_name = user->pw_name;
	group.gr_gid = user->pw_gid;
	group.gr_mem = nobody; /* ... but none of them by the list of the group */
	return &group;
}

struct group *__wrap_getgrnam(const char *name)
{
	return group_of(__wrap_getpwnam(name));
}

struct group *__wrap_getgrgid(gid_t gid)
{
	return group_of(__wrap_getpwuid(gid));
}

int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	(void)user;
	if (*count < 2) {
		*count = 2;
		return -1;
	}
	groups[0] = group;
	groups[1] = 77;
	*count = 2;
	return 2;
}

struct servent *__wrap_getservbyname(const char *name, const char *proto)
{
	static struct servent http = {.s_port = 80 << 8};

	(void)proto;
	return strcmp(name, "http") == 0 ? &http : NULL;
}

#endif
