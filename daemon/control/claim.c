#include "control/claim.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/runtime.h"
#include "base/sys.h"

enum {
	LOCK_TRIES = 16, /* each lost to one that ended meanwhile */
	BACKLOG = 128,
	LOCK_PATH_MAX = RUNTIME_PATH_MAX + sizeof ".lock",
};

static int failed(struct claim_failure *failure, const char *path, const char *what)
{
	snprintf(failure->text, sizeof failure->text, "%s: %s: %s", path, what, strerror(errno));
	return -1;
}

static int failed_because(struct claim_failure *failure, const char *path, const char *why)
{
	snprintf(failure->text, sizeof failure->text, "%s: %s", path, why);
	return -1;
}

static bool is_same_file(const char *path, dev_t dev, ino_t ino)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/* Gives away what was just made, by a descriptor: a name could have come to
 * mean something else since. */
static int give(const char *path, mode_t type, uid_t uid, gid_t gid)
{
	int fd = sys_open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	struct stat st;
	int rc = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == type)
		rc = fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
	else
		errno = EEXIST;
	fd_close(&fd);
	return rc;
}

static int make_dir(const char *dir, const struct claim_options *options)
{
	bool alone = geteuid() != 0 && options->socket_gid == (gid_t)-1 && !(options->mode & 06);
	mode_t old = umask(0);
	int rc = mkdir(dir, alone ? 0700 : 0755);

	umask(old);
	if (rc < 0)
		return errno == EEXIST ? 0 : -1;
	if (options->uid == geteuid())
		return 0;
	return give(dir, S_IFDIR, options->uid, options->gid);
}

static int take_dir(const struct claim_options *options, struct claim_failure *failure)
{
	char dir[RUNTIME_PATH_MAX];
	const char *why;

	if (runtime_dir_of(options->path, dir, sizeof dir) < 0)
		return failed(failure, options->path, "its directory");
	if (make_dir(dir, options) < 0)
		return failed(failure, dir, "cannot make this directory");
	if (runtime_check_dir(dir, options->uid, &why) == 0)
		return 0;
	return why ? failed_because(failure, dir, why) : failed(failure, dir, "lstat");
}

/* Who serves the socket: its pid, 0 if somebody does who cannot be named, or -1
 * with errno; ECONNREFUSED is what a dead one leaves behind. */
static pid_t who_serves(const struct addr *addr)
{
	int fd = sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred cred = {.pid = 0};
	socklen_t len = sizeof cred;
	pid_t pid = -1;

	if (fd < 0)
		return -1;
	if (sys_connect(fd, &addr->sa, addr->len) == 0) {
		pid = sys_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ? 0 : cred.pid;
	} else if (errno == EAGAIN) {
		pid = 0; /* its backlog is full */
	}
	fd_close(&fd);
	return pid;
}

/* The pid that the holder of the lock has written into it, or 0. */
static pid_t read_holder(int lock_fd)
{
	char text[16];
	ssize_t n = sys_pread(lock_fd, text, sizeof text - 1, 0);
	long pid;

	text[n > 0 ? n : 0] = '\0';
	pid = strtol(text, NULL, 10);
	return pid > 0 && pid < INT_MAX ? (pid_t)pid : 0;
}

static void write_holder(int lock_fd)
{
	char text[16];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

	/* Only for a message; without it "already running" has no number. */
	if (ftruncate(lock_fd, 0) == 0)
		(void)!pwrite(lock_fd, text, (size_t)len, 0);
}

static void lock_path(const struct addr *addr, char path[LOCK_PATH_MAX])
{
	snprintf(path, LOCK_PATH_MAX, "%s.lock", addr->un.sun_path);
}

static int is_running(struct claim_failure *failure, const char *path, pid_t pid)
{
	failure->running = pid;
	return failed_because(failure, path, "already running");
}

