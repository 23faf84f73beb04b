/* The options of socket units, and what becomes of them. */
#include <stdlib.h>
#include <string.h>

#include "tools/legacy.h"
#include "tools/unit_move.h"

enum { CONNECTIONS_MAX = 10000000 };

static const char *text_of(const struct unit_said *said)
{
	return said->value[said->count - 1].text;
}

static void nonsense(struct unit_move *move, const struct unit_said *said)
{
	unit_remark(move, said, "that makes no sense here");
	move->draft->dropped++;
}

void unit_nothing(struct unit_move *move, const struct unit_said *said)
{
	(void)move;
	(void)said;
}

static const struct {
	const char *name, *option;
} same[] = {
    {"KeepAlive", "keepalive"},
    {"NoDelay", "nodelay"},
    {"ReusePort", "reuse_port"},
    {"FreeBind", "freebind"},
    {"Transparent", "transparent"},
    {"BindToDevice", "bind_device"},
    {"TCPCongestion", "congestion"},
    {"SocketUser", "socket_user"},
    {"SocketGroup", "socket_group"},
    {"Priority", "priority"},
    {"Mark", "mark"},
    {"KeepAliveProbes", "keepalive_probes"},
    {"KeepAliveTimeSec", "keepalive_time"},
    {"KeepAliveIntervalSec", "keepalive_interval"},
    {"DeferAcceptSec", "defer_accept"},
    {"ReceiveBuffer", "rcvbuf"},
    {"SendBuffer", "sndbuf"},
};

static const char *option_of(const char *name)
{
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (strcmp(same[i].name, name) == 0)
			return same[i].option;
	return NULL;
}

static void carry_flag(struct unit_move *move, const struct unit_said *said)
{
	int value = unit_bool(text_of(said));

	if (value < 0)
		nonsense(move, said);
	else if (value)
		draft_set(move->draft, move->service, option_of(said->name), "yes");
}

static void carry_text(struct unit_move *move, const struct unit_said *said)
{
	const char *text = unit_expand(move, said, text_of(said));

	if (text)
		draft_text(move->draft, move->service, option_of(said->name), text);
}

static void carry_number(struct unit_move *move, const struct unit_said *said)
{
	long number = legacy_number(text_of(said), 2147483647);

	if (number < 0)
		nonsense(move, said);
	else if (number)
		draft_set(move->draft, move->service, option_of(said->name), "%ld", number);
}

/* In whole seconds. */
static void carry_seconds(struct unit_move *move, const struct unit_said *said)
{
	int64_t time = unit_time(text_of(said));

	if (time < 0 || time > INT64_C(32767) * 1000)
		nonsense(move, said);
	else if (time)
		draft_set(move->draft, move->service, option_of(said->name), "%llds",
		          (long long)((time + 999) / 1000));
}

static void carry_size(struct unit_move *move, const struct unit_said *said)
{
	const char *size = unit_size(move->draft->arena, text_of(said));

	if (!size || strcmp(size, "unlimited") == 0)
		nonsense(move, said);
	else
		draft_set(move->draft, move->service, option_of(said->name), "%s", size);
}

static void carry_mode(struct unit_move *move, const struct unit_said *said)
{
	const char *mode = text_of(said);

	if (mode[strspn(mode, "01234567")] || strlen(mode) > 5)
		nonsense(move, said);
	else
		draft_set(move->draft, move->service, "socket_mode", "%04lo",
		          strtol(mode, NULL, 8) & 0777);
}

static void carry_backlog(struct unit_move *move, const struct unit_said *said)
{
	long number = legacy_number(text_of(said), 65535);

	if (number > 0)
		draft_set(move->draft, move->service, "backlog", "%ld", number);
	else if (text_of(said)[strspn(text_of(said), "0123456789")])
		nonsense(move, said);
}

static void carry_tos(struct unit_move *move, const struct unit_said *said)
{
	static const struct {
		const char *name;
		long value;
	} known[] = {{"low-delay", 16}, {"throughput", 8}, {"reliability", 4}, {"low-cost", 2}};
	long number = legacy_number(text_of(said), 255);

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].name, text_of(said)) == 0)
			number = known[i].value;
	if (number < 0)
		nonsense(move, said);
	else
		draft_set(move->draft, move->service, "tos", "%ld", number);
}

/* systemd closes who comes then. */
static void carry_connections(struct unit_move *move, const struct unit_said *said)
{
	bool source = strcmp(said->name, "MaxConnectionsPerSource") == 0;
	long number = legacy_number(text_of(said), CONNECTIONS_MAX);

	if (number < 0) {
		nonsense(move, said);
		return;
	}
	if (!number || !move->accept)
		return;
	draft_set(move->draft, move->service, source ? "per_source" : "instances", "%ld", number);
	if (draft_value(move->service, "when_full"))
		return;
	draft_text(move->draft, move->service, "when_full", "refuse");
	draft_beside(move->draft, move->service, "when_full",
	             "as systemd does; \"wait\": they wait for their turn");
}

static void carry_protocol(struct unit_move *move, const struct unit_said *said)
{
	if (strcmp(text_of(said), "mptcp") != 0)
		draft_gone(move->draft, move->service, &said->value->where,
		           "usherd does not listen on sockets of %s", text_of(said));
}

static void carry_fd_name(struct unit_move *move, const struct unit_said *said)
{
	if (!move->accept && strcmp(move->service->name, text_of(said)) != 0)
		unit_remark(move, said, "LISTEN_FDNAMES is the name of the service; call it so");
}

