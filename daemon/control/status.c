/* The answer to "status": the whole, as it is now. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/spaces.h"
#include "config/paths.h"
#include "config/sandbox.h"
#include "control/commands.h"
#include "core/service.h"

static const struct report_column columns[] = {
    {"version", "version"},
    {"pid", "pid"},
    {"state", "state"},
    {"started", "started"},
    {"uptime_ms", "uptime"},
    {"configuration", "configuration"},
    {"loaded", "loaded"},
    {"last_reload", "last reload"},
    {"upgrades", "upgrades"},
    {"last_upgrade", "last upgrade"},
    {"uid", "uid"},
    {"capabilities", "capabilities"},
    {"uid_0", "uid 0"},
    {"spawn", "handlers by"},
    {"seccomp", "seccomp"},
    {"landlock", "landlock"},
    {"user_namespaces", "user namespaces"},
    {"groups", "control groups"},
    {"degraded", "degraded"},
    {"services", "services"},
    {"sessions", "sessions"},
    {"max_sessions", "max sessions"},
    {"queued", "queued"},
    {"descriptors", "descriptors"},
    {"max_descriptors", "max descriptors"},
    {"resources", "resources"},
    {"late_turns", "late turns"},
    {"longest_turn_ms", "longest turn"},
    {"log_pending_bytes", "log pending"},
    {"log_lost_total", "log lost"},
};

static uint64_t count_queued(const struct supervisor *sup)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sup->service_count; i++)
		n += sup->services[i]->admit.queue.count;
	return n;
}

static void tell_privileges(struct report *report, const struct privileges *privileges)
{
	struct buf text = BUF_INIT(4096);

	report_uint(report, geteuid());
	if (!privileges) {
		report_none(report);
		report_none(report);
		return;
	}
	caps_format(privileges->kept, &text);
	report_text(report, text.data);
	buf_clear(&text);
	if (privileges->filtered)
		buf_adds(&text, "out of reach");
	else
		buf_addf(&text, "not filtered: %s", privileges->unfiltered_why);
	report_text(report, text.data);
	buf_free(&text);
}

/* Tried once, which takes a child and about a millisecond. */
static const char *why_no_user_namespaces(void)
{
	static bool asked;
	static char why[100];
	const char *call;

	if (!asked && spaces_try(true, &call) < 0)
		snprintf(why, sizeof why, "%s: %s", call, strerror(errno));
	asked = true;
	return why[0] ? why : NULL;
}

/* What of the kernel the sandboxes of handlers are made of. */
static void tell_kernel(struct report *report)
{
	const char *why = sandbox_lacks_filter();

	report_text(report, why ? why : "yes");
	report_uint(report, (uint64_t)paths_landlock_version());
	why = why_no_user_namespaces();
	report_text(report, why ? why : "yes");
}

static void degraded(struct report *report, const char *what)
{
	report_item(report);
	report_member_text(report, "what", what);
	report_item_end(report);
}

static void tell_missing_capabilities(struct report *report, uint64_t missing)
{
	struct buf text = BUF_INIT(4096);

	buf_adds(&text, "capabilities that are needed and not to be had here: ");
	caps_format(missing, &text);
	if (!text.failed)
		degraded(report, text.data);
	buf_free(&text);
}

/* What services ask for and do not get, which only is so where they do without. */
static void tell_lacking_groups(struct report *report, const struct supervisor *sup)
{
	struct buf text = BUF_INIT(4096);

	for (size_t i = 0; i < sup->service_count && text.len == 0; i++) {
		groups_lack(sup, sup->services[i]->conf, &text);
		if (text.len)
			degraded(report, text.data);
	}
	buf_free(&text);
}

/* What works, but not in the way that it does elsewhere. */
static void tell_degraded(struct report *report, const struct supervisor *sup,
                          const struct privileges *privileges)
{
	enum spawn_way way = spawn_way(sup->spawner, false);
	char text[256];

	report_list(report);
	if (way != SPAWN_BY_CLONE3)
		degraded(report, "the kernel refuses clone3");
	if (spawn_way(sup->spawner, true) != way)
		degraded(report, "handlers of other users are started by fork, for "
		                 "fs.suid_dumpable is 1");
	if (sup->reaper.blind > 0) {
		snprintf(text, sizeof text, "%u sessions without a pidfd are found by a sweep",
		         sup->reaper.blind);
		degraded(report, text);
	}
	if (log_trouble()) {
		snprintf(text, sizeof text, "no logger takes the log: %s", strerror(log_trouble()));
		degraded(report, text);
	}
	if (privileges && privileges->missing)
		tell_missing_capabilities(report, privileges->missing);
	tell_lacking_groups(report, sup);
	report_list_end(report);
}

static void tell_groups(struct report *report, const struct groups *groups)
{
	if (groups->open)
		report_text(report, groups->tree.path);
	else
		report_none(report);
}

static void tell_resources(struct report *report, const struct resources *resources)
{
	char text[128];

	if (!resources->episode) {
		report_text(report, "enough");
		return;
	}
	snprintf(text, sizeof text, "short: %s: %s", resources->what, strerror(resources->error));
	report_text(report, text);
}

static void tell_numbers(struct report *report, const struct supervisor *sup)
{
	const struct loop_pace *pace = loop_pace(sup->loop);

	report_uint(report, sup->service_count);
	report_uint(report, sup->session_count);
	report_uint(report, sup->admit.max_sessions);
	report_uint(report, count_queued(sup));
	report_uint(report, supervisor_fds(sup));
	report_uint(report, fd_limit());
	tell_resources(report, &sup->resources);
	report_uint(report, pace->late);
	report_msec(report, pace->longest);
	report_uint(report, log_pending_bytes());
	report_uint(report, log_lost());
}

void status_answer(struct answer *answer)
{
	const struct supervisor *sup = answer->sup;
	struct report *report = &answer->report;
	char started[CLOCK_TEXT_MAX];

	clock_format(sup->started_wall, started, sizeof started);
	answer_ok(answer, "fields");
	report_fields(report, columns, sizeof columns / sizeof *columns);
	report_text(report, PACKAGE_VERSION);
	report_uint(report, (uint64_t)getpid());
	report_text(report, supervisor_state_name(sup->state));
	report_text(report, started);
	report_msec(report, (clock_usec() - answer->serving_since) / 1000);
	report_text(report, sup->conf->file);
	clock_format(sup->loaded_wall, started, sizeof started);
	report_text(report, started);
	report_text(report, sup->reload ? reload_last(sup->reload) : "none");
	report_uint(report, sup->upgrades);
	report_text(report, sup->upgrade ? upgrade_last(sup->upgrade) : "none");
	tell_privileges(report, answer->privileges);
	report_text(report, spawn_way_name(spawn_way(sup->spawner, false)));
	tell_kernel(report);
	tell_groups(report, &sup->groups);
	tell_degraded(report, sup, answer->privileges);
	tell_numbers(report, sup);
	report_fields_end(report);
	answer_end(answer);
}
