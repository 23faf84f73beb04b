/* What a service needs and this machine does not have: usherd would refuse the whole
 * configuration for it. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "tools/draft.h"

enum { GROUPS_MAX = 64 };

static void check_program(struct draft *draft, struct draft_service *service)
{
	const char *path = draft_value(service, "exec"), *root = draft_value(service, "root");
	struct stat st;

	if (!path || *path != '/')
		return;
	path = root ? arena_format(draft->arena, "%s%s", root, path) : path;
	if (!path)
		return;
	if (stat(path, &st) < 0)
		draft_gone(draft, service, &service->where, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
		draft_gone(draft, service, &service->where, "%s is no program", path);
}

static bool is_account(const char *name)
{
	return getpwnam(name) || (name[strspn(name, "0123456789")] == '\0' && *name &&
	                          getpwuid((uid_t)strtoul(name, NULL, 10)));
}

static bool is_group(const char *name)
{
	return getgrnam(name) || (name[strspn(name, "0123456789")] == '\0' && *name &&
	                          getgrgid((gid_t)strtoul(name, NULL, 10)));
}

static void check_accounts(struct draft *draft, struct draft_service *service)
{
	static const char *const users[] = {"user", "socket_user"};
	static const char *const groups[] = {"group", "socket_group"};

	for (size_t i = 0; i < 2; i++) {
		const char *user = draft_value(service, users[i]);
		const char *group = draft_value(service, groups[i]);

		if (user && !is_account(user))
			draft_gone(draft, service, &service->where,
			           "there is no user %s on this machine", user);
		if (group && !is_group(group))
			draft_gone(draft, service, &service->where,
			           "there is no group %s on this machine", group);
	}
}

/* initgroups(3) with another group than the account's own: these groups, and not that one. */
static void add_groups(struct draft *draft, struct draft_service *service)
{
	const char *user = draft_value(service, "user"), *group = draft_value(service, "group");
	const struct group *named = group ? getgrnam(group) : NULL;
	gid_t list[GROUPS_MAX];
	int count = GROUPS_MAX;

	if (!user || !named || service->gone || getgrouplist(user, named->gr_gid, list, &count) < 0)
		return;
	for (int i = 0; i < count; i++) {
		const struct group *one = getgrgid(list[i]);

		if (one)
			draft_add(draft, service, "groups", one->gr_name);
	}
}

/* usherd reads it with the configuration, and would not start without. */
static void check_files(struct draft *draft, struct draft_service *service)
{
	static const char *const options[] = {"banner", "banner_fail"};

	for (size_t i = 0; i < 2; i++) {
		const char *text = draft_value(service, options[i]);
		struct stat st;

		if (!text || text[0] != '@' || stat(text + 1, &st) == 0)
			continue;
		draft_remark(draft, service, &service->where, "%s = \"%s\": %s", options[i], text,
		             strerror(errno));
		draft_unset(service, options[i]);
	}
}

/* A path that is missing is an error there, too. */
static void check_paths(struct draft *draft, struct draft_service *service)
{
	static const char *const options[] = {"read_paths", "write_paths", "exec_paths"};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		struct draft_option *option = draft_option(service, options[i]);
		size_t kept = 0;

		for (size_t j = 0; option && j < option->count; j++) {
			if (access(option->value[j], F_OK) == 0)
				option->value[kept++] = option->value[j];
			else
				draft_remark(draft, service, &service->where, "%s: %s: %s",
				             options[i], option->value[j], strerror(errno));
		}
		if (option)
			option->count = kept;
	}
}

/* In a container root may have little of root. Whoever is not root cannot tell. */
static void check_privileges(struct draft *draft, struct draft_service *service)
{
	static const struct {
		const char *option;
		int cap;
		bool below; /* only for what is below 0 */
	} needs[] = {{"nice", CAP_SYS_NICE, true},
	             {"oom_score_adj", CAP_SYS_RESOURCE, true},
	             {"mark", CAP_NET_ADMIN, false},
	             {"transparent", CAP_NET_RAW, false}};
	struct draft_option *given;
	uint64_t have = caps_permitted();
	size_t kept = 0;

	if (geteuid() != 0)
		return;
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		const char *value = draft_value(service, needs[i].option);

		if (!value || (needs[i].below && *value != '-') || have & CAPS_BIT(needs[i].cap))
			continue;
		draft_remark(draft, service, &service->where,
		             "%s = %s needs %s, which is not here.", needs[i].option, value,
		             caps_name(needs[i].cap));
		draft_unset(service, needs[i].option);
	}
	/* Only now: an option that goes is replaced by another. */
	given = draft_option(service, "capabilities");
	for (size_t i = 0; given && i < given->count; i++) {
		int cap = caps_find(given->value[i]);

		if (cap >= 0 && have & CAPS_BIT(cap))
			given->value[kept++] = given->value[i];
		else
			draft_remark(draft, service, &service->where, "%s is not here to be given.",
			             given->value[i]);
	}
	if (given)
		given->count = kept;
}

void draft_check_machine(struct draft *draft, struct draft_service *service)
{
	check_program(draft, service);
	check_accounts(draft, service);
	if (service->group_instead)
		add_groups(draft, service);
	check_files(draft, service);
	check_paths(draft, service);
	check_privileges(draft, service);
}
