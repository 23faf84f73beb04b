#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/signals.h"
#include "base/sys.h"
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

/* What is to be read: a file, or a text under this name. */
struct source {
	const char *name, *text;
	size_t len;
};

static void read_in_child(struct report *report, struct arena *arena, struct arena *model,
                          const struct source *source, const struct conf_options *options)
{
	struct conf_problems problems = {.item = NULL};

	report->conf =
	    conf_read_into(model, source->name, source->text, source->len, options, &problems);
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

/* Somebody who reaps all children may have been first: then there is no status. */
static int wait_for(pid_t pid, bool done)
{
	int status = 0;
	pid_t ended = waitpid(pid, &status, done ? 0 : WNOHANG);

	/* One that has not ended can be killed: its number is nobody else's yet. */
	if (ended == 0)
		(void)sys_kill(pid, SIGKILL);
	while (ended == 0 || (ended < 0 && errno == EINTR))
		ended = waitpid(pid, &status, 0);
	return ended < 0 ? 0 : status;
}

static void take_report(const struct report *report, int status, struct conf_problems *problems)
{
	if (report->done)
		take_problems(report, problems);
	else if (WIFSIGNALED(status))
		problem_add(problems, NULL, false, "reading the configuration ended by signal %s",
		            sigabbrev_np(WTERMSIG(status)));
	else
		problem_add(problems, NULL, false, "reading the configuration ended with status %d",
		            WEXITSTATUS(status));
}

struct conf_reading {
	struct arena *arena, *model;
	struct report *report;
	pid_t pid;
	int fd; /* its other end is the child's, and closed when that ends */
};

static void reading_free(struct conf_reading *reading)
{
	fd_close(&reading->fd);
	arena_free(&reading->model);
	arena_free(&reading->arena);
	free(reading);
}

/* What a supervisor has open stays with it: a client would never see the end of
 * its connection while a copy is held here. */
static void leave_supervisor(int keep)
{
	signals_reset();
	fd_close_from(keep + 1);
	for (int fd = STDERR_FILENO + 1; fd < keep; fd++)
		(void)close(fd);
}

static pid_t reading_fork(struct conf_reading *reading, const struct source *source,
                          const struct conf_options *options)
{
	int end[2];
	pid_t pid;

	if (sys_pipe2(end, O_CLOEXEC) < 0)
		return -1;
	pid = fault_wanted("fork") ? -1 : fork();
	if (pid == 0) {
		leave_supervisor(end[1]);
		read_in_child(reading->report, reading->arena, reading->model, source, options);
	}
	fd_close(&end[1]);
	if (pid > 0)
		reading->fd = fd_up(end[0]);
	else
		fd_close(&end[0]);
	return pid;
}

static struct conf_reading *reading_begin(const struct source *source,
                                          const struct conf_options *options)
{
	struct conf_reading *reading = sys_calloc(1, sizeof *reading);
	int saved;

	if (!reading)
		return NULL;
	reading->fd = -1;
	reading->arena = arena_new_shared(REPORT_SIZE);
	reading->model = arena_new_shared(MODEL_SIZE);
	if (reading->arena)
		reading->report = arena_alloc(reading->arena, sizeof *reading->report);
	if (reading->report && reading->model) {
		reading->pid = reading_fork(reading, source, options);
		if (reading->pid > 0)
			return reading;
	}
	saved = errno;
	reading_free(reading);
	errno = saved;
	return NULL;
}

struct conf_reading *conf_reading_begin(const char *file, const struct conf_options *options)
{
	return reading_begin(&(struct source){.name = file}, options);
}

int conf_reading_fd(const struct conf_reading *reading)
{
	return reading->fd;
}

struct conf *conf_reading_end(struct conf_reading **reading, struct conf_problems *problems)
{
	struct conf_reading *r = *reading;
	struct conf *conf = NULL;

	*reading = NULL;
	take_report(r->report, wait_for(r->pid, r->report->done), problems);
	if (!problems->errors) {
		conf = r->report->conf;
		r->model = NULL;
	}
	reading_free(r);
	return conf;
}

static struct conf *read_apart(const struct source *source, const struct conf_options *options,
                               struct conf_problems *problems)
{
	struct conf_reading *reading = reading_begin(source, options);
	char byte;

	if (!reading) {
		problem_add(problems, NULL, false, "cannot start a process to read it: %s",
		            strerror(errno));
		return NULL;
	}
	while (sys_read(reading->fd, &byte, 1) > 0)
		;
	return conf_reading_end(&reading, problems);
}

struct conf *conf_read_apart(const char *file, const struct conf_options *options,
                             struct conf_problems *problems)
{
	return read_apart(&(struct source){.name = file}, options, problems);
}

struct conf *conf_read_text_apart(const char *name, const char *text, size_t len,
                                  const struct conf_options *options,
                                  struct conf_problems *problems)
{
	return read_apart(&(struct source){name, text, len}, options, problems);
}
