/* What several attributes of xinetd decide together: socket, program, account. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "tools/legacy.h"
#include "tools/xinetd_carry.h"

static bool is_yes(const char *word)
{
	return word && strcasecmp(word, "yes") == 0;
}

/* ---- type and flags ---- */

static void take_words(struct xinetd_move *move, const char *name)
{
	struct xinetd_said said;

	if (!xinetd_get(move, name, &said))
		return;
	for (size_t i = 0; i < said.count; i++) {
		const struct xinetd_word *word = xinetd_find_word(said.value[i]);

		if (!word)
			xinetd_spoil(move, &said, name, said.value[i]);
		else if (word->flag)
			move->flags |= word->flag;
		else
			xinetd_remark(move, &said, "%s = %s: %s.", name, said.value[i],
			              word->row.becomes);
	}
}

static bool is_gone(struct xinetd_move *move)
{
	const struct draft_where *where = &move->entry->where;

	if (move->flags & XINETD_RPC)
		draft_gone(move->draft, move->service, where, "%s",
		           xinetd_find_word("RPC")->row.becomes);
	else if (move->flags & XINETD_TCPMUX || strcmp(move->entry->name, "tcpmux") == 0)
		draft_gone(move->draft, move->service, where, "%s",
		           xinetd_find_word("TCPMUX")->row.becomes);
	return move->service->gone;
}

/* ---- sockets ---- */

static const char *kind_of(const struct xinetd_move *move)
{
	bool only = is_yes(xinetd_first(move, "v6only"));
	bool four = move->flags & XINETD_IPV4;
	bool six = !four && only && (move->flags & XINETD_IPV6 || !xinetd_first(move, "bind"));

	if (move->dgram)
		return four ? "udp4" : six ? "udp6" : "udp";
	return four ? "tcp4" : six ? "tcp6" : "tcp";
}

static bool take_type(struct xinetd_move *move)
{
	const char *type = xinetd_first(move, "socket_type");
	const char *protocol = xinetd_first(move, "protocol");
	const char *wait = xinetd_first(move, "wait");

	if (!type || !wait) {
		draft_gone(move->draft, move->service, &move->entry->where,
		           "%s is missing, and xinetd would not start it either",
		           type ? "wait" : "socket_type");
		return false;
	}
	move->dgram = strcmp(type, "dgram") == 0;
	move->wait = is_yes(wait) || move->dgram;
	if ((!move->dgram && strcmp(type, "stream") != 0) ||
	    (protocol && strncmp(protocol, move->dgram ? "udp" : "tcp", 3) != 0)) {
		draft_gone(move->draft, move->service, &move->entry->where,
		           "usherd does not listen on sockets of type %s%s%s", type,
		           protocol ? " with " : "", protocol ? protocol : "");
		return false;
	}
	return true;
}

static void carry_listen(struct xinetd_move *move)
{
	const char *port = xinetd_first(move, "port"), *host = xinetd_first(move, "bind");
	const char *kind = kind_of(move), *why = NULL;

	if (!host)
		host = xinetd_first(move, "interface");
	if (!port && move->flags & XINETD_UNLISTED) {
		draft_gone(move->draft, move->service, &move->entry->where,
		           "it is UNLISTED and has no port");
		return;
	}
	/* A name has one address there, as the first flag or IPv4 will have it. */
	if (host && strcmp(host, "localhost") == 0)
		host = move->flags & XINETD_IPV6 ? "::1" : "127.0.0.1";
	if (!legacy_listen(move->draft, move->service, kind, host, port ? port : move->entry->name,
	                   &why))
		draft_gone(move->draft, move->service, &move->entry->where, "bind = %s: %s", host,
		           why);
}

/* ---- programs ---- */

static void carry_sensor(struct xinetd_move *move)
{
	const char *time = xinetd_first(move, "deny_time");
	long minutes = time ? legacy_number(time, 5000000) : 0;
	bool forever = time && strcasecmp(time, "FOREVER") == 0;

	draft_add(move->draft, move->service, "exec", "discard");
	draft_text(move->draft, move->service, "user", "nobody");
	if (move->wait) {
		draft_gone(
		    move->draft, move->service, &move->entry->where,
		    "a sensor on datagrams, or with wait: anybody could be banned in another "
		    "one's name");
		return;
	}
	if (!forever && minutes <= 0) {
		move->refuse = true;
		draft_add(move->draft, move->service, "only_from", NULL);
		draft_comment(move->draft, move->service,
		              "A sensor without deny_time only tells who came: all are refused.");
		return;
	}
	draft_set(move->draft, move->service, "sensor", "yes");
	if (forever)
		draft_set(move->draft, move->service, "ban_time", "0");
	else
		draft_set(move->draft, move->service, "ban_time", "%ldm", minutes);
}

