#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "net/activation.h"
#include "net/sockopt.h"

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

/* What the manager has opened has options of its own; ours are added to them. */
static int adopt(struct listener *l, int family, const struct conf_listen *where,
                 const struct conf_service *conf, const char **why_r)
{
	static const struct conf_service plain;

	l->adopted = true;
	*why_r = "fcntl";
	if (fd_set_nonblock(l->fd, true) < 0)
		return -1;
	if (sockopt_change(l->fd, family, where, &plain, conf, why_r) < 0)
		return -1;
	*why_r = "listen";
	if (where->type != SOCK_DGRAM && sys_listen(l->fd, conf->backlog) < 0)
		return -1;
	*why_r = "getsockname";
	l->local.len = sizeof l->local.storage;
	return sys_getsockname(l->fd, &l->local.sa, &l->local.len);
}

static int open_as(struct listener *l, const struct addr *addr, const struct conf_listen *where,
                   const struct conf_service *conf, bool beside, const char **why_r)
{
	int family = addr->sa.sa_family;

	l->fd = activation_claim(addr, where);
	if (l->fd >= 0)
		return adopt(l, family, where, conf, why_r);
	*why_r = "socket";
	l->fd =
	    fd_up(sys_socket(family, where->type | SOCK_CLOEXEC | SOCK_NONBLOCK, where->protocol));
	if (l->fd < 0)
		return -1;
	if (sockopt_apply(l->fd, family, where, conf, why_r) < 0)
		return -1;
	*why_r = "setsockopt(SO_REUSEPORT)";
	if (beside && sockopt_share(l->fd, true) < 0)
		return -1;
	*why_r = "bind";
	if (has_path(addr) ? bind_path(l, addr, where->type, conf, why_r) < 0
	                   : sys_bind(l->fd, &addr->sa, addr->len) < 0)
		return -1;
	*why_r = "listen";
	if (where->type != SOCK_DGRAM && sys_listen(l->fd, conf->backlog) < 0)
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

static int open_anyhow(struct listener *listener, const struct conf_listen *where,
                       const struct conf_service *conf, bool beside, const char **why_r)
{
	int rc, saved;

	*listener = (struct listener)LISTENER_CLOSED;
	rc = open_as(listener, &where->addr, where, conf, beside, why_r);
	if (rc < 0 && where->dual && no_ipv6(errno)) {
		struct addr v4 = {
		    .in = {.sin_family = AF_INET, .sin_port = where->addr.in6.sin6_port},
		    .len = sizeof v4.in};

		listener_close(listener);
		rc = open_as(listener, &v4, where, conf, beside, why_r);
		listener->v4_only = rc == 0;
	}
	if (rc < 0) {
		saved = errno;
		listener_close(listener);
		errno = saved;
		return -1;
	}
	listener->options_due = sockopt_is_due(where, conf);
	/* A transparent one gets what was sent to anybody. */
	listener->exact = !conf->transparent && !addr_is_wildcard(&listener->local);
	return 0;
}

int listener_open(struct listener *listener, const struct conf_listen *where,
                  const struct conf_service *conf, const char **why_r)
{
	return open_anyhow(listener, where, conf, false, why_r);
}

int listener_open_beside(struct listener *listener, const struct conf_listen *where,
                         const struct conf_service *conf, struct listener *other,
                         const char **why_r)
{
	int rc = -1, shared = 1, saved;
	socklen_t len = sizeof shared;

	*listener = (struct listener)LISTENER_CLOSED;
	*why_r = "setsockopt(SO_REUSEPORT)";
	if (sys_getsockopt(other->fd, SOL_SOCKET, SO_REUSEPORT, &shared, &len) == 0 &&
	    sockopt_share(other->fd, true) == 0)
		rc = open_anyhow(listener, where, conf, true, why_r);
	saved = errno;
	/* Nobody else is to come in between from now on. */
	if (rc == 0)
		(void)sockopt_share(listener->fd, conf->reuse_port);
	(void)sockopt_share(other->fd, shared);
	errno = saved;
	return rc;
}

static int change_path(const struct listener *l, const struct conf_service *from,
                       const struct conf_service *to, const char **why_r)
{
	const char *path = l->local.un.sun_path;
	struct stat st;

	/* Somebody else's by now, or somebody's who replaced it. */
	if (!l->own_path || lstat(path, &st) < 0 || st.st_dev != l->dev || st.st_ino != l->ino)
		return 0;
	*why_r = "chmod";
	if (from->socket_mode != to->socket_mode && chmod(path, to->socket_mode) < 0)
		return -1;
	*why_r = "chown";
	if (from->socket_uid == to->socket_uid && from->socket_gid == to->socket_gid)
		return 0;
	return lchown(path, to->socket_uid == (uid_t)-1 ? geteuid() : to->socket_uid,
	              to->socket_gid == (gid_t)-1 ? getegid() : to->socket_gid);
}

static int change(struct listener *l, const struct conf_listen *where,
                  const struct conf_service *from, const struct conf_service *to,
                  const char **why_r)
{
	int family = l->local.sa.sa_family;

	if (sockopt_change(l->fd, family, where, from, to, why_r) < 0 ||
	    change_path(l, from, to, why_r) < 0)
		return -1;
	*why_r = "listen";
	if (where->type == SOCK_DGRAM || from->backlog == to->backlog)
		return 0;
	return sys_listen(l->fd, to->backlog);
}

int listener_change(struct listener *listener, const struct conf_listen *where,
                    const struct conf_service *from, const struct conf_service *to,
                    const char **why_r)
{
	const char *ignored;
	int saved;

	if (change(listener, where, from, to, why_r) == 0) {
		listener->options_due = sockopt_is_due(where, to);
		listener->exact = !to->transparent && !addr_is_wildcard(&listener->local);
		return 0;
	}
	saved = errno;
	(void)change(listener, where, to, from, &ignored);
	errno = saved;
	return -1;
}

void listener_close(struct listener *listener)
{
	const char *path = listener->local.un.sun_path;
	struct stat st;

	if (listener->adopted)
		activation_give_back(listener->fd);
	else
		fd_close(&listener->fd);
	if (listener->own_path && lstat(path, &st) == 0 && st.st_dev == listener->dev &&
	    st.st_ino == listener->ino)
		(void)sys_unlink(path);
	*listener = (struct listener)LISTENER_CLOSED;
}
