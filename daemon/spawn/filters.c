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

enum { RULED = sizeof ruled / sizeof *ruled };

/* Without a network the client's socket is still one of the machine's: undone, it could
 * be connected to anybody. And unix sockets lead to daemons of this machine. */
static bool is_network(const struct conf_service *service, const struct call *call)
{
	return service->filter == CONF_FILTER_STRICT && service->no_network &&
	       (strcmp(call->name, "socket") == 0 || strcmp(call->name, "connect") == 0);
}

/* What the filter answers to a call that is allowed in general. */
static enum filter_answer rule_of(const struct conf_service *service, const struct call *call)
{
	/* An empty network namespace keeps nobody from a virtual machine's host (vsock). */
	if (service->no_network && strcmp(call->name, "socket") == 0)
		return service->filter == CONF_FILTER_STRICT ? FILTER_LOCAL : FILTER_APART;
	for (size_t i = 0; service->filter != CONF_FILTER_OPEN && i < RULED; i++)
		if (strcmp(ruled[i].name, call->name) == 0)
			return service->filter == CONF_FILTER_STRICT ? ruled[i].strict
			                                             : ruled[i].standard;
	return FILTER_ALLOW;
}

static bool allows(const struct conf_service *service, enum calls_group_id id)
{
	if (service->filter == CONF_FILTER_STRICT)
		return allowed[id].strict;
	return service->filter == CONF_FILTER_OPEN || allowed[id].standard;
}

static enum filter_answer answer_to(const struct conf_service *service, enum calls_group_id id,
                                    const struct call *call, int number)
{
	switch (service->calls ? (enum conf_call)service->calls[number] : CONF_CALL_UNSAID) {
	case CONF_CALL_ALLOW:
		return FILTER_ALLOW;
	case CONF_CALL_DENY:
		return FILTER_DENY;
	case CONF_CALL_GROUP:
		return rule_of(service, call);
	case CONF_CALL_UNSAID:
		break;
	}
	if (is_network(service, call))
		return FILTER_DENY;
	return allows(service, id) ? rule_of(service, call) : FILTER_DENY;
}

void filters_make(const struct conf_service *service, struct filter *filter)
{
	memset(filter->answer, FILTER_UNKNOWN, sizeof filter->answer);
	for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++) {
		const struct calls_group *group = calls_group(id);

		for (size_t i = 0; i < group->count; i++) {
			const struct call *call = &group->call[i];
			int number = call_number(call);

			if (number >= 0)
				filter->answer[number] =
				    (uint8_t)answer_to(service, id, call, number);
		}
	}
}