static void carry_redirect(struct xinetd_move *move, const struct xinetd_said *said)
{
	const char *host = said->count == 2 ? said->value[0] : "";
	const char *port = said->count == 2 ? said->value[1] : "";
	const struct servent *known = getservbyname(port, "tcp");
	long number = legacy_number(port, 65535);
	struct addr addr;

	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (number < 0 && known && !move->draft->elsewhere)
		number = ntohs((uint16_t)known->s_port);
	if (number <= 0 || addr_parse_ip(host, 0, &addr) < 0) {
		draft_gone(move->draft, move->service, &said->where,
		           "redirect: forward takes an address and a number, no names (%s %s)",
		           host, port);
		return;
	}
	draft_add(move->draft, move->service, "exec", "forward");
	draft_add(move->draft, move->service, "exec",
	          arena_format(move->draft->arena,
	                       addr.sa.sa_family == AF_INET6 ? "[%s]:%ld" : "%s:%ld", host,
	                       number));
	draft_text(move->draft, move->service, "user", "nobody");
	draft_comment(move->draft, move->service,
	              "Connections without a byte for an hour are ended (-i SECONDS).");
}

static void carry_account(struct xinetd_move *move)
{
	const char *user = xinetd_first(move, "user"), *group = xinetd_first(move, "group");

	if (user)
		draft_text(move->draft, move->service, "user", legacy_account(user));
	else
		draft_gone(move->draft, move->service, &move->entry->where,
		           "user is missing, and xinetd would not start it either");
	if (group)
		draft_text(move->draft, move->service, "group", legacy_account(group));
	if (!is_yes(xinetd_first(move, "groups")))
		draft_add(move->draft, move->service, "groups", "no");
}

static void carry_server(struct xinetd_move *move, const char *server)
{
	const char *slash = strrchr(server, '/');
	struct xinetd_said args = {.count = 0};
	bool named = move->flags & XINETD_NAMEINARGS;
	size_t first;

	if (!xinetd_get(move, "server_args", &args))
		args.count = 0;
	else if (!args.count)
		xinetd_spoil(move, &args, "server_args", "(nothing)");
	first = named && args.count;
	draft_add(move->draft, move->service, "exec", server);
	for (size_t i = first; i < args.count; i++)
		draft_add(move->draft, move->service, "exec", args.value[i]);
	draft_text(move->draft, move->service, "argv0",
	           first   ? args.value[0]
	           : slash ? slash + 1
	                   : server);
	if (*server != '/')
		draft_gone(move->draft, move->service, &move->entry->where,
		           "%s is no full path of a program", server);
	carry_account(move);
	legacy_program(move->draft, move->service);
	if (move->dgram && !is_yes(xinetd_first(move, "wait")))
		draft_remark(
		    move->draft, move->service, &move->entry->where,
		    "It was wait = no: the next datagram has its program when this one has "
		    "ended.");
}

static void carry_program(struct xinetd_move *move)
{
	const char *server = xinetd_first(move, "server");
	struct xinetd_said redirect;

	if (move->flags & XINETD_SENSOR)
		carry_sensor(move);
	else if (xinetd_get(move, "redirect", &redirect))
		carry_redirect(move, &redirect);
	else if (server)
		carry_server(move, server);
	else if (!(move->flags & XINETD_INTERNAL))
		draft_gone(move->draft, move->service, &move->entry->where,
		           "server is missing, and xinetd would not start it either");
	else if (!legacy_internal(move->draft, move->service, move->entry->name))
		draft_gone(move->draft, move->service, &move->entry->where,
		           "usherd has no handler for the internal service %s%s", move->entry->name,
		           strncmp(move->entry->name, "serv", 4) == 0
		               ? " (usherctl services tells it)"
		               : "");
}

void xinetd_carry_core(struct xinetd_move *move)
{
	take_words(move, "type");
	take_words(move, "flags");
	if (take_type(move)) {
		if (!is_gone(move))
			carry_listen(move);
		if (move->wait)
			draft_set(move->draft, move->service, "wait", "yes");
	}
	carry_program(move);
	if (!move->dgram && move->flags & XINETD_NODELAY)
		draft_set(move->draft, move->service, "nodelay", "yes");
	if (!move->dgram && move->flags & XINETD_KEEPALIVE)
		draft_set(move->draft, move->service, "keepalive", "yes");
}
