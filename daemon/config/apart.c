#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/reader.h"

/* What a child leaves for its parent, in an arena that both see. */
struct report {
	struct conf *conf;
	struct conf_problems problems; /* the items and their texts are in the arena, too */
	bool done;
};

enum { REPORT_SIZE = 4 << 20, MODEL_SIZE = 64 << 20 };

static void report_problems(struct report *report, struct arena *arena,
                            const struct conf_problems *problems)
{
	struct conf_problem *item = arena_array(arena, problems->count, sizeof(*item));

	report->problems = *problems;
	report->problems.item = item;
	for (size_t i = 0; item && i < problems->count; i++) {
		const struct conf_problem *from = &problems->item[i];

		item[i] = *from;
		item[i].text = arena_text(arena, from->text);
		item[i].file = from->file ? arena_text(arena, from->file) : NULL;
	}
}

static void read_in_child(struct report *report, struct arena *arena, struct arena *model,
                          const char *file, const struct conf_options *options)
{
	struct conf_problems problems = {.item = NULL};

	report->conf = conf_read_into(model, file, options, &problems);
	report_problems(report, arena, &problems);
	report->done = !arena_failed(arena);
	_exit(0);
}

/* Takes the problems over: theirs is memory that goes with the report. */
static void take_problems(const struct report *report, struct conf_problems *problems)
{
	for (size_t i = 0; i < report->problems.count; i++) {
		const struct conf_problem *item = &report->problems.item[i];
		struct conf_where where = {item->file, item->line};

		problem_add(problems, &where, item->warning, "%s", item->text);
	}
	problems->errors = report->problems.errors;
	problems->incomplete |= report->problems.incomplete;
}

static void wait_for_report(pid_t pid, const struct report *report, struct conf_problems *problems)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (report->done)
		take_problems(report, problems);
	else if (WIFSIGNALED(status))
		problem_add(problems, NULL, false, "reading the configuration ended by signal %s",
		            sigabbrev_np(WTERMSIG(status)));
	else
		problem_add(problems, NULL, false, "reading the configuration ended with status %d",
		            WEXITSTATUS(status));
}

struct conf *conf_read_apart(const char *file, const struct conf_options *options,
                             struct conf_problems *problems)
{
	struct arena *arena = arena_new_shared(REPORT_SIZE), *model = arena_new_shared(MODEL_SIZE);
	struct report *report = arena ? arena_alloc(arena, sizeof(*report)) : NULL;
	struct conf *conf = NULL;
	pid_t pid = report && model ? fork() : -1;

	if (pid == 0)
		read_in_child(report, arena, model, file, options);
	if (pid > 0) {
		wait_for_report(pid, report, problems);
		conf = problems->errors ? NULL : report->conf;
	} else {
		problem_add(problems, NULL, false, "cannot start a process to read it: %s",
		            strerror(errno));
	}
	if (!conf)
		arena_free(&model);
	arena_free(&arena);
	return conf;
}
