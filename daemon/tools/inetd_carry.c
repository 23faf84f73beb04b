/* From one service of an inetd.conf to one of usherd.conf. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/convert.h"
#include "tools/inetd_spec.h"
#include "tools/inetd_table.h"
#include "tools/legacy.h"

/* ---- addresses ---- */

static const char *kind_of(const struct inetd_spec *spec, bool ipv4)
{
	static const struct {
		const char *proto, *kind;
		const char *four; /* with -4 */
	} known[] = {
	    {"tcp", "tcp", "tcp4"},       {"udp", "udp", "udp4"},   {"tcp/ttcp", "tcp", "tcp4"},
	    {"tcp4", "tcp4", "tcp4"},     {"tcp6", "tcp6", "tcp6"}, {"tcp6only", "tcp6", "tcp6"},
	    {"tcp46", "tcp", "tcp"},      {"udp4", "udp4", "udp4"}, {"udp6", "udp6", "udp6"},
	    {"udp6only", "udp6", "udp6"}, {"udp46", "udp", "udp"},  {"mptcp", "mptcp", "mptcp"},
	};
	bool dgram = strcmp(spec->type, "dgram") == 0;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].proto, spec->proto) == 0 && dgram == (known[i].kind[0] == 'u'))
			return ipv4 ? known[i].four : known[i].kind;
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
	const char *kind = kind_of(spec, false), *host = spec->host ? spec->host : "*";
	const char *why = NULL;

	if (!kind) {
		draft_gone(draft, service, &spec->where, "%s %s: %s", spec->type, spec->proto,
		           inetd_reason(INETD_ROW_OTHER));
		return;
	}
	if (!draft->ipv4 && strcmp(kind, kind_of(spec, true)) != 0 && strcmp(host, "*") == 0)
		draft->both = true;
	while (*host) {
		size_t len = strcspn(host, ",");
		const char *one = arena_bytes(draft->arena, host, len);

		/* An address of IPv6 says by itself what it is. */
		kind = kind_of(spec, draft->ipv4 && one && !strchr(one, ':'));
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
	if (spec->filter && kind_of(spec, false) && strcmp(spec->type, "stream") == 0) {
		draft_set(draft, service, "defer_accept", "30s");
		draft_comment(draft, service,
		              "%s: a handler is started when its client has sent "
		              "something, or after this time.",
		              spec->filter);
	}
	if (spec->ipsec && *spec->ipsec)
		draft_remark(draft, service, &spec->where, "ipsec: %s.",
		             inetd_reason(INETD_ROW_IPSEC));
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
		             spec->login_class, inetd_reason(INETD_ROW_CLASS));
	legacy_program(draft, service);
	if (!spec->wait && strcmp(spec->type, "dgram") == 0)
		draft_remark(draft, service, &spec->where, "It was nowait: %s.",
		             inetd_reason(INETD_ROW_DGRAM_NOWAIT) + strlen("wait = yes: "));
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
		draft_gone(draft, service, &spec->where, "%s", inetd_reason(INETD_ROW_RPC));
	else if (is_tcpmux(spec))
		draft_gone(draft, service, &spec->where, "%s", inetd_reason(INETD_ROW_TCPMUX));
	else if (!dgram && strcmp(spec->type, "stream") != 0 &&
	         (!local || strcmp(spec->type, "seqpacket") != 0))
		draft_gone(draft, service, &spec->where, "%s: %s", spec->type,
		           inetd_reason(INETD_ROW_RAW));
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
