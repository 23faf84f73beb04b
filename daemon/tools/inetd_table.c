/* What becomes of what stands in an inetd.conf. */
#include "tools/inetd_table.h"
#include "tools/convert.h"

static const struct convert_row rows[INETD_ROWS] = {
    [INETD_ROW_SERVICE] = {"service name or port",
                           "the port of listen, and the name of the service"},
    [INETD_ROW_HOST] =
	{"host:service, host,host:service",
         "the addresses of listen; localhost is both of its addresses, of another name the "
         "address must be written"},
    [INETD_ROW_HOST_LINE] = {"host: alone on a line", "the addresses of the lines that follow"},
    [INETD_ROW_UNIX] = {"unix with a path", "listen on a unix socket, of the same type"},
    [INETD_ROW_OWNER] = {":user:group:mode:/path", "socket_user, socket_group, socket_mode"},
    [INETD_ROW_RPC] =
	{"rpc/tcp, rpc/udp, name/version",
         "an RPC service: usherd registers nothing with rpcbind (run the program as a "
         "daemon)"},
    [INETD_ROW_TCPMUX] =
	{"tcpmux/name, tcpmux/+name, the service tcpmux",
         "a service of tcpmux (RFC 1078), which usherd does not have (give it a port of "
         "its own)"},
    [INETD_ROW_OFF] = {"#<off># in front, NetBSD's off",
                       "enabled = no; other comments are left out"},
    [INETD_ROW_STREAM] = {"stream", "a listen of that type"},
    [INETD_ROW_DGRAM] = {"dgram", "a listen with udp or unix-dgram, and wait = yes"},
    [INETD_ROW_SEQPACKET] = {"seqpacket with unix", "listen with unix-seqpacket"},
    [INETD_ROW_RAW] = {"raw, rdm, seqpacket without unix",
                       "a type of socket that usherd does not listen on"},
    [INETD_ROW_ACCEPT_MAX] = {"type,max, accept_max", "instances"},
    [INETD_ROW_FILTER] =
	{"type:filter, acceptfilter",
         "defer_accept = 30s: a handler is started when its client has sent something"},
    [INETD_ROW_TCP] =
	{"tcp, udp",
         "both IP versions, as Debian's inetd has it; with -4 IPv4 alone, as others have "
         "it; the one that is left where another line has the same port with tcp4, tcp6, "
         "udp4 or udp6"},
    [INETD_ROW_TCP4] = {"tcp4, tcp6, tcp6only, udp4, udp6, udp6only", "that IP version alone"},
    [INETD_ROW_TCP46] = {"tcp46, udp46", "both IP versions"},
    [INETD_ROW_OTHER] = {"other protocols", "a protocol that usherd does not listen on"},
    [INETD_ROW_BUFFERS] = {"sndbuf=, rcvbuf=, recvbuf=", "sndbuf, rcvbuf"},
    [INETD_ROW_WAIT] = {"wait", "wait = yes"},
    [INETD_ROW_NOWAIT] = {"nowait", "nothing: one program a connection is how it is"},
    [INETD_ROW_DGRAM_NOWAIT] =
	{"dgram with nowait",
         "wait = yes: the next datagram has its program when this one has ended"},
    [INETD_ROW_MAX] =
	{"nowait.max, nowait:max, service_max",
         "rate: who is above it is refused, and the service goes on where inetd stopped it "
         "for ten minutes; with wait it is left out, for usherd does not see the clients"},
    [INETD_ROW_MAX_CHILD] = {"nowait/max-child", "instances; who comes then waits, as before"},
    [INETD_ROW_RATE_IP] = {"nowait/max-child/per-ip-per-minute, ip_max", "rate_per_source"},
    [INETD_ROW_MAX_CHILD_IP] = {"nowait/max-child/per-ip-per-minute/max-child-per-ip",
                                "per_source"},
    [INETD_ROW_USER] = {"user", "user; 0 is root"},
    [INETD_ROW_GROUP] =
	{"user:group, user.group",
         "group; and groups, those that the account has now: its own group is none of "
         "them (with -e they are not known, and it is)"},
    [INETD_ROW_CLASS] = {"user/login-class", "login classes are not known to Linux"},
    [INETD_ROW_PROGRAM] = {"program", "exec, with stderr = client and sandbox = none as it was"},
    [INETD_ROW_ARGUMENTS] = {"arguments", "the words of exec; the first of them is argv0"},
    [INETD_ROW_QUOTES] =
	{"quotes around words",
         "the word between them, as FreeBSD, NetBSD and GNU have it; OpenBSD's and "
         "Debian's inetd pass the quotes on"},
    [INETD_ROW_TCPD] = {"tcpd in front of a program",
                        "the same, and /etc/hosts.allow and hosts.deny are heeded; only_from and "
                        "no_access do it without tcpd, by addresses"},
    [INETD_ROW_INTERNAL] = {"internal: echo, discard, daytime, time, chargen",
                            "the handler of that name, as nobody"},
    [INETD_ROW_AUTH] =
	{"internal: auth",
         "the handler ident: -h without -r, -n for -i, -N for -n, -t; its other options "
         "are left out"},
    [INETD_ROW_INCLUDE] = {".include", "the files are read in its place"},
    [INETD_ROW_IPSEC] = {"#@ policy, ipsec=", "IPsec policies are the kernel's, not usherd's"},
    [INETD_ROW_HOSTS_ALLOW] =
	{"/etc/hosts.allow, /etc/hosts.deny",
         "usherd does not read them: what they say belongs into only_from and "
         "no_access"},
};

static const struct convert_row *row_at(size_t i)
{
	return &rows[i];
}

const struct convert_table inetd_table = {"inetd", row_at, INETD_ROWS};

const char *inetd_reason(enum inetd_row row)
{
	return rows[row].becomes;
}
