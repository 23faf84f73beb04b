#include "spawn/filters.h"

#include <string.h>

/* Which groups the two allow. A program written for inetd has use for none of
 * what standard refuses, or lacked the privilege anyway and goes on without. */
static const struct {
	bool standard, strict;
} allowed[CALLS_GROUPS] = {
    [CALLS_IO] = {true, true},
    [CALLS_FILES] = {true, true},
    [CALLS_PROCESS] = {true, true},
    [CALLS_CREDENTIALS] = {true, true},
    [CALLS_SIGNALS] = {true, true},
    [CALLS_TIME] = {true, true},
    [CALLS_MEMORY] = {true, true},
    [CALLS_THREADS] = {true, true},
    [CALLS_SOCKETS] = {true, true},
    [CALLS_SANDBOX] = {true, true},
    /* Memory that is written and executed under two addresses comes from memfd_create. */
    [CALLS_RARE] = {true, false},
    [CALLS_IPC] = {true, false},
    [CALLS_NUMA] = {true, false},
    [CALLS_AIO] = {true, false},
};

/* Answers that depend on arguments. In a user namespace anybody is root; the
 * flags of clone3 are out of a filter's sight, and who is told that there is no
 * clone3 (glibc) uses clone. */
static const struct {
	const char *name;
	enum filter_answer standard, strict;
} ruled[] = {
    {"clone", FILTER_NAMESPACES, FILTER_NAMESPACES},
    {"clone3", FILTER_UNKNOWN, FILTER_UNKNOWN},
    {"unshare", FILTER_NAMESPACES, FILTER_NAMESPACES},
    {"personality", FILTER_PERSONALITY, FILTER_PERSONALITY},
    {"ioctl", FILTER_TERMINAL, FILTER_TERMINAL},
    {"mmap", FILTER_ALLOW, FILTER_MAP},
    {"mprotect", FILTER_ALLOW, FILTER_PROTECT},
    {"pkey_mprotect", FILTER_ALLOW, FILTER_PROTECT},
    {"shmat", FILTER_ALLOW, FILTER_ATTACH},
    {"socket", FILTER_ALLOW, FILTER_INTERNET},
    {"prctl", FILTER_ALLOW, FILTER_OPTIONS},
};

/* What the level answers to a call that is allowed in general. */
static enum filter_answer rule_of(const struct conf_service *service, const struct call *call)
{
	bool strict = service->filter == CONF_FILTER_STRICT;

	/* Not every family of sockets knows of network namespaces. */
	if (service->no_network && strcmp(call->name, "socket") == 0)
		return FILTER_LOCAL;
	for (size_t i = 0; i < sizeof ruled / sizeof *ruled; i++)
		if (strcmp(ruled[i].name, call->name) == 0)
			return strict ? ruled[i].strict : ruled[i].standard;
	return FILTER_ALLOW;
}

static enum filter_answer answer_to(const struct conf_service *service, enum calls_group_id id,
                                    const struct call *call)
{
	bool allow =
	    service->filter == CONF_FILTER_STRICT ? allowed[id].strict : allowed[id].standard;

	return allow ? rule_of(service, call) : FILTER_DENY;
}

void filters_make(const struct conf_service *service, struct filter *filter)
{
	memset(filter->answer, FILTER_UNKNOWN, sizeof filter->answer);
	for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++) {
		const struct calls_group *group = calls_group(id);

		for (size_t i = 0; i < group->count; i++) {
			int number = call_number(&group->call[i]);

			if (number >= 0)
				filter->answer[number] =
				    (uint8_t)answer_to(service, id, &group->call[i]);
		}
	}
}
