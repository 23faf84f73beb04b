/* The tree of control groups, those of sessions, and those that were left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "core/carry.h"
#include "core/group.h"
#include "core/session.h"
#include "core/supervisor.h"

enum { TREE_PATH = 1, TREE_FD, TREE_WAY_BACK, TREE_MADE, TREE_CONTROLLERS };
enum { GROUP_NAME = 1, GROUP_KILL_AT };

void carry_write_groups(const struct supervisor *sup, struct state_writer *state)
{
	const struct groups *groups = &sup->groups;

	if (!groups->open)
		return;
	state_record(state, CARRY_TREE | STATE_OPTIONAL);
	state_add_text(state, TREE_PATH, groups->tree.path);
	state_add_fd(state, TREE_FD, groups->tree.fd);
	state_add_fd(state, TREE_WAY_BACK, groups->tree.way_back);
	state_add(state, TREE_MADE, groups->tree.made);
	state_add(state, TREE_CONTROLLERS, groups->tree.controllers);
	list_each (link, &groups->left) {
		const struct session_group *group = list_entry(link, struct session_group, link);

		if (group->session)
			continue;
		state_record(state, CARRY_GROUP | STATE_OPTIONAL);
		state_add_text(state, GROUP_NAME, group->name);
		state_add(state, GROUP_KILL_AT, (uint64_t)group->kill_at);
	}
}

bool carry_read_tree(struct carry *carry)
{
	struct state_reader *state = carry->state;
	struct subtree *tree = &carry->sup->groups.tree;
	const char *path = state_get_text(state, TREE_PATH);

	tree->fd = state_get_fd(state, TREE_FD);
	tree->way_back = state_get_fd(state, TREE_WAY_BACK);
	tree->made = state_get(state, TREE_MADE);
	tree->controllers = (unsigned)state_get(state, TREE_CONTROLLERS);
	if (!state_done(state))
		return false;
	if (!path || strlen(path) >= sizeof tree->path || tree->fd < 0)
		return state_fail(state, "the tree of control groups is nowhere");
	snprintf(tree->path, sizeof tree->path, "%s", path);
	return true;
}

static struct session_group *make(struct carry *carry, const char *name)
{
	struct session_group *group;

	if (!name || strlen(name) >= sizeof group->name) {
		state_fail(carry->state, "a control group has no name");
		return NULL;
	}
	group = sys_calloc(1, sizeof *group);
	if (!group) {
		(void)carry_no_memory(carry);
		return NULL;
	}
	list_init(&group->link);
	snprintf(group->name, sizeof group->name, "%s", name);
	group->watch = -1;
	group->kill_at = -1;
	return group;
}

bool carry_read_group(struct carry *carry)
{
	struct groups *groups = &carry->sup->groups;
	struct state_reader *state = carry->state;
	const char *name = state_get_text(state, GROUP_NAME);
	msec_t kill_at = (msec_t)state_get(state, GROUP_KILL_AT);
	struct session_group *group = state_done(state) ? make(carry, name) : NULL;

	if (!group)
		return false;
	group->kill_at = kill_at;
	list_append(&groups->left, &group->link);
	groups->behind++;
	return true;
}

/* ---- of a session, in its record ---- */

enum { NAME, ENDED, PID, CODE, STATUS, RSS };

void carry_write_session_group(const struct session *session, unsigned tag,
                               struct state_writer *state)
{
	const struct session_group *group = session->group;

	if (!group)
		return;
	tag |= STATE_OPTIONAL;
	state_add_text(state, tag + NAME, group->name);
	state_add(state, tag + ENDED, session->ended);
	state_add(state, tag + PID, (uint64_t)group->info.si_pid);
	state_add(state, tag + CODE, (uint64_t)group->info.si_code);
	state_add(state, tag + STATUS, (uint64_t)group->info.si_status);
	state_add(state, tag + RSS, (uint64_t)group->usage.ru_maxrss);
}

bool carry_read_session_group(struct carry *carry, struct session *session, unsigned tag)
{
	struct state_reader *state = carry->state;
	const char *name = state_get_text(state, tag + NAME);
	struct session_group *group = name ? make(carry, name) : NULL;

	if (!group)
		return !name;
	group->session = session;
	session->group = group;
	session->ended = state_get(state, tag + ENDED);
	group->info.si_pid = (pid_t)state_get(state, tag + PID);
	group->info.si_code = (int)state_get(state, tag + CODE);
	group->info.si_status = (int)state_get(state, tag + STATUS);
	group->usage.ru_maxrss = (long)state_get(state, tag + RSS);
	if (session->ended)
		list_append(&carry->sup->groups.left, &group->link);
	return true;
}
