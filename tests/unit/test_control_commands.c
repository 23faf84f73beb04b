/* control/commands.h: who may what, and tables that change while they are told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "unit/control_fixture.h"

static void expect_answer(const char *request, bool may_change, const char *want)
{
	struct fixture *fixture = fixture_new(2);
	struct buf all = BUF_INIT(1 << 20);

	fixture_answer(fixture, request, may_change, &all, NULL);
	assert_string_equal(all.data, want);
	fixture_free(fixture);
	buf_free(&all);
}

static void expect_lines(const struct buf *all, const char *const *line, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strstr(all->data, line[i]))
			fail_msg("\"%s\" is not in:\n%s", line[i], all->data);
}

static void command__unknown__is_wrong_usage(void **state)
{
	(void)state;
	expect_answer("frobnicate", true, "usage there is no command \"frobnicate\"\n");
	expect_answer("-j reloads", true, "usage there is no command \"reloads\"\n");
	expect_answer("reload --now", true, "usage reload [--dry-run]\n");
	expect_answer("reload", true, "error usherd is not ready for it yet\n");
}

static void command__with_other_arguments__is_wrong_usage(void **state)
{
	(void)state;
	expect_answer("status now", true, "usage status takes no arguments\n");
	expect_answer("sessions a b", true, "usage sessions [SERVICE]\n");
}

static void stop__without_the_right__is_denied(void **state)
{
	struct fixture *fixture = fixture_new(1);
	struct buf all = BUF_INIT(4096);

	(void)state;
	fixture_answer(fixture, "stop", false, &all, NULL);
	assert_memory_equal(all.data, "denied ", 7);
	assert_int_equal(fixture->sup.state, SUPERVISOR_RUNNING);
	fixture_free(fixture);
	buf_free(&all);
}

static void sessions__of_an_unknown_service__is_an_error(void **state)
{
	(void)state;
	expect_answer("sessions s7", false, "error there is no service \"s7\"\n");
	expect_answer("-j sessions s7", false, "error there is no service \"s7\"\n");
}

static void sessions__of_nobody__is_an_empty_table(void **state)
{
	(void)state;
	expect_answer("sessions", false,
	              "ok table\nSESSION\tSERVICE\tSTATE\tPID\tPEER\tPORT\tAGE\n.\n");
	expect_answer("-j sessions s1", false, "ok json\n{\"sessions\":[]}\n.\n");
}

static void sessions__of_one_service__are_told_alone(void **state)
{
	struct fixture *fixture = fixture_new(2);
	struct buf all = BUF_INIT(1 << 20);
	usec_t now = clock_usec();

	(void)state;
	fixture_session(fixture, 0, 1, now - 2000000);
	fixture_session(fixture, 1, 2, now - 1000000)->starting = true;
	fixture_answer(fixture, "sessions s1", false, &all, NULL);
	assert_string_equal(all.data, "ok table\n"
	                              "SESSION\tSERVICE\tSTATE\tPID\tPEER\tPORT\tAGE\n"
	                              "2\ts1\tstarting\t1002\t192.0.2.1\t4000\t1s\n.\n");
	buf_clear(&all);
	fixture_answer(fixture, "-j sessions s0", false, &all, NULL);
	assert_memory_equal(all.data,
	                    "ok json\n{\"sessions\":[{\"session\":1,\"service\":\"s0\","
	                    "\"state\":\"running\",\"pid\":1001,\"peer\":\"192.0.2.1\","
	                    "\"peer_port\":4000,\"local\":\"127.0.0.1\",\"local_port\":1,"
	                    "\"duration_ms\":2",
	                    strlen("ok json\n{\"sessions\":[{\"session\":1,\"service\":\"s0\","
	                           "\"state\":\"running\",\"pid\":1001,\"peer\":\"192.0.2.1\","
	                           "\"peer_port\":4000,\"local\":\"127.0.0.1\",\"local_port\":1,"
	                           "\"duration_ms\":2"));
	fixture_free(fixture);
	buf_free(&all);
}

static unsigned count_lines(const struct buf *all)
{
	unsigned n = 0;

	for (size_t i = 0; i < all->len; i++)
		n += all->data[i] == '\n';
	return n;
}

static void sessions__very_many__come_in_pieces_and_complete(void **state)
{
	enum { SESSIONS = 20000 };
	struct fixture *fixture = fixture_new(2);
	struct buf all = BUF_INIT(64 << 20);
	size_t most;

	(void)state;
	for (unsigned i = 1; i <= SESSIONS; i++)
		fixture_session(fixture, i % 2, i, i);
	fixture_answer(fixture, "sessions", false, &all, &most);
	assert_int_equal(count_lines(&all), SESSIONS + 3);
	assert_true(most < 2 * COMMAND_PIECE);
	fixture_free(fixture);
	buf_free(&all);
}

/* The walk goes on behind what it has told, whoever of those has gone. */
static void sessions__that_end_and_begin_between_pieces__are_told_once(void **state)
{
	enum { SESSIONS = 2000 };
	struct fixture *fixture = fixture_new(1);
	struct session *session[SESSIONS + 1];
	struct buf out = BUF_INIT(1 << 20);
	struct request request;
	struct answer answer = {.sup = &fixture->sup, .request = &request};
	unsigned told[SESSIONS + 100] = {0}, pieces = 0;
	const char *why;

	(void)state;
	for (unsigned i = 1; i <= SESSIONS; i++)
		session[i] = fixture_session(fixture, 0, i, i * 10);
	assert_int_equal(request_parse(&request, "sessions", 8, &why), 0);
	report_init(&answer.report, &out, false);
	command_begin(&answer);
	for (; !answer.done; pieces++) {
		unsigned last = 0;

		for (const char *at = out.data; at; at = strchr(at, '\n')) {
			unsigned id = (unsigned)strtoul(at += *at == '\n', NULL, 10);

			told[id]++;
			last = id ? id : last;
		}
		/* The last that was told goes, one before it and one that comes. */
		fixture_session_end(session[last]);
		fixture_session_end(session[last - 5]);
		fixture_session_end(session[last + 5]);
		told[last + 5]++;
		fixture_session(fixture, 0, SESSIONS + 1 + pieces,
		                (usec_t)(SESSIONS + 1 + pieces) * 10);
		buf_clear(&out);
		command_continue(&answer);
	}
	assert_true(pieces > 3);
	for (const char *at = out.data; at; at = strchr(at, '\n'))
		told[strtoul(at += *at == '\n', NULL, 10)]++;
	for (unsigned i = 1; i <= SESSIONS + pieces; i++)
		assert_int_equal(told[i], 1);
	fixture_free(fixture);
	buf_free(&out);
}

