#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/beneath.h"
#include "config/program.h"
#include "config/suggest.h"

enum { DIR_ENTRIES_MAX = 10000 };

static void missing(const struct reader *reader, const char *name, char why[VALUE_WHY_MAX])
{
	struct suggest suggest = SUGGEST_INIT(name, strlen(name));
	const char *dir_name = reader->options->handler_dir;
	DIR *dir = opendir(dir_name);
	struct dirent *entry;
	char quoted[QUOTED_MAX], best[64] = "";

	for (int n = 0; dir && n < DIR_ENTRIES_MAX && (entry = readdir(dir)); n++) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(best))
			continue;
		suggest_offer(&suggest, entry->d_name);
		if (suggest.best == entry->d_name) {
			/* readdir() will use its memory again */
			snprintf(best, sizeof(best), "%s", entry->d_name);
			suggest.best = best;
		}
	}
	if (dir)
		closedir(dir);
	problem_quote(name, strlen(name), quoted);
	if (best[0])
		snprintf(why, VALUE_WHY_MAX,
		         "there is no handler \"%s\" in %s (did you mean \"%s\"?)", quoted,
		         dir_name, best);
	else
		snprintf(why, VALUE_WHY_MAX,
		         "there is no handler \"%s\" in %s (other programs are named by their full "
		         "path)",
		         quoted, dir_name);
}

static bool is_program(const struct reader *reader, const char *root, const char *path,
                       char why[VALUE_WHY_MAX])
{
	const char *where = root ? root : "", *below = root ? " (below root): " : ": ";
	char quoted[QUOTED_MAX];
	struct stat st;

	bool dropped = reader_has_dropped(reader);

	problem_quote(path, strlen(path), quoted);
	/* It is for its service's user to see and to execute it, not for us. */
	if (dropped && beneath_stat(root, path, &st) < 0 && errno == EACCES)
		return true;
	if (beneath_stat(root, path, &st) < 0)
		snprintf(why, VALUE_WHY_MAX, "%s%s%s%s", where, quoted, below, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, VALUE_WHY_MAX, "%s%s is %s, not a program", where, quoted,
		         S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
	else if (dropped || root ? !(st.st_mode & 0111) : access(path, X_OK) < 0)
		snprintf(why, VALUE_WHY_MAX, "%s%s cannot be executed (chmod +x)", where, quoted);
	else
		return true;
	return false;
}

/* The model's paths must hold wherever the daemon goes. */
static const char *handler_path(struct reader *reader, const char *name)
{
	const char *dir = reader->options->handler_dir;
	char cwd[PATH_MAX];

	if (dir[0] == '/' || !getcwd(cwd, sizeof(cwd)))
		return arena_format(reader->arena, "%s/%s", dir, name);
	return arena_format(reader->arena, "%s/%s/%s", cwd, dir, name);
}

const char *program_find(struct reader *reader, const char *root, const char *name,
                         char why[VALUE_WHY_MAX])
{
	char quoted[QUOTED_MAX];
	const char *path;
	struct stat st;

	if (name[0] == '/') {
		path = arena_text(reader->arena, name);
	} else if (!name[0] || strchr(name, '/') || name[0] == '.') {
		snprintf(why, VALUE_WHY_MAX,
		         "\"%s\" is no program (give a full path, or the bare name of a handler)",
		         problem_quote(name, strlen(name), quoted));
		return NULL;
	} else {
		path = handler_path(reader, name);
		if (path && !root && stat(path, &st) < 0 && errno == ENOENT) {
			missing(reader, name, why);
			return NULL;
		}
	}
	if (!path) {
		snprintf(why, VALUE_WHY_MAX, "out of memory");
		return NULL;
	}
	return is_program(reader, root, path, why) ? path : NULL;
}

const char *program_own(struct reader *reader, const char *name)
{
	const char *path = handler_path(reader, name);

	if (path && access(path, X_OK) == 0)
		return path;
	if (!reader->options->own_dir)
		return NULL;
	path = arena_format(reader->arena, "%s/%s", reader->options->own_dir, name);
	return path && access(path, X_OK) == 0 ? path : NULL;
}
