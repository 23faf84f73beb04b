/* What two services have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/address.h"
#include "config/problem.h"
#include "tools/draft.h"

/* Each is held against all others of its port. */
enum { PORT_NAME_MAX = 64, CLAIMS_MAX = 10000 };

/* An address of a service that would be started. */
struct claim {
	struct draft_service *service;
	const char **text; /* where the address stands */
	struct conf_listen listen;
	size_t order;
};

static int compare(const void *a, const void *b)
{
	const struct claim *one = a, *other = b;
	uint32_t port = addr_port(&one->listen.addr), other_port = addr_port(&other->listen.addr);

	if (port != other_port)
		return port < other_port ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

static bool is_on(const struct draft_service *service)
{
	const char *enabled = draft_value(service, "enabled");

	return !service->gone && (!enabled || strcmp(enabled, "yes") == 0);
}

/* "tcp" beside a "tcp6" of the same port means what that leaves of it. */
static bool narrow(struct draft *draft, struct claim *wide, const struct claim *other)
{
	bool six = other->listen.addr.sa.sa_family == AF_INET6;
	const char *port = strrchr(*wide->text, ':');
	const char *text;

	if (!wide->listen.dual || other->listen.dual || !addr_is_wildcard(&other->listen.addr))
		return false;
	text =
	    arena_format(draft->arena, "%s%s:%s", wide->listen.type == SOCK_DGRAM ? "udp" : "tcp",
	                 six ? "4" : "6", port ? port + 1 : *wide->text);
	if (!text)
		return false;
	*wide->text = text;
	draft_comment(draft, wide->service, "%s has the other IP version.", other->service->name);
	return address_parse(text, false, &wide->listen, (char[VALUE_WHY_MAX]){""}) == 0;
}

static void settle(struct draft *draft, struct claim *early, struct claim *late)
{
	if (!is_on(early->service) || !is_on(late->service))
		return;
	if (narrow(draft, early, late) || narrow(draft, late, early))
		return;
	draft_gone(draft, late->service, &late->service->where,
	           "the address %s is taken by service \"%s\" (%s:%u)", *late->text,
	           early->service->name, early->service->where.file, early->service->where.line);
}

/* Each against those before it of the same port that are still there. */
static void check_claims(struct draft *draft, struct claim *claim, size_t count)
{
	struct claim **there = arena_array(draft->arena, count, sizeof *there);
	size_t kept = 0;

	qsort(claim, count, sizeof *claim, compare);
	for (size_t i = 0; there && i < count; i++) {
		if (i && addr_port(&claim[i].listen.addr) != addr_port(&claim[i - 1].listen.addr))
			kept = 0;
		for (size_t j = kept; j-- > 0 && is_on(claim[i].service);)
			if (address_conflict(&there[j]->listen, &claim[i].listen))
				settle(draft, there[j], &claim[i]);
		if (is_on(claim[i].service))
			there[kept++] = &claim[i];
	}
}

/* Elsewhere a port may have a name that it does not have here; `why` is empty then. */
static bool parse(struct draft *draft, const char *text, bool alone, struct conf_listen *listen,
                  char why[VALUE_WHY_MAX])
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+-._*/";
	size_t len = strcspn(port, "%");
	const char *number;

	if (address_parse(text, alone, listen, why) == 0)
		return true;
	if (!draft->elsewhere || !len || len > PORT_NAME_MAX ||
	    port[strspn(port, "0123456789")] == '\0' || strspn(port, names) < len)
		return false;
	number = arena_format(draft->arena, "%.*s1%s", (int)(port - text), text, port + len);
	if (number && address_parse(number, alone, listen, why) == 0)
		*why = '\0';
	return false;
}

static void check_addresses(struct draft *draft)
{
	struct claim *claim = NULL;
	size_t count = 0, size = 0;
	char why[VALUE_WHY_MAX];

	for (struct draft_service *s = draft->first; s; s = s->next) {
		struct draft_option *listen = draft_option(s, "listen");
		const char *v6only = draft_value(s, "v6only");
		bool alone = v6only && strcmp(v6only, "yes") == 0;

		for (size_t i = 0; listen && !s->gone && i < listen->count; i++) {
			void *room = arena_room(draft->arena, claim, count, &size, sizeof *claim);

			if (!room)
				return;
			if (count == CLAIMS_MAX) {
				draft_gone(draft, s, &s->where, "there are more than %d addresses",
				           CLAIMS_MAX);
				break;
			}
			claim = room;
			claim[count] = (struct claim){s, &listen->value[i], {0}, count};
			if (parse(draft, listen->value[i], alone, &claim[count].listen, why))
				count += is_on(s);
			else if (*why)
				draft_gone(draft, s, &s->where, "%s", why);
		}
	}
	if (count)
		check_claims(draft, claim, count);
}

void draft_check(struct draft *draft)
{
	for (struct draft_service *s = draft->first; s && !draft->elsewhere; s = s->next)
		draft_check_machine(draft, s);
	check_addresses(draft);
}
