/* Groups that have outlived their session's process. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/inotify.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/group.h"
#include "core/supervisor.h"

enum {
	LEFT_MOST = 1024, /* that no session belongs to */
	LOOK_MSEC = 1000,
	BATCH = 64,
	EVENT_BYTES = 4096,
};

static struct session_group *group_of(struct list *link)
{
	return list_entry(link, struct session_group, link);
}

static void watch(struct groups *groups, struct session_group *group)
{
	char path[PATH_MAX + SUBTREE_NAME_MAX + 16];

	if (groups->watch.fd < 0)
		return;
	snprintf(path, sizeof path, "%s/%s/cgroup.events", groups->tree.path, group->name);
	group->watch = sys_inotify_add_watch(groups->watch.fd, path, IN_MODIFY);
}

static void arm(struct supervisor *sup)
{
	struct groups *groups = &sup->groups;

	if (!list_empty(&groups->left) && !loop_timer_is_set(&groups->timer))
		loop_timer_set(sup->loop, &groups->timer, loop_now(sup->loop) + LOOK_MSEC);
}

/* The one that was left first. */
static void kill_oldest(struct supervisor *sup)
{
	list_each (link, &sup->groups.left) {
		struct session_group *group = group_of(link);

		if (group->session || group->kill_at == 0)
			continue;
		log_warn("more than %d groups of ended sessions still have processes: those of "
		         "the oldest (%s) are killed",
		         LEFT_MOST, group->name);
		group->kill_at = 0;
		(void)subtree_signal(&sup->groups.tree, group->name, SIGKILL);
		return;
	}
}

void group_leave(struct supervisor *sup, struct session_group *group)
{
	struct groups *groups = &sup->groups;

	list_append(&groups->left, &group->link);
	groups->behind += !group->session;
	watch(groups, group);
	arm(sup);
	if (groups->behind > LEFT_MOST)
		kill_oldest(sup);
	/* It may have become empty before it was watched. */
	if (!group->session)
		(void)group_remove(sup, group);
}

static struct session_group *find_watch(const struct groups *groups, int watch)
{
	list_each (link, &groups->left)
		if (group_of(link)->watch == watch)
			return group_of(link);
	return NULL;
}

static void on_events(struct loop_watch *watch, uint32_t events)
{
	struct groups *groups = list_entry(watch, struct groups, watch);
	struct supervisor *sup = list_entry(groups, struct supervisor, groups);
	union {
		struct inotify_event event;
		char bytes[EVENT_BYTES];
	} buffer;
	ssize_t len = sys_read(watch->fd, &buffer, sizeof buffer);

	(void)events;
	for (ssize_t at = 0; len - at >= (ssize_t)sizeof buffer.event;) {
		const struct inotify_event *event = (void *)(buffer.bytes + at);
		struct session_group *group = find_watch(groups, event->wd);

		/* -1: events were lost, which the timer makes good. */
		if (event->wd >= 0 && group)
			(void)group_remove(sup, group);
		at += (ssize_t)(sizeof *event + event->len);
	}
}

static void kill_due(const struct groups *groups, msec_t now)
{
	int n = 0;

	list_each (link, &groups->left) {
		const struct session_group *group = group_of(link);

		if (group->kill_at < 0 || group->kill_at > now)
			continue;
		(void)subtree_signal(&groups->tree, group->name, SIGKILL);
		if (++n == BATCH)
			return;
	}
}

/* Should an event have been lost, or a group not have been ready to go. Those that
 * were looked at in vain go to the end, so that all have their turn. */
static void on_timer(struct loop_timer *timer)
{
	struct groups *groups = list_entry(timer, struct groups, timer);
	struct supervisor *sup = list_entry(groups, struct supervisor, groups);
	const struct list *last = list_last(&groups->left);
	bool over = false;
	int n = 0;

	kill_due(groups, loop_now(sup->loop));
	list_each_safe (link, &groups->left) {
		if (over || n++ == BATCH)
			break;
		over = link == last;
		if (!group_remove(sup, group_of(link))) {
			list_remove(link);
			list_append(&groups->left, link);
		}
	}
	arm(sup);
}

void groups_tell(struct supervisor *sup, int signal)
{
	list_each (link, &sup->groups.left)
		if (!group_of(link)->session)
			(void)subtree_signal(&sup->groups.tree, group_of(link)->name, signal);
}

void groups_begin(struct supervisor *sup)
{
	struct groups *groups = &sup->groups;

	subtree_init(&groups->tree);
	list_init(&groups->left);
	groups->watch.fd = -1;
	groups->watch.ready = on_events;
}

int groups_init(struct supervisor *sup)
{
	return loop_timer_init(sup->loop, &sup->groups.timer, on_timer);
}

int groups_attach(struct supervisor *sup)
{
	struct groups *groups = &sup->groups;

	/* Without it they are looked at every second. */
	groups->watch.fd = fd_up(sys_inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	if (groups->watch.fd >= 0 && loop_watch(sup->loop, &groups->watch, EPOLLIN) < 0)
		return -1;
	groups->open = true;
	list_each (link, &groups->left)
		watch(groups, group_of(link));
	/* What has become empty in between has told nobody: the timer looks. */
	arm(sup);
	return 0;
}
