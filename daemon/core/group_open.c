/* The beginning and the end of the tree of groups. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/log.h"
#include "config/groups.h"
#include "core/group.h"
#include "core/supervisor.h"

enum { END_ROUNDS = 200, END_NSEC = 5 * 1000 * 1000 };

static unsigned wanted_by(const struct conf *conf, bool *any_r)
{
	unsigned wanted = 0;

	for (size_t i = 0; i < conf->service_count; i++) {
		wanted |= groups_controllers(conf->services[i]);
		*any_r |= conf->services[i]->grouped;
	}
	return wanted;
}

/* The option by which a service asks for a controller, or for a group at all. */
static const char *option_of(unsigned controller)
{
	return controller == CGROUP_MEMORY ? "memory_max"
	       : controller == CGROUP_PIDS ? "pids_max"
	       : controller == CGROUP_CPU  ? "cpu_max"
	                                   : "slot";
}

static const struct conf_where *where_of(const struct conf_service *conf, const char *option)
{
	for (size_t i = 0; i < conf->setting_count; i++)
		if (strcmp(conf->setting[i].option, option) == 0)
			return &conf->setting[i].where;
	return &conf->where;
}

static const char *const hint =
    "be started by a service manager that gives its group away (Delegate=yes), or set "
    "sandbox_required = no";

/* A sentence with the place of the option, or the log's. */
static void lack(const struct conf_service *conf, unsigned controller, struct buf *why,
                 const char *what, const char *name)
{
	const char *option = option_of(controller);
	const struct conf_where *where = where_of(conf, option);

	if (conf->sandbox_required)
		buf_addf(why, "%s:%u: service \"%s\": %s: %s%s (%s)\n", where->file, where->line,
		         conf->name, option, what, name, hint);
	else
		log_warn("%s:%u: service \"%s\": %s: %s%s: it is done without", where->file,
		         where->line, conf->name, option, what, name);
}

static unsigned missing(const struct groups *groups, const struct conf_service *conf)
{
	return groups_controllers(conf) & ~groups->tree.controllers;
}

static void check_service(const struct groups *groups, const struct conf_service *conf,
                          struct buf *why)
{
	unsigned bits = groups_controllers(conf);

	if (!conf->grouped || !conf->enabled)
		return;
	if (!groups->open) {
		lack(conf, bits & -bits, why, "no control groups: ", groups->why);
		return;
	}
	for (unsigned bit = 1; bit <= CGROUP_ALL; bit <<= 1)
		if (missing(groups, conf) & bit)
			lack(conf, bit, why,
			     "this controller is not to be had in our control group: ",
			     cgroup_controller(bit));
}

static void make_tree(struct supervisor *sup, const struct conf *conf, unsigned wanted)
{
	struct groups *groups = &sup->groups;
	struct subtree_options options = {.proc = CGROUP_PROC, .uid = (uid_t)-1, .wanted = wanted};

	if (conf->user && !sup->privileges && geteuid() == 0) {
		options.uid = conf->uid;
		options.gid = conf->gid;
	}
	if (subtree_open(&groups->tree, &options, groups->why) < 0)
		return;
	if (groups_attach(sup) < 0) {
		snprintf(groups->why, sizeof groups->why, "%s", strerror(errno));
		subtree_close(&groups->tree);
		groups->open = false;
		return;
	}
	log_info("control groups of sessions are made in %s", groups->tree.path);
}

void groups_check(struct supervisor *sup, const struct conf *conf, bool make, struct buf *why)
{
	struct groups *groups = &sup->groups;
	bool any = false;
	unsigned wanted = wanted_by(conf, &any);

	if (!any)
		return;
	/* Controllers are asked for all at once: which will be wanted later is not known. */
	if (!groups->open && make)
		make_tree(sup, conf, wanted | CGROUP_ALL);
	if (!groups->open && !make)
		return;
	for (size_t i = 0; i < conf->service_count; i++)
		check_service(groups, conf->services[i], why);
}

int groups_open(struct supervisor *sup, struct buf *why)
{
	groups_check(sup, sup->conf, true, why);
	return why->len > 0 ? -1 : 0;
}

void groups_tidy(struct supervisor *sup)
{
	for (size_t i = 0; sup->groups.open && i < sup->conf->service_count; i++)
		if (!sup->conf->services[i]->grouped)
			subtree_remove_service(&sup->groups.tree, sup->conf->services[i]->name);
}

void groups_lack(const struct supervisor *sup, const struct conf_service *conf, struct buf *out)
{
	const struct groups *groups = &sup->groups;

	if (!conf->grouped)
		return;
	if (!groups->open) {
		buf_addf(out, "no control groups: %s", groups->why);
		return;
	}
	for (unsigned bit = 1; bit <= CGROUP_ALL; bit <<= 1)
		if (missing(groups, conf) & bit)
			buf_addf(out, "%s%s", out->len ? ", " : "no controller ",
			         cgroup_controller(bit));
}

/* It is the end: who is still there has had its time. */
static void end_left(struct supervisor *sup)
{
	struct groups *groups = &sup->groups;
	struct timespec pause = {.tv_nsec = END_NSEC};

	if (groups->behind > 0)
		log_info("groups of ended sessions whose processes are killed: %u", groups->behind);
	groups_tell(sup, SIGKILL);
	for (int i = 0; i < END_ROUNDS && !list_empty(&groups->left); i++) {
		list_each_safe (link, &groups->left)
			(void)group_remove(sup, list_entry(link, struct session_group, link));
		if (!list_empty(&groups->left))
			(void)nanosleep(&pause, NULL);
	}
}

void groups_free(struct supervisor *sup)
{
	struct groups *groups = &sup->groups;

	if (groups->open) {
		end_left(sup);
		loop_unwatch(sup->loop, &groups->watch);
		fd_close(&groups->watch.fd);
		subtree_close(&groups->tree);
	}
	list_each_safe (link, &groups->left)
		free(list_entry(link, struct session_group, link));
	loop_timer_free(sup->loop, &groups->timer);
}
