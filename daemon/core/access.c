#include "core/access.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/runtime.h"
#include "base/sys.h"

/* To the parent, which reads our standard output. */
static void say(const struct conf *conf, const char *path, const char *what, const char *hint)
{
	char line[1024];
	int len =
	    snprintf(line, sizeof line, "%s: the supervisor's user \"%s\" cannot %s: %s (%s)\n",
	             path, conf->user, what, strerror(errno), hint);

	if (len >= (int)sizeof line)
		len = sizeof line - 1;
	(void)sys_write(STDOUT_FILENO, line, (size_t)len);
}

static void try_files(const struct conf *conf)
{
	for (const char *const *file = conf->files; *file; file++)
		if (access(*file, R_OK) < 0)
			say(conf, *file, "read this, so a reload would fail",
			    "chgrp it to that user's group and chmod 0640");
}

static void try_roots(const struct conf *conf)
{
	for (size_t i = 0; i < conf->service_count; i++) {
		const char *root = conf->services[i]->root;

		if (root && access(root, X_OK) < 0)
			say(conf, root, "search this root directory, so a reload would fail",
			    "chmod a+x it and those above it");
	}
}

static void try_log(const struct conf *conf, const struct log_options *log)
{
	const char *socket = NULL;

	if (log->to == LOG_TO_FILE && access(log->path, W_OK) < 0 && errno != ENOENT)
		say(conf, log->path, "append to the log", "chown it to that user");
	if (log->to == LOG_TO_SYSLOG)
		socket = LOG_SYSLOG_PATH;
	else if (log->to == LOG_TO_JOURNAL)
		socket = LOG_JOURNAL_PATH;
	/* One that is not there yet will come. */
	if (socket && access(socket, W_OK) < 0 && errno == EACCES)
		say(conf, socket, "write to the logger once that was restarted",
		    "its socket should be writable for all");
}

/* Where the directory is not there yet, it will be made for that user. */
static void try_control(const struct conf *conf)
{
	char dir[RUNTIME_PATH_MAX];
	struct stat st;

	if (runtime_dir_of(conf->control, dir, sizeof dir) < 0 || stat(dir, &st) < 0)
		return;
	if (access(dir, W_OK | X_OK) < 0)
		say(conf, dir, "replace the control socket here",
		    "chown it to that user, or set `control` to a path in a directory of its own");
}

static void try_all(const struct conf *conf, const struct log_options *log)
{
	errno = 0;
	if (setgroups(conf->group_count, conf->groups) < 0 ||
	    setresgid(conf->gid, conf->gid, conf->gid) < 0 ||
	    setresuid(conf->uid, conf->uid, conf->uid) < 0) {
		say(conf, conf->file, "be become", "is usherd confined itself?");
		return;
	}
	try_files(conf);
	try_roots(conf);
	try_log(conf, log);
	try_control(conf);
}

static void read_all(int fd, struct buf *out)
{
	char bytes[1024];
	ssize_t n;

	while ((n = sys_read(fd, bytes, sizeof bytes)) > 0)
		buf_add(out, bytes, (size_t)n);
}

int access_check(const struct conf *conf, const struct log_options *log, struct buf *out)
{
	size_t before = out->len;
	int end[2];
	pid_t pid;

	if (geteuid() != 0 || !conf->user || conf->uid == 0)
		return 0;
	if (sys_pipe2(end, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(end[1], STDOUT_FILENO);
		try_all(conf, log);
		_exit(0);
	}
	close(end[1]);
	if (pid > 0)
		read_all(end[0], out);
	fd_close(&end[0]);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		return -1;
	return out->len > before;
}
