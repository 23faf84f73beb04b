#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/input.h"
#include "config/section.h"
#include "config/slurp.h"

/* The name stands in front of the problem already where no file includes it. */
static const char *subject(const struct input *input)
{
	return input->parent ? input->name : "the file";
}

/* Whoever can write it decides what root runs. */
static void check_owner(const struct reader *reader, const char *name, const struct stat *st)
{
	const struct conf_where whole = {name, 0};

	if (!reader->options->root)
		return;
	if (st->st_uid != 0 && st->st_uid != reader->options->owner)
		section_error(reader, NULL, NULL, &whole,
		              "the file belongs to uid %u (it must belong to root)",
		              (unsigned)st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		section_error(reader, NULL, NULL, &whole,
		              "the file can be written by others than its owner (chmod go-w)");
}

/* CRLF and a byte order mark are left over from other systems' editors. */
static size_t clean(char *text, size_t len)
{
	size_t out = 0, from = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	for (size_t i = from; i < len; i++) {
		if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
			text[out++] = text[i];
	}
	return out;
}

static const struct input *add(struct reader *reader, struct inputs *inputs,
                               const struct input *input)
{
	struct input *copy = arena_alloc(reader->scratch, sizeof(*copy));
	const struct input **item = arena_room(reader->scratch, inputs->item, inputs->count,
	                                       &inputs->size, sizeof(struct input *));

	if (!item)
		return NULL;
	inputs->item = item;
	if (!copy)
		return NULL;
	*copy = *input;
	inputs->item[inputs->count++] = copy;
	inputs->bytes += input->len;
	return copy;
}

static const struct input *finish(struct reader *reader, struct inputs *inputs, struct input *input,
                                  char *text, size_t len)
{
	const char *nul;

	input->len = clean(text, len);
	input->text = text;
	nul = memchr(text, '\0', input->len);
	if (nul) {
		struct conf_where where = {input->name, 1};

		for (const char *at = text; at < nul; at++)
			where.line += *at == '\n';
		section_error(reader, NULL, NULL, &where,
		              "a NUL byte (is this a text file? the rest of it is not looked at)");
		inputs->lost = true;
		input->cut = true;
		input->len = (size_t)(nul - text);
		while (input->len && text[input->len - 1] != '\n')
			input->len--;
	}
	return add(reader, inputs, input);
}

/* A second time would define everything twice; an endless one would not end. */
static bool is_new(const struct reader *reader, const struct inputs *inputs,
                   const struct input *input, const struct conf_where *where)
{
	for (const struct input *up = input->parent; up; up = up->parent) {
		if (up->dev == input->dev && up->ino == input->ino) {
			section_error(reader, NULL, "include", where, "%s includes itself",
			              up->name);
			return false;
		}
	}
	for (size_t i = 0; i < inputs->count; i++) {
		const struct input *old = inputs->item[i];

		if (old->dev == input->dev && old->ino == input->ino) {
			section_error(reader, NULL, "include", where,
			              "%s is included already (at %s:%u)", input->name,
			              old->included.file, old->included.line);
			return false;
		}
	}
	return true;
}

static bool has_room(const struct reader *reader, const struct inputs *inputs,
                     const struct input *input, const struct conf_where *where)
{
	if (input->depth > INPUT_DEPTH_MAX)
		section_error(reader, NULL, "include", where, "more than %d files deep",
		              INPUT_DEPTH_MAX);
	else if (inputs->count >= INPUT_FILES_MAX)
		section_error(reader, NULL, "include", where, "more than %d files",
		              INPUT_FILES_MAX);
	else if (inputs->bytes > INPUT_TOTAL_MAX)
		section_error(reader, NULL, "include", where, "more than %d MiB in all",
		              INPUT_TOTAL_MAX >> 20);
	else
		return true;
	return false;
}

static const struct input *open_input(struct reader *reader, struct inputs *inputs,
                                      struct input *input, const struct conf_where *where)
{
	const char *why;
	struct stat st;
	size_t len;
	char *text = slurp(reader->scratch, input->name, INPUT_SIZE_MAX, &len, &st, &why);

	if (!text) {
		section_error(reader, NULL, input->parent ? "include" : NULL, where, "%s %s",
		              subject(input), why);
		return NULL;
	}
	input->dev = st.st_dev;
	input->ino = st.st_ino;
	if (!is_new(reader, inputs, input, where))
		return NULL;
	check_owner(reader, input->name, &st);
	return finish(reader, inputs, input, text, len);
}

const struct input *input_open(struct reader *reader, struct inputs *inputs, const char *name,
                               const struct input *parent, const struct conf_where *where)
{
	struct input input = {.name = arena_text(reader->arena, name),
	                      .parent = parent,
	                      .depth = parent ? parent->depth + 1 : 0,
	                      .included = *where};
	const struct input *result = NULL;

	if (input.name && has_room(reader, inputs, &input, where))
		result = open_input(reader, inputs, &input, where);
	if (!result)
		inputs->lost = true;
	return result;
}

const struct input *input_from_text(struct reader *reader, struct inputs *inputs, const char *name,
                                    const char *text, size_t len)
{
	struct input input = {.name = arena_text(reader->arena, name)};
	char *copy;

	if (len > INPUT_SIZE_MAX)
		len = INPUT_SIZE_MAX;
	copy = arena_bytes(reader->scratch, text, len);
	if (!copy || !input.name)
		return NULL;
	return finish(reader, inputs, &input, copy, len);
}

/* A folder that is not there holds no files; one that cannot be read might. */
static int glob_failed(const char *path, int error)
{
	(void)path;
	return error != ENOENT;
}

/* The pattern behind the including file's folder, of which no character is special. */
static const char *absolute_pattern(struct reader *reader, const struct input *parent,
                                    const char *pattern)
{
	const char *slash = strrchr(parent->name, '/');
	size_t len = slash ? (size_t)(slash - parent->name) + 1 : 0, out = 0;
	char *text;

	if (pattern[0] == '/' || !len)
		return pattern;
	text = arena_alloc(reader->scratch, 2 * len + strlen(pattern) + 1);
	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (strchr("*?[\\", parent->name[i]))
			text[out++] = '\\';
		text[out++] = parent->name[i];
	}
	memcpy(text + out, pattern, strlen(pattern) + 1);
	return text;
}

static const char *const *copy_paths(struct reader *reader, const glob_t *found)
{
	const char **paths = arena_array(reader->scratch, found->gl_pathc + 1, sizeof(*paths));

	for (size_t i = 0; paths && i < found->gl_pathc; i++)
		paths[i] = arena_text(reader->scratch, found->gl_pathv[i]);
	return paths;
}

const char *const *input_match(struct reader *reader, struct inputs *inputs,
                               const struct input *parent, const char *pattern,
                               const struct conf_where *where)
{
	static const char *const none[] = {NULL};
	const char *const *paths = none;
	const char *full = absolute_pattern(reader, parent, pattern);
	glob_t found = {0};
	int rc = full ? glob(full, 0, glob_failed, &found) : GLOB_NOSPACE;

	if (rc == 0) {
		paths = copy_paths(reader, &found);
	} else if (rc != GLOB_NOMATCH) {
		section_error(reader, NULL, "include", where, "%s cannot be searched: %m", pattern);
		inputs->lost = true;
	} else if (!strpbrk(pattern, "*?[")) {
		section_error(reader, NULL, "include", where, "%s: there is no such file", pattern);
		inputs->lost = true;
	}
	globfree(&found);
	return paths ? paths : none;
}
