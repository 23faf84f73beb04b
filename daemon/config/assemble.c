#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/account.h"
#include "config/admission.h"
#include "config/assemble.h"
#include "config/beneath.h"
#include "config/builder.h"
#include "config/environment.h"
#include "config/groups.h"
#include "config/machine.h"
#include "config/namespaces.h"
#include "config/program.h"
#include "config/proxy.h"
#include "config/records.h"
#include "config/root.h"
#include "config/sandbox.h"
#include "config/schedule.h"
#include "config/slurp.h"
#include "config/sockets.h"
#include "config/suggest.h"

enum { BANNER_MAX = 64 << 10 };

static const int resources[CONF_RLIMITS] = {
    [CONF_RLIMIT_AS] = RLIMIT_AS,           [CONF_RLIMIT_CORE] = RLIMIT_CORE,
    [CONF_RLIMIT_CPU] = RLIMIT_CPU,         [CONF_RLIMIT_DATA] = RLIMIT_DATA,
    [CONF_RLIMIT_FILES] = RLIMIT_NOFILE,    [CONF_RLIMIT_FSIZE] = RLIMIT_FSIZE,
    [CONF_RLIMIT_MEMLOCK] = RLIMIT_MEMLOCK, [CONF_RLIMIT_NPROC] = RLIMIT_NPROC,
    [CONF_RLIMIT_RSS] = RLIMIT_RSS,         [CONF_RLIMIT_STACK] = RLIMIT_STACK,
};

static void build_exec(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "exec");
	const struct setting_value *argv0 = section_value(b->section, "argv0");
	const char **argv;
	char why[VALUE_WHY_MAX];

	if (!setting || (!setting->count && !setting->bad)) {
		builder_missing(b, "exec", "is missing (which program shall be started?)");
		return;
	}
	if (!setting->count)
		return;
	b->service->path = program_find(b->reader, b->service->root, setting->value[0].text, why);
	if (!b->service->path)
		builder_error(b, "exec", &setting->value[0], "%s", why);
	argv = arena_array(b->reader->arena, setting->count + 1, sizeof(*argv));
	for (size_t i = 0; argv && i < setting->count; i++)
		argv[i] = setting->value[i].text;
	if (argv && argv0)
		argv[0] = argv0->text;
	b->service->argv = argv;
}

/* ---- who the handler is ---- */

static const struct account *find_user(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "user");
	const struct account *account, *self;
	char why[VALUE_WHY_MAX];

	if (!b->reader->options->root) {
		self = account_self(b->reader);
		account = value ? account_find(b->reader, value->text, why) : self;
		if (account && self && account->uid == self->uid)
			return self;
		if (value && !account)
			builder_error(b, "user", value, "%s", why);
		else if (value)
			builder_error(
			    b, "user", value,
			    "usherd was not started by root: a handler can only run as %s (remove "
			    "it)",
			    self ? self->name : "this user");
		return NULL;
	}
	account = account_find(b->reader, value ? value->text : "nobody", why);
	if (!account && value)
		builder_error(b, "user", value, "%s", why);
	else if (!account)
		builder_missing(b, "user", "there is no user nobody (say which one it shall be)");
	return account;
}

static void build_group(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "group");
	char why[VALUE_WHY_MAX];
	gid_t gid;

	if (!value)
		return;
	if (account_group(value->text, &gid, why) < 0)
		builder_error(b, "group", value, "%s", why);
	else if (!b->reader->options->root && gid != b->service->gid)
		builder_error(
		    b, "group", value,
		    "usherd was not started by root: the group cannot be changed (remove it)");
	else
		b->service->gid = gid;
}

static void build_group_list(struct builder *b, const struct setting *setting)
{
	gid_t *groups = arena_array(b->reader->arena, setting->count, sizeof(*groups));
	char why[VALUE_WHY_MAX];

	b->service->groups = groups;
	b->service->group_count = groups ? setting->count : 0;
	for (size_t i = 0; groups && i < setting->count; i++) {
		if (account_group(setting->value[i].text, &groups[i], why) < 0)
			builder_error(b, "groups", &setting->value[i], "%s", why);
	}
}

/* The default is what the account has, which is in place already. */
static void build_groups(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "groups");
	bool yes;

	if (!setting || setting->bad ||
	    (setting->count == 1 && value_bool(setting->value[0].text, &yes) == 0 && yes))
		return;
	if (!b->reader->options->root) {
		section_error(
		    b->reader, setting->count ? setting->value[0].section : b->section, "groups",
		    &setting->where,
		    "usherd was not started by root: groups cannot be changed (remove it)");
		return;
	}
	b->service->group_count = 0;
	if (setting->count == 1 && value_bool(setting->value[0].text, &yes) == 0)
		return;
	build_group_list(b, setting);
}

static const struct account *build_identity(struct builder *b)
{
	struct conf_service *service = b->service;
	const struct account *account = find_user(b), *self = account_self(b->reader);

	if (!account || !self)
		return account;
	service->user = account->name;
	service->uid = account->uid;
	service->gid = account->gid;
	service->groups = account->groups;
	service->group_count = account->group_count;
	build_group(b);
	build_groups(b);
	/* By the time it starts, root's supervisor may be somebody else, and what
	 * groups root was started with is nobody's business. */
	service->change_user = b->reader->options->root;
	return account;
}

