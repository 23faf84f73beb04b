/* The answer to "check": what would become of a client that came now, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/commands.h"
#include "core/door.h"
#include "core/service.h"

enum { EXPLANATION_MAX = 500 };

static const struct report_column columns[] = {
    {"service", "service"},
    {"address", "address"},
    {"verdict", "verdict"},
    {"reason", "reason"},
    {"explanation", "explanation"},
    {"rule", "rule"},
    {"configuration", "configuration"},
    {"exempt", "exempt"},
    {"access_times", "access times"},
    {"ban", "ban"},
    {"ban_left_ms", "ban ends in"},
    {"source", "source"},
    {"sessions", "sessions"},
    {"per_source", "per source"},
    {"queued", "queued"},
    {"rate_left", "rate left"},
    {"rate_wait_ms", "rate again in"},
    {"rate_source_left", "rate per source left"},
    {"rate_source_wait_ms", "rate per source again in"},
};

/* What is told, with what it is told about. */
struct subject {
	struct report *report;
	const struct service *service;
	const struct admit_explanation *found;
	msec_t now;
};

/* All digits, and no more than a uid can be. */
static bool parse_uid(const char *text, uint32_t *uid)
{
	uint64_t n = strtoull(text, NULL, 10);

	if (!*text || text[strspn(text, "0123456789")] || strlen(text) > 10 || n >= UINT32_MAX)
		return false;
	*uid = (uint32_t)n;
	return true;
}

/* An address, or "uid:N" for the peer of a unix socket: names are for others to
 * look up, who may wait for the answer. */
static bool parse_peer(const char *text, struct addr *peer)
{
	if (addr_parse_ip(text, 0, peer) == 0)
		return true;
	*peer = (struct addr){.len = sizeof(sa_family_t), .uid = (uid_t)-1, .gid = (gid_t)-1};
	peer->sa.sa_family = AF_UNIX;
	return strncmp(text, "uid:", 4) == 0 && parse_uid(text + 4, &peer->uid);
}

static const char *plain_words(const struct subject *s)
{
	static const char *const words[REASONS] = {
	    [REASON_BANNED] = "it is banned",
	    [REASON_SENSOR] = "the service is a sensor: who comes is banned",
	    [REASON_TIME] = "none of access_times holds now",
	    [REASON_LOAD] = "the load is above max_load",
	    [REASON_PRESSURE] = "the pressure is above max_pressure",
	    [REASON_RATE] = "the rate of the service is used up",
	    [REASON_RATE_SOURCE] = "the rate of its source is used up",
	    [REASON_PER_SOURCE] = "its source has as many handlers as it may have",
	    [REASON_INSTANCES] = "the service has as many handlers as it may have",
	    [REASON_QUEUE_FULL] = "the queue is full, or its source's part of it",
	    [REASON_MAX_SESSIONS] = "there are as many handlers as there may be in all",
	    [REASON_DISABLED] = "the service is disabled",
	    [REASON_DRAINING] = "the service takes in nobody new",
	    [REASON_STOPPING] = "usherd ends",
	    [REASON_RESOURCES] = "the machine is short of something",
	    [REASON_SPAWN] = "the program could not be started; it is tried again",
	};

	if (s->service->conf->wait && s->found->reason == REASON_NONE)
		return "the handler itself meets the clients";
	if (s->found->reason == REASON_NONE)
		return s->found->verdict == ADMIT_WAIT ? "others who wait come first"
		                                       : "a handler is started";
	return words[s->found->reason] ? words[s->found->reason] : "";
}

static void tell_verdict(const struct subject *s)
{
	static const char *const verdicts[] = {
	    [ADMIT_START] = "start", [ADMIT_WAIT] = "wait", [ADMIT_REFUSE] = "refuse"};
	const struct acl_answer *acl = &s->found->acl;

	report_text(s->report, verdicts[s->found->verdict]);
	if (s->found->reason)
		report_text(s->report, reason_name(s->found->reason));
	else
		report_none(s->report);
	if (s->found->reason != REASON_ACCESS)
		report_text(s->report, plain_words(s));
	else if (acl->net)
		report_text(s->report, "an entry of no_access decides");
	else
		report_text(s->report, acl->option && strcmp(acl->option, "allow_users") == 0
		                           ? "it is not in allow_users"
		                           : "it is not in only_from");
}

