#include "base/spaces.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/fault.h"
#include "base/fd.h"
#include "base/sys.h"

/* What the kernel takes of a map at a time is less than a page. */
enum { MAP_TEXT = 4000, PATH_TEXT = 64, NOBODY = 65534 };

static const struct {
	int flag;
	const char *name;
} kind_of[SPACES_KINDS] = {
    [SPACES_USER] = {CLONE_NEWUSER, "user"},
    [SPACES_NET] = {CLONE_NEWNET, "net"},
    [SPACES_IPC] = {CLONE_NEWIPC, "ipc"},
};

/* A child that has made them, or why not. */
struct maker {
	pid_t pid;
	int go; /* it ends when this is closed */
};

void spaces_init(struct spaces *spaces)
{
	for (int i = 0; i < SPACES_KINDS; i++)
		spaces->fd[i] = -1;
}

void spaces_close(struct spaces *spaces)
{
	for (int i = 0; i < SPACES_KINDS; i++)
		fd_close(&spaces->fd[i]);
}

static int unshare_all(unsigned kinds)
{
	int flags = 0;

	for (int i = 0; i < SPACES_KINDS; i++)
		flags |= kinds & 1U << i ? kind_of[i].flag : 0;
	return fault_wanted("unshare") ? -1 : unshare(flags);
}

/* Its files in /proc must be ours to write, and not root's (proc(5)). */
static void __attribute__((noreturn)) child_make(unsigned kinds, int said, int go)
{
	int error = 0;
	char byte;

	if (unshare_all(kinds) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		error = errno;
	if (sys_write(said, &error, sizeof error) == (ssize_t)sizeof error)
		(void)!sys_read(go, &byte, 1);
	_exit(0);
}

static int hear(int fd)
{
	int error = 0;

	if (sys_read(fd, &error, sizeof error) != (ssize_t)sizeof error)
		error = EPROTO;
	errno = error;
	return error ? -1 : 0;
}

static int maker_begin(struct maker *maker, unsigned kinds)
{
	int said[2], go[2], rc;

	if (sys_pipe2(said, O_CLOEXEC) < 0)
		return -1;
	if (sys_pipe2(go, O_CLOEXEC) < 0) {
		fd_close(&said[0]);
		fd_close(&said[1]);
		return -1;
	}
	maker->go = go[1];
	maker->pid = fault_wanted("fork") ? -1 : fork();
	if (maker->pid == 0) {
		close(said[0]);
		close(go[1]);
		child_make(kinds, said[1], go[0]);
	}
	fd_close(&said[1]);
	fd_close(&go[0]);
	rc = maker->pid < 0 ? -1 : hear(said[0]);
	fd_close(&said[0]);
	return rc;
}

static void maker_end(struct maker *maker)
{
	int error = errno;
	siginfo_t info;

	fd_close(&maker->go);
	if (maker->pid > 0)
		(void)sys_waitid(P_PID, (id_t)maker->pid, &info, WEXITED, NULL);
	errno = error;
}

static int put_file(pid_t pid, const char *name, const char *text)
{
	char path[PATH_TEXT];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = sys_open(path, O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	n = sys_write(fd, text, strlen(text));
	fd_close(&fd);
	return n < 0 ? -1 : 0;
}

static bool is_among(gid_t gid, const struct spaces_ids *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ids->groups[i] == gid)
			return true;
	return gid == ids->gid && count > 0;
}

static int add_id(char *text, unsigned long id)
{
	size_t len = strlen(text);
	int n = snprintf(text + len, MAP_TEXT - len, "%lu %lu 1\n", id, id);

	if (n >= (int)(MAP_TEXT - len)) {
		errno = E2BIG;
		return -1;
	}
	return 0;
}

/* None twice: the kernel takes no such map. */
static int add_groups(char *text, const struct spaces_ids *ids)
{
	for (size_t i = 0; i < ids->group_count; i++)
		if (ids->groups[i] != ids->gid && !is_among(ids->groups[i], ids, i) &&
		    add_id(text, ids->groups[i]) < 0)
			return -1;
	return 0;
}

static int map_ids(pid_t pid, const struct spaces_ids *ids, const char **call_r)
{
	bool all = caps_permitted() & CAPS_BIT(CAP_SETGID);
	char text[MAP_TEXT] = "";

	*call_r = "uid_map";
	if (add_id(text, ids->uid) < 0 || put_file(pid, "uid_map", text) < 0)
		return -1;
	*call_r = "gid_map";
	text[0] = '\0';
	if (add_id(text, ids->gid) < 0 || (all && add_groups(text, ids) < 0))
		return -1;
	if (!all && put_file(pid, "setgroups", "deny") < 0)
		return -1;
	return put_file(pid, "gid_map", text);
}

static int open_all(struct spaces *spaces, unsigned kinds, pid_t pid)
{
	char path[PATH_TEXT];

	for (int i = 0; i < SPACES_KINDS; i++) {
		if (!(kinds & 1U << i))
			continue;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind_of[i].name);
		spaces->fd[i] = fd_up(sys_open(path, O_RDONLY | O_CLOEXEC, 0));
		if (spaces->fd[i] < 0)
			return -1;
	}
	return 0;
}