static void services__with_an_address_that_fails__tell_why_and_when(void **state)
{
	struct fixture *fixture = fixture_new(1);
	struct service *service = fixture->sup.services[0];
	struct port *port;
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	port = fixture_port(service);
	service->stats.connections = 5;
	service->stats.refused[REASON_INSTANCES] = 1;
	service->stats.refused[REASON_RATE] = 2;
	service->stats.started = 2;
	service->stats.spawn_failures[SPAWN_USER] = 4;
	fixture_answer(fixture, "services", false, &all, NULL);
	assert_string_equal(all.data, "ok table\n"
	                              "SERVICE\tSTATE\tSESSIONS\tINSTANCES\tQUEUED\tACCEPTED\t"
	                              "REFUSED\tSTARTED\tFAILED\tLISTEN\n"
	                              "s0\trunning\t0\t10\t0\t5\t3\t2\t4\t127.0.0.1:1\n.\n");
	port->listener.fd = -1;
	port->error = EADDRNOTAVAIL;
	port->why = "bind";
	port->retry.due = loop_now(fixture->sup.loop) + 8000;
	buf_clear(&all);
	fixture_answer(fixture, "services", false, &all, NULL);
	assert_non_null(strstr(all.data, "\tunbound\t"));
	assert_non_null(strstr(all.data, "\t127.0.0.1:1 (bind: Cannot assign requested address, "
	                                 "again in 8s)\n"));
	buf_clear(&all);
	fixture_answer(fixture, "-j services", false, &all, NULL);
	assert_non_null(strstr(all.data,
	                       "\"listen\":[{\"address\":\"127.0.0.1:1\",\"error\":\"bind: Cannot "
	                       "assign requested address\",\"retry_ms\":8000}]}]}\n.\n"));
	fixture_free(fixture);
	buf_free(&all);
}

