#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "config/value.h"
#include "config/values.h"

unsigned values_surprises;

/* libconfuse has no room for a pointer of ours. */
static struct {
	struct reader *reader;
	struct section *section;
} now;

static struct conf_where where_of(const cfg_t *cfg)
{
	const struct section *section = now.section;
	size_t line = cfg->line > 0 ? (size_t)cfg->line : 1;

	if (!section->lines)
		return section->where;
	return section->origin[line <= section->lines ? line - 1 : section->lines - 1];
}

/* Always 0: another value would stop libconfuse here. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct setting *setting = section_find(now.section, opt->name);
	struct conf_where where = where_of(cfg);
	char why[VALUE_WHY_MAX];
	char *text = arena_text(now.reader->arena, value ? value : "");

	*(void **)result = text;
	if (!text || !setting)
		return 0;
	setting_add_value(now.reader, setting, now.section, text, &where);
	if (value_parse(setting->option, text, NULL, why) == 0)
		return 0;
	section_error(now.reader, now.section, opt->name, &where, "%s", why);
	setting->bad = true;
	return 0;
}

/* The scanner lets nothing pass that libconfuse refuses; should it, say so. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format,
                                                           va_list ap)
{
	struct conf_where where = where_of(cfg);
	char text[200];

	values_surprises++;
	vsnprintf(text, sizeof(text), format, ap);
	section_error(now.reader, now.section, NULL, &where, "libconfuse: %s", text);
}

static cfg_opt_t *make_options(enum schema_section kind)
{
	size_t count;
	const struct schema_option *option = schema_options(kind, &count);
	cfg_opt_t *options = sys_calloc(count + 1, sizeof(*options));

	for (size_t i = 0; options && i < count; i++) {
		cfg_opt_t one = CFG_PTR_CB(option[i].name, NULL, CFGF_NONE, on_value, NULL);
		cfg_opt_t list = CFG_PTR_LIST_CB(option[i].name, NULL, CFGF_NONE, on_value, NULL);

		options[i] = option[i].type == SCHEMA_LIST ? list : one;
	}
	if (options)
		options[count] = (cfg_opt_t)CFG_END();
	return options;
}

static int parse(cfg_opt_t *options, struct buf *text)
{
	FILE *file = fmemopen(text->data, text->len, "r");
	cfg_t *cfg = file ? cfg_init(options, CFGF_NONE) : NULL;
	int rc = -1;

	if (cfg) {
		cfg_set_error_function(cfg, on_error);
		rc = cfg_parse_fp(cfg, file) == CFG_SUCCESS ? 0 : -1;
		cfg_free(cfg);
	}
	if (file)
		fclose(file);
	return rc;
}

static void read_section(struct reader *reader, struct section *section)
{
	size_t errors = reader->problems->errors;
	cfg_opt_t *options;

	if (section->text.failed || !(options = make_options(section->kind))) {
		section_error(reader, section, NULL, &section->where, "out of memory");
		return;
	}
	now.reader = reader;
	now.section = section;
	if (section->text.len && parse(options, &section->text) < 0) {
		values_surprises++;
		if (reader->problems->errors == errors)
			section_error(reader, section, NULL, &section->where,
			              "libconfuse: this section cannot be read");
	}
	free(options);
}

void values_read(struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		read_section(scan->reader, scan->section[i]);
}
