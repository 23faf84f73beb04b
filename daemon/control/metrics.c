/* The answer to "metrics": the text exposition format 0.0.4 of Prometheus
 * (prometheus.io/docs/instrumenting/exposition_formats), or the same as JSON:
 *
 *     {"connections_total":{"echo":5}, "refused_total":{"echo":{"queue_full":1}}, ...}
 *
 * A family's samples stand together, so the walk goes through all services once
 * a family. Reasons, steps and statuses that have not occurred are left out. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "control/commands.h"
#include "core/service.h"

#define PREFIX "usherd_"

/* Where one family is written. */
struct sink {
	struct report *report;
	const struct family *family;
	const struct service *service;
};

struct family {
	const char *name, *type, *help;
	const char *label; /* samples have this one besides "service"; NULL: none */
	void (*tell)(struct sink *sink);
};

static void add_label_value(struct buf *out, const char *text)
{
	buf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_addf(out, "\\%c", *text);
		else if (*text == '\n')
			buf_adds(out, "\\n");
		else
			buf_addc(out, *text);
	}
	buf_addc(out, '"');
}

/* suffix may be NULL, and label and value together; number is the value's text in both forms. */
static void sample(struct sink *sink, const char *suffix, const char *label, const char *value,
                   const char *number)
{
	struct buf *out = sink->report->out;

	buf_addf(out, PREFIX "%s%s{service=", sink->family->name, suffix ? suffix : "");
	add_label_value(out, sink->service->conf->name);
	if (value) {
		buf_addf(out, ",%s=", label);
		add_label_value(out, value);
	}
	buf_addf(out, "} %s\n", number);
}

enum { NUMBER_MAX = 32 };

static void format_seconds(uint64_t usec, char text[NUMBER_MAX])
{
	snprintf(text, NUMBER_MAX, "%" PRIu64 ".%06u", usec / 1000000, (unsigned)(usec % 1000000));
}

/* The one sample of a service. */
static void tell_number(struct sink *sink, uint64_t value)
{
	char text[NUMBER_MAX];

	if (sink->report->as_json) {
		json_uint(&sink->report->json, value);
		return;
	}
	snprintf(text, sizeof text, "%" PRIu64, value);
	sample(sink, NULL, NULL, NULL, text);
}

static void tell_seconds(struct sink *sink, uint64_t usec)
{
	char text[NUMBER_MAX];

	if (sink->report->as_json) {
		json_number(&sink->report->json, (double)usec / 1e6);
		return;
	}
	format_seconds(usec, text);
	sample(sink, NULL, NULL, NULL, text);
}

/* One of several samples of a service, told apart by the family's label. */
static void tell_labelled(struct sink *sink, const char *value, uint64_t count)
{
	char text[NUMBER_MAX];

	if (count == 0)
		return;
	if (sink->report->as_json) {
		json_key(&sink->report->json, value);
		json_uint(&sink->report->json, count);
		return;
	}
	snprintf(text, sizeof text, "%" PRIu64, count);
	sample(sink, NULL, sink->family->label, value, text);
}

static void tell_bucket(struct sink *sink, const char *bound, uint64_t count)
{
	char text[NUMBER_MAX];

	if (sink->report->as_json) {
		json_key(&sink->report->json, bound);
		json_uint(&sink->report->json, count);
		return;
	}
	snprintf(text, sizeof text, "%" PRIu64, count);
	sample(sink, "_bucket", "le", bound, text);
}

/* A bucket counts all that is not above its bound, those of lower ones too. */
static void tell_buckets(struct sink *sink, const struct stats_histogram *histogram)
{
	uint64_t below = 0;
	char bound[NUMBER_MAX];

	for (size_t i = 0; i < STATS_BUCKETS; i++) {
		below += histogram->bucket[i];
		snprintf(bound, sizeof bound, "%g", (double)stats_bound_msec[i] / 1000);
		tell_bucket(sink, bound, below);
	}
	tell_bucket(sink, "+Inf", below + histogram->bucket[STATS_BUCKETS]);
}

static void tell_histogram(struct sink *sink, const struct stats_histogram *histogram)
{
	struct json *json = &sink->report->json;
	char text[NUMBER_MAX];

	if (sink->report->as_json) {
		json_object(json);
		json_key(json, "bucket");
		json_object(json);
		tell_buckets(sink, histogram);
		json_object_end(json);
		json_key(json, "sum");
		json_number(json, (double)histogram->sum_usec / 1e6);
		json_key(json, "count");
		json_uint(json, histogram->count);
		json_object_end(json);
		return;
	}
	tell_buckets(sink, histogram);
	format_seconds(histogram->sum_usec, text);
	sample(sink, "_sum", NULL, NULL, text);
	snprintf(text, sizeof text, "%" PRIu64, histogram->count);
	sample(sink, "_count", NULL, NULL, text);
}