static void status__tells_the_whole_and_what_is_wrong(void **state)
{
	static const char *const plain[] = {
	    "ok fields\nversion\t" PACKAGE_VERSION "\npid\t",
	    "\nstate\tdraining\nstarted\t1970-01-01T00:00:01.000000Z\nuptime\t",
	    "\nconfiguration\t/etc/test.conf\n",
	    "\ncapabilities\tcap_chown\nuid 0\tnot filtered: because\n",
	    ", capabilities that are needed and not to be had here: cap_kill\n",
	    "2 sessions without a pidfd are found by a sweep, ",
	    "\nservices\t2\nsessions\t1\nmax sessions\t77\nqueued\t3\ndescriptors\t",
	    "\nresources\tshort: accept4: Too many open files\nlate turns\t0\n"
	    "longest turn\t0ms\nlog pending\t0\nlog lost\t0\n.\n",
	};
	static const char *const json[] = {
	    "ok json\n{\"version\":\"" PACKAGE_VERSION "\",\"pid\":",
	    "\"uid_0\":\"not filtered: because\"",
	    "{\"what\":\"2 sessions without a pidfd are found by a sweep\"}",
	    "\"max_sessions\":77,\"queued\":3,",
	};
	struct fixture *fixture = fixture_new(2);
	struct supervisor *sup = &fixture->sup;
	struct spawn_options options = {.settled = NULL};
	struct privileges privileges = {.kept = 1, .missing = 32, .unfiltered_why = "because"};
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	sup->spawner = spawn_new(&options);
	sup->linger = linger_new(sup->loop, 4);
	assert_non_null(sup->spawner);
	assert_non_null(sup->linger);
	sup->state = SUPERVISOR_DRAINING;
	sup->started_wall = 1000000;
	sup->admit.max_sessions = 77;
	sup->services[1]->admit.queue.count = 3;
	sup->reaper.blind = 2;
	sup->resources = (struct resources){.episode = true, .what = "accept4", .error = EMFILE};
	fixture->privileges = &privileges;
	fixture_session(fixture, 0, 1, 1);
	fixture_answer(fixture, "status", false, &all, NULL);
	expect_lines(&all, plain, ARRAY_LEN(plain));
	buf_clear(&all);
	fixture_answer(fixture, "-j status", false, &all, NULL);
	expect_lines(&all, json, ARRAY_LEN(json));
	linger_free(&sup->linger);
	spawn_free(&sup->spawner);
	fixture_free(fixture);
	buf_free(&all);
}

/* A source of a service, as admit/admit.c leaves it. */
static void add_source(struct fixture *fixture, size_t service, const char *prefix,
                       unsigned running, unsigned waiting)
{
	struct source_table *table = &fixture->sup.admit.sources;
	const struct conf_rate none = {.count = 0};
	struct prefix parsed;
	struct source *source;
	const char *why;

	assert_int_equal(prefix_parse(prefix, &parsed, &why), 0);
	source =
	    source_get(table, &fixture->sup.services[service]->admit.sources, &parsed, &none, 0);
	source->running = running;
	source->waiting = waiting;
	source_touch(source);
}

