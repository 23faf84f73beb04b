/* core/record.h: every field of every event, and bytes that mean harm. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "core/record.h"
#include "core/service.h"
#include "unit/test.h"

static const usec_t clock_now = 100 * 1000000;
static char file[] = "/tmp/usherd-test-XXXXXX";
static struct conf_service conf;
static struct service service;
static struct session session;
static char line[1 << 14];

usec_t __wrap_clock_usec(void);
usec_t __wrap_clock_wall(void);

usec_t __wrap_clock_usec(void)
{
	return clock_now;
}

usec_t __wrap_clock_wall(void)
{
	return 0;
}

static int make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	log_close();
	return unlink(file);
}

static int open_log(enum log_format format, int level)
{
	struct log_options options = {.to = LOG_TO_FILE,
	                              .path = file,
	                              .format = format,
	                              .level = level,
	                              .uid = geteuid(),
	                              .gid = getegid()};

	return truncate(file, 0) < 0 ? -1 : log_open(&options);
}

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){
	    .name = "web", .log_on_success = CONF_RECORD_ALL, .log_on_failure = CONF_RECORD_ALL};
	service = (struct service){.conf = &conf};
	session = (struct session){.service = &service,
	                           .pid = 4711,
	                           .facts = {.session = 17,
	                                     .accepted = clock_now - 5000000,
	                                     .started = clock_now - 3250000}};
	if (addr_parse_ip("192.0.2.1", 40000, &session.facts.peer) < 0 ||
	    addr_parse_ip("192.0.2.80", 80, &session.facts.local) < 0)
		return -1;
	return open_log(LOG_FORMAT_TEXT, LOG_DEBUG);
}

static const char *written(void)
{
	FILE *f;
	size_t n;

	log_flush();
	f = fopen(file, "re");
	assert_non_null(f);
	n = fread(line, 1, sizeof line - 1, f);
	fclose(f);
	line[n] = '\0';
	return line;
}

#define TIME "time=1970-01-01T00:00:00.000000Z "
#define ENDS "peer=192.0.2.1 peer_port=40000 local=192.0.2.80 local_port=80"

static const struct rusage usage = {.ru_utime = {1, 234999}, .ru_stime = {0, 56789}};

/* Initialisers of si_pid and si_status would undo each other. */
static siginfo_t ended(int code, int status)
{
	siginfo_t info = {.si_code = code};

	info.si_pid = 4711;
	info.si_status = status;
	return info;
}

static void end__by_exit__has_every_field(void **state)
{
	siginfo_t info = ended(CLD_EXITED, 3);

	(void)state;
	record_end(&session, &info, &usage);
	assert_string_equal(written(),
	                    TIME "event=end service=web session=17 pid=4711 " ENDS
	                         " status=3 duration_ms=3250 queued_ms=1750 user_ms=1234 "
	                         "system_ms=56\n");
}

static void end__by_signal__has_its_name(void **state)
{
	siginfo_t info = ended(CLD_KILLED, SIGKILL);

	(void)state;
	record_end(&session, &info, &usage);
	assert_non_null(strstr(written(), " local_port=80 status= signal=KILL duration_ms="));
	info.si_code = CLD_DUMPED;
	info.si_status = SIGSEGV;
	record_end(&session, &info, &usage);
	assert_non_null(strstr(written(), " signal=SEGV "));
}

static void end__by_a_realtime_signal__has_a_name_too(void **state)
{
	siginfo_t info = ended(CLD_KILLED, SIGRTMIN + 3);

	(void)state;
	record_end(&session, &info, &usage);
	assert_non_null(strstr(written(), " signal=RTMIN+3 "));
}

/* Before its exec a child is counted with all that we are. */
static void end__memory__only_where_it_says_something(void **state)
{
	siginfo_t info = ended(CLD_EXITED, 0);
	struct rusage big = usage, own;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &own), 0);
	big.ru_maxrss = own.ru_maxrss / 2;
	record_end(&session, &info, &big);
	assert_null(strstr(written(), "max_rss_kb"));
	big.ru_maxrss = 1 << 30;
	record_end(&session, &info, &big);
	assert_non_null(strstr(written(), " max_rss_kb=1073741824\n"));
}

