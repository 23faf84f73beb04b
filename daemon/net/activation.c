#include "net/activation.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"

enum { FIRST_FD = 3, NAME_MAX_LEN = 64, MOST = 1024 };

struct inherited {
	int fd, number; /* number: as it was inherited */
	bool claimed;
	struct addr addr;
	int type, protocol;
	char name[NAME_MAX_LEN];
	const char *wrong; /* why it cannot be used; NULL: nothing */
};

static struct inherited *all;
static int count;

static int number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long value;

	if (!text || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	value = strtol(text, &end, 10);
	return *end || errno || value > 1 << 30 ? -1 : (int)value;
}

/* The next of the names that stand between colons; *at becomes NULL at the end. */
static void take_name(const char **at, char name[NAME_MAX_LEN])
{
	size_t len = *at ? strcspn(*at, ":") : 0;
	size_t kept = len < NAME_MAX_LEN - 1 ? len : NAME_MAX_LEN - 1;

	if (kept)
		memcpy(name, *at, kept);
	name[kept] = '\0';
	*at = *at && (*at)[len] ? *at + len + 1 : NULL;
}

static int get_int(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof value;

	return sys_getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

static const char *inspect(struct inherited *one)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	struct stat st;

	if (fstat(one->fd, &st) < 0) {
		one->fd = -1;
		return "there is none";
	}
	(void)fcntl(one->fd, F_SETFD, FD_CLOEXEC);
	if (!S_ISSOCK(st.st_mode))
		return "it is no socket";
	one->type = get_int(one->fd, SO_TYPE);
	one->protocol = get_int(one->fd, SO_PROTOCOL);
	one->addr.len = sizeof one->addr.storage;
	if (sys_getsockname(one->fd, &one->addr.sa, &one->addr.len) < 0)
		return "it has no address";
	if (one->type != SOCK_DGRAM && get_int(one->fd, SO_ACCEPTCONN) != 1)
		return getpeername(one->fd, (struct sockaddr *)&peer, &len) == 0
		           ? "it is connected to a client"
		           : "it does not listen";
	return NULL;
}

int activation_take(void)
{
	int n = number_of("LISTEN_PID") == (int)getpid() ? number_of("LISTEN_FDS") : 0;
	const char *names = getenv("LISTEN_FDNAMES");

	if (n > MOST)
		n = MOST;
	all = n > 0 ? sys_calloc((size_t)n, sizeof *all) : NULL;
	for (count = 0; all && count < n; count++) {
		struct inherited *one = &all[count];

		one->fd = one->number = FIRST_FD + count;
		take_name(&names, one->name);
		one->wrong = inspect(one);
	}
	/* They would mean others to what we execute later. */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return FIRST_FD + count;
}

static bool same_path(const struct addr *a, const struct addr *b)
{
	/* With or without the NUL at the end, which is no part of a path. */
	return a->un.sun_path[0] &&
	       strncmp(a->un.sun_path, b->un.sun_path, sizeof a->un.sun_path) == 0;
}

static bool same_address(const struct addr *a, const struct addr *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	return addr_equal(a, b) || (a->sa.sa_family == AF_UNIX && same_path(a, b));
}

/* What cannot be changed once a socket is bound. */
static bool is_bound_alike(const struct inherited *one, const struct conf_listen *where)
{
	char device[IF_NAMESIZE] = "";
	socklen_t len = sizeof device - 1;
	int only = 0;
	socklen_t only_len = sizeof only;

	if (!addr_is_ip(&one->addr))
		return true;
	if (sys_getsockopt(one->fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len) == 0 &&
	    strcmp(device, where->device ? where->device : "") != 0)
		return false;
	if (one->addr.sa.sa_family != AF_INET6 || !addr_is_wildcard(&one->addr))
		return true;
	return sys_getsockopt(one->fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &only_len) == 0 &&
	       !only == where->dual;
}

/* protocol 0 of socket(2) is the usual one of its type, as the kernel tells it. */
static int protocol_of(const struct conf_listen *where)
{
	if (where->protocol || !addr_is_ip(&where->addr))
		return where->protocol;
	return where->type == SOCK_DGRAM ? IPPROTO_UDP : IPPROTO_TCP;
}

static bool fits(const struct inherited *one, const struct addr *addr,
                 const struct conf_listen *where)
{
	return !one->wrong && one->type == where->type && one->protocol == protocol_of(where) &&
	       same_address(addr, &one->addr) && is_bound_alike(one, where);
}

static bool is_wanted(const struct inherited *one, const struct conf *conf)
{
	for (size_t i = 0; i < conf->service_count; i++) {
		const struct conf_service *service = conf->services[i];

		for (size_t j = 0; j < service->listen_count; j++)
			if (fits(one, &service->listen[j].addr, &service->listen[j]))
				return true;
	}
	return false;
}

static bool comes_again(const struct inherited *one)
{
	for (const struct inherited *first = all; first < one; first++)
		if (!first->wrong && first->type == one->type && first->protocol == one->protocol &&
		    same_address(&first->addr, &one->addr))
			return true;
	return false;
}

void activation_sort(const struct conf *conf)
{
	for (struct inherited *one = all; one < all + count; one++) {
		char text[ADDR_TEXT_MAX] = "-";

		if (!one->wrong && comes_again(one))
			one->wrong = "another one has its address";
		if (!one->wrong && !is_wanted(one, conf))
			one->wrong = "no service listens there in this way";
		if (!one->wrong) {
			one->fd = fd_up(one->fd);
			continue;
		}
		if (one->addr.len)
			addr_format(&one->addr, text, sizeof text);
		log_warn("inherited socket %d \"%s\" (%s): %s; it is closed", one->number,
		         one->name, text, one->wrong);
		fd_close(&one->fd);
	}
}

int activation_claim(const struct addr *addr, const struct conf_listen *where)
{
	for (struct inherited *one = all; one < all + count; one++) {
		if (one->claimed || !fits(one, addr, where))
			continue;
		one->claimed = true;
		return one->fd;
	}
	return -1;
}

void activation_give_back(int fd)
{
	for (struct inherited *one = all; one < all + count; one++)
		if (one->claimed && one->fd == fd)
			one->claimed = false;
}

int activation_unclaimed(int n)
{
	for (const struct inherited *one = all; one < all + count; one++)
		if (!one->claimed && one->fd >= 0 && n-- == 0)
			return one->fd;
	return -1;
}

int activation_adopt(int fd, bool claimed)
{
	struct inherited *more = sys_realloc(all, (size_t)(count + 1) * sizeof *all);

	if (!more)
		return -1;
	all = more;
	all[count] = (struct inherited){.fd = fd, .number = fd, .claimed = claimed};
	all[count].wrong = inspect(&all[count]);
	count++;
	return 0;
}

void activation_close(void)
{
	for (struct inherited *one = all; one < all + count; one++)
		if (!one->claimed)
			fd_close(&one->fd);
	free(all);
	all = NULL;
	count = 0;
}
