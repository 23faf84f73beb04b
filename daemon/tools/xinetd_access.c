#include "tools/xinetd_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "tools/legacy.h"

enum { PARTS = 4 };

static bool add(struct draft *draft, struct draft_service *service, const char *option,
                const char *host, long length)
{
	char text[ADDR_TEXT_MAX];
	struct prefix prefix;
	struct addr addr;
	bool six;

	if (addr_parse_ip(host, 0, &addr) < 0)
		return false;
	six = addr.sa.sa_family == AF_INET6;
	if (length > (six ? 128 : 32))
		return false;
	prefix_of(&addr, (uint8_t)(six ? 32 : length), (uint8_t)(six ? length : 128), &prefix);
	prefix_format(&prefix, text, sizeof text);
	draft_add(draft, service, option, text);
	return true;
}

/* One number of an address, with what ends it; -1: it is none. */
static long take_part(const char **text)
{
	size_t len = strspn(*text, "0123456789");
	long number = len && len <= 3 ? strtol(*text, NULL, 10) : -1;

	*text += len;
	return number <= 255 ? number : -1;
}

/* `known` numbers of an address, of which zeros at the end are any. */
static bool add_network(struct draft *draft, struct draft_service *service, const char *option,
                        const long part[PARTS], int known, bool zeros)
{
	char host[32];

	snprintf(host, sizeof host, "%ld.%ld.%ld.%ld", part[0], known > 1 ? part[1] : 0,
	         known > 2 ? part[2] : 0, known > 3 ? part[3] : 0);
	while (zeros && known > 0 && part[known - 1] == 0)
		known--;
	return add(draft, service, option, host, 8L * known);
}

/* "10.0.{1,2,3}" */
static bool add_factors(struct draft *draft, struct draft_service *service, const char *option,
                        long part[PARTS], int known, const char *text)
{
	if (known == PARTS || text[strlen(text) - 1] != '}')
		return false;
	do {
		text++;
		part[known] = take_part(&text);
		if (part[known] < 0 || (*text != ',' && *text != '}') ||
		    !add_network(draft, service, option, part, known + 1, false))
			return false;
	} while (*text == ',');
	return !text[1];
}

static bool add_v4(struct draft *draft, struct draft_service *service, const char *option,
                   const char *text)
{
	long part[PARTS] = {0};
	int known = 0;

	while (known < PARTS && *text != '{') {
		part[known] = take_part(&text);
		if (part[known++] < 0)
			return false;
		if (!*text)
			return add_network(draft, service, option, part, known, known == PARTS);
		if (*text++ != '.')
			return false;
	}
	return *text == '{' && add_factors(draft, service, option, part, known, text);
}

bool xinetd_access(struct draft *draft, struct draft_service *service, const char *option,
                   const char *value)
{
	const char *slash = strchr(value, '/');

	if (slash) {
		const char *host = arena_bytes(draft->arena, value, (size_t)(slash - value));
		long length = legacy_number(slash + 1, 128);

		return host && length >= 0 && add(draft, service, option, host, length);
	}
	if (strcmp(value, "localhost") == 0)
		return add(draft, service, option, "127.0.0.1", 32) &&
		       add(draft, service, option, "::1", 128);
	if (strchr(value, ':'))
		return add(draft, service, option, value, 128);
	return add_v4(draft, service, option, value);
}