static void start__debug__only(void **state)
{
	(void)state;
	record_start(&session);
	assert_string_equal(written(), TIME "event=start service=web session=17 pid=4711 " ENDS
	                                    " queued_ms=1750\n");
	assert_int_equal(open_log(LOG_FORMAT_TEXT, LOG_INFO), 0);
	record_start(&session);
	assert_string_equal(written(), "");
}

static void refuse__without_a_session__has_a_reason(void **state)
{
	(void)state;
	session.facts.session = 0;
	record_refuse(&service, &session.facts, REASON_PER_SOURCE, 1);
	assert_string_equal(written(), TIME "event=refuse service=web " ENDS
	                                    " reason=per_source queued_ms=1750\n");
}

static void refuse__many__have_a_count(void **state)
{
	struct facts nobody = {.session = 0};

	(void)state;
	record_refuse(&service, &nobody, REASON_QUEUE_FULL, 1000);
	assert_string_equal(written(),
	                    TIME "event=refuse service=web reason=queue_full count=1000\n");
}

static void fail__step_and_error__are_words(void **state)
{
	(void)state;
	record_fail(&service, &session.facts, SPAWN_EXEC, ENOENT);
	assert_string_equal(written(), TIME "event=fail service=web session=17 " ENDS
	                                    " reason=spawn step=exec "
	                                    "error=\"No such file or directory\" queued_ms=1750\n");
}

static void records__not_wanted__are_not_written(void **state)
{
	siginfo_t info = ended(CLD_EXITED, 0);

	(void)state;
	conf.log_on_success = CONF_RECORD_NONE;
	record_end(&session, &info, &usage);
	assert_string_equal(written(), "");
	conf.log_on_failure = CONF_RECORD_NONE;
	record_refuse(&service, &session.facts, REASON_INSTANCES, 1);
	record_fail(&service, &session.facts, SPAWN_EXEC, ENOENT);
	assert_string_equal(written(), "");
}

/* Somebody else has reaped it: nobody knows how it ended. */
static void end__unknown__has_an_empty_status(void **state)
{
	siginfo_t info = {.si_pid = 0};

	(void)state;
	record_end(&session, &info, &usage);
	assert_non_null(strstr(written(), " local_port=80 status= duration_ms="));
}

static void refuse__after_a_wait__tells_how_long(void **state)
{
	(void)state;
	session.facts.session = 0;
	record_refuse(&service, &session.facts, REASON_QUEUE_TIMEOUT, 2);
	assert_string_equal(written(), TIME "event=refuse service=web " ENDS
	                                    " reason=queue_timeout count=2 queued_ms=1750\n");
}

static void success__groups__show_their_fields(void **state)
{
	static const struct {
		unsigned show;
		const char *fields;
	} row[] = {{CONF_RECORD_PID, " pid=4711"},
	           {CONF_RECORD_HOST, " peer=192.0.2.1 peer_port=40000"},
	           {CONF_RECORD_LOCAL, " local=192.0.2.80 local_port=80"},
	           {CONF_RECORD_EXIT, " status=3"},
	           {CONF_RECORD_DURATION, " duration_ms=3250 queued_ms=1750"},
	           {CONF_RECORD_USAGE, " user_ms=1234 system_ms=56"},
	           {CONF_RECORD_PID | CONF_RECORD_EXIT, " pid=4711 status=3"}};
	siginfo_t info = ended(CLD_EXITED, 3);
	char wanted[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(open_log(LOG_FORMAT_TEXT, LOG_DEBUG), 0);
		conf.log_on_success = row[i].show;
		record_end(&session, &info, &usage);
		snprintf(wanted, sizeof wanted, TIME "event=end service=web session=17%s\n",
		         row[i].fields);
		assert_string_equal(written(), wanted);
	}
}

