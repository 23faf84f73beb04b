#include "announce.h"
#include "text.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct end {
	unsigned char host[16];
	char text[INET6_ADDRSTRLEN];
	uint16_t port;
};

/* Of an address with an interface behind it (fe80::1%2), without that. */
static bool get_end(const char *host_name, const char *port_name, int family, struct end *end)
{
	const char *host = getenv(host_name), *port = getenv(port_name);
	size_t len = host ? strcspn(host, "%") : 0;
	char *rest;
	long number;

	if (!host || !port || len >= sizeof(end->text))
		return false;
	memcpy(end->text, host, len);
	end->text[len] = '\0';
	number = strtol(port, &rest, 10);
	end->port = (uint16_t)number;
	return *port && !*rest && number >= 0 && number <= UINT16_MAX &&
	       inet_pton(family, end->text, end->host) == 1;
}

/* Both ends are of one family; 0: there are none. */
static int get_ends(struct end *source, struct end *destination)
{
	static const int family[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < 2; i++) {
		if (get_end("TCPREMOTEIP", "TCPREMOTEPORT", family[i], source) &&
		    get_end("TCPLOCALIP", "TCPLOCALPORT", family[i], destination))
			return family[i];
	}
	return 0;
}

static size_t announce_line(int family, const struct end *source, const struct end *destination,
                            char *line)
{
	char *at = line;

	if (family == 0)
		return (size_t)(text_put(at, "PROXY UNKNOWN\r\n") - line);
	at = text_put(at, family == AF_INET ? "PROXY TCP4 " : "PROXY TCP6 ");
	at = text_put(at, source->text);
	at = text_put(at, " ");
	at = text_put(at, destination->text);
	at = text_put(at, " ");
	at = text_decimal(at, source->port);
	at = text_put(at, " ");
	at = text_decimal(at, destination->port);
	return (size_t)(text_put(at, "\r\n") - line);
}

static unsigned char *put(unsigned char *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static unsigned char *put_port(unsigned char *at, uint16_t port)
{
	*at++ = (unsigned char)(port >> 8);
	*at++ = (unsigned char)port;
	return at;
}

static size_t announce_binary(int family, const struct end *source, const struct end *destination,
                              unsigned char *header)
{
	/* Version 2, a connection that is passed on. */
	unsigned char *at = put(header, "\r\n\r\n\0\r\nQUIT\n\x21", 13);
	size_t host = family == AF_INET ? 4 : 16;

	if (family == 0)
		return (size_t)(put(at, "\0\0\0", 3) - header);
	at = put(at, family == AF_INET ? "\x11\0\x0c" : "\x21\0\x24", 3);
	at = put(at, source->host, host);
	at = put(at, destination->host, host);
	at = put_port(at, source->port);
	return (size_t)(put_port(at, destination->port) - header);
}

size_t announce(int version, unsigned char header[ANNOUNCE_MAX])
{
	struct end source, destination;
	int family = get_ends(&source, &destination);

	if (version == 1)
		return announce_line(family, &source, &destination, (char *)header);
	return announce_binary(family, &source, &destination, header);
}
