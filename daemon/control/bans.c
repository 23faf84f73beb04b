/* The answers to "ban", "unban" and "bans". */
#include <errno.h>
#include <string.h>

#include "config/schema.h"
#include "config/value.h"
#include "control/commands.h"

static const struct report_column columns[] = {
    {"address", "ADDRESS"}, {"by", "BY"},           {"age_ms", "AGE"},
    {"left_ms", "LEFT"},    {"refused", "REFUSED"},
};

static void tell_left(struct report *report, const struct ban *ban, msec_t now)
{
	if (ban->until == BAN_FOREVER)
		report_none(report);
	else
		report_msec(report, ban->until > now ? ban->until - now : 0);
}

static void tell_ban(struct report *report, const struct ban *ban, msec_t now)
{
	char text[ADDR_TEXT_MAX];

	prefix_format(&ban->prefix, text, sizeof text);
	report_row(report);
	report_text(report, text);
	report_text(report, ban->by == BAN_BY_SENSOR ? "sensor" : "command");
	report_msec(report, now - ban->since);
	tell_left(report, ban, now);
	report_uint(report, ban->refused);
	report_row_end(report);
}

/* Where the last piece ended is found by the number, whoever has come and gone. */
void bans_answer(struct answer *answer)
{
	const struct ban_table *table = &answer->sup->admit.bans;
	msec_t now = loop_now(answer->sup->loop);

	answer_table(answer, "bans", columns, sizeof columns / sizeof *columns);
	for (struct ban *ban = ban_each(table, NULL); ban; ban = ban_each(table, ban)) {
		if (ban->number <= answer->ban || ban->until <= now)
			continue;
		tell_ban(&answer->report, ban, now);
		answer->ban = ban->number;
		if (answer_is_full(answer))
			return;
	}
	report_table_end(&answer->report);
	answer_end(answer);
}

static bool parse_address(struct answer *answer, struct prefix *prefix)
{
	const char *text = answer->request->arg[0], *why;

	if (prefix_parse(text, prefix, &why) == 0)
		return true;
	answer_refuse(answer, "usage", "\"%s\" %s", text, why);
	return false;
}

/* Written and bounded like ban_time; without one: for ever. */
static bool parse_time(struct answer *answer, msec_t *time_r)
{
	const char *text = answer->request->arg[1];
	char why[VALUE_WHY_MAX];

	*time_r = 0;
	if (!text || value_parse(schema_find(SCHEMA_SERVICE, "ban_time", strlen("ban_time")), text,
	                         time_r, why) == 0)
		return true;
	answer_refuse(answer, "usage", "%s", why);
	return false;
}

void ban_answer(struct answer *answer)
{
	static const struct report_column column[] = {{"address", "address"}, {"left_ms", "for"}};
	msec_t now = loop_now(answer->sup->loop), time;
	struct report *report = &answer->report;
	const char *address = answer->request->arg[0];
	struct prefix prefix;
	struct ban *ban;

	if (!parse_address(answer, &prefix) || !parse_time(answer, &time))
		return;
	ban = ban_set(&answer->sup->admit.bans, &prefix, BAN_BY_COMMAND, ban_until(now, time), now);
	if (!ban) {
		answer_refuse(answer, "error", "%s",
		              errno == ENOSPC ? "there are too many bans that last longer"
		                              : strerror(errno));
		return;
	}
	answer_say(answer, "ban %s %s", address,
	           answer->request->arg[1] ? answer->request->arg[1] : "for ever");
	answer_ok(answer, "fields");
	report_fields(report, column, sizeof column / sizeof *column);
	report_text(report, address);
	tell_left(report, ban, now);
	report_fields_end(report);
	answer_end(answer);
}

/* Afterwards no address of the prefix is banned. */
static unsigned lift(struct ban_table *table, const struct prefix *prefix)
{
	unsigned lifted = 0;

	for (struct ban *ban = ban_each(table, NULL), *next; ban; ban = next) {
		next = ban_each(table, ban);
		if (!prefix_overlaps(&ban->prefix, prefix))
			continue;
		ban_lift(table, ban);
		lifted++;
	}
	return lifted;
}

void unban_answer(struct answer *answer)
{
	static const struct report_column column[] = {{"lifted", "bans lifted"}};
	struct report *report = &answer->report;
	const char *address = answer->request->arg[0];
	struct prefix prefix;
	unsigned lifted;

	if (!parse_address(answer, &prefix))
		return;
	lifted = lift(&answer->sup->admit.bans, &prefix);
	if (lifted == 0) {
		answer_refuse(answer, "error", "nobody of %s is banned", address);
		return;
	}
	answer_say(answer, "unban %s", address);
	answer_ok(answer, "fields");
	report_fields(report, column, sizeof column / sizeof *column);
	report_uint(report, lifted);
	report_fields_end(report);
	answer_end(answer);
}
