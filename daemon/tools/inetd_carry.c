/* From one service of an inetd.conf to one of usherd.conf. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/convert.h"
#include "tools/inetd_spec.h"
#include "tools/legacy.h"

enum row {
	ROW_SERVICE,
	ROW_HOST,
	ROW_HOST_LINE,
	ROW_UNIX,
	ROW_OWNER,
	ROW_RPC,
	ROW_TCPMUX,
	ROW_OFF,
	ROW_STREAM,
	ROW_DGRAM,
	ROW_SEQPACKET,
	ROW_RAW,
	ROW_ACCEPT_MAX,
	ROW_FILTER,
	ROW_TCP,
	ROW_TCP4,
	ROW_TCP46,
	ROW_OTHER,
	ROW_BUFFERS,
	ROW_WAIT,
	ROW_NOWAIT,
	ROW_DGRAM_NOWAIT,
	ROW_MAX,
	ROW_MAX_CHILD,
	ROW_RATE_IP,
	ROW_MAX_CHILD_IP,
	ROW_USER,
	ROW_GROUP,
	ROW_CLASS,
	ROW_PROGRAM,
	ROW_ARGUMENTS,
	ROW_QUOTES,
	ROW_TCPD,
	ROW_INTERNAL,
	ROW_AUTH,
	ROW_INCLUDE,
	ROW_IPSEC,
	ROW_HOSTS_ALLOW,
	ROWS
};

static const struct convert_row rows[ROWS] = {
    [ROW_SERVICE] = {"service name or port", "the port of listen, and the name of the service"},
    [ROW_HOST] =
	{"host:service, host,host:service",
         "the addresses of listen; localhost is both of its addresses, of another name the "
         "address must be written"},
    [ROW_HOST_LINE] = {"host: alone on a line", "the addresses of the lines that follow"},
    [ROW_UNIX] = {"unix with a path", "listen on a unix socket, of the same type"},
    [ROW_OWNER] = {":user:group:mode:/path", "socket_user, socket_group, socket_mode"},
    [ROW_RPC] = {"rpc/tcp, rpc/udp, name/version",
                 "an RPC service: usherd registers nothing with rpcbind (run the program as a "
                 "daemon)"},
    [ROW_TCPMUX] = {"tcpmux/name, tcpmux/+name, the service tcpmux",
                    "a service of tcpmux (RFC 1078), which usherd does not have (give it a port of "
                    "its own)"},
    [ROW_OFF] = {"#<off># in front, NetBSD's off", "enabled = no; other comments are left out"},
    [ROW_STREAM] = {"stream", "a listen of that type"},
    [ROW_DGRAM] = {"dgram", "a listen with udp or unix-dgram, and wait = yes"},
    [ROW_SEQPACKET] = {"seqpacket with unix", "listen with unix-seqpacket"},
    [ROW_RAW] = {"raw, rdm, seqpacket without unix",
                 "a type of socket that usherd does not listen on"},
    [ROW_ACCEPT_MAX] = {"type,max, accept_max", "instances"},
    [ROW_FILTER] = {"type:filter, acceptfilter",
                    "defer_accept = 30s: a handler is started when its client has sent something"},
    [ROW_TCP] = {"tcp, udp",
                 "both IP versions, as Debian's inetd has it; the one that is left where another "
                 "line has the same port with tcp4, tcp6, udp4 or udp6"},
    [ROW_TCP4] = {"tcp4, tcp6, tcp6only, udp4, udp6, udp6only", "that IP version alone"},
    [ROW_TCP46] = {"tcp46, udp46", "both IP versions"},
    [ROW_OTHER] = {"other protocols", "a protocol that usherd does not listen on"},
    [ROW_BUFFERS] = {"sndbuf=, rcvbuf=, recvbuf=", "sndbuf, rcvbuf"},
    [ROW_WAIT] = {"wait", "wait = yes"},
    [ROW_NOWAIT] = {"nowait", "nothing: one program a connection is how it is"},
    [ROW_DGRAM_NOWAIT] = {"dgram with nowait",
                          "wait = yes: the next datagram has its program when this one has ended"},
    [ROW_MAX] = {"nowait.max, nowait:max, service_max",
                 "rate: who is above it is refused, and the service goes on where inetd stopped it "
                 "for ten minutes; with wait it is left out, for usherd does not see the clients"},
    [ROW_MAX_CHILD] = {"nowait/max-child", "instances; who comes then waits, as before"},
    [ROW_RATE_IP] = {"nowait/max-child/per-ip-per-minute, ip_max", "rate_per_source"},
    [ROW_MAX_CHILD_IP] = {"nowait/max-child/per-ip-per-minute/max-child-per-ip", "per_source"},
    [ROW_USER] = {"user", "user; 0 is root"},
    [ROW_GROUP] = {"user:group, user.group",
                   "group; and groups, those that the account has now: its own group is none of "
                   "them (with -e they are not known, and it is)"},
    [ROW_CLASS] = {"user/login-class", "login classes are not known to Linux"},
    [ROW_PROGRAM] = {"program", "exec, with stderr = client and sandbox = none as it was"},
    [ROW_ARGUMENTS] = {"arguments", "the words of exec; the first of them is argv0"},
    [ROW_QUOTES] = {"quotes around words",
                    "the word between them, as FreeBSD, NetBSD and GNU have it; OpenBSD's and "
                    "Debian's inetd pass the quotes on"},
    [ROW_TCPD] = {"tcpd in front of a program",
                  "the same, and /etc/hosts.allow and hosts.deny are heeded; only_from and "
                  "no_access do it without tcpd, by addresses"},
    [ROW_INTERNAL] = {"internal: echo, discard, daytime, time, chargen",
                      "the handler of that name, as nobody"},
    [ROW_AUTH] = {"internal: auth",
                  "the handler ident: -h without -r, -n for -i, -N for -n, -t; its other options "
                  "are left out"},
    [ROW_INCLUDE] = {".include", "the files are read in its place"},
    [ROW_IPSEC] = {"#@ policy, ipsec=", "IPsec policies are the kernel's, not usherd's"},
    [ROW_HOSTS_ALLOW] = {"/etc/hosts.allow, /etc/hosts.deny",
                         "usherd does not read them: what they say belongs into only_from and "
                         "no_access"},
};

static const struct convert_row *row_at(size_t i)
{
	return &rows[i];
}

const struct convert_table inetd_table = {"inetd", row_at, ROWS};

static const char *reason(enum row row)
{
	return rows[row].becomes;
}

/* ---- addresses ---- */

