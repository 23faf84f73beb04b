#include "target.h"
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RETRY_NSEC = 10000000 };

/* Digits and nothing else. */
static bool parse_number(const char *text, uint64_t most, uint32_t *number)
{
	uint64_t n = 0;

	if (!*text || strlen(text) > 10)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	*number = (uint32_t)n;
	return n <= most;
}

/* Cuts "HOST:PORT" and "[HOST]:PORT" in two. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (len == 0 || len >= size)
		return false;
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len)) {
		return false;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	*port = colon + 1;
	return true;
}

static bool parse_v6(char *host, struct sockaddr_in6 *in6)
{
	char *percent = strchr(host, '%');

	if (percent) {
		*percent = '\0';
		in6->sin6_scope_id = if_nametoindex(percent + 1);
		if (in6->sin6_scope_id == 0 &&
		    !parse_number(percent + 1, UINT32_MAX, &in6->sin6_scope_id))
			return false;
	}
	return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
}

static bool parse_tcp(const char *text, struct target *target)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE];
	const char *port_text;
	uint32_t port;

	if (!split(text, host, sizeof(host), &port_text) ||
	    !parse_number(port_text, 65535, &port) || port == 0)
		return false;
	if (text[0] != '[' && inet_pton(AF_INET, host, &target->in.sin_addr) == 1) {
		target->in.sin_family = AF_INET;
		target->in.sin_port = htons((uint16_t)port);
		target->len = sizeof(target->in);
		return true;
	}
	target->in6.sin6_family = AF_INET6;
	target->in6.sin6_port = htons((uint16_t)port);
	target->len = sizeof(target->in6);
	return text[0] == '[' && parse_v6(host, &target->in6);
}

static bool parse_unix(const char *text, struct target *target)
{
	size_t len = strlen(text), room = sizeof(target->un.sun_path);

	if ((text[0] != '/' && text[0] != '@') || len < 2 || len + (text[0] == '/') > room)
		return false;
	target->un.sun_family = AF_UNIX;
	memcpy(target->un.sun_path, text, len);
	target->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	/* A path ends with NUL, an abstract name begins with it. */
	if (text[0] == '/')
		target->len++;
	else
		target->un.sun_path[0] = '\0';
	return true;
}

static bool parse_vsock(const char *text, struct target *target)
{
	const char *colon = strchr(text, ':');
	char cid[11];

	if (!colon || (size_t)(colon - text) >= sizeof(cid))
		return false;
	memcpy(cid, text, (size_t)(colon - text));
	cid[colon - text] = '\0';
	target->vm.family = AF_VSOCK;
	target->len = sizeof(target->vm);
	return parse_number(cid, UINT32_MAX - 1, &target->vm.cid) &&
	       parse_number(colon + 1, UINT32_MAX - 1, &target->vm.port);
}

bool target_parse(const char *text, struct target *target)
{
	memset(target, 0, sizeof(*target));
	if (strncmp(text, "tcp:", 4) == 0)
		return parse_tcp(text + 4, target);
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, target);
	if (strncmp(text, "vsock:", 6) == 0)
		return parse_vsock(text + 6, target);
	return text[0] == '/' || text[0] == '@' ? parse_unix(text, target)
	                                        : parse_tcp(text, target);
}

static void sleep_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = RETRY_NSEC}, NULL);
}

/* A unix socket whose backlog is full does not say when it no longer is. */
static int connect_by(int fd, const struct target *target, int64_t deadline_msec)
{
	int error = 0;
	socklen_t len = sizeof(error);

	while (connect(fd, &target->sa, target->len) < 0) {
		if (errno == EAGAIN && client_now_msec() < deadline_msec) {
			sleep_a_little();
			continue;
		}
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		if (errno != EINPROGRESS)
			return -1;
		error = client_poll(fd, POLLOUT, deadline_msec) > 0 ? 0 : ETIMEDOUT;
		if (error == 0)
			(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		errno = error;
		return error ? -1 : 0;
	}
	return 0;
}

int target_connect(const struct target *target, int64_t deadline_msec)
{
	int fd = socket(target->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0 || connect_by(fd, target, deadline_msec) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
