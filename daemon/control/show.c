/* The answer to "show": everything of one service. In one piece, for between two
 * the service could go; it is as long as its configuration. */
#include <stdio.h>

#include "config/groups.h"
#include "config/print.h"
#include "config/sandbox.h"
#include "control/commands.h"
#include "core/service.h"

static const struct report_column columns[] = {
    {"service", "service"},
    {"state", "state"},
    {"retry_ms", "tried again in"},
    {"configuration", "configuration"},
    {"program", "program"},
    {"user", "user"},
    {"sandbox", "sandbox"},
    {"groups", "with all it starts"},
    {"listen", "listen"},
    {"sessions", "sessions"},
    {"instances", "instances"},
    {"starting", "starting"},
    {"queued", "queued"},
    {"queue", "queue"},
    {"connections_total", "accepted"},
    {"started_total", "started"},
    {"handler_cpu_ms", "processor time"},
    {"refused_total", "refused"},
    {"spawn_failures_total", "not started"},
    {"handler_exits_total", "ended"},
    {"options", "options"},
};

static void tell_sandbox(struct report *report, const struct conf_service *conf)
{
	struct buf text = BUF_INIT(4096);

	sandbox_format(conf, &text);
	report_text(report, text.data ? text.data : "");
	buf_free(&text);
}

/* What all the processes of a session may have together, and what of that they do not. */
static void tell_groups(struct report *report, const struct service *service)
{
	struct buf text = BUF_INIT(4096), lack = BUF_INIT(4096);

	groups_format(service->conf, &text);
	groups_lack(service->sup, service->conf, &lack);
	if (lack.len)
		buf_addf(&text, " (not here: %s)", lack.data);
	report_text(report, text.data ? text.data : "");
	buf_free(&lack);
	buf_free(&text);
}

static void tell_state(struct report *report, const struct service *service)
{
	const struct conf_where *where = &service->conf->where;
	char text[4096];

	report_text(report, service->conf->name);
	report_text(report, service_state_name(service));
	if (service->failing) {
		msec_t left = service->backoff_timer.due - loop_now(service->sup->loop);

		report_msec(report, left > 0 ? left : 0);
	} else {
		report_none(report);
	}
	snprintf(text, sizeof text, "%s:%u", where->file, where->line);
	report_text(report, text);
	report_text(report, service->conf->path);
	report_text(report, service->conf->user);
	tell_sandbox(report, service->conf);
	tell_groups(report, service);
	answer_ports(report, service, true);
}

static void tell_numbers(struct report *report, const struct service *service)
{
	report_uint(report, service->admit.running);
	report_uint(report, service->conf->instances);
	report_uint(report, service->in_flight);
	report_uint(report, service->admit.queue.count);
	report_uint(report, service->conf->queue);
	report_uint(report, service->stats.connections);
	report_uint(report, service->stats.started);
	report_msec(report, (msec_t)(service->stats.cpu_usec / 1000));
}

/* What has not occurred is left out. */
static void tell_count(struct report *report, const char *name, uint64_t count)
{
	if (count > 0)
		report_entry_uint(report, name, count);
}

static void tell_refusals(struct report *report, const struct stats *stats)
{
	report_entries(report);
	for (int reason = REASON_NONE + 1; reason < REASONS; reason++)
		tell_count(report, reason_name((enum reason)reason), stats->refused[reason]);
	report_entries_end(report);
	report_entries(report);
	tell_count(report, "clone", stats->spawn_failures[SPAWN_NONE]);
	for (int step = SPAWN_NONE + 1; step < SPAWN_STEPS; step++)
		tell_count(report, spawn_step_name((enum spawn_step)step),
		           stats->spawn_failures[step]);
	report_entries_end(report);
}

static void tell_ends(struct report *report, const struct stats *stats)
{
	char text[STATS_EXIT_MAX];

	report_entries(report);
	for (size_t i = 0; i < stats->exit_count; i++) {
		stats_exit_name(&stats->exit[i], text);
		tell_count(report, text, stats->exit[i].count);
	}
	report_entries_end(report);
}

static void tell_options(struct report *report, const struct conf_service *conf)
{
	struct conf_effective option;
	size_t at = 0;

	report_entries(report);
	while (conf_next_effective(conf, &at, &option)) {
		if (option.list)
			report_entry_list(report, option.option, option.text, option.count);
		else
			report_entry_text(report, option.option, option.text[0]);
	}
	report_entries_end(report);
}

void show_answer(struct answer *answer)
{
	const char *name = answer->request->arg[0];
	struct report *report = &answer->report;
	const struct service *service;

	if (answer_lacks_service(answer, name))
		return;
	service = service_find(answer->sup, name);
	answer_ok(answer, "fields");
	report_fields(report, columns, sizeof columns / sizeof *columns);
	tell_state(report, service);
	tell_numbers(report, service);
	tell_refusals(report, &service->stats);
	tell_ends(report, &service->stats);
	tell_options(report, service->conf);
	report_fields_end(report);
	answer_end(answer);
}
