#include "tools/inetd_spec.h"

#include <stdio.h>
#include <string.h>

#include "tools/legacy.h"

enum { NUMBER_MAX = 10000000 };

/* The part of text before the first (or last) `mark`, and what follows in *rest; NULL rest: there
 * is no mark. */
static const char *cut(struct draft *draft, const char *text, const char *mark, const char **rest)
{
	*rest = mark ? mark + 1 : NULL;
	return mark ? arena_bytes(draft->arena, text, (size_t)(mark - text)) : text;
}

/* "host,host:service", ":user:group:mode:/path", "[::1]:service" */
static void take_name(struct inetd_spec *spec, struct draft *draft, const char *word)
{
	const char *end = strrchr(word, ']');
	const char *colon = strrchr(end ? end : word, ':');
	const char *rest;

	if (!colon || strchr(word, '/') || strncmp(word, "tcpmux/", 7) == 0) {
		spec->name = word;
		return;
	}
	spec->host = cut(draft, word, colon, &rest);
	spec->name = rest;
}

/* "stream,20:filter" */
static const char *take_type(struct inetd_spec *spec, struct draft *draft, const char *word)
{
	const char *rest;

	spec->type = cut(draft, word, strchr(word, ':'), &spec->filter);
	spec->type = cut(draft, spec->type, strchr(spec->type, ','), &rest);
	if (!rest)
		return NULL;
	spec->instances = legacy_number(rest, NUMBER_MAX);
	return spec->instances < 0 ? "the number behind the type of socket is none" : NULL;
}

/* "tcp,sndbuf=64k,rcvbuf=1m" */
static const char *take_protocol(struct inetd_spec *spec, struct draft *draft, const char *word)
{
	const char *rest;

	spec->proto = cut(draft, word, strchr(word, ','), &rest);
	while (rest) {
		const char *part = cut(draft, rest, strchr(rest, ','), &rest);
		bool send = strncmp(part, "sndbuf=", 7) == 0;
		const char *size;

		if (!send && strncmp(part, "rcvbuf=", 7) != 0)
			return "what follows the protocol is neither sndbuf= nor rcvbuf=";
		size = legacy_size(draft, part + 7);
		if (!size)
			return "the size of a buffer is none";
		*(send ? &spec->sndbuf : &spec->rcvbuf) = size;
	}
	return NULL;
}

/* "nowait", "nowait.60", "wait:60", "nowait/20/100/5" */
static const char *take_wait(struct inetd_spec *spec, struct draft *draft, const char *word)
{
	long *const fields[] = {&spec->instances, &spec->per_source_minute, &spec->per_source};
	const char *rest = word + (strncmp(word, "no", 2) == 0 ? 2 : 0);

	spec->wait = rest == word;
	spec->has_wait = true;
	if (strncmp(rest, "wait", 4) != 0)
		return "it says neither wait nor nowait";
	rest += 4;
	if (*rest == '.' || *rest == ':') {
		spec->per_minute = legacy_number(rest + 1, NUMBER_MAX);
		return spec->per_minute < 0 ? "the number behind wait or nowait is none" : NULL;
	}
	if (*rest && *rest != '/')
		return "it says neither wait nor nowait";
	rest = *rest ? rest + 1 : NULL;
	for (size_t i = 0; rest; i++) {
		const char *part = cut(draft, rest, strchr(rest, '/'), &rest);
		long number = legacy_number(part, NUMBER_MAX);

		if (i == 3 || number < 0)
			return "the numbers behind wait or nowait are not max/rate/per-source";
		*fields[i] = number;
	}
	return NULL;
}

/* "user", "user:group", "user.group", "user:group/class" */
static void take_user(struct inetd_spec *spec, struct draft *draft, const char *word)
{
	const char *group;

	spec->user = cut(draft, word, strchr(word, '/'), &spec->login_class);
	if (strchr(spec->user, ':'))
		spec->user = cut(draft, spec->user, strchr(spec->user, ':'), &group);
	else
		spec->user = cut(draft, spec->user, strrchr(spec->user, '.'), &group);
	if (group)
		spec->group = group;
}

const char *inetd_spec_words(struct inetd_spec *spec, struct draft *draft,
                             const struct inetd_entry *entry)
{
	const char *fault;

	if (entry->count < 6)
		return "it has fewer than six fields";
	take_name(spec, draft, entry->word[0]);
	fault = take_type(spec, draft, entry->word[1]);
	if (!fault)
		fault = take_protocol(spec, draft, entry->word[2]);
	if (!fault)
		fault = take_wait(spec, draft, entry->word[3]);
	take_user(spec, draft, entry->word[4]);
	spec->exec = entry->word[5];
	spec->arg = entry->word + 6;
	spec->args = entry->count - 6;
	return fault ? fault : !*spec->name ? "it names no service" : NULL;
}

