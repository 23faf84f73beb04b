/* IPAddressAllow and IPAddressDeny as only_from and no_access.
 *
 * systemd lets in whom Allow has, then keeps out whom Deny has, then lets in the
 * rest; usherd looks for the longest prefix. So what of Deny is within Allow has
 * no effect there, and is left out here. */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "tools/unit_move.h"

enum { LIST_MAX = 1000 };

struct list {
	struct prefix prefix[LIST_MAX];
	size_t count;
};

static void add_text(struct list *list, const char *text)
{
	const char *why;

	if (list->count < LIST_MAX && prefix_parse(text, &list->prefix[list->count], &why) == 0)
		list->count++;
}

/* false: it is nothing that can be in such a list. */
static bool add_word(struct list *list, const char *word)
{
	static const struct {
		const char *name, *four, *six;
	} known[] = {
	    {"any", "0.0.0.0/0", "::/0"},
	    {"localhost", "127.0.0.0/8", "::1"},
	    {"link-local", "169.254.0.0/16", "fe80::/64"},
	    {"multicast", "224.0.0.0/4", "ff00::/8"},
	};
	char host[ADDR_TEXT_MAX];
	const char *slash = strchr(word, '/');
	size_t len = slash ? (size_t)(slash - word) : strlen(word);
	struct addr addr;
	unsigned bits = 128;
	char rest;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, word) == 0) {
			add_text(list, known[i].four);
			add_text(list, known[i].six);
			return true;
		}
	if (len >= sizeof host || (slash && sscanf(slash + 1, "%3u%c", &bits, &rest) != 1))
		return false;
	memcpy(host, word, len);
	host[len] = '\0';
	if (addr_parse_ip(host, 0, &addr) < 0 || list->count == LIST_MAX || bits > 128 ||
	    (slash && addr.sa.sa_family == AF_INET && bits > 32))
		return false;
	prefix_of(&addr, (uint8_t)(bits > 32 ? 32 : bits), (uint8_t)bits,
	          &list->prefix[list->count++]);
	return true;
}

static void gather(struct unit_move *move, const struct unit *unit, const char *section,
                   const char *name, struct list *list)
{
	struct unit_said said;

	if (!unit || !unit_get(unit, move->draft, section, name, true, &said))
		return;
	for (size_t i = 0; i < said.count; i++) {
		struct unit_said one = {name, &said.value[i], 1, 1};
		struct unit_words words;

		if (!unit_split(move->draft->arena, said.value[i].text, &words))
			words.count = 0;
		for (size_t j = 0; j < words.count; j++)
			if (!add_word(list, words.word[j]))
				unit_remark(move, &one, "that is no address");
	}
}

static bool is_within(const struct prefix *prefix, const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->prefix[i].family == prefix->family &&
		    list->prefix[i].len <= prefix->len && prefix_overlaps(&list->prefix[i], prefix))
			return true;
	return false;
}

static void write_list(struct unit_move *move, const char *option, const struct list *list)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < list->count; i++) {
		prefix_format(&list->prefix[i], text, sizeof text);
		draft_add(move->draft, move->service, option, text);
	}
}

/* Called for the first of the options that is there; all of them are one thing. */
void unit_carry_addresses(struct unit_move *move, const struct unit_said *said)
{
	static const char *const names[] = {"IPAddressAllow", "IPAddressDeny"};
	struct list *allow = arena_alloc(move->draft->arena, sizeof *allow);
	struct list *deny = arena_alloc(move->draft->arena, sizeof *deny);
	struct list *lists[] = {allow, deny};
	size_t kept = 0;
	bool all;

	if (!allow || !deny || draft_option(move->service, "only_from") ||
	    draft_option(move->service, "no_access"))
		return;
	for (int i = 0; i < 2; i++) {
		gather(move, move->socket, "Socket", names[i], lists[i]);
		gather(move, move->unit, "Service", names[i], lists[i]);
	}
	if (!deny->count)
		return;
	if (!move->accept) {
		draft_off(move->draft, move->service, &said->value->where,
		          "It is off: %s cannot be kept where the handler meets the clients.",
		          said->name);
		return;
	}
	all = is_within(&(struct prefix){.family = AF_INET}, deny);
	for (size_t i = 0; i < deny->count; i++)
		if (!is_within(&deny->prefix[i], allow) && deny->prefix[i].len)
			deny->prefix[kept++] = deny->prefix[i];
	deny->count = kept;
	if (all) {
		draft_add(move->draft, move->service, "only_from", NULL);
		write_list(move, "only_from", allow);
	} else if (allow->count && deny->count) {
		draft_add(move->draft, move->service, "only_from", "0.0.0.0/0");
		draft_add(move->draft, move->service, "only_from", "::/0");
		write_list(move, "only_from", allow);
	}
	write_list(move, "no_access", deny);
	draft_comment(move->draft, move->service,
	              "systemd filtered all packets of the program; these lists are for its "
	              "clients.");
}
