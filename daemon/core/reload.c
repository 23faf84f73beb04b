#include "core/reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "core/switchover.h"

#define ENDING "usherd is about to end"

enum {
	READING_MSEC = 20 * 1000, /* for a name service that does not answer */
	PROBLEMS_MAX_BYTES = 1 << 20,
};

struct reload {
	struct supervisor *sup;
	char *file, *handler_dir, *control;
	struct conf_options options;

	struct conf_reading *reading; /* NULL: none */
	bool dry;                     /* it is only a trial */
	struct loop_watch watch;      /* its end */
	struct loop_timer deadline;
	struct list served; /* who is told of it */

	bool wanted;         /* by a signal, after the reading began */
	struct list waiting; /* for the next one */
	const char *last;
};

static void begin(struct reload *reload);

static struct reload_asker *asker_of(struct list *link)
{
	return list_entry(link, struct reload_asker, link);
}

static void tell(struct reload *reload, const struct reload_outcome *outcome)
{
	struct list *first;

	while ((first = list_first(&reload->served))) {
		struct reload_asker *asker = asker_of(first);

		list_remove(&asker->link);
		asker->told(asker, outcome);
	}
}

static void log_lines(const char *text)
{
	while (text && *text) {
		int len = (int)strcspn(text, "\n");

		log_error("reload: %.*s", len, text);
		text += len + (text[len] != '\0');
	}
}

static void log_changes(const struct switchover *so)
{
	size_t len;
	const char *words = switchover_words(so, NULL, &len);

	if (len)
		log_info("reload: %.*s", (int)len, words);
	for (size_t i = 0; i < so->item_count; i++) {
		const struct switchover_item *item = &so->item[i];
		const char *name = item->conf ? item->conf->name : item->service->conf->name;

		words = switchover_words(so, item, &len);
		if (item->change != SWITCHOVER_KEPT)
			log_info("reload: service \"%s\": %s%s%.*s", name,
			         switchover_change_name(item->change), len ? ": " : "", (int)len,
			         words);
	}
}

static void log_outcome(struct reload *reload, const struct reload_outcome *outcome, size_t logged)
{
	const struct switchover *so = outcome->changes;

	if (!outcome->done) {
		if (outcome->problems->len > logged)
			log_lines(outcome->problems->data + logged);
		log_error("reload failed, the configuration that is served goes on");
		return;
	}
	log_changes(so);
	log_info("reloaded: new %zu, changed %zu, kept %zu, removed %zu; sessions that go on: %u",
	         so->total[SWITCHOVER_NEW], so->total[SWITCHOVER_CHANGED],
	         so->total[SWITCHOVER_KEPT], so->total[SWITCHOVER_REMOVED],
	         reload->sup->session_count);
}

/* The other model is there and approved. */
static void take_over(struct reload *reload, struct conf *conf, struct buf *problems)
{
	struct switchover *so = switchover_new(reload->sup, conf);
	size_t logged = problems->len;
	struct reload_outcome outcome = {.changes = so, .problems = problems};

	if (!so)
		buf_addf(problems, "%s: %s\n", reload->file, strerror(ENOMEM));
	else if (reload->dry)
		outcome.done = switchover_check(so, problems) == 0;
	else
		outcome.done = switchover_prepare(so, problems) == 0;
	if (outcome.done && !reload->dry)
		switchover_commit(so);
	/* All is as before when it is told. */
	if (!outcome.done) {
		switchover_free(&so);
		outcome.changes = NULL;
	}
	if (!reload->dry) {
		reload->last = outcome.done ? "done" : "failed";
		log_outcome(reload, &outcome, logged);
		pulse_reloaded(reload->sup);
	}
	tell(reload, &outcome);
	switchover_free(&so);
}

static void fail(struct reload *reload, const struct buf *problems, size_t logged)
{
	struct reload_outcome outcome = {.problems = problems};

	if (!reload->dry) {
		reload->last = "failed";
		log_outcome(reload, &outcome, logged);
		pulse_reloaded(reload->sup);
	}
	tell(reload, &outcome);
}

static void format_problems(const struct reload *reload, const struct conf_problems *problems,
                            struct buf *out)
{
	char text[2048];

	for (size_t i = 0; i < problems->count; i++) {
		conf_problem_format(&problems->item[i], text, sizeof text);
		if (!reload->dry)
			log_message(problems->item[i].warning ? LOG_WARNING : LOG_ERR, "reload: %s",
			            text);
		buf_addf(out, "%s\n", text);
	}
}

