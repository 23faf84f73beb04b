#include "tools/legacy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

bool legacy_internal(struct draft *draft, struct draft_service *service, const char *name)
{
	static const char *const names[] = {"echo", "discard", "daytime", "time", "chargen"};

	if (strcmp(name, "sink") == 0 || strcmp(name, "null") == 0)
		name = "discard";
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		draft_add(draft, service, "exec", name);
		draft_text(draft, service, "user", "nobody");
		if (strcmp(name, "daytime") == 0)
			draft_comment(
			    draft, service,
			    "The line of text has another form, in UTC (RFC 867 has none).");
		return true;
	}
	return false;
}

void legacy_program(struct draft *draft, struct draft_service *service)
{
	draft_text(draft, service, "stderr", "client");
	draft_text(draft, service, "sandbox", "none");
}

/* With brackets where it is IPv6 and has none. */
static const char *bracketed(struct draft *draft, const char *host)
{
	struct addr addr;

	if (addr_parse_ip(host, 0, &addr) == 0)
		return addr.sa.sa_family == AF_INET6 ? arena_format(draft->arena, "[%s]", host)
		                                     : host;
	if (*host == '[') {
		const char *end = strchr(host, ']');
		const char *bare =
		    end && !end[1] ? arena_bytes(draft->arena, host + 1, (size_t)(end - host - 1))
				   : NULL;

		if (bare && addr_parse_ip(bare, 0, &addr) == 0)
			return host;
	}
	return NULL;
}

static void add_listen(struct draft *draft, struct draft_service *service, const char *kind,
                       const char *host, const char *port)
{
	/* Without a kind a lone name could be taken for one. */
	bool plain = strcmp(kind, "tcp") == 0;

	draft_add(draft, service, "listen",
	          arena_format(draft->arena, "%s%s%s%s%s", plain ? "" : kind, plain ? "" : ":",
	                       host ? host : "", host ? ":" : "", port));
}

bool legacy_listen(struct draft *draft, struct draft_service *service, const char *kind,
                   const char *host, const char *port, const char **why_r)
{
	size_t len = strlen(kind);
	bool four = kind[len - 1] != '6', six = kind[len - 1] != '4';

	if (!host || !*host || strcmp(host, "*") == 0) {
		add_listen(draft, service, kind, NULL, port);
		return true;
	}
	if (strcmp(host, "localhost") == 0 || strcmp(host, "ip6-localhost") == 0) {
		if (four && *host != 'i')
			add_listen(draft, service, kind, "127.0.0.1", port);
		if (six)
			add_listen(draft, service, kind, "[::1]", port);
		return true;
	}
	host = bracketed(draft, host);
	if (!host) {
		*why_r =
		    "it listens on the addresses of a name, and usherd looks none up (write the "
		    "address)";
		return false;
	}
	add_listen(draft, service, kind, host, port);
	return true;
}

const char *legacy_account(const char *name)
{
	return *name && name[strspn(name, "0")] == '\0' ? "root" : name;
}

long legacy_number(const char *text, long most)
{
	long number;

	if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 10)
		return -1;
	number = strtol(text, NULL, 10);
	return number <= most ? number : -1;
}

const char *legacy_size(struct draft *draft, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	char unit = text[digits];

	if (digits == 0 || digits > 9 || (unit && text[digits + 1]))
		return NULL;
	if (unit && !strchr("kKmMgG", unit))
		return NULL;
	return arena_format(draft->arena, "%.*s%s", (int)digits, text,
	                    unit == 'k' || unit == 'K'   ? "K"
	                    : unit == 'm' || unit == 'M' ? "M"
	                    : unit                       ? "G"
	                                                 : "");
}
