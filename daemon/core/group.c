#include "core/group.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/service.h"
#include "core/session.h"
#include "core/supervisor.h"

enum { TELL_MSEC = 1000, TEXT_BYTES = 2048 };

/* Which limits a group has run into. */
struct reached {
	uint64_t oom_kills, pids;
};

static struct reached look(const struct groups *groups, const struct session_group *group)
{
	const struct conf_service *conf = group->session->service->conf;
	struct reached reached = {0, 0};
	char text[TEXT_BYTES];

	if (conf->memory_max &&
	    subtree_read(&groups->tree, group->name, "memory.events", text, sizeof text) > 0)
		reached.oom_kills = cgroup_value(text, "oom_kill");
	if (conf->pids_max &&
	    subtree_read(&groups->tree, group->name, "pids.events", text, sizeof text) > 0)
		reached.pids = cgroup_value(text, "max");
	return reached;
}

/* Clients can bring it about: at most a line a second. */
static void tell_one(struct session *session, const char *what)
{
	struct supervisor *sup = session->service->sup;
	struct groups *groups = &sup->groups;
	msec_t now = loop_now(sup->loop);
	char more[64] = "";

	if (groups->told > 0 && now - groups->told < TELL_MSEC) {
		groups->untold++;
		return;
	}
	if (groups->untold > 0)
		snprintf(more, sizeof more, " (%u more were not told)", groups->untold);
	log_info("service \"%s\": session %llu: %s%s", session->service->conf->name,
	         (unsigned long long)session->facts.session, what, more);
	groups->told = now;
	groups->untold = 0;
}

static void tell(struct session *session, const struct reached *reached)
{
	if (reached->oom_kills > 0)
		tell_one(session, "it needed more than memory_max: all of its processes were "
		                  "killed");
	if (reached->pids > 0)
		tell_one(session, "it wanted more processes than pids_max: some could not be "
		                  "made");
}

/* The processor time of all, and not only of those that somebody waited for. */
static void count_usage(const struct groups *groups, const struct session_group *group,
                        struct rusage *usage)
{
	char text[TEXT_BYTES];
	uint64_t user, system;

	if (subtree_read(&groups->tree, group->name, "cpu.stat", text, sizeof text) <= 0)
		return;
	user = cgroup_value(text, "user_usec");
	system = cgroup_value(text, "system_usec");
	usage->ru_utime = (struct timeval){(time_t)(user / 1000000), (long)(user % 1000000)};
	usage->ru_stime = (struct timeval){(time_t)(system / 1000000), (long)(system % 1000000)};
}

/* Nobody knows it any more. */
static void group_free(struct groups *groups, struct session_group *group)
{
	if (!list_empty(&group->link) && !group->session)
		groups->behind--;
	if (group->session)
		group->session->group = NULL;
	list_remove(&group->link);
	free(group);
}

bool group_remove(struct supervisor *sup, struct session_group *group)
{
	struct groups *groups = &sup->groups;
	struct session *session = group->session;
	struct reached reached = {0, 0};
	siginfo_t info;
	struct rusage usage;

	/* What it has to tell goes with it. */
	if (session) {
		reached = look(groups, group);
		count_usage(groups, group, &group->usage);
	}
	if (subtree_remove(&groups->tree, group->name) < 0)
		return false;
	info = group->info;
	usage = group->usage;
	group_free(groups, group);
	if (session) {
		tell(session, &reached);
		reap_gone(session, &info, &usage);
	}
	return true;
}

int group_begin(struct conn *conn, struct slot *slot, int *fd_r)
{
	struct service *service = conn->service;
	struct groups *groups = &service->sup->groups;
	const struct subtree_limits *limits = &conn->plan->group;
	const char *what = "there is none";
	struct session_group *group;
	int fd;

	*fd_r = -1;
	slot->child.step = SPAWN_CGROUP;
	if (!limits->wanted || (!groups->open && !limits->required)) {
		slot->child.step = SPAWN_NONE;
		return 0;
	}
	group = sys_calloc(1, sizeof *group);
	if (!group)
		return -1;
	errno = EOPNOTSUPP;
	fd = groups->open ? subtree_make(&groups->tree, service->conf->name, conn->facts.session,
	                                 limits, group->name, &what)
	                  : -1;
	if (fd < 0) {
		if (!spawn_is_shortage(errno))
			log_warn("service \"%s\": no control group for a session: %s: %m",
			         service->conf->name, what);
		free(group);
		return -1;
	}
	list_init(&group->link);
	group->session = conn->session;
	group->watch = -1;
	group->kill_at = -1;
	conn->session->group = group;
	slot->child.step = SPAWN_NONE;
	spawn_into(slot, fd);
	*fd_r = fd;
	return 0;
}

/* Until when those that outlive the session's process may run. */
static msec_t kill_time(const struct session *session)
{
	const struct conf_service *conf = session->service->conf;

	if (session->told > 0)
		return session->told + conf->stop_timeout_msec;
	if (conf->max_runtime_msec > 0)
		return session->facts.started / 1000 + 1 + conf->max_runtime_msec +
		       conf->stop_timeout_msec;
	return -1;
}

/* The session goes on without it. */
static void leave_behind(struct session *session)
{
	struct session_group *group = session->group;

	group->kill_at = kill_time(session);
	group->session = NULL;
	session->group = NULL;
	group_leave(session->service->sup, group);
}

bool group_end(struct session *session, const siginfo_t *info, struct rusage *usage)
{
	struct supervisor *sup = session->service->sup;
	struct groups *groups = &sup->groups;
	struct session_group *group = session->group;
	bool ran = session->step == SPAWN_NONE && !session->void_;
	bool tree = ran && session->service->conf->slot == CONF_SLOT_TREE;
	struct reached reached = look(groups, group);

	if (tree)
		count_usage(groups, group, usage);
	group->info = *info;
	group->usage = *usage;
	if (subtree_remove(&groups->tree, group->name) == 0) {
		group_free(groups, group);
		tell(session, &reached);
		return true;
	}
	if (!tree) {
		tell(session, &reached);
		leave_behind(session);
		return true;
	}
	session_leave_process(session);
	group_leave(sup, group);
	/* It may have become empty before it was watched. */
	(void)group_remove(sup, group);
	return false;
}

void group_forget(struct session *session)
{
	struct supervisor *sup = session->service->sup;
	struct session_group *group = session->group;

	/* One that was only read from a state has nothing of the kernel's yet. */
	if (!sup->groups.open || subtree_remove(&sup->groups.tree, group->name) == 0) {
		group_free(&sup->groups, group);
		return;
	}
	list_remove(&group->link);
	leave_behind(session);
}

bool group_signal(const struct session *session, int signal)
{
	const struct supervisor *sup = session->service->sup;

	return subtree_signal(&sup->groups.tree, session->group->name, signal);
}