static void free_sources(struct fixture *fixture)
{
	struct hash *hash = &fixture->sup.admit.sources.hash;

	source_table_free(&fixture->sup.admit.sources);
	assert_int_equal(hash->count, 0);
	fixture_free(fixture);
}

static struct fixture *new_with_sources(void)
{
	struct fixture *fixture = fixture_new(2);

	assert_int_equal(source_table_init(&fixture->sup.admit.sources, 1 << 16), 0);
	for (uint32_t i = 0; i < 2; i++) {
		struct admit_service *admit = &fixture->sup.services[i]->admit;

		admit->number = i;
		source_pool_init(&fixture->sup.admit.sources, &admit->sources, i);
	}
	return fixture;
}

static void sources__tell_who_has_clients(void **state)
{
	const struct prefix exempt = {{192, 0, 2, 2}, 32, AF_INET};
	struct fixture *fixture = new_with_sources();
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	add_source(fixture, 0, "192.0.2.1", 0, 0);
	add_source(fixture, 1, "2001:db8::/64", 3, 4);
	fixture_answer(fixture, "sources", false, &all, NULL);
	assert_string_equal(all.data, "ok table\nSERVICE\tSOURCE\tSESSIONS\tMOST\tQUEUED\n"
	                              "s1\t2001:db8::/64\t3\t0\t4\n.\n");
	buf_clear(&all);
	fixture_answer(fixture, "-j sources s1", false, &all, NULL);
	assert_string_equal(all.data, "ok json\n{\"sources\":[{\"service\":\"s1\",\"source\":"
	                              "\"2001:db8::/64\",\"sessions\":3,\"per_source\":0,"
	                              "\"queued\":4}]}\n.\n");
	buf_clear(&all);
	fixture_answer(fixture, "-j sources s0", false, &all, NULL);
	assert_string_equal(all.data, "ok json\n{\"sources\":[]}\n.\n");
	buf_clear(&all);
	add_source(fixture, 0, "192.0.2.2", 1, 0);
	source_find(&fixture->sup.admit.sources, 0, &exempt)->exempt = true;
	fixture_answer(fixture, "-j sources s0", false, &all, NULL);
	assert_string_equal(all.data, "ok json\n{\"sources\":[{\"service\":\"s0\",\"source\":"
	                              "\"192.0.2.2\",\"sessions\":1,\"queued\":0}]}\n.\n");
	buf_clear(&all);
	fixture_answer(fixture, "sources s9", false, &all, NULL);
	assert_string_equal(all.data, "error there is no service \"s9\"\n");
	free_sources(fixture);
	buf_free(&all);
}

static void sources__very_many__come_in_pieces_and_complete(void **state)
{
	enum { SOURCES = 20000 };
	struct fixture *fixture = new_with_sources();
	struct buf all = BUF_INIT(64 << 20);
	size_t most;

	(void)state;
	for (unsigned i = 0; i < SOURCES; i++) {
		char text[32];

		snprintf(text, sizeof text, "10.0.%u.%u", i / 256, i % 256);
		add_source(fixture, i % 2, text, 1, 0);
	}
	fixture_answer(fixture, "sources", false, &all, &most);
	assert_int_equal(count_lines(&all), SOURCES + 3);
	assert_true(most < 2 * COMMAND_PIECE);
	buf_clear(&all);
	fixture_answer(fixture, "sources s1", false, &all, &most);
	assert_int_equal(count_lines(&all), SOURCES / 2 + 3);
	for (unsigned i = 0; i < SOURCES; i++) {
		char text[32];

		snprintf(text, sizeof text, "10.0.%u.%u", i / 256, i % 256);
		add_source(fixture, i % 2, text, 0, 0);
	}
	free_sources(fixture);
	buf_free(&all);
}