/* 1: locked; 0: the file was removed in between, so the lock is worth nothing. */
static int try_lock(struct claim *claim, const char *path, struct claim_failure *failure)
{
	struct stat st;
	pid_t pid;

	claim->lock_fd =
	    sys_open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (claim->lock_fd < 0)
		return failed(failure, path, "open");
	if (fstat(claim->lock_fd, &st) < 0 || !S_ISREG(st.st_mode))
		return failed_because(failure, path, "it is not a regular file");
	if (flock(claim->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return is_same_file(path, st.st_dev, st.st_ino);
	if (errno != EWOULDBLOCK)
		return failed(failure, path, "flock");
	pid = who_serves(&claim->addr);
	return is_running(failure, claim->addr.un.sun_path,
	                  pid > 0 ? pid : read_holder(claim->lock_fd));
}

static int take_lock(struct claim *claim, struct claim_failure *failure)
{
	char path[LOCK_PATH_MAX];

	lock_path(&claim->addr, path);
	for (int i = 0; i < LOCK_TRIES; i++) {
		int rc = try_lock(claim, path, failure);

		if (rc > 0) {
			claim->lock_fd = fd_up(claim->lock_fd);
			write_holder(claim->lock_fd);
			return 0;
		}
		fd_close(&claim->lock_fd);
		if (rc < 0)
			return -1;
	}
	return failed_because(failure, path, "others take and leave it all the time");
}

/* What stands in the place of our socket goes, if it is a socket nobody serves. */
static int remove_stale(const struct addr *addr, struct claim_failure *failure)
{
	const char *path = addr->un.sun_path;
	struct stat st;
	pid_t pid;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : failed(failure, path, "lstat");
	if (!S_ISSOCK(st.st_mode))
		return failed_because(failure, path, "it is there and is not a socket");
	pid = who_serves(addr);
	if (pid >= 0)
		return is_running(failure, path, pid);
	if (errno != ECONNREFUSED)
		return failed(failure, path, "connect");
	return sys_unlink(path) < 0 ? failed(failure, path, "unlink") : 0;
}

/* Nobody can connect before listen(2), so there is no moment with the wrong
 * group. */
static int bind_socket(struct claim *claim, const struct claim_options *options,
                       struct claim_failure *failure)
{
	const char *path = claim->addr.un.sun_path;
	struct stat st;
	mode_t old;
	int rc;

	claim->fd = fd_up(sys_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (claim->fd < 0)
		return failed(failure, path, "socket");
	old = umask(~options->mode & 0777);
	rc = sys_bind(claim->fd, &claim->addr.sa, claim->addr.len);
	umask(old);
	if (rc < 0 || lstat(path, &st) < 0)
		return failed(failure, path, "bind");
	claim->dev = st.st_dev;
	claim->ino = st.st_ino;
	if (give(path, S_IFSOCK, options->uid, options->socket_gid) < 0)
		return failed(failure, path, "cannot give it to control_group");
	return sys_listen(claim->fd, BACKLOG) < 0 ? failed(failure, path, "listen") : 0;
}

int claim_take(struct claim *claim, const struct claim_options *options,
               struct claim_failure *failure)
{
	*claim = (struct claim){.fd = -1, .lock_fd = -1};
	*failure = (struct claim_failure){.running = -1};
	if (options->path[0] != '/')
		return failed_because(failure, options->path, "it is not an absolute path");
	if (addr_set_unix(options->path, &claim->addr) < 0)
		return failed(failure, options->path, "it cannot be a socket's path");
	if (take_dir(options, failure) == 0 && take_lock(claim, failure) == 0 &&
	    remove_stale(&claim->addr, failure) == 0 && bind_socket(claim, options, failure) == 0)
		return 0;
	claim_release(claim);
	return -1;
}

static void remove_lock(const struct claim *claim)
{
	char path[LOCK_PATH_MAX];
	struct stat st;

	lock_path(&claim->addr, path);
	if (fstat(claim->lock_fd, &st) == 0 && is_same_file(path, st.st_dev, st.st_ino))
		(void)sys_unlink(path);
}

void claim_release(struct claim *claim)
{
	const char *path = claim->addr.un.sun_path;

	if (claim->fd >= 0 && claim->ino && is_same_file(path, claim->dev, claim->ino))
		(void)sys_unlink(path);
	fd_close(&claim->fd);
	/* Last of all: who gets the lock next must find nothing of ours. */
	if (claim->lock_fd >= 0)
		remove_lock(claim);
	fd_close(&claim->lock_fd);
}

int claim_adopt(struct claim *claim, const struct claim *was, const char *path)
{
	*claim = *was;
	return addr_set_unix(path, &claim->addr);
}
