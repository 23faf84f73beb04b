#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/section.h"

enum { PREFIX_MAX = 200 };

struct setting *section_find(const struct section *section, const char *name)
{
	for (size_t i = 0; i < section->count; i++) {
		if (strcmp(section->setting[i].option->name, name) == 0)
			return &section->setting[i];
	}
	return NULL;
}

struct setting *section_add(struct reader *reader, struct section *section,
                            const struct schema_option *option, const struct conf_where *where)
{
	struct setting *list = arena_room(reader->scratch, section->setting, section->count,
	                                  &section->size, sizeof(*list));

	if (!list)
		return NULL;
	section->setting = list;
	list[section->count] = (struct setting){.option = option, .where = *where};
	return &list[section->count++];
}

void setting_add_value(struct reader *reader, struct setting *setting,
                       const struct section *section, const char *text,
                       const struct conf_where *where)
{
	struct setting_value *list = arena_room(reader->scratch, setting->value, setting->count,
	                                        &setting->size, sizeof(*list));

	if (!list)
		return;
	setting->value = list;
	list[setting->count++] = (struct setting_value){text, *where, section};
}

const struct setting_value *section_value(const struct section *section, const char *name)
{
	const struct setting *setting = section_find(section, name);

	return setting && setting->count ? &setting->value[0] : NULL;
}

void section_add_line(struct reader *reader, struct section *section,
                      const struct conf_where *where)
{
	struct conf_where *origin = arena_room(reader->scratch, section->origin, section->lines,
	                                       &section->lines_size, sizeof(*origin));

	if (!origin)
		return;
	section->origin = origin;
	if (section->lines)
		buf_addc(&section->text, '\n');
	section->origin[section->lines++] = *where;
}

static void prefix(const struct section *section, const char *option, char text[PREFIX_MAX])
{
	int len = 0;

	text[0] = '\0';
	if (section && section->kind != SCHEMA_TOP) {
		const char *name = schema_section_name(section->kind);

		if (schema_section_titled(section->kind))
			len = snprintf(text, PREFIX_MAX, "%s \"%.64s\": ", name, section->title);
		else
			len = snprintf(text, PREFIX_MAX, "%s: ", name);
	}
	if (option)
		snprintf(text + len, PREFIX_MAX - (size_t)len, "%s: ", option);
}

static void report(const struct reader *reader, const struct section *section, const char *option,
                   const struct conf_where *where, bool warning, const char *format, va_list ap)
    __attribute__((format(printf, 6, 0)));

static void report(const struct reader *reader, const struct section *section, const char *option,
                   const struct conf_where *where, bool warning, const char *format, va_list ap)
{
	char before[PREFIX_MAX], text[PROBLEM_TEXT_MAX];

	prefix(section, option, before);
	vsnprintf(text, sizeof(text), format, ap);
	problem_add(reader->problems, where, warning, "%s%s", before, text);
}

void section_error(const struct reader *reader, const struct section *section, const char *option,
                   const struct conf_where *where, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	report(reader, section, option, where, false, format, ap);
	va_end(ap);
}

void section_warn(const struct reader *reader, const struct section *section, const char *option,
                  const struct conf_where *where, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	report(reader, section, option, where, true, format, ap);
	va_end(ap);
}