static void carry_if_on(struct unit_move *move, const struct unit_said *said)
{
	if (unit_bool(text_of(said)) != 0)
		unit_remark(move, said,
		            "usherd leaves the socket as it is; the program may set it");
}

static const struct unit_option options[] = {
    {{"ListenStream", "listen: tcp, unix, vsock"}, true, unit_listen},
    {{"ListenDatagram", "listen: udp, unix-dgram"}, true, unit_listen},
    {{"ListenSequentialPacket", "listen: unix-seqpacket"}, true, unit_listen},
    {{"ListenFIFO, ListenSpecial, ListenNetlink, ListenMessageQueue, ListenUSBFunction",
      "usherd listens on nothing of that kind"},
     true,
     NULL},
    {{"SocketProtocol", "mptcp: listen on it; with others the service is a comment"},
     false,
     carry_protocol},
    {{"BindIPv6Only", "ipv6-only: listen with tcp6 or udp6; else both versions"},
     false,
     unit_nothing},
    {{"Accept", "no: wait, and listen_fds unless StandardInput=socket; yes: nothing"},
     false,
     unit_nothing},
    {{"Service", "the service unit that is read"}, false, unit_nothing},
    {{"Backlog", "backlog, if it is at most 65535"}, false, carry_backlog},
    {{"BindToDevice", "bind_device"}, false, carry_text},
    {{"SocketUser", "socket_user"}, false, carry_text},
    {{"SocketGroup", "socket_group"}, false, carry_text},
    {{"SocketMode", "socket_mode"}, false, carry_mode},
    {{"DirectoryMode", "usherd makes no directories for sockets"}, false, NULL},
    {{"MaxConnections", "instances, with when_full = refuse; systemd's 64 are not, where it is not "
                        "said"},
     false,
     carry_connections},
    {{"MaxConnectionsPerSource", "per_source, the same"}, false, carry_connections},
    {{"KeepAlive", "keepalive"}, false, carry_flag},
    {{"KeepAliveTimeSec", "keepalive_time"}, false, carry_seconds},
    {{"KeepAliveIntervalSec", "keepalive_interval"}, false, carry_seconds},
    {{"KeepAliveProbes", "keepalive_probes"}, false, carry_number},
    {{"NoDelay", "nodelay"}, false, carry_flag},
    {{"Priority", "priority"}, false, carry_number},
    {{"DeferAcceptSec", "defer_accept"}, false, carry_seconds},
    {{"ReceiveBuffer", "rcvbuf"}, false, carry_size},
    {{"SendBuffer", "sndbuf"}, false, carry_size},
    {{"IPTOS", "tos"}, false, carry_tos},
    {{"IPTTL", "usherd sets no hop limit (a firewall can)"}, false, NULL},
    {{"Mark", "mark"}, false, carry_number},
    {{"ReusePort", "reuse_port"}, false, carry_flag},
    {{"FreeBind", "freebind"}, false, carry_flag},
    {{"Transparent", "transparent"}, false, carry_flag},
    {{"TCPCongestion", "congestion"}, false, carry_text},
    {{"Broadcast, PassCredentials, PassPIDFD, PassSecurity, PassPacketInfo, Timestamping, "
      "AcceptFileDescriptors",
      "usherd leaves the socket as it is; the program may set it"},
     false,
     carry_if_on},
    {{"IPAddressAllow, IPAddressDeny", "only_from and no_access; where wait is yes the service is "
                                       "off"},
     true,
     unit_carry_addresses},
    {{"IPAccounting, IPIngressFilterPath, IPEgressFilterPath, SocketBindAllow, SocketBindDeny, "
      "RestrictNetworkInterfaces",
      "usherd does not filter what a program sends (bind_device is for its clients)"},
     true,
     NULL},
    {{"SmackLabel, SmackLabelIPIn, SmackLabelIPOut, SELinuxContextFromNet",
      "usherd sets no security labels"},
     false,
     NULL},
    {{"Writable, PipeSize, MessageQueueMaxMessages, MessageQueueMessageSize",
      "it is for kinds that usherd does not listen on"},
     false,
     NULL},
    {{"ExecStartPre, ExecStartPost, ExecStopPre, ExecStopPost",
      "usherd runs nothing but handlers (do it before it starts)"},
     true,
     NULL},
    {{"TimeoutSec", "nothing: it is for commands that usherd does not run"}, false, unit_nothing},
    {{"RemoveOnStop", "nothing: usherd removes its unix sockets"}, false, unit_nothing},
    {{"Symlinks", "usherd makes no links (name the other paths in listen)"}, true, NULL},
    {{"FileDescriptorName", "the name of the service is in LISTEN_FDNAMES"}, false, carry_fd_name},
    {{"PassFileDescriptorsToExec, FlushPending",
      "nothing: waiting clients and datagrams are never thrown away"},
     false,
     unit_nothing},
    {{"TriggerLimitIntervalSec, TriggerLimitBurst, PollLimitIntervalSec, PollLimitBurst, "
      "DeferTrigger, DeferTriggerMaxSec",
      "nothing: no limit stops a service; rate and rate_per_source refuse who is above"},
     false,
     unit_nothing},
    {{"CollectMode", "nothing: a failed handler leaves nothing behind"}, false, unit_nothing},
};

const struct unit_option *unit_socket_options(size_t *count)
{
	*count = sizeof options / sizeof *options;
	return options;
}

static const struct convert_row *row_at(size_t i)
{
	return &options[i].row;
}

const struct convert_table systemd_socket = {"systemd-socket", row_at,
                                             sizeof options / sizeof *options};
