#include "core/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/sys.h"
#include "core/supervisor.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum {
	TRIAL_MSEC = 10 * 1000,
	SAID_MAX_BYTES = 4096, /* more is thrown away */
	CHILD_STATE = 3,       /* in the child */
	CHILD_ANSWER = 4,
};

struct trial {
	struct supervisor *sup;
	pid_t pid;
	struct loop_watch ended;  /* its pidfd */
	struct loop_watch answer; /* what it says */
	struct loop_timer deadline;
	bool late;
	struct state_nonce nonce;
	char said[SAID_MAX_BYTES];
	size_t said_len;
	void (*told)(void *context, const char *version, const char *why);
	void *context;
};

static void hear(struct trial *trial)
{
	char bytes[1024];
	ssize_t n;

	while ((n = sys_read(trial->answer.fd, bytes, sizeof bytes)) > 0) {
		size_t room = sizeof trial->said - 1 - trial->said_len;
		size_t len = (size_t)n < room ? (size_t)n : room;

		memcpy(trial->said + trial->said_len, bytes, len);
		trial->said_len += len;
		if (n < (ssize_t)sizeof bytes)
			break;
	}
	if (n == 0)
		loop_unwatch(trial->sup->loop, &trial->answer);
	trial->said[trial->said_len] = '\0';
}

static void on_answer(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	hear(list_entry(watch, struct trial, answer));
}

/* All its processes, wherever it has got to. */
static void kill_all(const struct trial *trial)
{
	(void)sys_kill(-trial->pid, SIGKILL);
	(void)sys_pidfd_send_signal(trial->ended.fd, SIGKILL);
}

static void on_deadline(struct loop_timer *timer)
{
	struct trial *trial = list_entry(timer, struct trial, deadline);

	trial->late = true;
	kill_all(trial);
}

/* The answer is the last line, and whole. What stands before it, the linker's
 * warnings for example, does no harm. */
static const char *find_version(struct trial *trial)
{
	char wanted[HANDOFF_TEXT_MAX], *line = trial->said + trial->said_len, *end = line;
	size_t len;

	handoff_answer(&trial->nonce, "", wanted);
	len = strlen(wanted) - 1;
	if (trial->said_len == 0 || end[-1] != '\n' || strlen(trial->said) != trial->said_len)
		return NULL;
	line--;
	while (line > trial->said && line[-1] != '\n')
		line--;
	end[-1] = '\0';
	if (strncmp(line, wanted, len) != 0 || !line[len])
		return NULL;
	return line + len;
}

