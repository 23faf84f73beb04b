#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/check.h"
#include "config/schema.h"

/* An address with its service, for finding those that collide. */
struct claim {
	const struct conf_service *service;
	const struct conf_listen *listen;
	size_t order;
};

static const struct conf_where *where_of(const struct conf_service *service, const char *option)
{
	for (size_t i = 0; i < service->setting_count; i++) {
		if (strcmp(service->setting[i].option, option) == 0)
			return &service->setting[i].where;
	}
	return &service->where;
}

/* Is it set, and to something else than the default that it would have anyway? */
static bool is_chosen(const struct conf_service *service, const char *option)
{
	const struct schema_option *known = schema_find(SCHEMA_SERVICE, option, strlen(option));

	for (size_t i = 0; i < service->setting_count; i++) {
		const struct conf_setting *setting = &service->setting[i];

		if (strcmp(setting->option, option) == 0)
			return !setting->count || !known->value ||
			       strcmp(setting->text[0], known->value) != 0;
	}
	return false;
}

#define service_problem(reader, service, option, warning, format, ...)      \
	problem_add((reader)->problems, where_of(service, option), warning, \
	            "service \"%s\": %s: " format, (service)->name, option, __VA_ARGS__)

/* ---- addresses ---- */

static int compare_claims(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;
	uint32_t port = addr_port(&one->listen->addr), other_port = addr_port(&other->listen->addr);

	if (port != other_port)
		return port < other_port ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

static void report_conflict(const struct reader *reader, const struct claim *late,
                            const struct claim *early)
{
	const struct conf_where *where = &early->listen->where;

	problem_add(
	    reader->problems, &late->listen->where, false,
	    "service \"%s\": listen: \"%s\" is taken already, by \"%s\" of service \"%s\" (%s:%u)",
	    late->service->name, late->listen->text, early->listen->text, early->service->name,
	    where->file, where->line);
}

/* A claim is compared with those before it of the same port. */
static void check_claims(const struct reader *reader, struct claim *claim, size_t count)
{
	qsort(claim, count, sizeof(*claim), compare_claims);
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j-- > 0;) {
			if (addr_port(&claim[i].listen->addr) != addr_port(&claim[j].listen->addr))
				break;
			if (!address_conflict(claim[i].listen, claim[j].listen))
				continue;
			report_conflict(reader, &claim[i], &claim[j]);
			break;
		}
		if (reader->problems->count > PROBLEMS_MAX)
			return;
	}
}

static void check_addresses(const struct reader *reader, const struct conf *conf)
{
	size_t count = 0, n = 0;
	struct claim *claim;

	for (size_t i = 0; i < conf->service_count; i++)
		count += conf->services[i]->listen_count;
	claim = arena_array(reader->scratch, count, sizeof(*claim));
	for (size_t i = 0; claim && i < conf->service_count; i++) {
		const struct conf_service *service = conf->services[i];

		for (size_t j = 0; service->enabled && j < service->listen_count; j++, n++)
			claim[n] = (struct claim){service, &service->listen[j], n};
	}
	if (claim && n)
		check_claims(reader, claim, n);
}

/* ---- accounts ---- */

static void check_user(const struct reader *reader, const struct conf *conf,
                       const struct conf_service *service)
{
	if (!service->user || !reader->options->root)
		return;
	if (conf->user && service->uid == conf->uid && service->uid != 0)
		service_problem(reader, service, "user", false,
		                "%s is the supervisor's own account (a handler could control it)",
		                service->user);
	if (service->uid == 0 && service->stderr_to == CONF_STDERR_CLIENT)
		service_problem(reader, service, "stderr", true, "%s",
		                "messages of a program that runs as root go to the client");
}

/* One warning an account, at the second of those who share it. */
static void check_sharing(const struct reader *reader, const struct conf *conf, size_t at)
{
	const struct conf_service *service = conf->services[at], *first = NULL;
	size_t others = 0;

	if (!service->user || service->uid == 0 || !reader->options->root)
		return;
	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *other = conf->services[i];

		if (i == at || !other->user || other->uid != service->uid ||
		    strcmp(other->name, service->name) == 0)
			continue;
		if (i < at && first)
			return;
		if (i < at)
			first = other;
		others++;
	}
	if (first)
		service_problem(
		    reader, service, "user", true,
		    "shares the account %s with service \"%s\"%s (handlers of one account can "
		    "disturb each other)",
		    service->user, first->name, others > 1 ? " and others" : "");
}

/* ---- limits ---- */

static void check_limits(const struct reader *reader, const struct conf_service *service)
{
	if (service->per_source > service->instances && is_chosen(service, "per_source"))
		service_problem(reader, service, "per_source", true,
		                "is above instances (%u), so it limits nothing",
		                service->instances);
	if (service->queue_per_source > service->queue && service->queue &&
	    is_chosen(service, "queue_per_source"))
		service_problem(reader, service, "queue_per_source", true,
		                "is above queue (%u), so it limits nothing", service->queue);
}

void check_model(const struct reader *reader, const struct conf *conf, bool partial)
{
	struct conf_where whole = {conf->file, 0};
	bool any = false;

	check_addresses(reader, conf);
	for (size_t i = 0; i < conf->service_count; i++) {
		any = any || conf->services[i]->enabled;
		check_user(reader, conf, conf->services[i]);
		check_sharing(reader, conf, i);
		check_limits(reader, conf->services[i]);
	}
	if (!any && !partial && !reader->problems->errors)
		problem_add(reader->problems, &whole, true, "no service is enabled");
}
