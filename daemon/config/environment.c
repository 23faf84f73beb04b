#include <stdlib.h>
#include <string.h>

#include "config/environment.h"

#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct list {
	const char **entry; /* NULL-terminated */
	size_t count;
};

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

/* Names by which handlers learn about the connection: nobody else sets them. */
static bool is_ours(const char *name, size_t len)
{
	static const char *const ours[] = {"PROTO",    "SO_COOKIE", "NOTIFY_SOCKET", "TCP*",
	                                   "UDP*",     "VSOCK*",    "IPC*",          "REMOTE_*",
	                                   "USHERD_*", "LISTEN_*",  "WATCHDOG_*"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		size_t n = strlen(ours[i]);
		bool family = ours[i][n - 1] == '*';

		if (family ? len >= n - 1 && memcmp(ours[i], name, n - 1) == 0
		           : len == n && memcmp(ours[i], name, n) == 0)
			return true;
	}
	return false;
}

static bool is_name(const char *name, size_t len)
{
	if (!len || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		if (c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') &&
		    (c < 'a' || c > 'z'))
			return false;
	}
	return true;
}

static const char **find(const struct list *list, const char *name, size_t len)
{
	for (size_t i = 0; i < list->count; i++) {
		if (name_length(list->entry[i]) == len && memcmp(list->entry[i], name, len) == 0)
			return &list->entry[i];
	}
	return NULL;
}

static void put(struct list *list, const char *entry, bool replace)
{
	const char **old = find(list, entry, name_length(entry));

	if (!old)
		list->entry[list->count++] = entry;
	else if (replace)
		*old = entry;
}

static void add(struct reader *reader, struct list *list, const char *name, const char *value)
{
	const char *entry = arena_format(reader->arena, "%s=%s", name, value);

	if (entry)
		put(list, entry, false);
}

static bool check_name(struct reader *reader, const char *option, const struct setting_value *value,
                       size_t len)
{
	char quoted[QUOTED_MAX];

	problem_quote(value->text, len, quoted);
	if (!is_name(value->text, len))
		section_error(reader, value->section, option, &value->where,
		              "\"%s\" is no name of a variable", quoted);
	else if (is_ours(value->text, len))
		section_error(reader, value->section, option, &value->where,
		              "%s is set by usherd itself (choose another name)", quoted);
	else
		return true;
	return false;
}

static void add_env(struct reader *reader, struct list *list, const struct setting *env)
{
	for (size_t i = 0; env && i < env->count; i++) {
		const struct setting_value *value = &env->value[i];
		size_t len = name_length(value->text);
		char quoted[QUOTED_MAX];

		if (!value->text[len])
			section_error(reader, value->section, "env", &value->where,
			              "\"%s\" is not NAME=VALUE",
			              problem_quote(value->text, len, quoted));
		else if (check_name(reader, "env", value, len))
			put(list, value->text, true);
	}
}

static void add_passed(struct reader *reader, struct list *list, const struct setting *pass)
{
	for (size_t i = 0; pass && i < pass->count; i++) {
		const struct setting_value *value = &pass->value[i];
		const char *found;

		if (!check_name(reader, "pass_env", value, strlen(value->text)))
			continue;
		found = getenv(value->text);
		if (found)
			add(reader, list, value->text, found);
	}
}

const char *const *environment_build(struct reader *reader, const struct section *section,
                                     const struct account *account)
{
	const struct setting *env = section_find(section, "env");
	const struct setting *pass = section_find(section, "pass_env");
	size_t most = (env ? env->count : 0) + (pass ? pass->count : 0) + 6;
	struct list list = {.entry = arena_array(reader->arena, most, sizeof(char *))};
	struct list own = {.entry = arena_array(reader->scratch, most, sizeof(char *))};

	if (!list.entry || !own.entry)
		return NULL;
	add_env(reader, &own, env);
	add_passed(reader, &own, pass);
	if (!find(&own, "PATH", 4))
		add(reader, &list, "PATH", PATH_DEFAULT);
	for (size_t i = 0; i < own.count; i++)
		list.entry[list.count++] = own.entry[i];
	if (account) {
		add(reader, &list, "USER", account->name);
		add(reader, &list, "LOGNAME", account->name);
		add(reader, &list, "HOME", account->home);
		add(reader, &list, "SHELL", account->shell);
	}
	return list.entry;
}
