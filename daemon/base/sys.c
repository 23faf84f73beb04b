#include "base/sys.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fault.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#endif

/* Evaluates to the result of the call, or to `result` with errno where a test
 * wants it to fail. */
#define SYS_CALL(name, result, call) (fault_wanted(name) ? (result) : (call))

/* Again while a signal interrupts. */
#define SYS_RETRY(type, name, call)                    \
	do {                                           \
		type r_;                               \
		do                                     \
			r_ = SYS_CALL(name, -1, call); \
		while (r_ < 0 && errno == EINTR);      \
		return r_;                             \
	} while (0)

int sys_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return SYS_CALL("accept4", -1, accept4(fd, addr, len, flags));
}

int sys_socket(int domain, int type, int protocol)
{
	return SYS_CALL("socket", -1, socket(domain, type, protocol));
}

int sys_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return SYS_CALL("bind", -1, bind(fd, addr, len));
}

int sys_listen(int fd, int backlog)
{
	return SYS_CALL("listen", -1, listen(fd, backlog));
}

int sys_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return SYS_CALL("connect", -1, connect(fd, addr, len));
}

int sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return SYS_CALL("setsockopt", -1, setsockopt(fd, level, name, value, len));
}

int sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return SYS_CALL("getsockopt", -1, getsockopt(fd, level, name, value, len));
}

int sys_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return SYS_CALL("getsockname", -1, getsockname(fd, addr, len));
}

int sys_shutdown(int fd, int how)
{
	return SYS_CALL("shutdown", -1, shutdown(fd, how));
}

ssize_t sys_recv(int fd, void *buf, size_t len, int flags)
{
	SYS_RETRY(ssize_t, "recv", recv(fd, buf, len, flags));
}

ssize_t sys_send(int fd, const void *buf, size_t len, int flags)
{
	SYS_RETRY(ssize_t, "send", send(fd, buf, len, flags | MSG_NOSIGNAL));
}

int sys_epoll_create1(int flags)
{
	return SYS_CALL("epoll_create1", -1, epoll_create1(flags));
}

int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	/* Taking out cannot fail in a way that an owner could answer. */
	if (op == EPOLL_CTL_DEL)
		return epoll_ctl(epfd, op, fd, event);
	return SYS_CALL("epoll_ctl", -1, epoll_ctl(epfd, op, fd, event));
}

int sys_epoll_wait(int epfd, struct epoll_event *events, int max, int msec)
{
	return SYS_CALL("epoll_wait", -1, epoll_wait(epfd, events, max, msec));
}

int sys_inotify_init1(int flags)
{
	return SYS_CALL("inotify_init1", -1, inotify_init1(flags));
}

int sys_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return SYS_CALL("inotify_add_watch", -1, inotify_add_watch(fd, path, mask));
}

int sys_pipe2(int fds[2], int flags)
{
	return SYS_CALL("pipe2", -1, pipe2(fds, flags));
}

int sys_dupfd(int fd, int least)
{
	return SYS_CALL("dupfd", -1, fcntl(fd, F_DUPFD_CLOEXEC, least));
}

int sys_open(const char *path, int flags, mode_t mode)
{
	SYS_RETRY(int, "open", open(path, flags, mode));
}

int sys_open_in_root(int root, const char *path, int flags)
{
	/* struct open_how and RESOLVE_IN_ROOT, which not every libc's headers have. */
	const struct {
		uint64_t flags, mode, resolve;
	} how = {.flags = (unsigned)flags, .resolve = 0x10};

	SYS_RETRY(int, "openat2", (int)syscall(SYS_openat2, root, path, &how, sizeof how));
}

int sys_openat(int dir_fd, const char *path, int flags)
{
	SYS_RETRY(int, "openat", openat(dir_fd, path, flags));
}

int sys_mkdirat(int dir_fd, const char *path, mode_t mode)
{
	return SYS_CALL("mkdirat", -1, mkdirat(dir_fd, path, mode));
}

int sys_rmdirat(int dir_fd, const char *path)
{
	return SYS_CALL("rmdirat", -1, unlinkat(dir_fd, path, AT_REMOVEDIR));
}

ssize_t sys_read(int fd, void *buf, size_t len)
{
	SYS_RETRY(ssize_t, "read", read(fd, buf, len));
}

ssize_t sys_pread(int fd, void *buf, size_t len, off_t offset)
{
	SYS_RETRY(ssize_t, "pread", pread(fd, buf, len, offset));
}

ssize_t sys_write(int fd, const void *buf, size_t len)
{
	SYS_RETRY(ssize_t, "write", write(fd, buf, len));
}

int sys_unlink(const char *path)
{
	return SYS_CALL("unlink", -1, unlink(path));
}

int sys_waitid(idtype_t type, id_t id, siginfo_t *info, int options, struct rusage *usage)
{
	SYS_RETRY(int, "waitid", (int)syscall(SYS_waitid, type, id, info, options, usage));
}

int sys_kill(pid_t pid, int signal)
{
	return SYS_CALL("kill", -1, kill(pid, signal));
}

int sys_seccomp(unsigned operation, unsigned flags, const void *args)
{
	return SYS_CALL("seccomp", -1, (int)syscall(SYS_seccomp, operation, flags, args));
}

int sys_landlock_create_ruleset(const struct landlock_ruleset_attr *attr, size_t size,
                                unsigned flags)
{
	/* To ask for the version is another thing than to make a set. */
	return SYS_CALL(flags ? "landlock_version" : "landlock_create_ruleset", -1,
	                (int)syscall(SYS_landlock_create_ruleset, attr, size, flags));
}

int sys_landlock_add_rule(int ruleset, unsigned type, const void *attr, unsigned flags)
{
	return SYS_CALL("landlock_add_rule", -1,
	                (int)syscall(SYS_landlock_add_rule, ruleset, type, attr, flags));
}

int sys_pidfd_open(pid_t pid)
{
	return SYS_CALL("pidfd_open", -1, (int)syscall(SYS_pidfd_open, pid, 0));
}

int sys_pidfd_send_signal(int pidfd, int signal)
{
	return SYS_CALL("pidfd_send_signal", -1,
	                (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

void *sys_malloc(size_t size)
{
	return SYS_CALL("malloc", NULL, malloc(size));
}

void *sys_calloc(size_t count, size_t size)
{
	return SYS_CALL("calloc", NULL, calloc(count, size));
}

void *sys_realloc(void *old, size_t size)
{
	return SYS_CALL("realloc", NULL, realloc(old, size));
}
