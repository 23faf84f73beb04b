#include "config/records.h"

#include <string.h>

#include "config/value.h"

/* In the order of `words` in the schema. */
static const unsigned success_fields[] = {CONF_RECORD_ALL,   CONF_RECORD_PID,  CONF_RECORD_HOST,
                                          CONF_RECORD_LOCAL, CONF_RECORD_EXIT, CONF_RECORD_DURATION,
                                          CONF_RECORD_USAGE};
static const unsigned failure_fields[] = {CONF_RECORD_ALL, CONF_RECORD_ATTEMPT, CONF_RECORD_HOST,
                                          CONF_RECORD_LOCAL, CONF_RECORD_DURATION};

static unsigned build_set(struct reader *reader, const struct setting *setting,
                          const unsigned *fields)
{
	unsigned set = CONF_RECORD_NONE;
	char why[VALUE_WHY_MAX];

	if (!setting)
		return CONF_RECORD_ALL;
	for (size_t i = 0; i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];
		int word = value_one_of(value->text, setting->option->words, why);

		if (word >= 0)
			set |= fields[word];
		else
			section_error(reader, value->section, setting->option->name, &value->where,
			              "%s", why);
	}
	return set;
}

static void build_quiet(struct reader *reader, const struct setting *setting,
                        struct conf_service *service)
{
	struct prefix *list;
	char quoted[QUOTED_MAX];
	const char *why;

	if (!setting)
		return;
	list = arena_array(reader->arena, setting->count, sizeof(*list));
	service->quiet_from = list;
	for (size_t i = 0; list && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];

		if (prefix_parse(value->text, &list[service->quiet_from_count], &why) == 0)
			service->quiet_from_count++;
		else
			section_error(reader, value->section, "quiet_from", &value->where,
			              "\"%s\" %s",
			              problem_quote(value->text, strlen(value->text), quoted), why);
	}
}

void records_build(struct reader *reader, const struct section *section,
                   struct conf_service *service)
{
	service->log_on_success =
	    build_set(reader, section_find(section, "log_on_success"), success_fields);
	service->log_on_failure =
	    build_set(reader, section_find(section, "log_on_failure"), failure_fields);
	build_quiet(reader, section_find(section, "quiet_from"), service);
}
