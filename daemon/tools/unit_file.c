#include "tools/unit_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 10000 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* A text on its way. */
struct reading {
	struct unit *unit;
	struct draft *draft;
	struct draft_where where;
	const char *at, *end;
	unsigned begin; /* where the line began that goes on */
};

/* Takes one line; false at the end. */
static bool take_line(struct reading *reading, const char **begin, size_t *len)
{
	const char *newline;

	if (reading->at >= reading->end)
		return false;
	*begin = reading->at;
	newline = memchr(*begin, '\n', (size_t)(reading->end - *begin));
	*len = (size_t)((newline ? newline : reading->end) - *begin);
	reading->at = newline ? newline + 1 : reading->end;
	reading->where.line++;
	while (*len && (is_blank((*begin)[*len - 1]) || (*begin)[*len - 1] == '\0'))
		(*len)--;
	while (*len && is_blank(**begin)) {
		(*begin)++;
		(*len)--;
	}
	return true;
}

static bool is_comment(const char *begin, size_t len)
{
	return len && (*begin == '#' || *begin == ';');
}

/* The next statement, with those lines that go on with it; NULL: none. */
static char *next_statement(struct reading *reading)
{
	struct buf whole = BUF_INIT(DRAFT_FILE_MAX + 1);
	const char *begin;
	char *text = NULL;
	bool more = false;
	size_t len;

	while (take_line(reading, &begin, &len)) {
		if (is_comment(begin, len) || (!len && !more))
			continue;
		if (!more)
			reading->begin = reading->where.line;
		more = len && begin[len - 1] == '\\';
		buf_add(&whole, begin, len - more);
		if (!more)
			break;
		buf_addc(&whole, ' ');
	}
	if (whole.len && !whole.failed)
		text = arena_bytes(reading->draft->arena, whole.data, whole.len);
	buf_free(&whole);
	return text;
}

static void add_line(struct reading *reading, const struct unit_line *line)
{
	struct unit *unit = reading->unit;
	void *room = arena_room(reading->draft->arena, unit->line, unit->count, &unit->size,
	                        sizeof *unit->line);

	if (!room || unit->count == LINES_MAX)
		return;
	unit->line = room;
	unit->line[unit->count++] = *line;
}

static void read_text(struct reading *reading)
{
	const char *section = NULL;
	char *text;

	while ((text = next_statement(reading))) {
		struct draft_where where = {reading->where.file, reading->begin};
		size_t len = strlen(text), name = strcspn(text, "=");
		struct unit_line line = {.where = where, .section = section};

		if (*text == '[' && text[len - 1] == ']') {
			section = arena_bytes(reading->draft->arena, text + 1, len - 2);
			continue;
		}
		if (!text[name] || !name || !section) {
			draft_bad(reading->draft, &where, "%s, so it is left out",
			          section ? "it is not NAME=VALUE" : "it is in no section");
			continue;
		}
		line.value = text + name + 1;
		while (is_blank(*line.value))
			line.value++;
		while (name && is_blank(text[name - 1]))
			name--;
		text[name] = '\0';
		line.name = text;
		add_line(reading, &line);
	}
}

void unit_text(struct unit *unit, struct draft *draft, const char *path, const char *text,
               size_t len)
{
	struct reading reading = {
	    .unit = unit, .draft = draft, .where = {path, 0}, .at = text, .end = text + len};
	const char *slash = strrchr(path, '/');

	if (!unit->path) {
		unit->path = path;
		unit->name = slash ? slash + 1 : path;
	}
	read_text(&reading);
}

static int is_conf(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_drop_ins(struct unit *unit, struct draft *draft, const char *folder)
{
	struct dirent **list;
	int count = folder ? scandir(folder, &list, is_conf, by_name) : 0;

	for (int i = 0; i < count; i++) {
		const char *path = arena_format(draft->arena, "%s/%s", folder, list[i]->d_name);
		size_t len = 0;
		char *text = path ? draft_read(draft, path, &len, NULL) : NULL;

		if (text)
			unit_text(unit, draft, path, text, len);
		free(list[i]);
	}
	if (count > 0)
		free(list);
}

/* What an administrator changes stands in /etc, wherever the unit is. */
static bool is_standard(const char *path)
{
	static const char *const folders[] = {"/lib/systemd/system/", "/usr/lib/systemd/system/",
	                                      "/run/systemd/system/"};

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

bool unit_read(struct unit *unit, struct draft *draft, const char *path,
               const struct draft_where *from)
{
	size_t len = 0;
	char *text = draft_read(draft, path, &len, from);

	if (!text)
		return false;
	*unit = (struct unit){.path = NULL};
	unit_text(unit, draft, path, text, len);
	read_drop_ins(unit, draft, arena_format(draft->arena, "%s.d", path));
	if (is_standard(path))
		read_drop_ins(unit, draft,
		              arena_format(draft->arena, "/etc/systemd/system/%s.d", unit->name));
	return true;
}

bool unit_get(const struct unit *unit, struct draft *draft, const char *section, const char *name,
              bool list, struct unit_said *said)
{
	*said = (struct unit_said){.name = name};
	for (size_t i = 0; i < unit->count; i++) {
		const struct unit_line *line = &unit->line[i];
		void *room;

		if (strcmp(line->section, section) != 0 || strcmp(line->name, name) != 0)
			continue;
		if (!list || !*line->value)
			said->count = 0;
		if (!*line->value)
			continue;
		room = arena_room(draft->arena, said->value, said->count, &said->size,
		                  sizeof *said->value);
		if (!room)
			return false;
		said->value = room;
		said->value[said->count++] = (struct unit_value){line->value, line->where};
	}
	return said->count > 0;
}

const char *unit_value(const struct unit *unit, const char *section, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < unit->count; i++)
		if (strcmp(unit->line[i].section, section) == 0 &&
		    strcmp(unit->line[i].name, name) == 0)
			value = *unit->line[i].value ? unit->line[i].value : NULL;
	return value;
}
