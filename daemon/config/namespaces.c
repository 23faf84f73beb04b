#include "config/namespaces.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/caps.h"
#include "base/spaces.h"
#include "config/beneath.h"
#include "config/paths.h"
#include "config/program.h"
#include "config/sandbox.h"

enum { WHY_LEN = 160 };

static bool raises_limit(const struct conf_service *service)
{
	struct rlimit now;

	for (size_t i = 0; i < CONF_RLIMITS; i++)
		if (service->rlimit[i].set &&
		    getrlimit((__rlimit_resource_t)service->rlimit[i].resource, &now) == 0 &&
		    service->rlimit[i].hard > now.rlim_max)
			return true;
	return false;
}

static bool has_group_0(const struct conf_service *service)
{
	for (size_t i = 0; i < service->group_count; i++)
		if (service->groups[i] == 0)
			return true;
	return service->gid == 0;
}

/* What it takes outside is gone within: then it cannot be one. NULL: it can. */
static const char *why_outside(const struct conf_service *service)
{
	if (service->uid == 0 || has_group_0(service))
		return "a handler that is root, or in its group,";
	if (!service->no_new_privs)
		return "a handler that may gain privileges (no_new_privs = no)";
	if (service->capabilities)
		return "a handler with capabilities";
	if ((service->nice_set && service->nice < 0) || service->oom_score_adj_set ||
	    raises_limit(service))
		return "a handler that is preferred to others (nice, oom_score_adj, rlimit_*)";
	return NULL;
}

/* Asked once a run. NULL: it works. */
static const char *why_not(bool user)
{
	static char why[2][WHY_LEN];
	static bool asked[2];
	const char *call;

	if (!asked[user] && spaces_try(user, &call) < 0)
		snprintf(why[user], WHY_LEN, "%s%s: %s",
		         user ? "in a user namespace, which is what it takes here, " : "", call,
		         strerror(errno));
	asked[user] = true;
	return why[user][0] ? why[user] : NULL;
}

/* To be in none takes a capability that the supervisor then has to keep. */
static const char *why_no_admin(const struct builder *b, const char *outside)
{
	static char why[2 * WHY_LEN];

	if (caps_permitted() & CAPS_BIT(CAP_SYS_ADMIN))
		return why_not(false);
	/* What was given up at the start is told by the switchover. */
	if (reader_has_dropped(b->reader))
		return NULL;
	snprintf(why, sizeof(why), "for %s usherd needs cap_sys_admin, which it does not have here",
	         outside);
	return why;
}

static const char *choose(struct builder *b)
{
	const char *outside = why_outside(b->service), *why, *admin;

	b->service->user_space = !outside;
	if (b->reader->no_files)
		return NULL;
	if (outside)
		return why_no_admin(b, outside);
	why = why_not(true);
	if (!why)
		return NULL;
	admin = why_no_admin(b, "that");
	b->service->user_space = admin != NULL;
	return admin ? why : NULL;
}

/* It is there for a handler in all that is well made, but a root may be bare. */
static void check_tmp(struct builder *b)
{
	const struct setting *root = section_find(b->section, "root");
	struct stat st;

	if (b->service->private_tmp && b->service->root && root &&
	    (beneath_stat(b->service->root, "/tmp", &st) < 0 || !S_ISDIR(st.st_mode)))
		section_error(b->reader, b->section, "root", &root->where,
		              "%s has no directory tmp, where private_tmp could be (make it)",
		              b->service->root);
}

static void leave_out(struct builder *b, const char *option, bool *wanted, const char *why)
{
	if (*wanted)
		sandbox_lacks(b, option, why);
	*wanted = false;
}

static void find_cell(struct builder *b)
{
	struct conf_service *service = b->service;

	if (!service->private_pids || b->reader->no_files)
		return;
	service->cell = program_own(b->reader, "usherd-cell");
	if (!service->cell)
		leave_out(b, "private_pids", &service->private_pids,
		          "its program usherd-cell is neither in the directory of handlers nor "
		          "installed");
}

void namespaces_build(struct builder *b)
{
	struct conf_service *service = b->service;
	const char *why;

	service->no_network |= !service->network;
	if (!service->no_network && !service->private_tmp && !service->private_pids)
		return;
	check_tmp(b);
	find_cell(b);
	why = choose(b);
	if (why) {
		leave_out(b, "network", &service->no_network, why);
		leave_out(b, "private_tmp", &service->private_tmp, why);
		leave_out(b, "private_pids", &service->private_pids, why);
		service->user_space = false;
	}
	paths_keep_from_tcp(b);
}

void namespaces_format(const struct conf_service *service, struct buf *out)
{
	if (service->no_network)
		buf_adds(out, ", no network but the client's socket");
	if (service->private_tmp)
		buf_adds(out, ", a /tmp of its own");
	if (service->private_pids)
		buf_adds(out, ", sees no other processes");
	if (service->user_space)
		buf_adds(out, " (in a user namespace)");
}