static void show__tells_what_the_service_is_and_has_done(void **state)
{
	static const char *const plain[] = {
	    "ok fields\nservice\ts0\nstate\tfailing\ntried again in\t5s\n"
	    "configuration\tt.conf:7\nsandbox\tnone\nwith all it starts\tnone\nlisten\t127.0.0.1:1 "
	    "(open)\nsessions\t0\ninstances\t10\n",
	    "\nprocessor time\t2s\nrefused\n  rate\t2\nnot started\n  clone\t1\n  user\t4\n"
	    "ended\n  0\t7\n  SIGKILL\t1\noptions\n",
	    "\n  instances\t512\n",
	};
	static const char *const json[] = {
	    "\"listen\":[{\"address\":\"127.0.0.1:1\",\"state\":\"open\"}]",
	    "\"refused_total\":{\"rate\":2},\"spawn_failures_total\":{\"clone\":1,\"user\":4},"
	    "\"handler_exits_total\":{\"0\":7,\"SIGKILL\":1},\"options\":{",
	    "\"instances\":\"512\"",
	};
	struct fixture *fixture = fixture_new(1);
	struct service *service = fixture->sup.services[0];
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	service->failing = true;
	service->backoff_timer.due = loop_now(fixture->sup.loop) + 5000;
	service->stats.cpu_usec = 2000000;
	service->stats.refused[REASON_RATE] = 2;
	service->stats.spawn_failures[SPAWN_NONE] = 1;
	service->stats.spawn_failures[SPAWN_USER] = 4;
	for (int i = 0; i < 7; i++)
		stats_exited(&service->stats, 0, 0);
	stats_exited(&service->stats, 9, 0);
	fixture_answer(fixture, "show s0", false, &all, NULL);
	expect_lines(&all, plain, ARRAY_LEN(plain));
	buf_clear(&all);
	fixture_answer(fixture, "-j show s0", false, &all, NULL);
	expect_lines(&all, json, ARRAY_LEN(json));
	fixture_free(fixture);
	buf_free(&all);
	expect_answer("show s9", false, "error there is no service \"s9\"\n");
}

static void kill__of_nobody__is_an_error(void **state)
{
	(void)state;
	expect_answer("kill 17", true, "error there is no session 17\n");
	expect_answer("kill 17x", true, "error there is no service \"17x\"\n");
	expect_answer("kill s7 HUP", true, "error there is no service \"s7\"\n");
	expect_answer("kill s0 BLUE", true, "usage there is no signal \"BLUE\"\n");
	expect_answer("kill s0 0", true, "usage there is no signal \"0\"\n");
	expect_answer("kill s0 65", true, "usage there is no signal \"65\"\n");
	expect_answer("kill s0 SIGUSR1", true, "ok fields\nsignal\tUSR1\nsessions\t0\n.\n");
	expect_answer("-j kill s0", true, "ok json\n{\"signal\":\"TERM\",\"sessions\":0}\n.\n");
	expect_answer("kill s0 kill", true, "ok fields\nsignal\tKILL\nsessions\t0\n.\n");
}

static void enable__what_was_given_up__is_an_error(void **state)
{
	struct fixture *fixture = fixture_new(1);
	struct privileges privileges = {.kept = 0};
	struct conf_service *conf =
	    (struct conf_service *)(uintptr_t)fixture->sup.services[0]->conf;
	struct buf all = BUF_INIT(4096);

	(void)state;
	conf->change_user = true;
	fixture->privileges = &privileges;
	fixture_answer(fixture, "enable s0", true, &all, NULL);
	assert_memory_equal(all.data, "error it needs what usherd gave up", 34);
	assert_non_null(strstr(all.data, "cap_setuid"));
	buf_clear(&all);
	privileges.kept = ~(uint64_t)0;
	privileges.filtered = true;
	fixture_answer(fixture, "enable s0", true, &all, NULL);
	assert_non_null(strstr(all.data, "to become root"));
	assert_int_equal(fixture->sup.services[0]->wish, WISH_NONE);
	fixture_free(fixture);
	buf_free(&all);
}

