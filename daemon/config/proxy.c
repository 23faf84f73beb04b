#include "config/proxy.h"

#include <string.h>

#include "config/model.h"

enum { KINDS = CONF_ANY_TCP | CONF_KIND(CONF_MPTCP) | CONF_KIND(CONF_UNIX) };

static void build_from(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "proxy_from");
	struct conf_service *service = b->service;
	struct prefix *list;
	char quoted[QUOTED_MAX];
	const char *why;

	if (!setting)
		return;
	list = arena_array(b->reader->arena, setting->count, sizeof(*list));
	service->proxy_from = list;
	for (size_t i = 0; list && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];

		if (strcmp(value->text, "unix") == 0)
			service->proxy_from_unix = true;
		else if (prefix_parse(value->text, &list[service->proxy_from_count], &why) == 0)
			service->proxy_from_count++;
		else
			builder_error(b, "proxy_from", value, "\"%s\" %s",
			              problem_quote(value->text, strlen(value->text), quoted), why);
	}
}

/* Without a list anybody could claim to be anybody. */
static void check_from(struct builder *b, const struct setting_value *protocol)
{
	const struct setting *setting = section_find(b->section, "proxy_from");

	if (b->section->damaged || (setting && (setting->bad || setting->count)))
		return;
	builder_error(b, "proxy_protocol", protocol,
	              "needs proxy_from (which proxies may say who a client is?)");
}

static void check_listen(struct builder *b, const struct setting_value *protocol)
{
	const struct conf_service *service = b->service;

	for (size_t i = 0; i < service->listen_count; i++) {
		const struct conf_listen *listen = &service->listen[i];

		if (!(KINDS & CONF_KIND(listen->kind)))
			builder_error(b, "proxy_protocol", protocol,
			              "is not possible on \"%s\" (only on TCP, MPTCP and unix "
			              "stream sockets)",
			              listen->text);
		else if (listen->kind == CONF_UNIX && !service->proxy_from_unix)
			builder_error(b, "proxy_protocol", protocol,
			              "proxy_from trusts nobody on \"%s\" (add \"unix\" to trust "
			              "who may connect to it)",
			              listen->text);
	}
}

/* Who a client is can only be told once it was accepted. */
static void check_queue(struct builder *b, const struct setting_value *protocol)
{
	if (b->service->queue == 0 && b->service->when_full == CONF_FULL_WAIT)
		builder_error(b, "proxy_protocol", protocol,
		              "its clients cannot wait in the kernel's backlog (give the service a "
		              "queue, or set when_full = refuse)");
}

void proxy_build(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "proxy_protocol");
	const struct setting_value *protocol = section_value(b->section, "proxy_protocol");
	const struct setting_value *from = section_value(b->section, "proxy_from");

	build_from(b);
	if (setting && setting->bad)
		return;
	if (b->service->proxy_protocol == CONF_PROXY_NO) {
		if (from && from->section->kind == SCHEMA_SERVICE)
			builder_warn(
			    b, "proxy_from", from,
			    "has no effect without proxy_protocol (set proxy_protocol = yes)");
		return;
	}
	if (b->service->wait) {
		builder_error(
		    b, "proxy_protocol", protocol,
		    "is not possible with wait = yes (the handler gets the socket itself)");
		return;
	}
	check_from(b, protocol);
	check_listen(b, protocol);
	check_queue(b, protocol);
}