static void tell_where(const struct subject *s, const struct conf_where *where)
{
	char text[EXPLANATION_MAX];

	if (!where) {
		report_none(s->report);
		return;
	}
	snprintf(text, sizeof text, "%.400s:%u", where->file, where->line);
	report_text(s->report, text);
}

/* The entry of an access list that has decided, and where it stands. */
static void tell_rule(const struct subject *s)
{
	const struct acl_answer *acl = &s->found->acl;
	char text[EXPLANATION_MAX], prefix[ADDR_TEXT_MAX];

	if (!acl->option) {
		report_none(s->report);
		report_none(s->report);
		return;
	}
	if (acl->net) {
		prefix_format(&acl->net->prefix, prefix, sizeof prefix);
		snprintf(text, sizeof text, "%s %s", acl->option, prefix);
	} else {
		snprintf(text, sizeof text, "%s%s%.100s", acl->option, acl->user ? " " : "",
		         acl->user ? acl->user->text : "");
	}
	report_text(s->report, text);
	tell_where(s, acl->net ? acl->net->note : acl->user ? &acl->user->where : NULL);
}

static void tell_prefix(const struct subject *s, const struct prefix *prefix)
{
	char text[ADDR_TEXT_MAX];

	if (!prefix) {
		report_none(s->report);
		return;
	}
	prefix_format(prefix, text, sizeof text);
	report_text(s->report, text);
}

static void tell_ban(const struct subject *s)
{
	const struct ban *ban = s->found->ban;

	tell_prefix(s, ban ? &ban->prefix : NULL);
	if (ban && ban->until != BAN_FOREVER)
		report_msec(s->report, ban->until - s->now);
	else
		report_none(s->report);
}

static void tell_source(const struct subject *s)
{
	const struct conf_service *conf = s->service->conf;

	tell_prefix(s, conf->wait ? NULL : &s->found->source);
	report_uint(s->report, s->found->running);
	if (s->found->exempt || conf->wait)
		report_none(s->report);
	else
		report_uint(s->report, conf->per_source);
	report_uint(s->report, s->found->waiting);
}

static void tell_rate(const struct subject *s, const struct conf_rate *rate, unsigned left,
                      msec_t wait)
{
	if (!s->found->limited || rate->count == 0) {
		report_none(s->report);
		report_none(s->report);
		return;
	}
	report_uint(s->report, left);
	if (wait)
		report_msec(s->report, wait);
	else
		report_none(s->report);
}

static void tell_all(const struct subject *s, const char *address)
{
	const struct admit_explanation *found = s->found;
	const struct conf_service *conf = s->service->conf;

	report_text(s->report, conf->name);
	report_text(s->report, address);
	tell_verdict(s);
	tell_rule(s);
	tell_prefix(s, found->exempt ? &found->exempt->prefix : NULL);
	report_text(s->report, found->times ? found->times->text : NULL);
	tell_ban(s);
	tell_source(s);
	tell_rate(s, &conf->rate, found->rate_left, found->rate_wait_msec);
	tell_rate(s, &conf->rate_per_source, found->rate_source_left, found->rate_source_wait_msec);
}

void check_answer(struct answer *answer)
{
	const char *name = answer->request->arg[0], *address = answer->request->arg[1];
	struct report *report = &answer->report;
	struct admit_explanation found;
	struct service *service;
	struct addr peer;

	if (answer_lacks_service(answer, name))
		return;
	if (!parse_peer(address, &peer)) {
		answer_refuse(answer, "usage",
		              "\"%s\" is not an address (nor, for a unix socket, uid:NUMBER)",
		              address);
		return;
	}
	service = service_find(answer->sup, name);
	found = door_explain(service, &peer);
	if (found.verdict == ADMIT_REFUSE)
		answer_failed(answer, "fields");
	else
		answer_ok(answer, "fields");
	report_fields(report, columns, sizeof columns / sizeof *columns);
	tell_all(&(struct subject){report, service, &found, loop_now(answer->sup->loop)}, address);
	report_fields_end(report);
	answer_end(answer);
}
