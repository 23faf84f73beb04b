#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/account.h"
#include "config/assemble.h"
#include "config/build.h"
#include "config/suggest.h"

struct layers {
	struct reader *reader;
	const struct scan *scan;
	const struct section *defaults; /* or NULL */
};

/* Puts the settings of a layer over what is there. A list begun with += and
 * the environment add to it; all else replaces it. */
static void add_layer(struct reader *reader, struct section *onto, const struct section *layer)
{
	onto->damaged = onto->damaged || layer->damaged;
	for (size_t i = 0; i < layer->count; i++) {
		const struct setting *from = &layer->setting[i];
		struct setting *to = section_find(onto, from->option->name);

		if (!to)
			to = section_add(reader, onto, from->option, &from->where);
		else if (!from->append && strcmp(from->option->name, "env") != 0)
			to->count = 0;
		if (!to)
			return;
		to->where = from->where;
		to->bad = to->bad || from->bad;
		for (size_t j = 0; j < from->count; j++)
			setting_add_value(reader, to, from->value[j].section, from->value[j].text,
			                  &from->value[j].where);
	}
}

static void unknown_template(const struct layers *layers, const struct setting_value *value)
{
	struct suggest suggest = SUGGEST_INIT(value->text, strlen(value->text));
	char quoted[QUOTED_MAX];

	for (size_t i = 0; i < layers->scan->count; i++) {
		if (layers->scan->section[i]->kind == SCHEMA_TEMPLATE)
			suggest_offer(&suggest, layers->scan->section[i]->title);
	}
	problem_quote(value->text, strlen(value->text), quoted);
	if (suggest.best)
		section_error(layers->reader, value->section, "use", &value->where,
		              "there is no template \"%s\" (did you mean \"%s\"?)", quoted,
		              suggest.best);
	else if (!layers->scan->inputs
	              .lost) /* else it may stand in the file that could not be read */
		section_error(layers->reader, value->section, "use", &value->where,
		              "there is no template \"%s\"", quoted);
}

static void add_templates(const struct layers *layers, struct section *onto,
                          const struct section *section)
{
	const struct setting *use = section_find(section, "use");

	for (size_t i = 0; use && i < use->count; i++) {
		const struct section *template =
		    scan_find(layers->scan, SCHEMA_TEMPLATE, use->value[i].text);

		if (template)
			add_layer(layers->reader, onto, template);
		else
			unknown_template(layers, &use->value[i]);
	}
}

static struct conf_service *build_service(const struct layers *layers,
                                          const struct section *section)
{
	struct section whole = {
	    .kind = section->kind, .title = section->title, .where = section->where};

	if (layers->defaults)
		add_layer(layers->reader, &whole, layers->defaults);
	add_templates(layers, &whole, section);
	add_layer(layers->reader, &whole, section);
	return assemble_service(layers->reader, &whole);
}

static void build_services(struct conf *conf, const struct layers *layers)
{
	const struct scan *scan = layers->scan;
	const struct conf_service **list =
	    arena_array(layers->reader->arena, scan->count, sizeof(struct conf_service *));
	size_t count = 0;

	for (size_t i = 0; list && i < scan->count; i++) {
		if (scan->section[i]->kind != SCHEMA_SERVICE || scan->section[i]->unusable)
			continue;
		list[count] = build_service(layers, scan->section[i]);
		if (list[count])
			count++;
	}
	conf->services = list;
	conf->service_count = count;
}

/* `use` in the other two would make an order of its own. */
static void check_use(const struct layers *layers)
{
	for (size_t i = 0; i < layers->scan->count; i++) {
		const struct section *section = layers->scan->section[i];
		const struct setting *use = section_find(section, "use");

		if (use && section->kind != SCHEMA_SERVICE)
			section_error(layers->reader, section, "use", &use->where,
			              "only a service uses templates");
	}
}