static const char *kind_of(const struct inetd_spec *spec)
{
	static const struct {
		const char *proto, *kind;
	} known[] = {
	    {"tcp", "tcp"},   {"tcp4", "tcp4"},     {"tcp6", "tcp6"},    {"tcp6only", "tcp6"},
	    {"tcp46", "tcp"}, {"udp", "udp"},       {"udp4", "udp4"},    {"udp6", "udp6"},
	    {"udp46", "udp"}, {"udp6only", "udp6"}, {"tcp/ttcp", "tcp"}, {"mptcp", "mptcp"},
	};
	bool dgram = strcmp(spec->type, "dgram") == 0;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].proto, spec->proto) == 0 && dgram == (known[i].kind[0] == 'u'))
			return known[i].kind;
	return NULL;
}

/* ":user:group:mode:/path" */
static const char *take_owner(struct draft *draft, struct draft_service *service, const char *name)
{
	static const char *const options[] = {"socket_user", "socket_group", "socket_mode"};

	for (size_t i = 0; i < 3 && *name == ':'; i++) {
		size_t len = strcspn(name + 1, ":");
		const char *part = arena_bytes(draft->arena, name + 1, len);

		if (part && i < 2 && len)
			draft_text(draft, service, options[i], legacy_account(part));
		else if (part && len && len <= 4 && part[strspn(part, "01234567")] == '\0')
			draft_set(draft, service, options[i], "0%lo", strtol(part, NULL, 8) & 0777);
		name += 1 + len;
	}
	return *name == ':' ? name + 1 : name;
}

static void carry_unix(const struct inetd_spec *spec, struct draft *draft,
                       struct draft_service *service)
{
	const char *kind = strcmp(spec->type, "dgram") == 0       ? "unix-dgram"
	                   : strcmp(spec->type, "seqpacket") == 0 ? "unix-seqpacket"
	                                                          : "unix";
	const char *path = take_owner(draft, service, spec->name);