/* ---- the rest ---- */

/* After the drop of privileges there are places that only the handler's user can
 * look into; then its start will tell. */
static void builder_unseen(const struct builder *b, const char *option,
                           const struct setting_value *value, const char *quoted)
{
	if (errno != EACCES || !reader_has_dropped(b->reader))
		builder_error(b, option, value, "%s: %m", quoted);
}

static void build_directory(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "directory");
	char quoted[QUOTED_MAX];
	struct stat st;

	b->service->directory = value ? value->text : "/";
	if (!value)
		return;
	problem_quote(value->text, strlen(value->text), quoted);
	if (value->text[0] != '/')
		builder_error(b, "directory", value, "\"%s\" is not a full path", quoted);
	else if (beneath_stat(b->service->root, value->text, &st) < 0)
		builder_unseen(b, "directory", value, quoted);
	else if (!S_ISDIR(st.st_mode))
		builder_error(b, "directory", value, "%s is not a directory", quoted);
}

static void build_banner(struct builder *b, const char *option, const char **text, size_t *len)
{
	const struct setting_value *value = section_value(b->section, option);
	const char *why;
	struct stat st;

	if (!value)
		return;
	if (value->text[0] != '@') {
		*text = value->text;
		*len = strlen(value->text);
	} else if (value->text[1] != '/') {
		builder_error(b, option, value, "@ must be followed by the full path of a file");
	} else {
		*text = slurp(b->reader->arena, value->text + 1, BANNER_MAX, len, &st, &why);
		if (!*text)
			builder_error(b, option, value, "%.200s %s", value->text + 1, why);
	}
}

static void check_limits(struct builder *b)
{
	char option[32];

	for (int i = 0; i < CONF_RLIMITS; i++)
		b->service->rlimit[i].resource = resources[i];
	for (size_t i = 0; i < b->section->count; i++) {
		const struct setting *setting = &b->section->setting[i];
		const struct conf_rlimit *limit;
		struct rlimit now;

		if (setting->option->type != SCHEMA_LIMIT || setting->bad ||
		    b->reader->options->root)
			continue;
		limit = (const void *)((const char *)b->service + setting->option->offset);
		snprintf(option, sizeof(option), "%s", setting->option->name);
		if (getrlimit((__rlimit_resource_t)limit->resource, &now) == 0 &&
		    limit->hard > now.rlim_max)
			builder_error(
			    b, option, &setting->value[0],
			    "above the hard limit that usherd was started with (lower it)");
	}
}

void assemble_fields(const struct section *section, enum schema_section kind, void *object)
{
	size_t count;
	const struct schema_option *option = schema_options(kind, &count);
	char why[VALUE_WHY_MAX];

	for (size_t i = 0; i < count; i++) {
		if (option[i].value && option[i].type < SCHEMA_LIMIT)
			value_parse(&option[i], option[i].value, (char *)object + option[i].offset,
			            why);
	}
	for (size_t i = 0; i < section->count; i++) {
		const struct setting *setting = &section->setting[i];

		if (setting->option->type < SCHEMA_TEXT && setting->count)
			value_parse(setting->option, setting->value[0].text,
			            (char *)object + setting->option->offset, why);
	}
}

const struct conf_setting *assemble_settings(struct reader *reader, const struct section *section)
{
	struct conf_setting *list = arena_array(reader->arena, section->count, sizeof(*list));

	for (size_t i = 0; list && i < section->count; i++) {
		const struct setting *setting = &section->setting[i];
		const char **text = arena_array(reader->arena, setting->count + 1, sizeof(*text));

		for (size_t j = 0; text && j < setting->count; j++)
			text[j] = setting->value[j].text;
		list[i] = (struct conf_setting){.option = setting->option->name,
		                                .text = text,
		                                .count = text ? setting->count : 0,
		                                .where = setting->where};
	}
	return list;
}

struct conf_service *assemble_service(struct reader *reader, const struct section *section)
{
	struct conf_service *service = arena_alloc(reader->arena, sizeof(*service));
	struct builder b = {reader, section, service};
	const struct account *account;

	if (!service)
		return NULL;
	service->name = arena_text(reader->arena, section->title);
	service->where = section->where;
	service->keepalive_time_sec = service->keepalive_interval_sec = service->keepalive_probes =
	    -1;
	assemble_fields(section, SCHEMA_SERVICE, service);
	schedule_build(&b);
	sockets_build(&b);
	machine_build(&b);
	proxy_build(&b);
	admission_build(&b);
	root_build(&b);
	build_exec(&b);
	account = build_identity(&b);
	sandbox_build(&b);
	namespaces_build(&b);
	groups_build(&b);
	build_directory(&b);
	service->env = environment_build(reader, section, account);
	build_banner(&b, "banner", &service->banner, &service->banner_len);
	build_banner(&b, "banner_fail", &service->banner_fail, &service->banner_fail_len);
	check_limits(&b);
	records_build(reader, section, service);
	service->setting = assemble_settings(reader, section);
	service->setting_count = service->setting ? section->count : 0;
	return service;
}
