#include "core/reap.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/group.h"
#include "core/record.h"
#include "core/service.h"
#include "core/start.h"
#include "core/supervisor.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum {
	BATCH = 64,
	SWEEP_SOON_MSEC = 1000,
	SWEEP_MSEC = 60 * 1000,
};

static usec_t usec_of(const struct timeval *tv)
{
	return (usec_t)tv->tv_sec * 1000000 + tv->tv_usec;
}

static void count_end(struct session *session, const siginfo_t *info, const struct rusage *usage)
{
	struct stats *stats = &session->service->stats;
	bool exited = info->si_code == CLD_EXITED;

	stats->cpu_usec += (uint64_t)(usec_of(&usage->ru_utime) + usec_of(&usage->ru_stime));
	stats_observe(&stats->session, clock_usec() - session->facts.started);
	stats_exited(stats, exited ? 0 : info->si_status, exited ? info->si_status : 0);
	record_end(session, info, usage);
}

void reap_gone(struct session *session, const siginfo_t *info, const struct rusage *usage)
{
	struct service *service = session->service;
	struct supervisor *sup = service->sup;
	/* A child that failed for lack of something gives back what it lacked. */
	bool frees = !session->void_;

	if (session->cell)
		cells_ended(&sup->reaper.cells, session->cell);
	session_end_stderr(session);
	if (session->step == SPAWN_NONE && !session->void_)
		count_end(session, info, usage);
	session_free(session);
	sup->reaper.reaped++;
	sup->pump_wanted = true;
	if (frees) {
		resources_freed(sup);
		service_freed(service);
	}
	service_update(service);
}

static void reap_session(struct supervisor *sup, struct session *session, idtype_t type, id_t id)
{
	siginfo_t info = {.si_pid = 0};
	struct rusage usage = {.ru_maxrss = 0};

	if (sys_waitid(type, id, &info, WEXITED | WNOHANG, &usage) < 0) {
		if (errno != ECHILD) {
			sup->reaper.more = true;
			return;
		}
		log_error("session %llu: pid %d has been reaped by somebody else",
		          (unsigned long long)session->facts.session, (int)session->pid);
	} else if (info.si_pid == 0) {
		return;
	}
	/* It ended after the last look at the slots: its start is done, too. */
	if (session->starting)
		spawn_ended(sup->spawner, session->pid);
	assert(!session->starting);
	if (!session->group || group_end(session, &info, &usage))
		reap_gone(session, &info, &usage);
}

/* Any child that has ended, whoever it was. False when there is none. */
static bool sweep_one(struct supervisor *sup)
{
	siginfo_t info = {.si_pid = 0};
	struct session *session;
	pid_t pid;

	if (sys_waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL) < 0 || info.si_pid == 0)
		return false;
	pid = info.si_pid;
	session = session_of_pid(sup, pid);
	if (session)
		reap_session(sup, session, P_PID, (id_t)pid);
	else
		(void)sys_waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG, NULL);
	return true;
}

static void sweep(struct supervisor *sup)
{
	int n = 0;

	sup->reaper.swept = loop_now(sup->loop);
	while (n < BATCH && sweep_one(sup))
		n++;
	sup->reaper.more |= n == BATCH;
	loop_timer_set(sup->loop, &sup->reaper.sweep_timer, sup->reaper.swept + SWEEP_MSEC);
}

static void on_sweep(struct loop_timer *timer)
{
	struct reaper *reaper = list_entry(timer, struct reaper, sweep_timer);

	sweep(list_entry(reaper, struct supervisor, reaper));
}

int reap_init(struct supervisor *sup)
{
	struct reaper *reaper = &sup->reaper;
	int subreaper = 0;

	reaper->epoll_fd = fd_up(sys_epoll_create1(EPOLL_CLOEXEC));
	if (reaper->epoll_fd < 0)
		return -1;
	if (prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0) < 0)
		subreaper = 0;
	reaper->adopts = subreaper || getpid() == 1;
	if (loop_timer_init(sup->loop, &reaper->sweep_timer, on_sweep) < 0)
		return -1;
	loop_timer_set(sup->loop, &reaper->sweep_timer, loop_now(sup->loop) + SWEEP_MSEC);
	return 0;
}

void reap_free(struct supervisor *sup)
{
	loop_timer_free(sup->loop, &sup->reaper.sweep_timer);
	fd_close(&sup->reaper.epoll_fd);
	cells_free(&sup->reaper.cells);
}

void reap_watch(struct supervisor *sup, struct session *session)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};

	if (session->pidfd >= 0 &&
	    sys_epoll_ctl(sup->reaper.epoll_fd, EPOLL_CTL_ADD, session->pidfd, &event) == 0)
		return;
	session->blind = true;
	sup->reaper.blind++;
}

/* Who of the sessions has ended; how many were looked at. */
static int reap_ready(struct supervisor *sup)
{
	struct epoll_event event[BATCH];
	int n = sys_epoll_wait(sup->reaper.epoll_fd, event, BATCH, 0);

	for (int i = 0; i < n; i++) {
		struct session *session = event[i].data.ptr;

		reap_session(sup, session, P_PIDFD, (id_t)session->pidfd);
	}
	return n;
}

void reap_all(struct supervisor *sup, bool signalled)
{
	struct reaper *reaper = &sup->reaper;
	bool soon = loop_now(sup->loop) - reaper->swept >= SWEEP_SOON_MSEC;
	int n;

	reaper->more = false;
	n = reap_ready(sup);
	cells_reap(&reaper->cells);
	reaper->more |= n < 0 || n == BATCH;
	if (reaper->blind > 0 || (signalled && n <= 0 && reaper->adopts && soon))
		sweep(sup);
	/* What this batch has freed is taken at once, before newcomers come. */
	start_pump(sup);
}
