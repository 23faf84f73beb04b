#include "core/switchover.h"
#include "base/caps.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "core/changes.h"
#include "core/group.h"
#include "core/moves.h"
#include "core/privileges.h"
#include "core/service.h"
#include "core/supervisor.h"

enum { WORDS_MAX = 4 << 20 };

const char *switchover_change_name(enum switchover_change change)
{
	static const char *const name[] = {"new", "changed", "kept", "removed"};

	return name[change];
}

const char *switchover_words(const struct switchover *so, const struct switchover_item *item,
                             size_t *len_r)
{
	*len_r = item ? item->words_len : so->top_words;
	return *len_r ? so->words.data + (item ? item->words : 0) : "";
}

static bool is_in(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->service_count; i++)
		if (strcmp(conf->services[i]->name, name) == 0)
			return true;
	return false;
}

/* One that went in an earlier switchover and still has sessions comes back as new. */
static struct service *find_retired(const struct supervisor *sup, const char *name)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (sup->services[i]->retired && strcmp(sup->services[i]->conf->name, name) == 0)
			return sup->services[i];
	return NULL;
}

static void tell_new(struct switchover *so, struct switchover_item *item)
{
	item->words = so->words.len;
	buf_adds(&so->words, "listen");
	for (size_t i = 0; i < item->conf->listen_count; i++)
		buf_addf(&so->words, " %s", item->conf->listen[i].text);
	item->words_len = so->words.len - item->words;
}

static void compare_service(struct switchover *so, struct switchover_item *item)
{
	item->service = service_find(so->sup, item->conf->name);
	if (!item->service) {
		item->service = find_retired(so->sup, item->conf->name);
		tell_new(so, item);
		return;
	}
	item->words = so->words.len;
	item->change = changes_of_service(item->service->conf, item->conf, &so->words)
	                   ? SWITCHOVER_CHANGED
	                   : SWITCHOVER_KEPT;
	item->words_len = so->words.len - item->words;
}

static void compare(struct switchover *so)
{
	const struct supervisor *sup = so->sup;

	changes_of_top(sup->conf, so->conf, &so->words);
	so->top_words = so->words.len;
	for (size_t i = 0; i < so->conf->service_count; i++) {
		struct switchover_item *item = &so->item[so->item_count++];

		item->conf = so->conf->services[i];
		compare_service(so, item);
		so->total[item->change]++;
	}
	for (size_t i = 0; i < sup->service_count; i++) {
		struct service *service = sup->services[i];

		if (service->retired || is_in(so->conf, service->conf->name))
			continue;
		so->item[so->item_count++] =
		    (struct switchover_item){.service = service, .change = SWITCHOVER_REMOVED};
		so->total[SWITCHOVER_REMOVED]++;
	}
}

struct switchover *switchover_new(struct supervisor *sup, struct conf *conf)
{
	struct switchover *so = sys_calloc(1, sizeof *so);

	if (!so)
		return NULL;
	so->sup = sup;
	so->conf = conf_ref(conf);
	so->words.max = WORDS_MAX;
	so->item = sys_calloc(conf->service_count + sup->service_count + 1, sizeof *so->item);
	so->services =
	    sys_calloc(conf->service_count + sup->service_count + 1, sizeof(struct service *));
	if (so->item && so->services)
		compare(so);
	if (!so->item || !so->services || so->words.failed)
		switchover_free(&so);
	return so;
}

static void check_top(const struct switchover *so, struct buf *why)
{
	const struct conf *from = so->sup->conf, *to = so->conf;
	const char *old_user = from->user ? from->user : "", *user = to->user ? to->user : "";

	if (strcmp(old_user, user) != 0 || from->uid != to->uid || from->gid != to->gid)
		buf_addf(why,
		         "%s: user: the supervisor's account cannot change while it runs "
		         "(restart it)\n",
		         to->file);
	if (strcmp(from->control, to->control) != 0 || from->control_gid != to->control_gid ||
	    from->control_mode != to->control_mode)
		buf_addf(why,
		         "%s: control: the control socket cannot change while usherd runs "
		         "(restart it)\n",
		         to->file);
}

/* A service may not become root once uid 0 is out of reach. */
static void check_root(const struct conf_service *conf, struct buf *why)
{
	if (conf->uid == 0 || conf->gid == 0)
		buf_addf(why,
		         "%s:%u: service \"%s\": user: uid 0 has been out of reach since the "
		         "start (restart usherd)\n",
		         conf->where.file, conf->where.line, conf->name);
}

