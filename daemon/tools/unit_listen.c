/* The addresses of a socket unit. */
#include <string.h>

#include "base/addr.h"
#include "tools/unit_move.h"

enum unit_type unit_listen_type(const char *name)
{
	return strcmp(name, "ListenStream") == 0             ? UNIT_STREAM
	       : strcmp(name, "ListenSequentialPacket") == 0 ? UNIT_SEQPACKET
	       : strcmp(name, "ListenDatagram") == 0         ? UNIT_DATAGRAM
	                                                     : UNIT_TYPES;
}

static const char *unix_kind(enum unit_type type)
{
	return type == UNIT_STREAM     ? "unix"
	       : type == UNIT_DATAGRAM ? "unix-dgram"
	                               : "unix-seqpacket";
}

/* "vsock:CID:PORT", "vsock::PORT" */
static const char *make_vsock(struct unit_move *move, const char *text)
{
	const char *rest = strchr(text, ':') + 1, *colon = strchr(rest, ':');

	if (!colon ||
	    (strncmp(text, "vsock:", 6) != 0 && strncmp(text, "vsock-stream:", 13) != 0) ||
	    move->type != UNIT_STREAM)
		return NULL;
	return arena_format(move->draft->arena, "vsock:%s", *rest == ':' ? rest + 1 : rest);
}

/* The kind of an address without a host, which is IPv6 and IPv4 unless something says else. */
static const char *ip_kind(const struct unit_move *move, bool lone)
{
	const char *only = unit_value(move->socket, "Socket", "BindIPv6Only");
	bool six = lone && only && strcmp(only, "ipv6-only") == 0;

	if (move->type == UNIT_DATAGRAM)
		return six ? "udp6:" : "udp:";
	return six ? "tcp6:" : "";
}

static const char *make_address(struct unit_move *move, const char *text)
{
	const char *protocol = unit_value(move->socket, "Socket", "SocketProtocol");
	bool lone = !strchr(text, ':') || strncmp(text, "[::]:", 5) == 0;

	if (*text == '/' || *text == '@')
		return arena_format(move->draft->arena, "%s:%s", unix_kind(move->type), text);
	if (strncmp(text, "vsock", 5) == 0 && strchr(text, ':'))
		return make_vsock(move, text);
	if (move->type == UNIT_SEQPACKET)
		return NULL;
	if (protocol && strcmp(protocol, "mptcp") == 0 && move->type == UNIT_STREAM)
		return arena_format(move->draft->arena, "mptcp:%s", text);
	if (protocol)
		return NULL;
	return arena_format(move->draft->arena, "%s%s", ip_kind(move, lone), text);
}

void unit_listen(struct unit_move *move, const struct unit_said *said)
{
	if (unit_listen_type(said->name) != move->type)
		return;
	for (size_t i = 0; i < said->count; i++) {
		struct unit_said one = {said->name, &said->value[i], 1, 1};
		const char *text = unit_expand(move, &one, said->value[i].text);
		const char *address = text ? make_address(move, text) : NULL;

		if (address)
			draft_add(move->draft, move->service, "listen", address);
		else
			unit_remark(move, &one, "usherd does not listen on that kind of address");
	}
}
