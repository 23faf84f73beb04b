#include "net/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

static int set_int(int fd, int level, int name, int value)
{
	return sys_setsockopt(fd, level, name, &value, sizeof value);
}

static int set_keepalive(int fd, const struct conf_service *conf)
{
	const struct {
		int name, value;
	} part[] = {{TCP_KEEPIDLE, conf->keepalive_time_sec},
	            {TCP_KEEPINTVL, conf->keepalive_interval_sec},
	            {TCP_KEEPCNT, conf->keepalive_probes}};

	if (!conf->keepalive)
		return 0;
	if (set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1) < 0)
		return -1;
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (part[i].value > 0 && set_int(fd, IPPROTO_TCP, part[i].name, part[i].value) < 0)
			return -1;
	return 0;
}

static int set_tcp(int fd, int family, const struct conf_listen *where,
                   const struct conf_service *conf)
{
	/* An address whose old connections are in TIME_WAIT can be bound again. */
	if (set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
		return -1;
	if (family == AF_INET6 && set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, !where->dual) < 0)
		return -1;
	if (conf->nodelay && set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0)
		return -1;
	if (conf->user_timeout_msec > 0 &&
	    set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, (int)conf->user_timeout_msec) < 0)
		return -1;
	return set_keepalive(fd, conf);
}

/* Is somebody listening there? A refused connection says that nobody does. */
static bool unix_is_stale(const struct addr *addr, int type)
{
	int fd = sys_socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool stale;

	if (fd < 0)
		return false;
	stale = sys_connect(fd, &addr->sa, addr->len) < 0 && errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static void unix_remove_stale(const struct addr *addr, int type)
{
	struct stat st;

	if (lstat(addr->un.sun_path, &st) == 0 && S_ISSOCK(st.st_mode) && unix_is_stale(addr, type))
		(void)sys_unlink(addr->un.sun_path);
}

static bool has_path(const struct addr *addr)
{
	return addr->sa.sa_family == AF_UNIX && addr->un.sun_path[0] != '\0';
}

static int bind_path(struct listener *l, const struct addr *addr, int type,
                     const struct conf_service *conf, const char **why_r)
{
	const char *path = addr->un.sun_path;
	mode_t old;
	struct stat st;
	int rc;

	unix_remove_stale(addr, type);
	/* The mode is right from the first moment on, whoever may be waiting. */
	old = umask(~conf->socket_mode & 0777);
	rc = sys_bind(l->fd, &addr->sa, addr->len);
	umask(old);
	if (rc < 0)
		return -1;
	*why_r = "lstat";
	if (lstat(path, &st) < 0)
		return -1;
	l->local = *addr;
	l->own_path = true;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	if (conf->socket_uid == (uid_t)-1 && conf->socket_gid == (gid_t)-1)
		return 0;
	*why_r = "chown";
	return lchown(path, conf->socket_uid, conf->socket_gid);
}

static int open_as(struct listener *l, const struct addr *addr, const struct conf_listen *where,
                   const struct conf_service *conf, const char **why_r)
{
	int family = addr->sa.sa_family;

	*why_r = "socket";
	l->fd = fd_up(sys_socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (l->fd < 0)
		return -1;
	*why_r = "setsockopt";
	if (family != AF_UNIX && set_tcp(l->fd, family, where, conf) < 0)
		return -1;
	*why_r = "bind";
	if (has_path(addr) ? bind_path(l, addr, SOCK_STREAM, conf, why_r) < 0
	                   : sys_bind(l->fd, &addr->sa, addr->len) < 0)
		return -1;
	*why_r = "listen";
	if (sys_listen(l->fd, conf->backlog) < 0)
		return -1;
	*why_r = "getsockname";
	l->local.len = sizeof l->local.storage;
	return sys_getsockname(l->fd, &l->local.sa, &l->local.len);
}

/* Does this kernel lack what a socket for both families needs? */
static bool no_ipv6(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

static bool is_wildcard(const struct addr *addr)
{
	if (addr->sa.sa_family == AF_INET)
		return addr->in.sin_addr.s_addr == htonl(INADDR_ANY);
	return addr->sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
}

int listener_open(struct listener *listener, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r)
{
	int rc, saved;

	*listener = (struct listener)LISTENER_CLOSED;
	rc = open_as(listener, &where->addr, where, conf, why_r);
	if (rc < 0 && where->dual && no_ipv6(errno)) {
		struct addr v4 = {
		    .in = {.sin_family = AF_INET, .sin_port = where->addr.in6.sin6_port},
		    .len = sizeof v4.in};

		listener_close(listener);
		rc = open_as(listener, &v4, where, conf, why_r);
		listener->v4_only = rc == 0;
	}
	if (rc < 0) {
		saved = errno;
		listener_close(listener);
		errno = saved;
		return -1;
	}
	listener->exact = !is_wildcard(&listener->local);
	return 0;
}

void listener_close(struct listener *listener)
{
	const char *path = listener->local.un.sun_path;
	struct stat st;

	fd_close(&listener->fd);
	if (listener->own_path && lstat(path, &st) == 0 && st.st_dev == listener->dev &&
	    st.st_ino == listener->ino)
		(void)sys_unlink(path);
	*listener = (struct listener)LISTENER_CLOSED;
}
