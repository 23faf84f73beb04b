/* Names: of services, and of variables. */
#include <stdio.h>
#include <string.h>

#include "tools/draft.h"

static bool is_taken(const struct draft *draft, const char *name)
{
	for (const struct draft_service *s = draft->first; s; s = s->next)
		if (strcmp(s->name, name) == 0)
			return true;
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

const char *draft_make_name(struct draft *draft, const char *wanted)
{
	char name[DRAFT_NAME_MAX - 8];
	size_t len = 0;

	if (!is_letter(*wanted))
		len = (size_t)snprintf(name, sizeof name, "%s",
		                       *wanted >= '0' && *wanted <= '9' ? "port-" : "_");
	for (; *wanted && len < sizeof name - 1; wanted++) {
		bool fine = is_letter(*wanted) || (*wanted >= '0' && *wanted <= '9') ||
		            *wanted == '.' || *wanted == '-';

		name[len++] = fine ? *wanted : '_';
	}
	name[len] = '\0';
	return arena_text(draft->arena, name);
}

const char *draft_unique_name(struct draft *draft, const char *base, const char *second)
{
	const char *name = base;
	unsigned number = 1;

	if (is_taken(draft, name) && second)
		name = arena_format(draft->arena, "%.*s-%s", DRAFT_NAME_MAX - 16, base, second);
	if (!name || !is_taken(draft, name))
		return name;
	for (const struct draft_service *s = draft->first; s; s = s->next)
		number += s->base && strcmp(s->base, base) == 0;
	do
		name = arena_format(draft->arena, "%s-%u", base, number++);
	while (name && is_taken(draft, name));
	return name;
}

bool draft_is_variable(const char *name)
{
	static const char *const begin[] = {"TCP",     "UDP",     "VSOCK",   "IPC",
	                                    "REMOTE_", "USHERD_", "LISTEN_", "WATCHDOG_"};
	static const char *const whole[] = {"PROTO", "SO_COOKIE", "NOTIFY_SOCKET"};
	size_t len =
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
		if (strncmp(name, begin[i], strlen(begin[i])) == 0)
			return false;
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (strlen(whole[i]) == len && strncmp(name, whole[i], len) == 0)
			return false;
	return len && !strchr("0123456789", *name) && (!name[len] || name[len] == '=');
}
