#include "config/syscalls.h"

#include <string.h>

#include "base/calls.h"
#include "config/suggest.h"

/* Between the filter and the program usherd itself makes these. */
static const char *const needed[] = {"execve", "exit_group", "write"};

static void no_group(struct builder *b, const struct setting_value *value, const char *name)
{
	struct suggest suggest = SUGGEST_INIT(name, strlen(name));
	char quoted[QUOTED_MAX];

	for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++)
		suggest_offer(&suggest, calls_group(id)->name);
	problem_quote(value->text, strlen(value->text), quoted);
	if (suggest.best)
		builder_error(b, "syscalls", value,
		              "\"%s\": there is no such group of system calls (did you mean "
		              "\"@%s\"?)",
		              quoted, suggest.best);
	else
		builder_error(b, "syscalls", value,
		              "\"%s\": there is no such group of system calls (see SYSTEM CALLS "
		              "in usherd.conf(5))",
		              quoted);
}

static void no_call(struct builder *b, const struct setting_value *value, const char *name)
{
	struct suggest suggest = SUGGEST_INIT(name, strlen(name));
	char quoted[QUOTED_MAX];

	for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++)
		for (size_t i = 0; i < calls_group(id)->count; i++)
			suggest_offer(&suggest, calls_group(id)->call[i].name);
	problem_quote(value->text, strlen(value->text), quoted);
	if (calls_find_group(name))
		builder_error(b, "syscalls", value,
		              "\"%s\": there is no such system call (write \"@%s\" for the group)",
		              quoted, name);
	else if (suggest.best)
		builder_error(b, "syscalls", value,
		              "\"%s\": there is no such system call (did you mean \"%s\"?)", quoted,
		              suggest.best);
	else
		builder_error(b, "syscalls", value,
		              "\"%s\": there is no such system call (see syscalls(2))", quoted);
}

/* What this machine does not have is left out: other machines have it. */
static void say(uint8_t *calls, const struct call *call, enum conf_call what)
{
	int number = call_number(call);

	if (number >= 0)
		calls[number] = (uint8_t)what;
}

/* False: there is no such thing. */
static bool add_entry(struct builder *b, uint8_t *calls, const struct setting_value *value)
{
	bool deny = value->text[0] == '-';
	const char *name = value->text + (deny || value->text[0] == '+');
	const struct calls_group *group;
	const struct call *call;

	if (name[0] == '@') {
		group = calls_find_group(name + 1);
		if (!group)
			no_group(b, value, name + 1);
		for (size_t i = 0; group && i < group->count; i++)
			say(calls, &group->call[i], deny ? CONF_CALL_DENY : CONF_CALL_GROUP);
		return group;
	}
	call = calls_find(name);
	if (!call)
		no_call(b, value, name);
	else
		say(calls, call, deny ? CONF_CALL_DENY : CONF_CALL_ALLOW);
	return call;
}

static void check_needed(struct builder *b, const struct setting *setting, const uint8_t *calls)
{
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		int number = call_number(calls_find(needed[i]));

		if (number < 0 || calls[number] != CONF_CALL_DENY)
			continue;
		section_error(b->reader, setting->value[0].section, "syscalls", &setting->where,
		              "without %s no handler can be started (add \"+%s\" at the end)",
		              needed[i], needed[i]);
		return;
	}
}

static bool denies(const uint8_t *calls)
{
	return memchr(calls, CONF_CALL_DENY, CALLS_LAST + 1) != NULL;
}

void syscalls_build(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "syscalls");
	bool right = true;
	uint8_t *calls;

	if (!setting || !setting->count)
		return;
	calls = arena_array(b->reader->arena, CALLS_LAST + 1, sizeof *calls);
	for (size_t i = 0; calls && i < setting->count; i++)
		right = add_entry(b, calls, &setting->value[i]) && right;
	if (!calls)
		return;
	check_needed(b, setting, calls);
	if (b->service->sandbox || denies(calls))
		b->service->calls = calls;
	if (!b->service->sandbox && denies(calls))
		b->service->filter = CONF_FILTER_OPEN;
	else if (!b->service->sandbox && right && !setting->bad)
		section_warn(b->reader, setting->value[0].section, "syscalls", &setting->where,
		             "changes nothing: without a sandbox all calls are allowed");
}
