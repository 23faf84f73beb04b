/* The answer to "reload": what has changed, or would, or why nothing has. It comes
 * when the files have been read. */
#include <string.h>

#include "base/log.h"
#include "control/commands.h"
#include "core/service.h"
#include "core/switchover.h"

static const char *name_of(const struct switchover_item *item)
{
	return item->conf ? item->conf->name : item->service->conf->name;
}

/* Its handlers that run: they go on in any case. */
static unsigned sessions_of(const struct switchover_item *item)
{
	return item->service ? item->service->admit.running : 0;
}

static unsigned all_sessions(const struct switchover *so)
{
	unsigned n = 0;

	for (size_t i = 0; i < so->item_count; i++)
		n += sessions_of(&so->item[i]);
	return n;
}

static void tell_lines(struct buf *out, const struct reload_outcome *outcome, bool dry)
{
	const struct switchover *so = outcome->changes;
	size_t len;
	const char *words;

	if (outcome->problems->len)
		buf_add(out, outcome->problems->data, outcome->problems->len);
	if (!so || !outcome->done) {
		buf_adds(out, "nothing has changed: the configuration that is served goes on\n");
		return;
	}
	words = switchover_words(so, NULL, &len);
	if (len)
		buf_addf(out, "changed  %.*s\n", (int)len, words);
	for (size_t i = 0; i < so->item_count; i++) {
		const struct switchover_item *item = &so->item[i];

		words = switchover_words(so, item, &len);
		buf_addf(out, "%-8s %s%s%.*s; sessions that go on: %u\n",
		         switchover_change_name(item->change), name_of(item), len ? ": " : "",
		         (int)len, words, sessions_of(item));
	}
	buf_addf(out, "%s: new %zu, changed %zu, kept %zu, removed %zu; sessions that go on: %u\n",
	         dry ? "nothing was done; it would be" : "reloaded", so->total[SWITCHOVER_NEW],
	         so->total[SWITCHOVER_CHANGED], so->total[SWITCHOVER_KEPT],
	         so->total[SWITCHOVER_REMOVED], all_sessions(so));
}

static void tell_change(struct json *json, const struct switchover *so,
                        const struct switchover_item *item)
{
	size_t len;
	const char *words = switchover_words(so, item, &len);

	json_object(json);
	json_key(json, "service");
	if (item)
		json_string(json, name_of(item));
	else
		json_null(json);
	json_key(json, "change");
	json_string(json, item ? switchover_change_name(item->change) : "changed");
	json_key(json, "what");
	json_bytes(json, words, len);
	json_key(json, "sessions");
	json_uint(json, item ? sessions_of(item) : 0);
	json_object_end(json);
}

static void tell_changes(struct json *json, const struct switchover *so)
{
	size_t len;

	json_key(json, "changes");
	json_array(json);
	(void)switchover_words(so, NULL, &len);
	if (len)
		tell_change(json, so, NULL);
	for (size_t i = 0; i < so->item_count; i++)
		tell_change(json, so, &so->item[i]);
	json_array_end(json);
}

static void tell_json(struct buf *out, const struct reload_outcome *outcome, bool dry)
{
	struct json json = JSON_INIT(out);
	const char *line = outcome->problems->data;

	json_object(&json);
	json_key(&json, "done");
	json_bool(&json, outcome->done && !dry);
	json_key(&json, "dry_run");
	json_bool(&json, dry);
	json_key(&json, "problems");
	json_array(&json);
	while (line && *line) {
		size_t len = strcspn(line, "\n");

		json_bytes(&json, line, len);
		line += len + (line[len] != '\0');
	}
	json_array_end(&json);
	if (outcome->changes && outcome->done)
		tell_changes(&json, outcome->changes);
	json_object_end(&json);
	buf_addc(out, '\n');
}

static void on_told(struct reload_asker *asker, const struct reload_outcome *outcome)
{
	struct answer *answer = list_entry(asker, struct answer, asker);
	struct report *report = &answer->report;

	if (outcome->done)
		answer_ok(answer, "text");
	else
		answer_failed(answer, "text");
	if (report->as_json)
		tell_json(report->out, outcome, asker->dry);
	else
		tell_lines(report->out, outcome, asker->dry);
	answer_end(answer);
	if (answer->pending) {
		answer->pending = false;
		answer->resume(answer);
	}
}

static void abandon(struct answer *answer)
{
	reload_forget(&answer->asker);
}

void reload_answer(struct answer *answer)
{
	const char *how = answer->request->args ? answer->request->arg[0] : NULL;
	struct reload *reload = answer->sup->reload;

	if (how && strcmp(how, "--dry-run") != 0) {
		answer_refuse(answer, "usage", "reload [--dry-run]");
		return;
	}
	if (!reload) {
		answer_refuse(answer, "error", "usherd is not ready for it yet");
		return;
	}
	answer->asker = (struct reload_asker){.dry = how != NULL, .told = on_told};
	answer->abandon = abandon;
	if (!how)
		log_info("control: reload, asked for by uid %u, pid %ld", answer->peer.uid,
		         (long)answer->peer.pid);
	reload_ask(reload, &answer->asker);
	answer->pending = !answer->done;
}
