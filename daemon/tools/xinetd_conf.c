#include "tools/xinetd_conf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 16, VALUES_MAX = 1000 };

/* One file on its way. */
struct reading {
	struct xinetd_conf *conf;
	struct draft *draft;
	struct draft_where where; /* of the line that is read */
	const char *at, *end;
	const struct reading *outer; /* that includes it */
	unsigned depth;
	bool alone; /* nothing else is read */
};

static void read_path(struct reading *outer, const char *path);

void xinetd_conf_init(struct xinetd_conf *conf)
{
	*conf = (struct xinetd_conf){.service = NULL};
	conf->end = &conf->service;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The next line that says something, without the blanks around it; NULL: none. */
static char *next_line(struct reading *reading)
{
	while (reading->at < reading->end) {
		const char *begin = reading->at;
		const char *newline = memchr(begin, '\n', (size_t)(reading->end - begin));
		const char *end = newline ? newline : reading->end;

		reading->at = newline ? newline + 1 : end;
		reading->where.line++;
		while (begin < end && is_blank(*begin))
			begin++;
		while (end > begin && is_blank(end[-1]))
			end--;
		if (begin == end || *begin == '#')
			continue;
		if (memchr(begin, '\0', (size_t)(end - begin))) {
			draft_bad(reading->draft, &reading->where, "there is a NUL byte in it");
			continue;
		}
		return arena_bytes(reading->draft->arena, begin, (size_t)(end - begin));
	}
	return NULL;
}

static char *next_word(char **rest)
{
	char *word = *rest, *end;

	while (is_blank(*word))
		word++;
	for (end = word; *end && !is_blank(*end);)
		end++;
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return *word ? word : NULL;
}

static void skip_entry(struct reading *reading)
{
	const char *line;

	do
		line = next_line(reading);
	while (line && strcmp(line, "}") != 0);
}

/* "name = value ..."; a sentence that says what is wrong, or NULL. */
static const char *take_line(struct reading *reading, struct xinetd_entry *entry, char *text)
{
	struct xinetd_line line = {.where = reading->where};
	char *word = next_word(&text), *op;
	void *room;

	if (word[strcspn(word, "=+-")])
		return "there is no space before the operator";
	op = next_word(&text);
	if (!op || (strcmp(op, "=") != 0 && strcmp(op, "+=") != 0 && strcmp(op, "-=") != 0))
		return "there is no operator (=, += or -=) behind the attribute";
	line.name = word;
	line.op = *op;
	while ((word = next_word(&text))) {
		room = arena_room(reading->draft->arena, line.value, line.count, &line.size,
		                  sizeof *line.value);
		if (!room || line.count == VALUES_MAX)
			return "there are too many values";
		line.value = room;
		line.value[line.count++] = word;
	}
	room = arena_room(reading->draft->arena, entry->line, entry->count, &entry->size,
	                  sizeof *entry->line);
	if (!room || entry->count == VALUES_MAX)
		return "there are too many lines";
	entry->line = room;
	entry->line[entry->count++] = line;
	return NULL;
}

/* Up to the closing bracket; false: it is left out. */
static bool take_lines(struct reading *reading, struct xinetd_entry *entry)
{
	char *text = next_line(reading);
	const char *fault = NULL;

	if (!text || strcmp(text, "{") != 0) {
		draft_bad(reading->draft, &reading->where,
		          "the { of %s is not alone on the line behind it, so it is left out",
		          entry->name ? entry->name : "defaults");
		if (text && strcmp(text, "}") != 0)
			skip_entry(reading);
		return false;
	}
	while ((text = next_line(reading)) && strcmp(text, "}") != 0) {
		fault = take_line(reading, entry, text);
		if (!fault)
			continue;
		draft_bad(reading->draft, &reading->where, "%s, so %s is left out", fault,
		          entry->name ? entry->name : "defaults");
		skip_entry(reading);
		return false;
	}
	if (!text)
		draft_bad(reading->draft, &entry->where,
		          "the } of %s is missing, so it is left out",
		          entry->name ? entry->name : "defaults");
	return text != NULL;
}

static void take_service(struct reading *reading, const char *name)
{
	struct xinetd_entry *entry = arena_alloc(reading->draft->arena, sizeof *entry);

	if (!entry)
		return;
	entry->where = reading->where;
	entry->name = name;
	if (!take_lines(reading, entry))
		return;
	*reading->conf->end = entry;
	reading->conf->end = &entry->next;
}

static void take_include(struct reading *reading, const char *word, const char *path)
{
	struct stat st;

	if (reading->alone)
		return;
	if (reading->depth == DEPTH_MAX) {
		draft_bad(reading->draft, &reading->where, "%s is more than %d deep", word,
		          DEPTH_MAX);
		return;
	}
	if (strcmp(word, "include") == 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		draft_bad(reading->draft, &reading->where, "%s is a folder (includedir reads one)",
		          path);
	else
		read_path(reading, path);
}

static void read_text(struct reading *reading)
{
	char *text;

	while ((text = next_line(reading))) {
		char *word = next_word(&text), *name = next_word(&text);

		if (strcmp(word, "defaults") == 0) {
			reading->conf->defaults.where = reading->where;
			take_lines(reading, &reading->conf->defaults);
		} else if (strcmp(word, "service") == 0 && name) {
			take_service(reading, name);
		} else if (strncmp(word, "include", 7) == 0 && name &&
		           (!word[7] || strcmp(word + 7, "dir") == 0)) {
			take_include(reading, word, name);
		} else {
			draft_bad(
			    reading->draft, &reading->where,
			    "\"%s\" is neither service NAME, defaults, include nor includedir",
			    word);
			if (strcmp(word, "}") != 0 && strncmp(word, "include", 7) != 0)
				skip_entry(reading);
		}
	}
}

static void read_file(struct reading *outer, const char *path)
{
	struct reading reading = {.conf = outer->conf,
	                          .draft = outer->draft,
	                          .where = {path, 0},
	                          .depth = outer->depth + 1};
	size_t len = 0;

	for (const struct reading *r = outer; r; r = r->outer)
		if (r->where.line && strcmp(r->where.file, path) == 0) {
			draft_bad(outer->draft, &outer->where, "%s is being read already", path);
			return;
		}
	reading.outer = outer;
	reading.at = draft_read(outer->draft, path, &len, outer->where.line ? &outer->where : NULL);
	reading.end = reading.at ? reading.at + len : NULL;
	if (reading.at)
		read_text(&reading);
}

/* xinetd leaves out names with a dot, and those that end in ~. */
static int is_read(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return !strchr(entry->d_name, '.') && entry->d_name[len - 1] != '~';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_path(struct reading *outer, const char *path)
{
	struct dirent **list;
	struct stat st;
	int count;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		read_file(outer, path);
		return;
	}
	count = scandir(path, &list, is_read, by_name);
	if (count < 0) {
		draft_bad(outer->draft, &(struct draft_where){path, 0}, "cannot be read");
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *name =
		    arena_format(outer->draft->arena, "%s/%s", path, list[i]->d_name);

		if (name)
			read_file(outer, name);
		free(list[i]);
	}
	free(list);
}

void xinetd_conf_read(struct xinetd_conf *conf, struct draft *draft, const char *path)
{
	struct reading outer = {.conf = conf, .draft = draft, .where = {path, 0}};

	read_path(&outer, path);
}

void xinetd_conf_text(struct xinetd_conf *conf, struct draft *draft, const char *path,
                      const char *text, size_t len)
{
	struct reading reading = {.conf = conf,
	                          .draft = draft,
	                          .where = {path, 0},
	                          .at = text,
	                          .end = text + len,
	                          .alone = true};

	read_text(&reading);
}

/* ---- what counts ---- */

struct values {
	const char **value;
	size_t count, size;
	bool any;
	struct draft_where where;
};

static void change(struct draft *draft, struct values *values, const struct xinetd_line *line,
                   bool cumulative)
{
	if (line->op == '=' && !cumulative)
		values->count = 0;
	values->any = true;
	values->where = line->where;
	for (size_t i = 0; i < line->count; i++) {
		size_t kept = 0;
		void *room;

		for (size_t j = 0; j < values->count && line->op == '-'; j++)
			if (strcmp(values->value[j], line->value[i]) != 0)
				values->value[kept++] = values->value[j];
		if (line->op == '-') {
			values->count = kept;
			continue;
		}
		room = arena_room(draft->arena, values->value, values->count, &values->size,
		                  sizeof *values->value);
		if (!room || values->count == 10 * VALUES_MAX)
			return;
		values->value = room;
		values->value[values->count++] = line->value[i];
	}
}

static void gather(struct draft *draft, struct values *values, const struct xinetd_entry *entry,
                   const char *name, bool set, bool cumulative)
{
	bool before = false;

	for (size_t i = 0; i < entry->count; i++) {
		const struct xinetd_line *line = &entry->line[i];

		if (strcmp(line->name, name) != 0)
			continue;
		/* Of what is no set the first line counts, and of that only "=". */
		if (!set && (before || line->op != '='))
			continue;
		before = true;
		change(draft, values, line, cumulative);
	}
}

const char *const *xinetd_values(struct draft *draft, const struct xinetd_conf *conf,
                                 const struct xinetd_entry *entry, const char *name, bool inherit,
                                 bool set, size_t *count_r, struct draft_where *where_r)
{
	static const char *const none[] = {NULL};
	struct values values = {.any = false};

	if (inherit)
		gather(draft, &values, &conf->defaults, name, set, set);
	if (entry)
		gather(draft, &values, entry, name, set, false);
	if (!values.any)
		return NULL;
	*count_r = values.count;
	*where_r = values.where;
	return values.count ? values.value : none;
}