static void connections(struct sink *sink)
{
	tell_number(sink, sink->service->stats.connections);
}

static void refused(struct sink *sink)
{
	for (int reason = REASON_NONE + 1; reason < REASONS; reason++)
		tell_labelled(sink, reason_name((enum reason)reason),
		              sink->service->stats.refused[reason]);
}

static void sessions(struct sink *sink)
{
	tell_number(sink, sink->service->admit.running);
}

static void queued(struct sink *sink)
{
	tell_number(sink, sink->service->admit.queue.count);
}

static void session_seconds(struct sink *sink)
{
	tell_histogram(sink, &sink->service->stats.session);
}

static void queue_seconds(struct sink *sink)
{
	tell_histogram(sink, &sink->service->stats.queue);
}

static void handler_exits(struct sink *sink)
{
	const struct stats *stats = &sink->service->stats;
	char status[STATS_EXIT_MAX];

	for (size_t i = 0; i < stats->exit_count; i++) {
		stats_exit_name(&stats->exit[i], status);
		tell_labelled(sink, status, stats->exit[i].count);
	}
}

static void handler_cpu(struct sink *sink)
{
	tell_seconds(sink, sink->service->stats.cpu_usec);
}

static void spawn_failures(struct sink *sink)
{
	const struct stats *stats = &sink->service->stats;

	tell_labelled(sink, "clone", stats->spawn_failures[SPAWN_NONE]);
	for (int step = SPAWN_NONE + 1; step < SPAWN_STEPS; step++)
		tell_labelled(sink, spawn_step_name((enum spawn_step)step),
		              stats->spawn_failures[step]);
}

static const struct family families[] = {
    {"connections_total", "counter", "Connections that were accepted.", NULL, connections},
    {"refused_total", "counter", "Clients that were refused.", "reason", refused},
    {"sessions", "gauge", "Handlers that run.", NULL, sessions},
    {"queued", "gauge", "Clients that wait for a handler.", NULL, queued},
    {"session_seconds", "histogram", "How long handlers ran.", NULL, session_seconds},
    {"queue_seconds", "histogram", "How long clients waited for their handler's start.", NULL,
     queue_seconds},
    {"handler_exits_total", "counter", "Handlers that ended, by exit status or signal.", "status",
     handler_exits},
    {"handler_cpu_seconds_total", "counter", "Processor time that handlers took.", NULL,
     handler_cpu},
    {"spawn_failures_total", "counter", "Handlers that could not be started, by what failed.",
     "step", spawn_failures},
};

enum { FAMILIES = sizeof families / sizeof *families };

static void tell_service(struct sink *sink)
{
	struct json *json = &sink->report->json;
	bool several = sink->family->label;

	if (sink->report->as_json)
		json_key(json, sink->service->conf->name);
	if (sink->report->as_json && several)
		json_object(json);
	sink->family->tell(sink);
	if (sink->report->as_json && several)
		json_object_end(json);
}

static void begin_family(struct report *report, const struct family *family)
{
	if (report->as_json) {
		json_key(&report->json, family->name);
		json_object(&report->json);
		return;
	}
	buf_addf(report->out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", family->name,
	         family->help, family->name, family->type);
}

static void begin(struct answer *answer)
{
	struct report *report = &answer->report;

	answer->begun = true;
	answer_ok(answer, "text");
	if (!report->as_json) {
		buf_adds(report->out, "# HELP " PREFIX "build_info What runs here.\n"
		                      "# TYPE " PREFIX "build_info gauge\n" PREFIX
		                      "build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
		return;
	}
	json_object(&report->json);
	json_key(&report->json, "build_info");
	json_object(&report->json);
	json_key(&report->json, "version");
	json_string(&report->json, PACKAGE_VERSION);
	json_object_end(&report->json);
}

/* False when this piece is full. */
static bool tell_family(struct answer *answer)
{
	struct sink sink = {.report = &answer->report, .family = &families[answer->family]};

	if (answer->service == 0)
		begin_family(&answer->report, sink.family);
	while (answer->service < answer->sup->service_count) {
		sink.service = answer->sup->services[answer->service++];
		tell_service(&sink);
		if (answer_is_full(answer))
			return false;
	}
	if (answer->report.as_json)
		json_object_end(&answer->report.json);
	answer->service = 0;
	return true;
}

void metrics_answer(struct answer *answer)
{
	if (!answer->begun)
		begin(answer);
	for (; answer->family < FAMILIES; answer->family++)
		if (!tell_family(answer))
			return;
	if (answer->report.as_json) {
		json_object_end(&answer->report.json);
		buf_addc(answer->report.out, '\n');
	}
	answer_end(answer);
}
