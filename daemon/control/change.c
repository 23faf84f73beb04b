/* The commands that change something. Each is said in the log, with who asked. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "base/log.h"
#include "control/commands.h"
#include "core/service.h"
#include "core/session.h"

void answer_say(const struct answer *answer, const char *format, ...)
{
	struct buf what = BUF_INIT(1024);
	va_list ap;

	va_start(ap, format);
	buf_vaddf(&what, format, ap);
	va_end(ap);
	log_info("control: %s, asked for by uid %u, pid %ld", what.len ? what.data : "?",
	         answer->peer.uid, (long)answer->peer.pid);
	buf_free(&what);
}

/* What the whole, or a service, is now. */
static void tell_state(struct answer *answer, const char *state, unsigned sessions)
{
	static const struct report_column column[] = {{"state", "state"}, {"sessions", "sessions"}};
	struct report *report = &answer->report;

	answer_ok(answer, "fields");
	report_fields(report, column, sizeof column / sizeof *column);
	report_text(report, state);
	report_uint(report, sessions);
	report_fields_end(report);
	answer_end(answer);
}

static void tell_whole(struct answer *answer)
{
	const struct supervisor *sup = answer->sup;

	tell_state(answer, supervisor_state_name(sup->state), sup->session_count);
}

void stop_answer(struct answer *answer)
{
	answer_say(answer, "stop");
	supervisor_stop(answer->sup);
	tell_whole(answer);
}

static void change_service(struct answer *answer, void (*change)(struct service *service))
{
	const char *name = answer->request->arg[0];
	const struct supervisor *sup = answer->sup;
	struct service *service;

	if (answer_lacks_service(answer, name))
		return;
	if (sup->state != SUPERVISOR_RUNNING) {
		answer_refuse(answer, "error", "usherd is %s", supervisor_state_name(sup->state));
		return;
	}
	service = service_find(sup, name);
	answer_say(answer, "%s service \"%s\"", answer->request->command, name);
	change(service);
	tell_state(answer, service_state_name(service), service->admit.running);
}

/* What its configuration did not need at the start was given up then. */
static bool lacks_privileges(struct answer *answer, const struct conf_service *conf)
{
	const struct privileges *had = answer->privileges;
	uint64_t missing = had ? privileges_needed_by(conf) & ~had->kept : 0;
	struct buf text = BUF_INIT(4096);

	if (missing)
		caps_format(missing, &text);
	else if (had && had->filtered && conf->change_user && conf->uid == 0)
		buf_adds(&text, "to become root");
	if (text.len)
		answer_refuse(
		    answer, "error",
		    "it needs what usherd gave up when it was started: %s (set enabled = yes and "
		    "restart usherd)",
		    text.data);
	buf_free(&text);
	return answer->done;
}

void enable_answer(struct answer *answer)
{
	const struct service *service = service_find(answer->sup, answer->request->arg[0]);

	if (!service || !lacks_privileges(answer, service->conf))
		change_service(answer, wish_enable);
}

void disable_answer(struct answer *answer)
{
	change_service(answer, wish_disable);
}

void drain_answer(struct answer *answer)
{
	if (answer->request->args > 0) {
		change_service(answer, wish_drain);
		return;
	}
	answer_say(answer, "drain");
	supervisor_drain(answer->sup);
	tell_whole(answer);
}

/* All of the text is a number in decimal. */
static bool parse_number(const char *text, uint64_t *number_r)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	*number_r = strtoull(text, &end, 10);
	return *end == '\0';
}

/* "TERM", "sigterm", "15"; 0: there is no such signal. */
static int parse_signal(const char *text)
{
	uint64_t number;

	if (parse_number(text, &number))
		return number > 0 && number <= (uint64_t)SIGRTMAX ? (int)number : 0;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *name = sigabbrev_np(i);

		if (name && strcasecmp(name, text) == 0)
			return i;
	}
	return 0;
}

static void tell_killed(struct answer *answer, int signal, unsigned sessions)
{
	static const struct report_column column[] = {{"signal", "signal"},
	                                              {"sessions", "sessions"}};
	struct report *report = &answer->report;
	const char *name = sigabbrev_np(signal);
	char number[24];

	snprintf(number, sizeof number, "%d", signal);
	answer_ok(answer, "fields");
	report_fields(report, column, sizeof column / sizeof *column);
	report_text(report, name ? name : number);
	report_uint(report, sessions);
	report_fields_end(report);
	answer_end(answer);
}

static void kill_session(struct answer *answer, uint64_t number, int signal)
{
	struct session *session = session_of_number(answer->sup, number);

	if (!session) {
		answer_refuse(answer, "error", "there is no session %s", answer->request->arg[0]);
		return;
	}
	answer_say(answer, "kill: signal %d to session %llu of service \"%s\"", signal,
	           (unsigned long long)number, session->service->conf->name);
	session_signal(session, signal);
	tell_killed(answer, signal, 1);
}

/* A service's name never begins with a digit, a session's number always does. */
void kill_answer(struct answer *answer)
{
	const char *whom = answer->request->arg[0], *how = answer->request->arg[1];
	int signal = how ? parse_signal(how) : SIGTERM;
	struct service *service;
	uint64_t number;

	if (signal == 0) {
		answer_refuse(answer, "usage", "there is no signal \"%s\"", how);
	} else if (parse_number(whom, &number)) {
		kill_session(answer, number, signal);
	} else if (!answer_lacks_service(answer, whom)) {
		service = service_find(answer->sup, whom);
		answer_say(answer, "kill: signal %d to all sessions of service \"%s\"", signal,
		           whom);
		tell_killed(answer, signal, service_signal(service, signal));
	}
}

static const char *const level_names[] = {[LOG_ERR] = "error",
                                          [LOG_WARNING] = "warning",
                                          [LOG_NOTICE] = "notice",
                                          [LOG_INFO] = "info",
                                          [LOG_DEBUG] = "debug"};

/* Said whatever the level was, and will be. */
void log_level_answer(struct answer *answer)
{
	static const struct report_column column[] = {{"log_level", "log level"}};
	const char *name = answer->request->arg[0];
	struct report *report = &answer->report;
	int level = LOG_ERR;

	while (level <= LOG_DEBUG && strcmp(level_names[level], name) != 0)
		level++;
	if (level > LOG_DEBUG) {
		answer_refuse(answer, "usage", "LEVEL is error, warning, notice, info or debug");
		return;
	}
	if (!log_wants(LOG_INFO))
		log_set_level(LOG_INFO);
	answer_say(answer, "log-level %s", name);
	log_set_level(level);
	answer->sup->live_log_level = level;
	answer_ok(answer, "fields");
	report_fields(report, column, sizeof column / sizeof *column);
	report_text(report, name);
	report_fields_end(report);
	answer_end(answer);
}
