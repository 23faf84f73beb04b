#include "core/record.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "core/service.h"

enum { FIELDS = 20, CUT_V4 = 24, CUT_V6 = 48 };

struct record {
	const struct conf_service *conf;
	unsigned show; /* enum conf_records */
	struct log_field field[FIELDS];
	size_t count;
	char peer[ADDR_TEXT_MAX], local[ADDR_TEXT_MAX];
	char signal[16];
};

static void add_text(struct record *record, const char *name, const char *text)
{
	record->field[record->count++] =
	    (struct log_field){.name = name, .type = LOG_TEXT, .text = text};
}

static void add_number(struct record *record, const char *name, int64_t number)
{
	record->field[record->count++] =
	    (struct log_field){.name = name, .type = LOG_NUMBER, .number = number};
}

static void add_empty(struct record *record, const char *name)
{
	record->field[record->count++] = (struct log_field){.name = name, .type = LOG_EMPTY};
}

static void add_end(struct record *record, const char *host_name, const char *port_name,
                    const struct addr *addr, char *text)
{
	addr_format_host(addr, text, ADDR_TEXT_MAX);
	add_text(record, host_name, text);
	if (addr_has_port(addr))
		add_number(record, port_name, addr_port(addr));
}

/* A port and a time may tell as much as the address. */
static void add_anonymous(struct record *record, const struct addr *peer)
{
	struct prefix prefix;

	prefix_of(peer, CUT_V4, CUT_V6, &prefix);
	prefix_format(&prefix, record->peer, sizeof record->peer);
	record->peer[strcspn(record->peer, "/")] = '\0';
	add_text(record, "peer", record->peer);
}

static void add_ends(struct record *record, const struct facts *facts)
{
	/* Refusals of many sources that were folded into one have none to name, and
	 * who is lent a listener has no client. */
	if (record->show & CONF_RECORD_HOST && facts->peer.len > 0) {
		if (record->conf->anonymize && addr_is_ip(&facts->peer))
			add_anonymous(record, &facts->peer);
		else
			add_end(record, "peer", "peer_port", &facts->peer, record->peer);
	}
	if (record->show & CONF_RECORD_LOCAL && facts->local.len > 0)
		add_end(record, "local", "local_port", &facts->local, record->local);
}

static void record_begin(struct record *record, const char *event, const struct service *service,
                         unsigned show, const struct facts *facts, pid_t pid)
{
	record->conf = service->conf;
	record->show = show;
	record->count = 0;
	add_text(record, "event", event);
	add_text(record, "service", service->conf->name);
	if (facts->session)
		add_number(record, "session", (int64_t)facts->session);
	if (pid > 0 && show & CONF_RECORD_PID)
		add_number(record, "pid", pid);
	add_ends(record, facts);
}

static void add_queued(struct record *record, const struct facts *facts)
{
	if (record->show & CONF_RECORD_DURATION && facts->accepted > 0)
		add_number(record, "queued_ms", (facts->started - facts->accepted) / 1000);
}

static int64_t msec_of(const struct timeval *tv)
{
	return (int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000;
}

/* Until its exec the child was counted as big as we are, so what is not above
 * that says nothing of the handler. What we were once is a lower bound of what
 * we are, which spares most handlers the question. */
static void add_rss(struct record *record, const struct rusage *usage)
{
	static long own_kb;
	struct rusage own;

	if (usage->ru_maxrss <= own_kb || getrusage(RUSAGE_SELF, &own) < 0)
		return;
	own_kb = own.ru_maxrss;
	if (usage->ru_maxrss > own_kb)
		add_number(record, "max_rss_kb", usage->ru_maxrss);
}

static void add_usage(struct record *record, const struct rusage *usage)
{
	if (!(record->show & CONF_RECORD_USAGE))
		return;
	add_number(record, "user_ms", msec_of(&usage->ru_utime));
	add_number(record, "system_ms", msec_of(&usage->ru_stime));
	add_rss(record, usage);
}

/* How it ended; nothing where somebody else has reaped it. */
static void add_exit(struct record *record, const siginfo_t *info)
{
	const char *name;

	if (!(record->show & CONF_RECORD_EXIT))
		return;
	if (info->si_pid != 0 && info->si_code == CLD_EXITED) {
		add_number(record, "status", info->si_status);
		return;
	}
	add_empty(record, "status");
	if (info->si_pid == 0)
		return;
	name = sigabbrev_np(info->si_status);
	/* The real-time signals have numbers only. */
	if (!name) {
		snprintf(record->signal, sizeof record->signal, "RTMIN+%d",
		         info->si_status - SIGRTMIN);
		name = record->signal;
	}
	add_text(record, "signal", name);
}

static bool is_quiet(const struct conf_service *conf, const struct addr *peer)
{
	for (size_t i = 0; i < conf->quiet_from_count; i++)
		if (prefix_contains(&conf->quiet_from[i], peer))
			return true;
	return false;
}

void record_start(const struct session *session)
{
	const struct conf_service *conf = session->service->conf;
	const struct facts *facts = &session->facts;
	struct record record;

	if (!conf->log_on_success || !log_wants(LOG_DEBUG) || is_quiet(conf, &facts->peer))
		return;
	record_begin(&record, "start", session->service, conf->log_on_success, facts, session->pid);
	add_queued(&record, facts);
	log_event(LOG_DEBUG, record.field, record.count);
}

void record_end(const struct session *session, const siginfo_t *info, const struct rusage *usage)
{
	const struct conf_service *conf = session->service->conf;
	const struct facts *facts = &session->facts;
	struct record record;

	if (!conf->log_on_success || !log_wants(LOG_INFO))
		return;
	/* A crash is news, whoever caused it. */
	if (info->si_code == CLD_EXITED && is_quiet(conf, &facts->peer))
		return;
	record_begin(&record, "end", session->service, conf->log_on_success, facts, session->pid);
	add_exit(&record, info);
	if (record.show & CONF_RECORD_DURATION)
		add_number(&record, "duration_ms", (clock_usec() - facts->started) / 1000);
	add_queued(&record, facts);
	add_usage(&record, usage);
	log_event(LOG_INFO, record.field, record.count);
}

void record_refuse(const struct service *service, const struct facts *facts, enum reason reason,
                   uint64_t count)
{
	const struct conf_service *conf = service->conf;
	struct record record;

	if (!conf->log_on_failure || !log_wants(LOG_INFO))
		return;
	record_begin(&record, "refuse", service, conf->log_on_failure, facts, 0);
	add_text(&record, "reason", reason_name(reason));
	if (count > 1)
		add_number(&record, "count", (int64_t)count);
	add_queued(&record, facts);
	log_event(LOG_INFO, record.field, record.count);
}

void record_fail(const struct service *service, const struct facts *facts, enum spawn_step step,
                 int error)
{
	const struct conf_service *conf = service->conf;
	struct record record;

	if (!conf->log_on_failure || !log_wants(LOG_WARNING))
		return;
	record_begin(&record, "fail", service, conf->log_on_failure, facts, 0);
	add_text(&record, "reason", reason_name(REASON_SPAWN));
	add_text(&record, "step", spawn_step_name(step));
	add_text(&record, "error", strerror(error));
	add_queued(&record, facts);
	log_event(LOG_WARNING, record.field, record.count);
}
