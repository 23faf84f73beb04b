#include "fuzz/fuzz_convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/read.h"

static void require(bool holds, const char *what, const char *text)
{
	if (!holds) {
		fprintf(stderr, "fuzz_convert: %s\n%s\n", what, text);
		abort();
	}
}

static void convert(void (*from)(struct draft *draft, const char *path, const char *text,
                                 size_t len),
                    const char *data, size_t size, struct buf *out, struct buf *warnings)
{
	struct draft draft;

	require(draft_init(&draft) == 0, "no memory", "");
	draft.elsewhere = true;
	from(&draft, "f.socket", data, size);
	draft_check(&draft);
	draft_write(&draft, "fuzz", out);
	buf_add(warnings, draft.warnings.data ? draft.warnings.data : "", draft.warnings.len);
	draft_free(&draft);
}

/* What depends on the machine. */
static bool is_excused(const char *text)
{
	static const char *const excuses[] = {
	    "No such file or directory",
	    "Permission denied",
	    "Not a directory",
	    "File name too long",
	    "Too many levels",
	    "not a program",
	    "cannot be executed",
	    "there is no handler",
	    "there is no user",
	    "there is no group",
	    "neither a port nor a name",
	    "no account has",
	    "is no account",
	    "is no group",
	    "it needs CAP_",
	    "does not have",
	    "is not here",
	    "no regular file",
	    "is too large",
	    "is a directory",
	    "cannot be read",
	};

	for (size_t i = 0; i < sizeof excuses / sizeof *excuses; i++)
		if (strstr(text, excuses[i]))
			return true;
	return false;
}

static void check_text(const struct buf *out)
{
	const struct conf_options options = {
	    .handler_dir = "/bin", .control = "/run/control", .root = true};
	struct conf_problems problems = {0};
	struct conf *conf = conf_read_text("converted", out->data, out->len, &options, &problems);

	for (size_t i = 0; i < problems.count; i++)
		if (!problems.item[i].warning && !is_excused(problems.item[i].text)) {
			fprintf(stderr, "%s\n", out->data);
			require(false, "usherd refuses it", problems.item[i].text);
		}
	conf_problems_free(&problems);
	conf_unref(&conf);
}

static void check_warnings(const struct buf *warnings, const char *data, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (const char *line = warnings->data; line && *line; line = strchr(line, '\n') + 1) {
		unsigned long number = 0;

		require(strncmp(line, "f.socket:", 9) == 0, "a warning names no file", line);
		if (line[9] != ' ')
			number = strtoul(line + 9, NULL, 10);
		require(number <= lines, "a warning is on a line that does not exist", line);
		require(strchr(line, '\n'), "a warning does not end", line);
	}
}

void fuzz_convert(void (*from)(struct draft *draft, const char *path, const char *text, size_t len),
                  const uint8_t *data, size_t size)
{
	struct buf one = BUF_INIT(DRAFT_TEXT_MAX), two = BUF_INIT(DRAFT_TEXT_MAX);
	struct buf warnings = BUF_INIT(DRAFT_TEXT_MAX), again = BUF_INIT(DRAFT_TEXT_MAX);
	char *copy = malloc(size + 1);

	if (!copy || size > 1 << 16) {
		free(copy);
		return;
	}
	/* As a file is read: with a NUL behind it. */
	memcpy(copy, data, size);
	copy[size] = '\0';
	convert(from, copy, size, &one, &warnings);
	convert(from, copy, size, &two, &again);
	require(one.len == two.len && memcmp(one.data, two.data, one.len) == 0,
	        "a second conversion differs", one.data);
	if (!one.failed)
		check_text(&one);
	if (!warnings.failed)
		check_warnings(&warnings, copy, size);
	buf_free(&one);
	buf_free(&two);
	buf_free(&warnings);
	buf_free(&again);
	free(copy);
}