static void failure__groups__show_their_fields(void **state)
{
	static const struct {
		unsigned show;
		const char *before, *after;
	} row[] = {{CONF_RECORD_ATTEMPT, "", ""},
	           {CONF_RECORD_HOST, " peer=192.0.2.1 peer_port=40000", ""},
	           {CONF_RECORD_LOCAL, " local=192.0.2.80 local_port=80", ""},
	           {CONF_RECORD_DURATION, "", " queued_ms=1750"}};
	char wanted[300];

	(void)state;
	session.facts.session = 0;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(open_log(LOG_FORMAT_TEXT, LOG_DEBUG), 0);
		conf.log_on_failure = row[i].show;
		record_refuse(&service, &session.facts, REASON_INSTANCES, 1);
		snprintf(wanted, sizeof wanted,
		         TIME "event=refuse service=web%s reason=instances%s\n", row[i].before,
		         row[i].after);
		assert_string_equal(written(), wanted);
	}
}

/* Health checks leave no trace, unless something is wrong. */
static void quiet__sources__end_without_a_record(void **state)
{
	siginfo_t info = ended(CLD_EXITED, 0);
	struct prefix quiet[2];
	const char *why;

	(void)state;
	assert_int_equal(prefix_parse("2001:db8::/32", &quiet[0], &why), 0);
	assert_int_equal(prefix_parse("192.0.2.0/28", &quiet[1], &why), 0);
	conf.quiet_from = quiet;
	conf.quiet_from_count = 2;
	record_start(&session);
	record_end(&session, &info, &usage);
	assert_string_equal(written(), "");
	info = ended(CLD_DUMPED, SIGSEGV);
	record_end(&session, &info, &usage);
	assert_non_null(strstr(written(), " signal=SEGV "));
	record_refuse(&service, &session.facts, REASON_INSTANCES, 1);
	record_fail(&service, &session.facts, SPAWN_EXEC, ENOENT);
	assert_non_null(strstr(written(), "event=refuse"));
	assert_non_null(strstr(line, "event=fail"));

	assert_int_equal(open_log(LOG_FORMAT_TEXT, LOG_DEBUG), 0);
	assert_int_equal(addr_parse_ip("192.0.2.16", 1, &session.facts.peer), 0);
	info = ended(CLD_EXITED, 0);
	record_end(&session, &info, &usage);
	assert_non_null(strstr(written(), "event=end"));
}

static void anonymize__peers__are_cut(void **state)
{
	static const struct {
		const char *peer, *shown;
	} row[] = {{"192.0.2.201", " peer=192.0.2.0 local=192.0.2.80 "},
	           {"::ffff:10.1.2.3", " peer=10.1.2.0 local="},
	           {"2001:db8:1:2:3::4", " peer=2001:db8:1:: local="},
	           {"fe80::1%1", " peer=fe80:: local="}};

	(void)state;
	conf.anonymize = true;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(open_log(LOG_FORMAT_TEXT, LOG_DEBUG), 0);
		assert_int_equal(addr_parse_ip(row[i].peer, 40000, &session.facts.peer), 0);
		record_refuse(&service, &session.facts, REASON_INSTANCES, 1);
		assert_non_null(strstr(written(), row[i].shown));
		assert_null(strstr(line, "40000"));
	}
}

/* Who is lent a listener has no client. */
static void ends__wait_service__have_no_peer(void **state)
{
	(void)state;
	session.facts.peer.len = 0;
	record_start(&session);
	assert_non_null(strstr(written(), " pid=4711 local=192.0.2.80 local_port=80 "));
}

static void ends__mapped_and_ipv6__as_everywhere(void **state)
{
	(void)state;
	assert_int_equal(addr_parse_ip("::ffff:192.0.2.9", 1, &session.facts.peer), 0);
	assert_int_equal(addr_parse_ip("2001:db8::1", 2, &session.facts.local), 0);
	record_start(&session);
	assert_non_null(strstr(written(), " peer=192.0.2.9 peer_port=1 local=2001:db8::1 "
	                                  "local_port=2 "));
}

static void ends__unix__have_no_ports(void **state)
{
	(void)state;
	session.facts.peer = (struct addr){.len = sizeof(sa_family_t)};
	session.facts.peer.sa.sa_family = AF_UNIX;
	assert_int_equal(addr_set_unix("/run/my socket", &session.facts.local), 0);
	record_start(&session);
	assert_non_null(strstr(written(), " pid=4711 peer="));
	assert_non_null(strstr(line, " local=\"/run/my socket\" "));
	assert_null(strstr(line, "_port"));
}