	if (*path != '/')
		draft_gone(draft, service, &spec->where, "%s is no path of a socket", path);
	draft_add(draft, service, "listen", arena_format(draft->arena, "%s:%s", kind, path));
}

static void carry_listen(const struct inetd_spec *spec, struct draft *draft,
                         struct draft_service *service)
{
	const char *kind = kind_of(spec), *host = spec->host ? spec->host : "*";
	const char *why = NULL;

	if (!kind) {
		draft_gone(draft, service, &spec->where, "%s %s: %s", spec->type, spec->proto,
		           reason(ROW_OTHER));
		return;
	}
	while (*host) {
		size_t len = strcspn(host, ",");
		const char *one = arena_bytes(draft->arena, host, len);

		if (one && !legacy_listen(draft, service, kind, one, spec->name, &why))
			draft_gone(draft, service, &spec->where, "%s: %s", one, why);
		host += len + (host[len] == ',');
	}
}

/* ---- limits ---- */

static void carry_limits(const struct inetd_spec *spec, struct draft *draft,
                         struct draft_service *service)
{
	bool dgram = strcmp(spec->type, "dgram") == 0;

	if (spec->wait || dgram) {
		draft_set(draft, service, "wait", "yes");
		if (spec->per_minute || spec->per_source_minute || spec->per_source)
			draft_remark(draft, service, &spec->where,
			             "The limits behind wait are left out: usherd does not see the "
			             "clients.");
		return;
	}
	if (spec->instances)
		draft_set(draft, service, "instances", "%ld", spec->instances);
	if (spec->per_minute) {
		draft_set(draft, service, "rate", "%ld/m", spec->per_minute);
		draft_comment(draft, service,
		              "Who is above the rate is refused; inetd stopped the "
		              "service for ten minutes.");
	}
	if (spec->per_source_minute)
		draft_set(draft, service, "rate_per_source", "%ld/m", spec->per_source_minute);
	if (spec->per_source)
		draft_set(draft, service, "per_source", "%ld", spec->per_source);
}

static void carry_sockets(const struct inetd_spec *spec, struct draft *draft,
                          struct draft_service *service)
{
	if (spec->sndbuf)
		draft_set(draft, service, "sndbuf", "%s", spec->sndbuf);
	if (spec->rcvbuf)
		draft_set(draft, service, "rcvbuf", "%s", spec->rcvbuf);
	if (spec->filter && kind_of(spec) && strcmp(spec->type, "stream") == 0) {
		draft_set(draft, service, "defer_accept", "30s");
		draft_comment(draft, service,
		              "%s: a handler is started when its client has sent "
		              "something, or after this time.",
		              spec->filter);
	}
	if (spec->ipsec && *spec->ipsec)
		draft_remark(draft, service, &spec->where, "ipsec: %s.", reason(ROW_IPSEC));
}

/* ---- programs ---- */

static void carry_auth(const struct inetd_spec *spec, struct draft *draft,
                       struct draft_service *service)
{
	bool real = false, number = false, hide = false;
	const char *seconds = NULL;

	for (size_t i = 0; i < spec->args; i++) {
		const char *arg = spec->arg[i];

		if (strcmp(arg, "-r") == 0)
			real = true;
		else if (strcmp(arg, "-i") == 0)
			number = true;
		else if (strcmp(arg, "-n") == 0)
			hide = true;
		else if (strcmp(arg, "-t") == 0 && i + 1 < spec->args)
			seconds = arena_bytes(draft->arena, spec->arg[i + 1],
			                      strspn(spec->arg[i + 1], "0123456789"));
		else if (*arg == '-')
			draft_remark(
			    draft, service, &spec->where,
			    "The option %s of auth is left out: ident(8) has none like it.", arg);
		i += *arg == '-' && arg[1] && strchr("tdo", arg[1]);
	}
	draft_add(draft, service, "exec", "ident");
	if (!real)
		draft_add(draft, service, "exec", "-h");
	if (real && number)
		draft_add(draft, service, "exec", "-n");
	if (real && hide)
		draft_add(draft, service, "exec", "-N");
	if (seconds && *seconds)
		draft_add(draft, service, "exec", seconds);
	draft_text(draft, service, "user", "nobody");
}

static void carry_internal(const struct inetd_spec *spec, struct draft *draft,
                           struct draft_service *service)
{
	const char *slash = strrchr(spec->name, '/');
	const char *name = slash ? slash + 1 : spec->name;