static void finish(struct reload *reload, const char *why)
{
	struct conf_problems problems = {.item = NULL};
	struct buf text = BUF_INIT(PROBLEMS_MAX_BYTES);
	struct conf *conf;

	loop_unwatch(reload->sup->loop, &reload->watch);
	loop_timer_unset(reload->sup->loop, &reload->deadline);
	conf = conf_reading_end(&reload->reading, &problems);
	if (!why && reload->sup->state != SUPERVISOR_RUNNING)
		why = ENDING "\n";
	if (why)
		buf_adds(&text, why);
	else
		format_problems(reload, &problems, &text);
	if (conf && !why)
		take_over(reload, conf, &text);
	else
		fail(reload, &text, why ? 0 : text.len);
	conf_unref(&conf);
	conf_problems_free(&problems);
	buf_free(&text);
	begin(reload);
}

static void on_read(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	finish(list_entry(watch, struct reload, watch), NULL);
}

static void on_deadline(struct loop_timer *timer)
{
	finish(list_entry(timer, struct reload, deadline),
	       "reading the configuration takes too long, it was given up\n");
}

/* Who is served by the next reading: all that want it to take over, or else all
 * that do not. */
static bool choose(struct reload *reload)
{
	bool real = reload->wanted;

	list_each (link, &reload->waiting)
		real |= !asker_of(link)->dry;
	list_each_safe (link, &reload->waiting) {
		if (asker_of(link)->dry == real)
			continue;
		list_remove(link);
		list_append(&reload->served, link);
	}
	reload->dry = !real;
	reload->wanted = false;
	return real || !list_empty(&reload->served);
}

static void refuse(struct reload *reload, const char *text)
{
	struct buf problems = BUF_INIT(4096);

	buf_addf(&problems, "%s: %s\n", reload->file, text);
	fail(reload, &problems, 0);
	buf_free(&problems);
}

static void start_reading(struct reload *reload)
{
	struct loop *loop = reload->sup->loop;

	if (!reload->dry)
		pulse_reloading(reload->sup);
	reload->reading = conf_reading_begin(reload->file, &reload->options);
	if (!reload->reading) {
		refuse(reload, strerror(errno));
		return;
	}
	reload->watch.fd = conf_reading_fd(reload->reading);
	if (loop_watch(loop, &reload->watch, EPOLLIN) < 0) {
		struct conf_problems problems = {.item = NULL};
		struct conf *conf = conf_reading_end(&reload->reading, &problems);

		refuse(reload, strerror(errno));
		conf_unref(&conf);
		conf_problems_free(&problems);
		return;
	}
	loop_timer_set(loop, &reload->deadline, loop_now(loop) + READING_MSEC);
}

static void begin(struct reload *reload)
{
	while (!reload->reading && choose(reload)) {
		if (reload->sup->state == SUPERVISOR_RUNNING)
			start_reading(reload);
		else
			refuse(reload, ENDING);
	}
}

struct reload *reload_new(struct supervisor *sup, const char *file,
                          const struct conf_options *options)
{
	struct reload *reload = sys_calloc(1, sizeof *reload);

	if (!reload)
		return NULL;
	reload->sup = sup;
	list_init(&reload->served);
	list_init(&reload->waiting);
	reload->last = "none";
	reload->watch.ready = on_read;
	reload->options = *options;
	reload->file = strdup(file);
	reload->handler_dir = strdup(options->handler_dir);
	reload->control = strdup(options->control);
	if (!reload->file || !reload->handler_dir || !reload->control ||
	    loop_timer_init(sup->loop, &reload->deadline, on_deadline) < 0) {
		reload_free(&reload);
		return NULL;
	}
	reload->options.handler_dir = reload->handler_dir;
	reload->options.control = reload->control;
	return reload;
}

void reload_free(struct reload **reload)
{
	struct reload *r = *reload;

	*reload = NULL;
	if (!r)
		return;
	if (r->reading) {
		struct conf_problems problems = {.item = NULL};
		struct conf *conf;

		loop_unwatch(r->sup->loop, &r->watch);
		conf = conf_reading_end(&r->reading, &problems);
		conf_unref(&conf);
		conf_problems_free(&problems);
	}
	loop_timer_free(r->sup->loop, &r->deadline);
	free(r->file);
	free(r->handler_dir);
	free(r->control);
	free(r);
}

void reload_now(struct reload *reload)
{
	reload->wanted = true;
	begin(reload);
}

void reload_ask(struct reload *reload, struct reload_asker *asker)
{
	list_append(&reload->waiting, &asker->link);
	begin(reload);
}

void reload_forget(struct reload_asker *asker)
{
	list_remove(&asker->link);
}

const char *reload_last(const struct reload *reload)
{
	return reload->last;
}

bool reload_is_reading(const struct reload *reload)
{
	return reload->reading != NULL;
}
