/* target.h - where a handler connects to, as its argument says it.
 *
 * The same forms that `listen` has in usherd.conf(5), but with a host in each:
 * 192.0.2.1:80, [2001:db8::1]:80, /run/x, @abstract, and with a kind in front
 * tcp:..., unix:..., vsock:CID:PORT. No name is looked up: that would cost each
 * connection a question to a server that may not answer. */
#ifndef HANDLERS_TARGET_H
#define HANDLERS_TARGET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

/* As in vsock(7), whose header not every C library comes with. */
struct target_vsock {
	sa_family_t family;
	unsigned short reserved;
	uint32_t port, cid;
	unsigned char zero[sizeof(struct sockaddr) - 12];
};

struct target {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct target_vsock vm;
	};
	socklen_t len;
};

/* False where the text is none of these. */
bool target_parse(const char *text, struct target *target);

/* A socket that is connected and does not block; -1 with errno, ETIMEDOUT once the
 * time is over. */
int target_connect(const struct target *target, int64_t deadline_msec);

#endif
