/* xinetd.conf, with all that it includes. */
#include <stdlib.h>
#include <string.h>

#include "tools/convert.h"
#include "tools/xinetd_carry.h"

bool xinetd_get(const struct xinetd_move *move, const char *name, struct xinetd_said *said)
{
	const struct xinetd_attribute *attribute = xinetd_attribute(name);

	*said = (struct xinetd_said){.count = 0};
	said->value = xinetd_values(move->draft, move->conf, move->entry, name, attribute->inherit,
	                            attribute->set, &said->count, &said->where);
	if (!said->value || (attribute->values >= 0 && said->count != (size_t)attribute->values))
		return false;
	said->inherited = true;
	for (size_t i = 0; i < move->entry->count; i++)
		if (strcmp(move->entry->line[i].name, name) == 0)
			said->inherited = false;
	return true;
}

const char *xinetd_first(const struct xinetd_move *move, const char *name)
{
	struct xinetd_said said;

	return xinetd_get(move, name, &said) && said.count ? said.value[0] : NULL;
}

void xinetd_remark(struct xinetd_move *move, const struct xinetd_said *said, const char *format,
                   ...)
{
	struct buf text = BUF_INIT(1 << 16);
	va_list ap;

	va_start(ap, format);
	buf_vaddf(&text, format, ap);
	va_end(ap);
	if (said->inherited)
		draft_comment(move->draft, move->service, "%s", text.len ? text.data : "");
	else
		draft_remark(move->draft, move->service, &said->where, "%s",
		             text.len ? text.data : "");
	buf_free(&text);
}

void xinetd_spoil(struct xinetd_move *move, const struct xinetd_said *said, const char *name,
                  const char *what)
{
	draft_gone(move->draft, move->service, &said->where,
	           "%s = %s makes no sense, and xinetd would not start it either", name, what);
	move->draft->dropped++;
}

/* Lines that say nothing, and are not said to be left out elsewhere. */
static void check_lines(struct xinetd_move *move)
{
	for (size_t i = 0; i < move->entry->count; i++) {
		const struct xinetd_line *line = &move->entry->line[i];
		const struct xinetd_attribute *attribute = xinetd_attribute(line->name);
		bool again = false;

		for (size_t j = 0; j < i && attribute && !attribute->set; j++)
			again = again || strcmp(move->entry->line[j].name, line->name) == 0;
		if (!attribute)
			draft_remark(move->draft, move->service, &line->where,
			             "%s is no attribute of xinetd, which ignores it, too.",
			             line->name);
		else if (!attribute->set && line->op != '=')
			draft_remark(move->draft, move->service, &line->where,
			             "%s %c= is left out, as xinetd does: only = is for it.",
			             line->name, line->op);
		else if (again)
			draft_remark(move->draft, move->service, &line->where,
			             "%s is said again, and left out as xinetd does.", line->name);
		else if (attribute->values >= 0 && line->count != (size_t)attribute->values)
			draft_remark(
			    move->draft, move->service, &line->where,
			    "%s has %zu values and not %d, and is left out as xinetd does.",
			    line->name, line->count, attribute->values);
	}
}

static bool is_listed(struct draft *draft, const struct xinetd_conf *conf, const char *name,
                      const char *id, bool *any)
{
	struct draft_where where;
	size_t count;
	const char *const *ids = xinetd_values(draft, conf, NULL, name, true, true, &count, &where);
	bool found = false;

	*any = ids != NULL;
	for (size_t i = 0; ids && i < count; i++)
		found = found || strcmp(ids[i], id) == 0;
	return found;
}

static void carry_service(struct draft *draft, const struct xinetd_conf *conf,
                          const struct xinetd_entry *entry)
{
	struct xinetd_move move = {.draft = draft, .conf = conf, .entry = entry};
	const char *id = xinetd_first(&move, "id");
	const char *type = xinetd_first(&move, "socket_type");
	const struct xinetd_attribute *list;
	bool any, listed;
	size_t count;

	if (!id)
		id = entry->name;
	move.service = draft_service(draft, &entry->where, id,
	                             type && strcmp(type, "dgram") == 0 ? "udp" : NULL);
	if (!move.service)
		return;
	check_lines(&move);
	xinetd_carry_core(&move);
	list = xinetd_attributes(&count);
	for (size_t i = 0; i < count; i++) {
		struct xinetd_said said;

		if (!xinetd_get(&move, list[i].row.name, &said))
			continue;
		if (list[i].carry)
			list[i].carry(&move, &said);
		else if (!said.inherited)
			xinetd_remark(&move, &said, "%s is left out: %s.", list[i].row.name,
			              list[i].row.becomes);
	}
	listed = is_listed(draft, conf, "enabled", id, &any);
	if ((any && !listed) || is_listed(draft, conf, "disabled", id, &any))
		draft_set(draft, move.service, "enabled", "no");
}

/* What defaults says and no service shows. */
static void check_defaults(struct draft *draft, const struct xinetd_entry *defaults)
{
	for (size_t i = 0; i < defaults->count; i++) {
		const struct xinetd_line *line = &defaults->line[i];
		const struct xinetd_attribute *attribute = xinetd_attribute(line->name);

		if (strcmp(line->name, "enabled") == 0 || strcmp(line->name, "disabled") == 0)
			continue;
		if (!attribute || !attribute->inherit)
			draft_head(draft, &line->where, "defaults: %s is left out, as xinetd does.",
			           line->name);
		else if (!attribute->carry)
			draft_head(draft, &line->where, "defaults: %s is left out: %s.", line->name,
			           attribute->row.becomes);
	}
}

static void carry_all(struct draft *draft, const struct xinetd_conf *conf)
{
	check_defaults(draft, &conf->defaults);
	for (const struct xinetd_entry *entry = conf->service; entry; entry = entry->next)
		carry_service(draft, conf, entry);
}

void from_xinetd(struct draft *draft, char **path)
{
	struct xinetd_conf conf;

	xinetd_conf_init(&conf);
	for (; *path; path++)
		xinetd_conf_read(&conf, draft, *path);
	carry_all(draft, &conf);
}

void from_xinetd_text(struct draft *draft, const char *path, const char *text, size_t len)
{
	struct xinetd_conf conf;

	xinetd_conf_init(&conf);
	xinetd_conf_text(&conf, draft, path, text, len);
	carry_all(draft, &conf);
}
