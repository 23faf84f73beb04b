/* The answer to "sources": a row for each source that has clients. */
#include <string.h>

#include "control/commands.h"
#include "core/service.h"

static const struct report_column columns[] = {
    {"service", "SERVICE"}, {"source", "SOURCE"}, {"sessions", "SESSIONS"},
    {"per_source", "MOST"}, {"queued", "QUEUED"},
};

enum { BUCKETS = 4096 /* in a piece: most may be empty */ };

static const struct service *service_of(const struct supervisor *sup, uint32_t number)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (sup->services[i]->admit.number == number)
			return sup->services[i];
	return NULL;
}

static void tell_source(struct report *report, const struct source *source,
                        const struct service *service)
{
	char text[ADDR_TEXT_MAX];

	prefix_format(&source->prefix, text, sizeof text);
	report_row(report);
	report_text(report, service->conf->name);
	report_text(report, text);
	report_uint(report, source->running);
	if (source->exempt)
		report_none(report);
	else
		report_uint(report, service->conf->per_source);
	report_uint(report, source->waiting);
	report_row_end(report);
}

/* Those of one bucket. */
static void tell_chain(struct answer *answer, const struct hash_node *node, const char *only)
{
	for (; node; node = node->next) {
		const struct source *source = list_entry(node, struct source, hash);
		const struct service *service;

		if (source->running == 0 && source->waiting == 0)
			continue;
		service = service_of(answer->sup, source->service);
		if (!service || (only && strcmp(service->conf->name, only) != 0))
			continue;
		tell_source(&answer->report, source, service);
		answer->rows++;
	}
}

void sources_answer(struct answer *answer)
{
	const struct hash *hash = &answer->sup->admit.sources.hash;
	const char *only = answer->request->arg[0];

	if (answer_lacks_service(answer, only))
		return;
	answer_table(answer, "sources", columns, sizeof columns / sizeof *columns);
	for (int i = 0; i < BUCKETS; i++) {
		tell_chain(answer, hash_scan(hash, &answer->bucket), only);
		if (answer->bucket == 0)
			break;
		if (answer->rows >= COMMAND_ROWS)
			return;
	}
	if (answer->bucket != 0)
		return;
	report_table_end(&answer->report);
	answer_end(answer);
}
