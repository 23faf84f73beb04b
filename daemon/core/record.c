#include "core/record.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "core/service.h"

enum { FIELDS = 20 };

struct record {
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

static void add_end(struct record *record, const char *host_name, const char *port_name,
                    const struct addr *addr, char *text)
{
	addr_format_host(addr, text, ADDR_TEXT_MAX);
	add_text(record, host_name, text);
	if (addr_has_port(addr))
		add_number(record, port_name, addr_port(addr));
}

static void record_begin(struct record *record, const char *event, const struct service *service,
                         const struct facts *facts, pid_t pid)
{
	record->count = 0;
	add_text(record, "event", event);
	add_text(record, "service", service->conf->name);
	if (facts->session)
		add_number(record, "session", (int64_t)facts->session);
	if (pid > 0)
		add_number(record, "pid", pid);
	/* Refusals of many sources that were folded into one have none to name. */
	if (facts->peer.len == 0)
		return;
	add_end(record, "peer", "peer_port", &facts->peer, record->peer);
	add_end(record, "local", "local_port", &facts->local, record->local);
}

static int64_t msec_of(const struct timeval *tv)
{
	return (int64_t)tv->tv_sec * 1000 + tv->tv_usec / 1000;
}

/* Until its exec the child was counted as big as we are, so what is not above
 * that says nothing of the handler. */
static void add_rss(struct record *record, const struct rusage *usage)
{
	struct rusage own;

	if (getrusage(RUSAGE_SELF, &own) == 0 && usage->ru_maxrss > own.ru_maxrss)
		add_number(record, "max_rss_kb", usage->ru_maxrss);
}

static void add_exit(struct record *record, const siginfo_t *info)
{
	const char *name = sigabbrev_np(info->si_status);

	if (info->si_code == CLD_EXITED) {
		add_number(record, "status", info->si_status);
		return;
	}
	/* The real-time signals have numbers only. */
	if (!name) {
		snprintf(record->signal, sizeof record->signal, "RTMIN+%d",
		         info->si_status - SIGRTMIN);
		name = record->signal;
	}
	add_text(record, "signal", name);
}

void record_start(const struct session *session)
{
	struct record record;

	if (!log_wants(LOG_DEBUG))
		return;
	record_begin(&record, "start", session->service, &session->facts, session->pid);
	log_event(LOG_DEBUG, record.field, record.count);
}

void record_end(const struct session *session, const siginfo_t *info, const struct rusage *usage)
{
	const struct facts *facts = &session->facts;
	struct record record;

	if (session->service->conf->log_on_success == CONF_RECORD_NONE || !log_wants(LOG_INFO))
		return;
	record_begin(&record, "end", session->service, facts, session->pid);
	add_exit(&record, info);
	add_number(&record, "duration_ms", (clock_usec() - facts->started) / 1000);
	add_number(&record, "queued_ms", (facts->started - facts->accepted) / 1000);
	add_number(&record, "user_ms", msec_of(&usage->ru_utime));
	add_number(&record, "system_ms", msec_of(&usage->ru_stime));
	add_rss(&record, usage);
	log_event(LOG_INFO, record.field, record.count);
}

void record_refuse(const struct service *service, const struct facts *facts, enum reason reason,
                   uint64_t count)
{
	struct record record;

	if (service->conf->log_on_failure == CONF_RECORD_NONE || !log_wants(LOG_INFO))
		return;
	record_begin(&record, "refuse", service, facts, 0);
	add_text(&record, "reason", reason_name(reason));
	if (count > 1)
		add_number(&record, "count", (int64_t)count);
	log_event(LOG_INFO, record.field, record.count);
}

void record_fail(const struct service *service, const struct facts *facts, enum spawn_step step,
                 int error)
{
	struct record record;

	if (service->conf->log_on_failure == CONF_RECORD_NONE || !log_wants(LOG_WARNING))
		return;
	record_begin(&record, "fail", service, facts, 0);
	add_text(&record, "reason", reason_name(REASON_SPAWN));
	add_text(&record, "step", spawn_step_name(step));
	add_text(&record, "error", strerror(error));
	log_event(LOG_WARNING, record.field, record.count);
}