	if (strcmp(name, "auth") == 0 || strcmp(name, "ident") == 0)
		carry_auth(spec, draft, service);
	else if (!legacy_internal(draft, service, name))
		draft_gone(draft, service, &spec->where,
		           "usherd has no handler for the internal service %s", name);
}

static void carry_program(const struct inetd_spec *spec, struct draft *draft,
                          struct draft_service *service)
{
	size_t len = strlen(spec->exec);

	draft_add(draft, service, "exec", spec->exec);
	for (size_t i = 1; i < spec->args; i++)
		draft_add(draft, service, "exec", spec->arg[i]);
	if (spec->args && strcmp(spec->arg[0], spec->exec) != 0)
		draft_text(draft, service, "argv0", spec->arg[0]);
	if (*spec->exec != '/')
		draft_gone(draft, service, &spec->where, "%s is no full path of a program",
		           spec->exec);
	if (len >= 5 && strcmp(spec->exec + len - 5, "/tcpd") == 0)
		draft_comment(draft, service,
		              "tcpd reads /etc/hosts.allow and hosts.deny; only_from "
		              "and no_access do without it.");
	if (spec->quoted)
		draft_comment(draft, service,
		              "Quotes were taken off; OpenBSD's and Debian's inetd "
		              "pass them on to the program.");
	draft_text(draft, service, "user", legacy_account(spec->user));
	if (spec->group) {
		draft_text(draft, service, "group", legacy_account(spec->group));
		service->group_instead = true;
	}
	if (spec->login_class)
		draft_remark(draft, service, &spec->where, "The login class %s is left out: %s.",
		             spec->login_class, reason(ROW_CLASS));
	legacy_program(draft, service);
	if (!spec->wait && strcmp(spec->type, "dgram") == 0)
		draft_remark(draft, service, &spec->where, "It was nowait: %s.",
		             reason(ROW_DGRAM_NOWAIT) + strlen("wait = yes: "));
}

static bool is_rpc(const struct inetd_spec *spec)
{
	return strncmp(spec->proto, "rpc/", 4) == 0;
}

static bool is_tcpmux(const struct inetd_spec *spec)
{
	return strncmp(spec->name, "tcpmux/", 7) == 0 ||
	       (strcmp(spec->name, "tcpmux") == 0 && strcmp(spec->exec, "internal") == 0);
}

/* "/run/x.sock" is x.sock, ":a:b:600:/run/x" is x, "rstatd/1-3" is rstatd. */
static const char *name_of(const struct inetd_spec *spec, struct draft *draft)
{
	const char *slash = strrchr(spec->name, '/');

	if (is_rpc(spec))
		return arena_bytes(draft->arena, spec->name, strcspn(spec->name, "/"));
	if (slash && slash[1])
		return slash[1] == '+' && slash[2] ? slash + 2 : slash + 1;
	return spec->name;
}

void inetd_spec_carry(const struct inetd_spec *spec, struct draft *draft)
{
	bool dgram = strcmp(spec->type, "dgram") == 0, local = strcmp(spec->proto, "unix") == 0;
	const char *name = name_of(spec, draft);
	struct draft_service *service =
	    name ? draft_service(draft, &spec->where, name, dgram ? "udp" : NULL) : NULL;

	if (!service)
		return;
	if (spec->off)
		draft_set(draft, service, "enabled", "no");
	if (is_rpc(spec))
		draft_gone(draft, service, &spec->where, "%s", reason(ROW_RPC));
	else if (is_tcpmux(spec))
		draft_gone(draft, service, &spec->where, "%s", reason(ROW_TCPMUX));
	else if (!dgram && strcmp(spec->type, "stream") != 0 &&
	         (!local || strcmp(spec->type, "seqpacket") != 0))
		draft_gone(draft, service, &spec->where, "%s: %s", spec->type, reason(ROW_RAW));
	else if (local)
		carry_unix(spec, draft, service);
	else
		carry_listen(spec, draft, service);
	if (strcmp(spec->exec, "internal") == 0 && !is_tcpmux(spec))
		carry_internal(spec, draft, service);
	else if (strcmp(spec->exec, "internal") != 0)
		carry_program(spec, draft, service);
	carry_limits(spec, draft, service);
	carry_sockets(spec, draft, service);
}
