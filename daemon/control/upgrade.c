/* The answer to "upgrade": the versions, once the other program has shown that it can
 * go on, or why it cannot. What becomes of it then, "status" tells. */
#include "core/upgrade.h"

#include <string.h>

#include "base/log.h"
#include "control/commands.h"

static const struct report_column columns[] = {{"from", "from"}, {"to", "to"}};

static void tell_versions(struct answer *answer, const struct upgrade_outcome *outcome)
{
	struct report *report = &answer->report;

	answer_ok(answer, "fields");
	report_fields(report, columns, sizeof columns / sizeof *columns);
	report_text(report, outcome->from);
	report_text(report, outcome->to);
	report_fields_end(report);
}

static void tell_failure(struct answer *answer, const char *why)
{
	struct buf *out = answer->report.out;
	struct json json = JSON_INIT(out);
	size_t len = strlen(why);

	answer_failed(answer, "text");
	if (answer->report.as_json) {
		json_object(&json);
		json_key(&json, "problem");
		json_string(&json, why);
		json_object_end(&json);
		buf_addc(out, '\n');
		return;
	}
	buf_add(out, why, len);
	if (len == 0 || why[len - 1] != '\n')
		buf_addc(out, '\n');
}

static void on_told(struct upgrade_asker *asker, const struct upgrade_outcome *outcome)
{
	struct answer *answer = list_entry(asker, struct answer, upgrading);

	if (outcome->why)
		tell_failure(answer, outcome->why);
	else
		tell_versions(answer, outcome);
	answer_end(answer);
	if (answer->pending) {
		answer->pending = false;
		answer->resume(answer);
	}
}

static void abandon(struct answer *answer)
{
	upgrade_forget(answer->sup->upgrade, &answer->upgrading);
}

void upgrade_answer(struct answer *answer)
{
	struct upgrade *upgrade = answer->sup->upgrade;
	const char *why = "usherd is not ready for it yet";

	answer->upgrading.told = on_told;
	if (upgrade)
		why = upgrade_ask(upgrade, &answer->upgrading);
	if (why) {
		answer_refuse(answer, "error", "%s", why);
		return;
	}
	log_info("control: upgrade, asked for by uid %u, pid %ld", answer->peer.uid,
	         (long)answer->peer.pid);
	answer->pending = !answer->done;
	answer->abandon = abandon;
}
