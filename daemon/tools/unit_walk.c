/* A unit goes through a table of options; what its values stand for. */
#include <string.h>

#include "tools/unit_move.h"

void unit_remark(struct unit_move *move, const struct unit_said *said, const char *what)
{
	draft_remark(move->draft, move->service, &said->value->where, "%s=%s is left out: %s.",
	             said->name, said->value->text, what);
}

/* ---- specifiers ---- */

size_t unit_stem(const char *name)
{
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

	return at ? (size_t)(at - name) : dot ? (size_t)(dot - name) : strlen(name);
}

static const char *specifier(const struct unit_move *move, char c, size_t *len)
{
	const char *name = move->socket->name;
	const char *dot = strrchr(name, '.'), *at = strchr(name, '@');

	switch (c) {
	case '%':
		*len = 1;
		return "%";
	case 't':
		*len = 4;
		return "/run";
	case 'S':
		*len = 8;
		return "/var/lib";
	case 'C':
		*len = 10;
		return "/var/cache";
	case 'p':
		*len = unit_stem(name);
		return name;
	case 'i':
	case 'I':
		/* Of a socket that is an instance; of a connection systemd makes one up. */
		*len = at && dot > at ? (size_t)(dot - at - 1) : 0;
		return *len ? at + 1 : NULL;
	default:
		return NULL;
	}
}

const char *unit_expand(struct unit_move *move, const struct unit_said *said, const char *text)
{
	struct buf out = BUF_INIT(DRAFT_FILE_MAX);
	const char *result;

	for (; *text; text++) {
		size_t len = 0;
		const char *value = *text == '%' ? specifier(move, text[1], &len) : NULL;

		if (value) {
			buf_add(&out, value, len);
			text++;
		} else {
			if (*text == '%' && text[1])
				draft_remark(move->draft, move->service, &said->value->where,
				             "%s: %%%c is not known here, and stands as it is.",
				             said->name, text[1]);
			buf_addc(&out, *text);
		}
	}
	result = arena_text(move->draft->arena, out.len ? out.data : "");
	buf_free(&out);
	return result;
}

/* ---- tables ---- */

static bool has_name(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (;;) {
		size_t this = strcspn(names, ",");

		if (this == len && strncmp(names, name, len) == 0)
			return true;
		if (!names[this])
			return false;
		names += this + 1;
		names += strspn(names, " ");
	}
}

static void carry_option(struct unit_move *move, const struct unit *unit, const char *section,
                         const struct unit_option *option)
{
	const char *names = option->row.name;

	while (*names) {
		size_t len = strcspn(names, ",");
		const char *name = arena_bytes(move->draft->arena, names, len);
		struct unit_said said;

		if (name && unit_get(unit, move->draft, section, name, option->list, &said)) {
			if (option->carry)
				option->carry(move, &said);
			else if (unit_bool(said.value[said.count - 1].text) != 0)
				unit_remark(move, &said, option->row.becomes);
		}
		names += len + (names[len] == ',');
		names += strspn(names, " ");
	}
}

void unit_walk(struct unit_move *move, const struct unit *unit, const char *section,
               const struct unit_option *option, size_t count)
{
	for (size_t i = 0; i < unit->count; i++) {
		const struct unit_line *line = &unit->line[i];
		bool known =
		    strcmp(line->section, "Install") == 0 || strncmp(line->name, "X-", 2) == 0;
		struct unit_value value = {line->value, line->where};
		struct unit_said said = {line->name, &value, 1, 1};

		if (strcmp(line->section, "Unit") == 0)
			known = strncmp(line->name, "Condition", 9) != 0 &&
			        strncmp(line->name, "Assert", 6) != 0;
		for (size_t j = 0; j < count && strcmp(line->section, section) == 0 && !known; j++)
			known = has_name(option[j].row.name, line->name);
		if (!known)
			unit_remark(move, &said,
			            strcmp(line->section, "Unit") == 0
			                ? "usherd asks no conditions (set enabled)"
			                : "it is not known here");
	}
	for (size_t i = 0; i < count; i++)
		carry_option(move, unit, section, &option[i]);
}