/* A client may bind its own end to a name of its choice. */
static void peer__hostile_name__stays_in_its_field(void **state)
{
	static const char name[] = "@a b\" reason=forged\n\x1b[2J\\\xff=";

	(void)state;
	assert_int_equal(addr_set_unix(name, &session.facts.peer), 0);
	assert_int_equal(addr_set_unix("/run/x", &session.facts.local), 0);
	record_start(&session);
	assert_non_null(strstr(
	    written(), " peer=\"@a b\\\" reason=forged\\x0a\\x1b[2J\\\\\\xff=\" local=/run/x "));
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void peer__longest_name__fits(void **state)
{
	char name[sizeof session.facts.peer.un.sun_path + 1];

	(void)state;
	memset(name, 'p', sizeof name);
	name[0] = '@';
	name[sizeof name - 1] = '\0';
	assert_int_equal(addr_set_unix(name, &session.facts.peer), 0);
	record_start(&session);
	assert_non_null(strstr(written(), name));
}

static void json__same_fields__and_hostile_bytes(void **state)
{
	siginfo_t info = ended(CLD_EXITED, 0);

	(void)state;
	assert_int_equal(open_log(LOG_FORMAT_JSON, LOG_DEBUG), 0);
	record_end(&session, &info, &usage);
	assert_string_equal(written(),
	                    "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"event\":\"end\","
	                    "\"service\":\"web\",\"session\":17,\"pid\":4711,"
	                    "\"peer\":\"192.0.2.1\",\"peer_port\":40000,"
	                    "\"local\":\"192.0.2.80\",\"local_port\":80,\"status\":0,"
	                    "\"duration_ms\":3250,\"queued_ms\":1750,\"user_ms\":1234,"
	                    "\"system_ms\":56}\n");
	assert_int_equal(open_log(LOG_FORMAT_JSON, LOG_DEBUG), 0);
	assert_int_equal(addr_set_unix("@\",\"x\":\"\n\xff", &session.facts.peer), 0);
	record_start(&session);
	assert_non_null(strstr(written(), "\"peer\":\"@\\\",\\\"x\\\":\\\"\\n\\ufffd\",") ||
	                strstr(line, "\"peer\":\"@\\\",\\\"x\\\":\\\"\\n\xef\xbf\xbd\","));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(end__by_exit__has_every_field, set_up),
	    cmocka_unit_test_setup(end__by_signal__has_its_name, set_up),
	    cmocka_unit_test_setup(end__by_a_realtime_signal__has_a_name_too, set_up),
	    cmocka_unit_test_setup(end__memory__only_where_it_says_something, set_up),
	    cmocka_unit_test_setup(start__debug__only, set_up),
	    cmocka_unit_test_setup(refuse__without_a_session__has_a_reason, set_up),
	    cmocka_unit_test_setup(refuse__many__have_a_count, set_up),
	    cmocka_unit_test_setup(fail__step_and_error__are_words, set_up),
	    cmocka_unit_test_setup(records__not_wanted__are_not_written, set_up),
	    cmocka_unit_test_setup(end__unknown__has_an_empty_status, set_up),
	    cmocka_unit_test_setup(refuse__after_a_wait__tells_how_long, set_up),
	    cmocka_unit_test_setup(success__groups__show_their_fields, set_up),
	    cmocka_unit_test_setup(failure__groups__show_their_fields, set_up),
	    cmocka_unit_test_setup(quiet__sources__end_without_a_record, set_up),
	    cmocka_unit_test_setup(anonymize__peers__are_cut, set_up),
	    cmocka_unit_test_setup(ends__wait_service__have_no_peer, set_up),
	    cmocka_unit_test_setup(ends__mapped_and_ipv6__as_everywhere, set_up),
	    cmocka_unit_test_setup(ends__unix__have_no_ports, set_up),
	    cmocka_unit_test_setup(peer__hostile_name__stays_in_its_field, set_up),
	    cmocka_unit_test_setup(peer__longest_name__fits, set_up),
	    cmocka_unit_test_setup(json__same_fields__and_hostile_bytes, set_up),
	};

	return cmocka_run_group_tests_name("core/record", tests, make_file, remove_file);
}