/* ---- NetBSD's keys ---- */

enum key {
	KEY_BIND,
	KEY_SOCKTYPE,
	KEY_ACCEPT_MAX,
	KEY_FILTER,
	KEY_PROTOCOL,
	KEY_SNDBUF,
	KEY_RECVBUF,
	KEY_WAIT,
	KEY_SERVICE_MAX,
	KEY_IP_MAX,
	KEY_USER,
	KEY_GROUP,
	KEY_EXEC,
	KEY_ARGS,
	KEY_IPSEC,
	KEYS
};

static enum key find_key(const char *name)
{
	static const char *const names[KEYS] = {
	    [KEY_BIND] = "bind",
	    [KEY_SOCKTYPE] = "socktype",
	    [KEY_ACCEPT_MAX] = "accept_max",
	    [KEY_FILTER] = "acceptfilter",
	    [KEY_PROTOCOL] = "protocol",
	    [KEY_SNDBUF] = "sndbuf",
	    [KEY_RECVBUF] = "recvbuf",
	    [KEY_WAIT] = "wait",
	    [KEY_SERVICE_MAX] = "service_max",
	    [KEY_IP_MAX] = "ip_max",
	    [KEY_USER] = "user",
	    [KEY_GROUP] = "group",
	    [KEY_EXEC] = "exec",
	    [KEY_ARGS] = "args",
	    [KEY_IPSEC] = "ipsec",
	};
	int at = 0;

	while (at < KEYS && strcmp(names[at], name) != 0)
		at++;
	return (enum key)at;
}

static const char *set_number(long *number, const char *value)
{
	*number = legacy_number(value, NUMBER_MAX);
	return *number < 0 ? "it is no number" : NULL;
}

static const char *set_text(const char **text, const char *value)
{
	*text = value;
	return NULL;
}

static const char *set_key(struct inetd_spec *spec, struct draft *draft,
                           const struct inetd_key *key)
{
	const char *value = key->count ? key->value[0] : "";
	enum key which = find_key(key->name);

	if (which == KEY_ARGS) {
		spec->arg = key->value;
		spec->args = key->count;
		return NULL;
	}
	if (which == KEY_IPSEC)
		return set_text(&spec->ipsec, value);
	if (key->count != 1)
		return which == KEYS ? "there is no such key" : "it has not one value";
	switch (which) {
	case KEY_BIND:
		return set_text(&spec->host, value);
	case KEY_SOCKTYPE:
		return take_type(spec, draft, value);
	case KEY_ACCEPT_MAX:
		return set_number(&spec->instances, value);
	case KEY_FILTER:
		return set_text(&spec->filter, value);
	case KEY_PROTOCOL:
		return take_protocol(spec, draft, value);
	case KEY_SNDBUF:
		spec->sndbuf = legacy_size(draft, value);
		return spec->sndbuf ? NULL : "the size of a buffer is none";
	case KEY_RECVBUF:
		spec->rcvbuf = legacy_size(draft, value);
		return spec->rcvbuf ? NULL : "the size of a buffer is none";
	case KEY_WAIT:
		spec->wait = strcmp(value, "yes") == 0;
		spec->has_wait = true;
		return spec->wait || strcmp(value, "no") == 0 ? NULL : "it is neither yes nor no";
	case KEY_SERVICE_MAX:
		return set_number(&spec->per_minute, value);
	case KEY_IP_MAX:
		return set_number(&spec->per_source_minute, value);
	case KEY_USER:
		take_user(spec, draft, value);
		return NULL;
	case KEY_GROUP:
		return set_text(&spec->group, value);
	case KEY_EXEC:
		return set_text(&spec->exec, value);
	default:
		return "there is no such key";
	}
}

const char *inetd_spec_keys(struct inetd_spec *spec, struct draft *draft,
                            const struct inetd_entry *entry)
{
	take_name(spec, draft, entry->word[0]);
	if (!*spec->name)
		return "it names no service";
	for (size_t i = 0; i < entry->keys; i++) {
		const char *fault = set_key(spec, draft, &entry->key[i]);

		if (fault)
			return arena_format(draft->arena, "%s: %s", entry->key[i].name, fault);
	}
	if (!spec->proto)
		return "it has no protocol";
	if (!spec->type)
		spec->type = strncmp(spec->proto, "udp", 3) == 0 ? "dgram" : "stream";
	if (!spec->exec)
		spec->exec = "internal";
	if (!spec->has_wait && strcmp(spec->exec, "internal") != 0)
		return "it has no wait";
	if (!spec->has_wait)
		spec->wait = strcmp(spec->type, "dgram") == 0;
	if (!spec->user && strcmp(spec->exec, "internal") != 0)
		return "it has no user";
	return NULL;
}
