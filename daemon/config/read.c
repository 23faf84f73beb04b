#include <errno.h>
#include <stdlib.h>

#include "config/build.h"
#include "config/check.h"
#include "config/values.h"

static void sort_problems(struct reader *reader, const struct scan *scan, const char *file)
{
	size_t count = scan->inputs.count;
	const char **files = arena_array(reader->scratch, count + 2, sizeof(*files));

	if (!files)
		return;
	files[0] = file; /* even if it could not be read */
	for (size_t i = 0; i < count; i++)
		files[i + 1] = scan->inputs.item[i]->name;
	problem_sort(reader->problems, files);
}

static struct conf *read_all(struct reader *reader, const char *name, const char *text, size_t len)
{
	struct conf *conf = NULL;
	struct scan scan;

	if (text)
		scan_text(&scan, reader, name, text, len);
	else
		scan_file(&scan, reader, name);
	if (scan.count) {
		values_read(&scan);
		conf = build_model(reader, &scan, name);
	}
	if (conf)
		check_model(reader, conf, scan.inputs.lost);
	if (!conf || arena_failed(reader->arena) || arena_failed(reader->scratch))
		problem_add(reader->problems, NULL, false, "out of memory");
	sort_problems(reader, &scan, name);
	scan_free(&scan);
	return conf;
}

struct conf *conf_read_into(struct arena *arena, const char *name, const char *text, size_t len,
                            const struct conf_options *options, struct conf_problems *problems)
{
	struct reader reader = {.options = options,
	                        .problems = problems,
	                        .arena = arena,
	                        .scratch = arena_new(),
	                        .no_files = text != NULL};
	struct conf *conf = NULL;

	if (reader.arena && reader.scratch)
		conf = read_all(&reader, name, text, len);
	else
		problem_add(problems, NULL, false, "out of memory");
	arena_free(&reader.scratch);
	if (!conf || problems->errors || problems->incomplete) {
		arena_free(&reader.arena); /* the model too */
		conf = NULL;
	}
	return conf;
}

struct conf *conf_read(const char *file, const struct conf_options *options,
                       struct conf_problems *problems)
{
	return conf_read_into(arena_new(), file, NULL, 0, options, problems);
}

struct conf *conf_read_text(const char *name, const char *text, size_t len,
                            const struct conf_options *options, struct conf_problems *problems)
{
	return conf_read_into(arena_new(), name, text, len, options, problems);
}