int spaces_make(struct spaces *spaces, unsigned kinds, const struct spaces_ids *ids,
                const char **call_r)
{
	struct maker maker = {.pid = -1, .go = -1};
	int rc;

	spaces_init(spaces);
	*call_r = "unshare";
	rc = maker_begin(&maker, kinds);
	if (rc == 0 && kinds & SPACES(USER))
		rc = map_ids(maker.pid, ids, call_r);
	if (rc == 0) {
		*call_r = "open";
		rc = open_all(spaces, kinds, maker.pid);
	}
	maker_end(&maker);
	if (rc < 0) {
		int error = errno;

		spaces_close(spaces);
		errno = error;
	}
	return rc;
}

/* ---- is it possible? ---- */

struct verdict {
	int error;
	char call[24];
};

static void __attribute__((noreturn)) child_say(int fd, const char *call, int error)
{
	struct verdict verdict = {.error = error};

	snprintf(verdict.call, sizeof verdict.call, "%s", call);
	_exit(sys_write(fd, &verdict, sizeof verdict) != (ssize_t)sizeof verdict);
}

/* As pid 1 of its namespace, where alone such a /proc can be mounted. */
static void __attribute__((noreturn)) child_mount(int fd)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		child_say(fd, "mount(private)", errno);
	if (mount("tmpfs", "/tmp", "tmpfs", flags, "size=4k") < 0)
		child_say(fd, "mount(tmpfs)", errno);
	if (mount("proc", "/proc", "proc", flags, NULL) < 0)
		child_say(fd, "mount(proc)", errno);
	child_say(fd, "", 0);
}

static void __attribute__((noreturn)) child_try(bool user, int fd)
{
	int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID;
	siginfo_t info;
	pid_t pid;

	if (user && geteuid() == 0 &&
	    (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	     setresuid(NOBODY, NOBODY, NOBODY) < 0))
		child_say(fd, "setresuid", errno);
	if (fault_wanted(user ? "try-user" : "try-spaces") ||
	    unshare(flags | (user ? CLONE_NEWUSER : 0)) < 0)
		child_say(fd, "unshare", errno);
	pid = fork();
	if (pid == 0)
		child_mount(fd);
	if (pid < 0)
		child_say(fd, "fork", errno);
	(void)sys_waitid(P_PID, (id_t)pid, &info, WEXITED, NULL);
	_exit(0);
}

int spaces_try(bool user, const char **call_r)
{
	static struct verdict verdict;
	siginfo_t info;
	int end[2];
	pid_t pid;

	*call_r = "pipe2";
	if (sys_pipe2(end, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		child_try(user, end[1]);
	fd_close(&end[1]);
	verdict = (struct verdict){.error = EPROTO, .call = "fork"};
	if (pid > 0) {
		(void)!sys_read(end[0], &verdict, sizeof verdict);
		(void)sys_waitid(P_PID, (id_t)pid, &info, WEXITED, NULL);
	} else {
		verdict.error = errno;
	}
	fd_close(&end[0]);
	*call_r = verdict.call;
	errno = verdict.error;
	return verdict.error ? -1 : 0;
}