static void build_log(struct reader *reader, const struct section *section, struct conf_log *log)
{
	static const enum conf_log_to to_word[] = {CONF_LOG_AUTO, CONF_LOG_STDERR, CONF_LOG_SYSLOG,
	                                           CONF_LOG_JOURNAL};
	const struct setting_value *to = section_value(section, "to");
	int word = to ? value_word(to->text, "auto stderr syslog journal") : 0;
	char quoted[QUOTED_MAX];

	log->to = CONF_LOG_AUTO;
	if (word >= 0) {
		log->to = to_word[word];
	} else if (to->text[0] == '/') {
		log->to = CONF_LOG_FILE;
		log->path = to->text;
	} else {
		section_error(reader, to->section, "to", &to->where,
		              "\"%s\" is none of auto, stderr, syslog, journal, and not the full "
		              "path of a file",
		              problem_quote(to->text, strlen(to->text), quoted));
	}
}

static void set_user(struct conf *conf, const struct account *account)
{
	conf->user = account->name;
	conf->uid = account->uid;
	conf->gid = account->gid;
	conf->groups = account->groups;
	conf->group_count = account->group_count;
}

static void build_default_user(struct reader *reader, struct conf *conf)
{
	struct conf_where whole = {conf->file, 0};
	const struct account *account;
	char why[VALUE_WHY_MAX];

	conf->user_is_default = true;
	if (!reader->options->root)
		return;
	account = account_find(reader, "usherd", why);
	if (account)
		set_user(conf, account);
	else
		section_warn(reader, NULL, "user", &whole,
		             "there is no account usherd: the supervisor stays root (make one, or "
		             "name one)");
}

static void build_user(struct reader *reader, const struct section *top, struct conf *conf)
{
	const struct setting_value *value = section_value(top, "user");
	const struct account *account;
	char why[VALUE_WHY_MAX];

	conf->uid = geteuid();
	conf->gid = getegid();
	if (!value) {
		build_default_user(reader, conf);
		return;
	}
	account = account_find(reader, value->text, why);
	if (!account)
		section_error(reader, top, "user", &value->where, "%s", why);
	else if (!reader->options->root && account->uid != geteuid())
		section_error(reader, top, "user", &value->where,
		              "usherd was not started by root: it cannot become %s (remove it)",
		              account->name);
	else if (reader->options->root)
		set_user(conf, account);
}

static void build_control(struct reader *reader, const struct section *top, struct conf *conf)
{
	const struct setting_value *path = section_value(top, "control");
	const struct setting_value *group = section_value(top, "control_group");
	char why[VALUE_WHY_MAX];
	struct addr addr;

	conf->control = path ? path->text : arena_text(reader->arena, reader->options->control);
	conf->control_gid = (gid_t)-1;
	if (path && path->text[0] != '/')
		section_error(reader, top, "control", &path->where, "must be a full path");
	else if (path && addr_set_unix(path->text, &addr) < 0)
		section_error(reader, top, "control", &path->where,
		              "is too long for the path of a socket (107 bytes)");
	if (group && account_group(group->text, &conf->control_gid, why) < 0)
		section_error(reader, top, "control_group", &group->where, "%s", why);
}

static void build_files(struct reader *reader, const struct scan *scan, struct conf *conf)
{
	const char **files = arena_array(reader->arena, scan->inputs.count + 1, sizeof(*files));

	for (size_t i = 0; files && i < scan->inputs.count; i++)
		files[i] = scan->inputs.item[i]->name;
	conf->files = files;
}

struct conf *build_model(struct reader *reader, const struct scan *scan, const char *file)
{
	struct layers layers = {reader, scan, scan_find(scan, SCHEMA_DEFAULTS, NULL)};
	const struct section *top = scan->section[0], *log = scan_find(scan, SCHEMA_LOG, NULL);
	struct conf *conf = arena_alloc(reader->arena, sizeof(*conf));
	struct section no_log = {.kind = SCHEMA_LOG, .title = ""};

	if (!conf)
		return NULL;
	if (!log)
		log = &no_log;
	conf->refs = 1;
	conf->arena = reader->arena;
	conf->file = arena_text(reader->arena, file);
	build_files(reader, scan, conf);
	assemble_fields(top, SCHEMA_TOP, conf);
	assemble_fields(log, SCHEMA_LOG, conf);
	build_user(reader, top, conf);
	build_control(reader, top, conf);
	build_log(reader, log, &conf->log);
	conf->setting = assemble_settings(reader, top);
	conf->setting_count = top->count;
	conf->log_setting = assemble_settings(reader, log);
	conf->log_setting_count = log->count;
	check_use(&layers);
	build_services(conf, &layers);
	return conf;
}
