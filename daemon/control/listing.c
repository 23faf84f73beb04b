/* The answers to "services" and "sessions": a row for each. */
#include <stdio.h>
#include <string.h>

#include "control/commands.h"
#include "core/service.h"
#include "core/session.h"

static const struct report_column service_columns[] = {
    {"service", "SERVICE"},       {"state", "STATE"},           {"sessions", "SESSIONS"},
    {"instances", "INSTANCES"},   {"queued", "QUEUED"},         {"connections_total", "ACCEPTED"},
    {"refused_total", "REFUSED"}, {"started_total", "STARTED"}, {"spawn_failures_total", "FAILED"},
    {"listen", "LISTEN"},
};

static const struct report_column session_columns[] = {
    {"session", "SESSION"}, {"service", "SERVICE"}, {"state", "STATE"},
    {"pid", "PID"},         {"peer", "PEER"},       {"peer_port", "PORT"},
    {"local", NULL},        {"local_port", NULL},   {"duration_ms", "AGE"},
};

static uint64_t sum(const uint64_t *number, size_t count)
{
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += number[i];
	return total;
}

/* An address, and what is wrong with it while it is not open. */
static void tell_port(struct report *report, const struct port *port, bool with_state)
{
	msec_t now = loop_now(port->service->sup->loop);
	const char *state = port->lent ? "lent" : port->listener.fd >= 0 ? "open" : "closed";
	char text[256];

	report_item(report);
	report_member_text(report, "address", port->where->text);
	if (with_state)
		report_member_text(report, "state", state);
	if (port->listener.fd >= 0 && port->listener.v4_only)
		report_member_text(report, "note", "IPv4 only");
	if (port->listener.fd < 0 && port->error) {
		snprintf(text, sizeof text, "%s: %s", port->why, strerror(port->error));
		report_member_text(report, "error", text);
		report_member_msec(report, "retry_ms", "again in ",
		                   port->retry.due > now ? port->retry.due - now : 0);
	}
	report_item_end(report);
}

void answer_ports(struct report *report, const struct service *service, bool with_state)
{
	report_list(report);
	list_each (link, &service->ports) {
		const struct port *port = list_entry(link, struct port, link);

		if (!port->covered)
			tell_port(report, port, with_state);
	}
	report_list_end(report);
}

static void tell_service(struct report *report, const struct service *service)
{
	const struct stats *stats = &service->stats;

	report_row(report);
	report_text(report, service->conf->name);
	report_text(report, service_state_name(service));
	report_uint(report, service->admit.running);
	report_uint(report, service->conf->instances);
	report_uint(report, service->admit.queue.count);
	report_uint(report, stats->connections);
	report_uint(report, sum(stats->refused, REASONS));
	report_uint(report, stats->started);
	report_uint(report, sum(stats->spawn_failures, SPAWN_STEPS));
	answer_ports(report, service, false);
	report_row_end(report);
}

void services_answer(struct answer *answer)
{
	const struct supervisor *sup = answer->sup;

	answer_table(answer, "services", service_columns,
	             sizeof service_columns / sizeof *service_columns);
	while (answer->service < sup->service_count) {
		tell_service(&answer->report, sup->services[answer->service++]);
		if (answer_is_full(answer))
			return;
	}
	report_table_end(&answer->report);
	answer_end(answer);
}

static void tell_end(struct report *report, const struct addr *addr)
{
	char host[ADDR_TEXT_MAX];

	addr_format_host(addr, host, sizeof host);
	report_text(report, host);
	if (addr_has_port(addr))
		report_uint(report, addr_port(addr));
	else
		report_none(report);
}

static void tell_session(struct report *report, const struct session *session, usec_t now)
{
	report_row(report);
	report_uint(report, session->facts.session);
	report_text(report, session->service->conf->name);
	report_text(report, session->starting ? "starting" : session->ended ? "tree" : "running");
	report_uint(report, (uint64_t)session->pid);
	tell_end(report, &session->facts.peer);
	tell_end(report, &session->facts.local);
	report_msec(report, (now - session->facts.started) / 1000);
	report_row_end(report);
}

/* A service's sessions stand in the order of their starts, so where the last
 * piece ended is found again although any of them may be gone. False when this
 * piece is full. */
static bool tell_sessions(struct answer *answer, const struct service *service)
{
	usec_t now = clock_usec();

	list_each (link, &service->sessions) {
		const struct session *session = list_entry(link, struct session, link);

		if (session->facts.started <= answer->session)
			continue;
		tell_session(&answer->report, session, now);
		answer->session = session->facts.started;
		if (answer_is_full(answer))
			return false;
	}
	answer->session = 0;
	return true;
}

void sessions_answer(struct answer *answer)
{
	const struct supervisor *sup = answer->sup;
	const char *only = answer->request->arg[0];

	if (answer_lacks_service(answer, only))
		return;
	answer_table(answer, "sessions", session_columns,
	             sizeof session_columns / sizeof *session_columns);
	for (; answer->service < sup->service_count; answer->service++) {
		const struct service *service = sup->services[answer->service];

		if (only && strcmp(service->conf->name, only) != 0)
			continue;
		if (!tell_sessions(answer, service))
			return;
	}
	report_table_end(&answer->report);
	answer_end(answer);
}
