/* inetd.conf as 4.4BSD, FreeBSD, NetBSD, OpenBSD, Debian and GNU have it. */
#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/convert.h"
#include "tools/inetd_lex.h"
#include "tools/inetd_spec.h"

enum { DEPTH_MAX = 16 };

struct file;

/* One file on its way. */
struct reading {
	struct draft *draft;
	const char *host; /* of lines that name none, or NULL: all addresses */
	unsigned depth;
	const struct file *within;
};

/* The files that are being read, from the innermost outwards. */
struct file {
	const char *path;
	const struct file *outer;
};

static void read_file(struct reading *reading, const char *path, const struct draft_where *from);

static void read_files(struct reading *reading, const char *pattern, const struct draft_where *from)
{
	const char *slash = strrchr(from->file, '/'), *path = pattern;
	glob_t found;

	if (*pattern != '/' && slash)
		path = arena_format(reading->draft->arena, "%.*s/%s", (int)(slash - from->file),
		                    from->file, pattern);
	if (!path)
		return;
	if (reading->depth == DEPTH_MAX) {
		draft_bad(reading->draft, from, ".include is more than %d deep", DEPTH_MAX);
		return;
	}
	if (glob(path, 0, NULL, &found) != 0) {
		draft_bad(reading->draft, from, ".include: no file matches %s", path);
		return;
	}
	reading->depth++;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *host = reading->host,
			   *name = arena_text(reading->draft->arena, found.gl_pathv[i]);

		if (name)
			read_file(reading, name, from);
		reading->host = host;
	}
	reading->depth--;
	globfree(&found);
}

/* "addr:" alone holds for the lines that follow. */
static bool take_host(struct reading *reading, const struct inetd_entry *entry)
{
	size_t len = strlen(entry->word[0]);

	if (entry->kind != INETD_WORDS || entry->count != 1 || len < 2 ||
	    entry->word[0][len - 1] != ':')
		return false;
	reading->host = arena_bytes(reading->draft->arena, entry->word[0], len - 1);
	return true;
}

static void take_entry(struct reading *reading, const struct inetd_entry *entry,
                       const struct draft_where *where)
{
	struct inetd_spec spec = {
	    .where = *where, .host = reading->host, .off = entry->off, .quoted = entry->quoted};
	const char *fault = entry->kind == INETD_KEYS
	                        ? inetd_spec_keys(&spec, reading->draft, entry)
	                        : inetd_spec_words(&spec, reading->draft, entry);

	if (fault)
		draft_bad(reading->draft, where, "%s: %s, so it is left out", entry->word[0],
		          fault);
	else
		inetd_spec_carry(&spec, reading->draft);
}

static void read_text(struct reading *reading, const char *path, const char *text, size_t len)
{
	struct draft *draft = reading->draft;
	struct inetd_entry entry;
	struct inetd_lex lex;

	inetd_lex_init(&lex, draft->arena, text, len);
	for (;;) {
		struct draft_where where = {path, 0};

		inetd_next(&lex, &entry);
		where.line = entry.line;
		if (entry.kind == INETD_END)
			return;
		if (entry.kind == INETD_POLICY && entry.count)
			draft_warn(draft, &where,
			           "#@ %s: IPsec policies are left out (see ip-xfrm(8))",
			           entry.word[0]);
		else if (entry.kind == INETD_BAD)
			draft_bad(draft, &where, "%s, so it is left out",
			          entry.fault ? entry.fault : "the entry has no words");
		else if (entry.kind == INETD_WORDS && strcmp(entry.word[0], ".include") == 0 &&
		         entry.count > 1 && reading->depth <= DEPTH_MAX)
			read_files(reading, entry.word[1], &where);
		else if (entry.kind != INETD_POLICY && !take_host(reading, &entry))
			take_entry(reading, &entry, &where);
	}
}

static void read_file(struct reading *reading, const char *path, const struct draft_where *from)
{
	struct file file = {path, reading->within};
	size_t len;
	char *text;

	for (const struct file *f = reading->within; f; f = f->outer)
		if (strcmp(f->path, path) == 0) {
			draft_bad(reading->draft, from, ".include: %s is being read already", path);
			return;
		}
	text = draft_read(reading->draft, path, &len, from);
	reading->within = &file;
	if (text)
		read_text(reading, path, text, len);
	reading->within = file.outer;
}

void from_inetd_text(struct draft *draft, const char *path, const char *text, size_t len)
{
	struct reading reading = {.draft = draft, .depth = DEPTH_MAX};

	read_text(&reading, path, text, len);
}

/* GNU inetd reads all the files of a folder. */
static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_path(struct draft *draft, const char *path)
{
	struct reading reading = {.draft = draft};
	struct dirent **list;
	struct stat st;
	int count;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		read_file(&reading, path, NULL);
		return;
	}
	count = scandir(path, &list, is_visible, by_name);
	if (count < 0) {
		draft_bad(draft, &(struct draft_where){path, 0}, "cannot be read");
		return;
	}
	for (int i = 0; i < count; i++) {
		const char *name = arena_format(draft->arena, "%s/%s", path, list[i]->d_name);

		reading.host = NULL;
		if (name)
			read_file(&reading, name, NULL);
		free(list[i]);
	}
	free(list);
}

void from_inetd(struct draft *draft, char **path)
{
	for (; *path; path++)
		read_path(draft, *path);
}