static void changes__of_nobody_or_too_late__are_errors(void **state)
{
	static const char *const request[] = {"enable s0", "disable s0", "drain s0"};

	(void)state;
	expect_answer("enable s9", true, "error there is no service \"s9\"\n");
	expect_answer("disable s9", true, "error there is no service \"s9\"\n");
	expect_answer("drain s9", true, "error there is no service \"s9\"\n");
	expect_answer("disable", true, "usage disable SERVICE\n");
	for (size_t i = 0; i < ARRAY_LEN(request); i++) {
		struct fixture *fixture = fixture_new(1);
		struct buf all = BUF_INIT(4096);

		fixture->sup.state = SUPERVISOR_DRAINING;
		fixture_answer(fixture, request[i], true, &all, NULL);
		assert_string_equal(all.data, "error usherd is draining\n");
		fixture_free(fixture);
		buf_free(&all);
	}
}

static void log_level__is_set_at_once(void **state)
{
	(void)state;
	log_set_level(LOG_ERR);
	expect_answer("log-level loud", true,
	              "usage LEVEL is error, warning, notice, info or debug\n");
	assert_false(log_wants(LOG_WARNING));
	expect_answer("log-level debug", true, "ok fields\nlog level\tdebug\n.\n");
	assert_true(log_wants(LOG_DEBUG));
	expect_answer("-j log-level error", true, "ok json\n{\"log_level\":\"error\"}\n.\n");
	assert_false(log_wants(LOG_WARNING));
}

static void changes__without_the_right__are_denied(void **state)
{
	static const char *const request[] = {"kill s0",    "log-level debug", "enable s0",
	                                      "disable s0", "drain s0",        "drain"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(request); i++) {
		struct fixture *fixture = fixture_new(1);
		struct buf all = BUF_INIT(4096);

		fixture_answer(fixture, request[i], false, &all, NULL);
		assert_memory_equal(all.data, "denied ", 7);
		assert_int_equal(fixture->sup.state, SUPERVISOR_RUNNING);
		assert_int_equal(fixture->sup.services[0]->wish, WISH_NONE);
		fixture_free(fixture);
		buf_free(&all);
	}
	assert_false(log_wants(LOG_DEBUG));
}

static int setup(void **state)
{
	(void)state;
	log_set_level(LOG_ERR);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(command__unknown__is_wrong_usage),
	    cmocka_unit_test(command__with_other_arguments__is_wrong_usage),
	    cmocka_unit_test(stop__without_the_right__is_denied),
	    cmocka_unit_test(sessions__of_an_unknown_service__is_an_error),
	    cmocka_unit_test(sessions__of_nobody__is_an_empty_table),
	    cmocka_unit_test(sessions__of_one_service__are_told_alone),
	    cmocka_unit_test(sessions__very_many__come_in_pieces_and_complete),
	    cmocka_unit_test(sessions__that_end_and_begin_between_pieces__are_told_once),
	    cmocka_unit_test(status__tells_the_whole_and_what_is_wrong),
	    cmocka_unit_test(sources__tell_who_has_clients),
	    cmocka_unit_test(sources__very_many__come_in_pieces_and_complete),
	    cmocka_unit_test(show__tells_what_the_service_is_and_has_done),
	    cmocka_unit_test(kill__of_nobody__is_an_error),
	    cmocka_unit_test(enable__what_was_given_up__is_an_error),
	    cmocka_unit_test(changes__of_nobody_or_too_late__are_errors),
	    cmocka_unit_test(log_level__is_set_at_once),
	    cmocka_unit_test(changes__without_the_right__are_denied),
	    cmocka_unit_test(services__with_an_address_that_fails__tell_why_and_when),
	};

	return cmocka_run_group_tests_name("control/commands", tests, setup, NULL);
}