static void describe(const struct trial *trial, const siginfo_t *info, char *why, size_t size)
{
	char last[200] = "it said nothing";
	size_t len = strcspn(trial->said, "\n");

	if (trial->said_len > 0)
		snprintf(last, sizeof last, "it said: %.*s", (int)(len < 180 ? len : 180),
		         trial->said);
	for (char *p = last; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	if (trial->late)
		snprintf(why, size, "it did not answer within %d s", TRIAL_MSEC / 1000);
	else if (info->si_code != CLD_EXITED)
		snprintf(why, size, "it was ended by SIG%s; %s",
		         sigabbrev_np(info->si_status) ? sigabbrev_np(info->si_status) : "?", last);
	else
		snprintf(why, size, "it ended with status %d and without the answer; %s",
		         info->si_status, last);
}

static void on_end(struct loop_watch *watch, uint32_t events)
{
	struct trial *trial = list_entry(watch, struct trial, ended);
	siginfo_t info = {.si_pid = 0, .si_code = CLD_EXITED};
	const char *version = NULL;
	char why[400];

	(void)events;
	hear(trial);
	/* Who reaps all children may have been first; then the answer alone counts. */
	(void)sys_waitid((idtype_t)P_PIDFD, (id_t)watch->fd, &info, WEXITED | WNOHANG, NULL);
	loop_unwatch(trial->sup->loop, watch);
	loop_timer_unset(trial->sup->loop, &trial->deadline);
	if (!trial->late && info.si_code == CLD_EXITED && info.si_status == 0)
		version = find_version(trial);
	if (!version)
		describe(trial, &info, why, sizeof why);
	trial->told(trial->context, version, version ? NULL : why);
}

static void run(const char *path, char **argv, char **envp, int state_fd, int answer_fd)
{
	char why[256];
	int len;

	signals_reset();
	(void)setsid();
	/* Out of the way of the numbers that they are to have. */
	state_fd = fcntl(state_fd, F_DUPFD, CHILD_ANSWER + 1);
	answer_fd = fcntl(answer_fd, F_DUPFD, CHILD_ANSWER + 1);
	if (dup2(state_fd, CHILD_STATE) == CHILD_STATE &&
	    dup2(answer_fd, CHILD_ANSWER) == CHILD_ANSWER &&
	    dup2(answer_fd, STDERR_FILENO) == STDERR_FILENO) {
		fd_close_from(CHILD_ANSWER + 1);
		execve(path, argv, envp);
	}
	len = snprintf(why, sizeof why, "%.180s: %s\n", path, strerror(errno));
	(void)!sys_write(CHILD_ANSWER, why, (size_t)len);
	_exit(1);
}

static pid_t start(struct trial *trial, const char *path, char **argv, int state_fd)
{
	struct handoff handoff = {.phase = HANDOFF_TRIAL,
	                          .state_fd = CHILD_STATE,
	                          .other_fd = CHILD_ANSWER,
	                          .nonce = trial->nonce};
	char **envp = handoff_environment(&handoff, NULL);
	int end[2];
	pid_t pid;

	if (!envp)
		return -1;
	if (sys_pipe2(end, O_CLOEXEC) < 0) {
		free(envp);
		return -1;
	}
	pid = fault_wanted("trial-fork") ? -1 : fork();
	if (pid == 0)
		run(path, argv, envp, state_fd, end[1]);
	free(envp);
	fd_close(&end[1]);
	trial->answer.fd = fd_up(end[0]);
	return pid;
}

static int watch(struct trial *trial)
{
	struct loop *loop = trial->sup->loop;

	trial->ended.fd = fd_up(sys_pidfd_open(trial->pid));
	if (trial->ended.fd < 0 || fd_set_nonblock(trial->answer.fd, true) < 0 ||
	    loop_watch(loop, &trial->answer, EPOLLIN) < 0)
		return -1;
	return loop_watch(loop, &trial->ended, EPOLLIN);
}

struct trial *trial_new(struct supervisor *sup, const char *path, char **argv, int state_fd,
                        const struct state_nonce *nonce,
                        void (*told)(void *context, const char *version, const char *why),
                        void *context)
{
	struct trial *trial = sys_calloc(1, sizeof *trial);

	if (!trial)
		return NULL;
	trial->sup = sup;
	trial->nonce = *nonce;
	trial->told = told;
	trial->context = context;
	trial->ended = (struct loop_watch){.fd = -1, .ready = on_end};
	trial->answer = (struct loop_watch){.fd = -1, .ready = on_answer};
	if (loop_timer_init(sup->loop, &trial->deadline, on_deadline) < 0) {
		free(trial);
		return NULL;
	}
	trial->pid = start(trial, path, argv, state_fd);
	if (trial->pid < 0 || watch(trial) < 0) {
		int saved = errno;

		trial_free(&trial);
		errno = saved;
		return NULL;
	}
	loop_timer_set(sup->loop, &trial->deadline, loop_now(sup->loop) + TRIAL_MSEC);
	return trial;
}

/* One that has not ended yet ends now, and is reaped. */
static void finish(struct trial *trial)
{
	siginfo_t info;

	if (trial->pid <= 0 || (trial->ended.fd >= 0 && trial->ended.events == 0))
		return;
	(void)sys_kill(trial->pid, SIGKILL);
	(void)sys_waitid(P_PID, (id_t)trial->pid, &info, WEXITED, NULL);
}

void trial_free(struct trial **trial)
{
	struct trial *t = *trial;

	*trial = NULL;
	if (!t)
		return;
	finish(t);
	loop_unwatch(t->sup->loop, &t->ended);
	loop_unwatch(t->sup->loop, &t->answer);
	loop_timer_free(t->sup->loop, &t->deadline);
	fd_close(&t->ended.fd);
	fd_close(&t->answer.fd);
	free(t);
}
