#include "owner.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef NETLINK_SOCK_DIAG
#define NETLINK_SOCK_DIAG 4
#endif

/* The kernel's own headers are not to be had with every C library that handlers are built with. */
enum {
	SOCK_DIAG_BY_FAMILY_TYPE = 20,
	MESSAGE_ERROR = 2,
	FLAG_REQUEST = 1,
	WAIT_SECONDS = 2,
	ADDRESS_MAX = 16
};

/* include/net/tcp_states.h */
enum { STATE_TIME_WAIT = 6, STATE_CLOSE = 7, STATE_LISTEN = 10, STATE_NEW_SYN_RECV = 12 };

struct message {
	uint32_t len;
	uint16_t type, flags;
	uint32_t sequence, port;
};

struct socket_id {
	uint16_t local_port, remote_port; /* in network order, as the addresses */
	uint32_t local[4], remote[4];
	uint32_t device;
	uint32_t cookie[2];
};

struct question {
	struct message message;
	uint8_t family, protocol, extensions, padding;
	uint32_t states;
	struct socket_id id;
};

struct answer {
	struct message message;
	union {
		int32_t error;
		struct {
			uint8_t family, state, timer, retransmits;
			struct socket_id id;
			uint32_t expires, receive_queue, send_queue, uid, inode;
		} socket;
	};
};

_Static_assert(sizeof(struct socket_id) == 48, "struct inet_diag_sockid");
_Static_assert(sizeof(struct question) == 16 + 56, "struct inet_diag_req_v2");
_Static_assert(sizeof(struct answer) == 16 + 72, "struct inet_diag_msg");

/* IPv4 by an IPv6 socket is IPv4. */
static int put_address(const struct sockaddr *address, uint32_t to[4])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	if (address->sa_family == AF_INET) {
		to[0] = ((const struct sockaddr_in *)address)->sin_addr.s_addr;
		return AF_INET;
	}
	if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
		memcpy(to, &six->sin6_addr.s6_addr[12], 4);
		return AF_INET;
	}
	memcpy(to, &six->sin6_addr, ADDRESS_MAX);
	return AF_INET6;
}

static uint32_t device_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET6
	           ? ((const struct sockaddr_in6 *)address)->sin6_scope_id
	           : 0;
}

/* The kernel's answer, whole; false with errno. */
static bool exchange(const struct question *question, struct answer *answer)
{
	const struct timeval most = {.tv_sec = WAIT_SECONDS};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), error;
	char data[8192];
	ssize_t got = -1;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	if (send(fd, question, sizeof *question, 0) == (ssize_t)sizeof *question)
		got = recv(fd, data, sizeof data, 0);
	error = errno;
	close(fd);
	errno = got < 0 ? error : EPROTO;
	if (got < (ssize_t)(sizeof answer->message + sizeof answer->error))
		return false;
	*answer = (struct answer){.message.len = 0};
	memcpy(answer, data, (size_t)got < sizeof *answer ? (size_t)got : sizeof *answer);
	return answer->message.type == MESSAGE_ERROR || got >= (ssize_t)sizeof *answer;
}

/* A listener is what the kernel comes to where there is no connection. One that waits for its
 * end, or whose program has closed it, is told as root's. */
static bool has_owner(const struct answer *answer)
{
	switch (answer->socket.state) {
	case STATE_TIME_WAIT:
	case STATE_CLOSE:
	case STATE_LISTEN:
	case STATE_NEW_SYN_RECV:
		return false;
	default:
		return answer->socket.inode != 0;
	}
}

enum owner_verdict owner_find(const struct sockaddr *local, uint16_t local_port,
                              const struct sockaddr *remote, uint16_t remote_port, uid_t *uid_r)
{
	struct question question = {
	    .message = {.len = sizeof question,
	                .type = SOCK_DIAG_BY_FAMILY_TYPE,
	                .flags = FLAG_REQUEST},
	    .protocol = IPPROTO_TCP,
	    .states = UINT32_MAX,
	    .id = {.local_port = htons(local_port),
	           .remote_port = htons(remote_port),
	           .device = device_of(local),
	           .cookie = {UINT32_MAX, UINT32_MAX}},
	};
	struct answer answer;

	question.family = (uint8_t)put_address(local, question.id.local);
	(void)put_address(remote, question.id.remote);
	if (!exchange(&question, &answer))
		return OWNER_UNKNOWN;
	if (answer.message.type == MESSAGE_ERROR) {
		errno = -answer.error;
		return errno == ENOENT ? OWNER_NOBODY : OWNER_UNKNOWN;
	}
	if (!has_owner(&answer))
		return OWNER_NOBODY;
	*uid_r = answer.socket.uid;
	return OWNER_FOUND;
}
