/* Any bytes as a configuration: the scanner, libconfuse and the model together.
 *
 * Besides not to crash: libconfuse never finds anything wrong with what the
 * scanner lets through, every problem has words and a line that exists, and
 * what is printed of a model reads back as the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/print.h"
#include "config/read.h"
#include "config/values.h"
#include "unit/config_accounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "fuzz_config: %s\n", what);
		abort();
	}
}

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void check_problems(const struct conf_problems *problems, size_t lines)
{
	size_t errors = 0;
	unsigned line = 0;

	for (size_t i = 0; i < problems->count; i++) {
		const struct conf_problem *problem = &problems->item[i];

		errors += !problem->warning;
		require(problem->text && *problem->text, "a problem has no words");
		require(problem->line <= lines, "a problem is on a line that does not exist");
		require(!problem->file || problem->line >= line, "problems are out of order");
		line = problem->line;
	}
	require(values_surprises == 0, "libconfuse refused what the scanner let pass");
	require(errors <= problems->errors, "errors are miscounted");
}

static struct conf *read_text(const char *text, size_t len, bool root)
{
	const struct conf_options options = {
	    .handler_dir = "/bin", .control = "/run/control", .root = root};
	struct conf_problems problems = {0};
	struct conf *conf = conf_read_text("f", text, len, &options, &problems);

	check_problems(&problems, count_lines((const uint8_t *)text, len));
	require(!conf == (problems.errors > 0), "a model in spite of errors, or none without");
	conf_problems_free(&problems);
	return conf;
}

static void check_print(struct conf *conf, bool root)
{
	struct buf first = BUF_INIT(1 << 24), second = BUF_INIT(1 << 24);
	struct conf *again;

	conf_print(conf, &first);
	again = read_text(first.data, first.len, root);
	require(again, "what was printed cannot be read");
	conf_print(again, &second);
	require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0,
	        "what was printed reads back as something else");
	buf_free(&first);
	buf_free(&second);
	conf_unref(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool root = size % 2;
	struct conf *conf;

	if (size > 1 << 16)
		return 0;
	conf = read_text((const char *)data, size, root);
	if (conf)
		check_print(conf, root);
	conf_unref(&conf);
	return 0;
}
