#include "config/futile.h"

#include <string.h>

static const struct setting_value *value_of(const struct net *net)
{
	return net->note;
}

void futile_address(struct builder *b, const char *option, const struct net *net)
{
	static const uint8_t none[16];
	bool v4 = net->prefix.family == AF_INET;

	if (net->prefix.len == (v4 ? 32 : 128) && memcmp(net->prefix.bytes, none, 16) == 0)
		builder_warn(b, option, value_of(net),
		             "\"%s\" is nobody's address (everybody is \"%s\")",
		             value_of(net)->text, v4 ? "0.0.0.0/0" : "::/0");
}

void futile_twice(struct builder *b, const char *option, const struct setting_value *one,
                  const struct setting_value *other)
{
	const struct setting_value *first = one < other ? one : other;
	const struct setting_value *second = one < other ? other : one;

	builder_warn(b, option, second, "\"%s\" stands there already (%s:%u)", second->text,
	             first->where.file, first->where.line);
}

/* What decides of an address for which there is no rule but those around it. */
struct around {
	const struct net *allows, *refuses; /* the one that decides, or neither */
};

static struct around decide(const struct net *allows, const struct net *refuses)
{
	if (refuses && (!allows || refuses->prefix.len >= allows->prefix.len))
		return (struct around){.refuses = refuses};
	return (struct around){.allows = allows};
}

static void warn_by(struct builder *b, const char *option, const struct net *net, const char *what,
                    const char *by, const struct net *other)
{
	const struct setting_value *value = value_of(net), *decider = value_of(other);

	builder_warn(b, option, value, "\"%s\" %s by \"%s\" of %s (%s:%u)", value->text, what,
	             decider->text, by, decider->where.file, decider->where.line);
}

static void check_no_access(struct builder *b, const struct net *net)
{
	const struct conf_nets *only = &b->service->only_from;
	struct around around = decide(nets_around(only->net, only->count, &net->prefix),
	                              nets_up(b->service->no_access.net, net));

	if (around.refuses)
		warn_by(b, "no_access", net, "is refused already", "no_access", around.refuses);
	else if (!around.allows && b->service->only_from_set &&
	         !nets_inside(only->net, only->count, &net->prefix))
		builder_warn(b, "no_access", value_of(net),
		             "\"%s\" is refused already: it is not in only_from",
		             value_of(net)->text);
}

static void check_only_from(struct builder *b, const struct net *net)
{
	const struct conf_nets *no = &b->service->no_access;
	const struct net *refuses = nets_around(no->net, no->count, &net->prefix);
	struct around around = decide(nets_up(b->service->only_from.net, net), refuses);

	if (refuses && prefix_equal(&refuses->prefix, &net->prefix))
		warn_by(b, "only_from", net, "lets nobody in: it is refused", "no_access", refuses);
	else if (around.allows)
		warn_by(b, "only_from", net, "is let in already", "only_from", around.allows);
}

/* Refused as a whole, but for what may be let in within it. */
static void check_exempt(struct builder *b, const struct net *net)
{
	const struct conf_nets *only = &b->service->only_from, *no = &b->service->no_access;
	const struct conf_nets *exempt = &b->service->exempt;
	const struct net *wider = nets_up(exempt->net, net);
	struct around around = decide(nets_around(only->net, only->count, &net->prefix),
	                              nets_around(no->net, no->count, &net->prefix));

	if (wider)
		warn_by(b, "exempt", net, "is exempt already", "exempt", wider);
	else if (around.allows || nets_inside(only->net, only->count, &net->prefix))
		return;
	else if (around.refuses)
		warn_by(b, "exempt", net, "is refused", "no_access", around.refuses);
	else if (b->service->only_from_set)
		builder_warn(b, "exempt", value_of(net),
		             "\"%s\" is refused: it is not in only_from", value_of(net)->text);
}

void futile_access(struct builder *b)
{
	const struct conf_service *service = b->service;
	const struct setting *only = section_find(b->section, "only_from");

	for (size_t i = 0; i < service->no_access.count; i++)
		check_no_access(b, &service->no_access.net[i]);
	for (size_t i = 0; i < service->only_from.count; i++)
		check_only_from(b, &service->only_from.net[i]);
	for (size_t i = 0; i < service->exempt.count; i++)
		check_exempt(b, &service->exempt.net[i]);
	if (only && !only->count && !only->bad)
		section_warn(b->reader, b->section, "only_from", &only->where,
		             "is empty: nobody can come in");
}

void futile_times(struct builder *b, const struct setting_value *value,
                  const struct conf_times *times)
{
	if (times->begin == times->end)
		builder_warn(b, "access_times", value,
		             "\"%s\" never holds (a whole day is 00:00-24:00)", value->text);
}

/* Its first value, if that is no 0. */
static const struct setting_value *rate_value(const struct builder *b, const char *option)
{
	const struct setting_value *value = section_value(b->section, option);

	return value && strcmp(value->text, "0") != 0 ? value : NULL;
}

static void check_burst(struct builder *b, const char *option, const char *of)
{
	const struct setting_value *value = section_value(b->section, option);

	if (value && !rate_value(b, of))
		builder_warn(b, option, value, "has no effect without %s (set it, or remove this)",
		             of);
}

/* Is one never held back by its own limit before the other's? */
static bool is_no_tighter(const struct conf_rate *rate, const struct conf_rate *other)
{
	return (uint64_t)rate->count * (uint64_t)other->time >=
	           (uint64_t)other->count * (uint64_t)rate->time &&
	       rate->burst >= other->burst;
}

void futile_rates(struct builder *b)
{
	const struct conf_service *service = b->service;
	static const char *const of_clients[] = {"rate", "rate_per_source", "exempt"};
	const struct setting_value *value = rate_value(b, "rate_per_source");

	check_burst(b, "rate_burst", "rate");
	check_burst(b, "rate_per_source_burst", "rate_per_source");
	if (value && service->rate.count && service->rate_per_source.count &&
	    is_no_tighter(&service->rate_per_source, &service->rate))
		builder_warn(b, "rate_per_source", value,
		             "is no less than rate, so it limits nothing (lower it)");
	value = section_value(b->section, "rate_per_source_burst");
	if (value && service->rate.count && service->rate_per_source.burst > service->rate.burst)
		builder_warn(b, "rate_per_source_burst", value,
		             "is above the burst of rate (%u), which is reached first (lower it)",
		             service->rate.burst);
	for (size_t i = 0; service->wait && i < sizeof(of_clients) / sizeof(of_clients[0]); i++) {
		value = rate_value(b, of_clients[i]);
		if (value && value->section->kind == SCHEMA_SERVICE)
			builder_warn(b, of_clients[i], value,
			             "has no effect where wait = yes: the handler meets the "
			             "clients (remove it)");
	}
}
