#include "spawn/namespace.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "spawn/rawcall.h"

/* Those that some plan has: a handful, looked at when a configuration is loaded. */
static struct namespaces *all;

static unsigned kinds_of(const struct conf_service *service)
{
	unsigned kinds = 0;

	if (service->user_space)
		kinds |= SPACES(USER);
	if (service->no_network)
		kinds |= SPACES(NET);
	if (service->private_pids)
		kinds |= SPACES(IPC);
	return kinds;
}

static bool is_of(const struct namespaces *one, const struct conf_service *service)
{
	size_t size = service->group_count * sizeof *service->groups;

	return strcmp(one->name, service->name) == 0 && one->kinds == kinds_of(service) &&
	       one->ids.uid == service->uid && one->ids.gid == service->gid &&
	       one->ids.group_count == service->group_count &&
	       (size == 0 || memcmp(one->groups, service->groups, size) == 0);
}

static struct namespaces *namespaces_new(const struct conf_service *service)
{
	size_t len = strlen(service->name) + 1;
	struct namespaces *one = sys_calloc(1, sizeof *one + len);

	if (!one)
		return NULL;
	one->groups = sys_calloc(service->group_count + 1, sizeof *one->groups);
	if (!one->groups) {
		free(one);
		return NULL;
	}
	if (service->group_count > 0)
		memcpy(one->groups, service->groups, service->group_count * sizeof *one->groups);
	memcpy(one->name, service->name, len);
	one->ids = (struct spaces_ids){.uid = service->uid,
	                               .gid = service->gid,
	                               .groups = one->groups,
	                               .group_count = service->group_count};
	one->kinds = kinds_of(service);
	spaces_init(&one->spaces);
	one->next = all;
	all = one;
	return one;
}

struct namespaces *namespaces_get(const struct conf_service *service, bool *failed_r)
{
	struct namespaces *one = all;

	*failed_r = false;
	if (!kinds_of(service))
		return NULL;
	while (one && !is_of(one, service))
		one = one->next;
	if (!one)
		one = namespaces_new(service);
	if (one)
		one->refs++;
	*failed_r = !one;
	return one;
}

void namespaces_put(struct namespaces **namespaces)
{
	struct namespaces *one = *namespaces, **link = &all;

	*namespaces = NULL;
	if (!one || --one->refs > 0)
		return;
	while (*link != one)
		link = &(*link)->next;
	*link = one->next;
	spaces_close(&one->spaces);
	free(one->groups);
	free(one);
}

int namespaces_make(struct namespaces *namespaces, const char **call_r)
{
	if (namespaces->made)
		return 0;
	if (spaces_make(&namespaces->spaces, namespaces->kinds, &namespaces->ids, call_r) < 0)
		return -1;
	namespaces->made = true;
	return 0;
}

IN_CHILD static long enter(const struct namespaces *namespaces, int kind)
{
	int fd = namespaces->spaces.fd[kind];

	return fd < 0 ? 0 : rawcall2(SYS_setns, fd, 0);
}

IN_CHILD long namespaces_enter_user(const struct namespaces *namespaces)
{
	return namespaces->made ? enter(namespaces, SPACES_USER) : -EBADF;
}

/* It gives the right to enter the others. */
IN_CHILD long namespaces_enter(const struct namespaces *namespaces, bool user)
{
	long r = user ? namespaces_enter_user(namespaces) : 0;

	if (!namespaces->made)
		return -EBADF;
	for (int kind = SPACES_USER + 1; r >= 0 && kind < SPACES_KINDS; kind++)
		r = enter(namespaces, kind);
	return r;
}
