/* base/sys.h - the system calls and allocations whose failure usherd must survive.
 *
 * Each is its namesake with the same arguments, result and errno, retried where
 * a signal may interrupt it without effect. Tests put faults in here (base/fault.h).
 * Never used in a child between clone and exec: errno is the parent's there. */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

int sys_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int sys_socket(int domain, int type, int protocol);
int sys_bind(int fd, const struct sockaddr *addr, socklen_t len);
int sys_listen(int fd, int backlog);
int sys_connect(int fd, const struct sockaddr *addr, socklen_t len);
int sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int sys_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int sys_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int sys_shutdown(int fd, int how);
ssize_t sys_recv(int fd, void *buf, size_t len, int flags);
ssize_t sys_send(int fd, const void *buf, size_t len, int flags);

int sys_epoll_create1(int flags);
int sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int sys_epoll_wait(int epfd, struct epoll_event *events, int max, int msec);
int sys_inotify_init1(int flags);
int sys_inotify_add_watch(int fd, const char *path, uint32_t mask);
int sys_pipe2(int fds[2], int flags);
int sys_dupfd(int fd, int least); /* F_DUPFD_CLOEXEC */
int sys_open(const char *path, int flags, mode_t mode);
int sys_openat(int dir_fd, const char *path, int flags); /* not to create one */
int sys_mkdirat(int dir_fd, const char *path, mode_t mode);
int sys_rmdirat(int dir_fd, const char *path);

/* openat2(2) with RESOLVE_IN_ROOT: the path is seen as from a root directory. */
int sys_open_in_root(int root, const char *path, int flags);
ssize_t sys_read(int fd, void *buf, size_t len);
ssize_t sys_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t sys_write(int fd, const void *buf, size_t len);
int sys_unlink(const char *path);

/* The kernel's own waitid: with a pidfd for P_PIDFD, and with the usage. */
int sys_waitid(idtype_t type, id_t id, siginfo_t *info, int options, struct rusage *usage);
int sys_kill(pid_t pid, int signal);
int sys_seccomp(unsigned operation, unsigned flags, const void *args);
struct landlock_ruleset_attr;
int sys_landlock_create_ruleset(const struct landlock_ruleset_attr *attr, size_t size,
                                unsigned flags);
int sys_landlock_add_rule(int ruleset, unsigned type, const void *attr, unsigned flags);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);

void *sys_malloc(size_t size);
void *sys_calloc(size_t count, size_t size);
void *sys_realloc(void *old, size_t size);

#endif