static void check_privileges(const struct switchover *so, struct buf *why)
{
	const struct privileges *privileges = so->sup->privileges;
	uint64_t gone;

	if (!privileges)
		return;
	gone = privileges_needed(so->conf) & ~privileges->kept & ~privileges->missing;
	if (gone) {
		buf_addf(why,
		         "%s: this configuration needs capabilities that were given up at "
		         "the start: ",
		         so->conf->file);
		caps_format(gone, why);
		buf_adds(why, " (restart usherd)\n");
	}
	for (size_t i = 0; privileges->filtered && i < so->conf->service_count; i++)
		check_root(so->conf->services[i], why);
}

static int prepare_item(struct switchover *so, struct switchover_item *item)
{
	if (!item->conf)
		return 0;
	if (!item->service) {
		item->service = service_new(so->sup, so->conf, item->conf);
		item->made = item->service != NULL;
		if (item->made)
			plan_trim(item->service->plan);
		return item->made ? 0 : -1;
	}
	item->plan = plan_new(so->conf, item->conf, &so->sup->original_files);
	if (!item->plan)
		return -1;
	plan_trim(item->plan);
	return 0;
}

static bool same_log(const struct conf_log *a, const struct conf_log *b)
{
	return a->to == b->to && a->format == b->format && a->level == b->level &&
	       strcmp(a->path ? a->path : "", b->path ? b->path : "") == 0;
}

/* What was asked for over control stands above the configuration. */
static int relog(struct supervisor *sup, const struct conf *conf)
{
	int rc = sup->hooks.relog(sup->hooks.context, conf);

	if (sup->live_log_level)
		log_set_level(sup->live_log_level);
	return rc;
}

static int prepare_log(struct switchover *so, struct buf *why)
{
	struct supervisor *sup = so->sup;

	if (same_log(&sup->conf->log, &so->conf->log) || !sup->hooks.relog)
		return 0;
	if (relog(sup, so->conf) < 0) {
		buf_addf(why, "%s: log: %s: %m\n", so->conf->file,
		         so->conf->log.path ? so->conf->log.path : "cannot be opened");
		return -1;
	}
	so->relogged = true;
	return 0;
}

int switchover_check(const struct switchover *so, struct buf *why)
{
	size_t before = why->len;

	check_top(so, why);
	check_privileges(so, why);
	/* To make them is no trial, so that is left to who does it. */
	groups_check(so->sup, so->conf, so->prepared, why);
	return why->len > before ? -1 : 0;
}

int switchover_prepare(struct switchover *so, struct buf *why)
{
	so->prepared = true;
	if (switchover_check(so, why) < 0)
		return -1;
	for (size_t i = 0; i < so->item_count; i++) {
		if (prepare_item(so, &so->item[i]) < 0) {
			buf_addf(why, "%s: %m\n", so->conf->file);
			return -1;
		}
	}
	/* What would be felt if it had to be undone comes last. */
	if (moves_prepare(so, why) < 0 || prepare_log(so, why) < 0)
		return -1;
	return moves_make_room(so, why);
}

static void commit_services(struct switchover *so)
{
	for (size_t i = 0; i < so->item_count; i++) {
		struct switchover_item *item = &so->item[i];

		if (!item->conf) {
			service_retire(item->service);
		} else if (!item->made) {
			service_adopt(item->service, so->conf, item->conf, item->plan,
			              item->change != SWITCHOVER_KEPT);
			item->plan = NULL;
		}
	}
}

/* In the order of the new model; those that are gone, but for their sessions, last. */
static void commit_list(struct switchover *so)
{
	struct supervisor *sup = so->sup;
	size_t n = 0;

	for (size_t i = 0; i < so->item_count; i++)
		if (so->item[i].conf)
			so->services[n++] = so->item[i].service;
	for (size_t i = 0; i < sup->service_count; i++)
		if (sup->services[i]->retired)
			so->services[n++] = sup->services[i];
	free(sup->services);
	sup->services = so->services;
	sup->service_count = n;
	so->services = NULL;
	sup->generation++;
}

void switchover_commit(struct switchover *so)
{
	struct supervisor *sup = so->sup;
	struct conf *old = sup->conf;

	sup->conf = conf_ref(so->conf);
	commit_services(so);
	moves_commit(so);
	commit_list(so);
	conf_unref(&old);
	so->committed = true;
	supervisor_adopted(sup);
}

void switchover_free(struct switchover **switchover)
{
	struct switchover *so = *switchover;

	*switchover = NULL;
	if (!so)
		return;
	if (so->prepared && !so->committed) {
		moves_undo(so);
		if (so->relogged)
			(void)relog(so->sup, so->sup->conf);
	}
	moves_free(so);
	for (size_t i = 0; i < so->item_count; i++) {
		struct switchover_item *item = &so->item[i];

		if (item->plan)
			plan_unref(&item->plan);
		if (item->made && !so->committed)
			service_free(&item->service);
	}
	free(so->services);
	free(so->item);
	buf_free(&so->words);
	conf_unref(&so->conf);
	free(so);
}
