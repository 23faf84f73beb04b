/* control/metrics.c: the text that Prometheus reads, and the same as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "unit/control_fixture.h"

static void ask(struct fixture *fixture, const char *request, struct buf *all)
{
	buf_clear(all);
	fixture_answer(fixture, request, false, all, NULL);
}

static void expect(const struct buf *all, const char *text)
{
	if (!strstr(all->data, text))
		fail_msg("\"%s\" is not in:\n%s", text, all->data);
}

static void fill(struct stats *stats)
{
	stats->connections = 9;
	stats->refused[REASON_QUEUE_FULL] = 3;
	stats->spawn_failures[SPAWN_NONE] = 1;
	stats->spawn_failures[SPAWN_EXEC] = 2;
	stats->cpu_usec = 1234567;
	stats_observe(&stats->session, 500);              /* 1 ms */
	stats_observe(&stats->session, 1000);             /* 1 ms */
	stats_observe(&stats->session, 1001);             /* 5 ms */
	stats_observe(&stats->session, 400 * 1000);       /* 0.5 s */
	stats_observe(&stats->session, 8000LL * 1000000); /* above all */
	stats_exited(stats, 0, 0);
	stats_exited(stats, 0, 0);
	stats_exited(stats, 0, 255);
	stats_exited(stats, 9, 0);
	stats_exited(stats, 40, 0);
}

static void metrics__of_a_service__have_all_names_and_labels(void **state)
{
	struct fixture *fixture = fixture_new(2);
	struct buf all = BUF_INIT(1 << 20);
	static const char *const lines[] = {
	    "ok text\n",
	    "\nusherd_build_info{version=\"" PACKAGE_VERSION "\"} 1\n",
	    "\n# TYPE usherd_connections_total counter\n",
	    "\nusherd_connections_total{service=\"s0\"} 9\n",
	    "\nusherd_connections_total{service=\"s1\"} 0\n",
	    "\n# HELP usherd_refused_total Clients that were refused.\n"
	    "# TYPE usherd_refused_total counter\n"
	    "usherd_refused_total{service=\"s0\",reason=\"queue_full\"} 3\n"
	    "# HELP usherd_sessions ",
	    "\n# TYPE usherd_sessions gauge\nusherd_sessions{service=\"s0\"} 1\n",
	    "\n# TYPE usherd_queued gauge\nusherd_queued{service=\"s0\"} 0\n",
	    "\nusherd_handler_exits_total{service=\"s0\",status=\"0\"} 2\n",
	    "\nusherd_handler_exits_total{service=\"s0\",status=\"255\"} 1\n",
	    "\nusherd_handler_exits_total{service=\"s0\",status=\"SIGKILL\"} 1\n",
	    "\nusherd_handler_exits_total{service=\"s0\",status=\"SIG40\"} 1\n",
	    "\nusherd_handler_cpu_seconds_total{service=\"s0\"} 1.234567\n",
	    "\nusherd_handler_cpu_seconds_total{service=\"s1\"} 0.000000\n",
	    "\nusherd_spawn_failures_total{service=\"s0\",step=\"clone\"} 1\n",
	    "\nusherd_spawn_failures_total{service=\"s0\",step=\"exec\"} 2\n.\n",
	};

	(void)state;
	fill(&fixture->sup.services[0]->stats);
	fixture_session(fixture, 0, 1, 1);
	ask(fixture, "metrics", &all);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		expect(&all, lines[i]);
	fixture_free(fixture);
	buf_free(&all);
}

static void metrics__histogram__counts_all_below_each_bound(void **state)
{
	struct fixture *fixture = fixture_new(1);
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	fill(&fixture->sup.services[0]->stats);
	ask(fixture, "metrics", &all);
	expect(&all, "\n# TYPE usherd_session_seconds histogram\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"0.001\"} 2\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"0.005\"} 3\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"0.01\"} 3\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"0.05\"} 3\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"0.1\"} 3\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"0.5\"} 4\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"1\"} 4\n");
	expect(&all, "usherd_session_seconds_bucket{service=\"s0\",le=\"7200\"} 4\n"
	             "usherd_session_seconds_bucket{service=\"s0\",le=\"+Inf\"} 5\n"
	             "usherd_session_seconds_sum{service=\"s0\"} 8000.402501\n"
	             "usherd_session_seconds_count{service=\"s0\"} 5\n");
	expect(&all, "usherd_queue_seconds_bucket{service=\"s0\",le=\"+Inf\"} 0\n");
	fixture_free(fixture);
	buf_free(&all);
}

static void metrics__strange_service_name__is_escaped(void **state)
{
	struct fixture *fixture = fixture_new(1);
	struct conf_service conf = *fixture->sup.services[0]->conf;
	const struct conf_service *own = fixture->sup.services[0]->conf;
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	conf.name = "a\"b\\c\nd";
	fixture->sup.services[0]->conf = &conf;
	ask(fixture, "metrics", &all);
	expect(&all, "\nusherd_sessions{service=\"a\\\"b\\\\c\\nd\"} 0\n");
	fixture->sup.services[0]->conf = own;
	fixture_free(fixture);
	buf_free(&all);
}

static void metrics__json__has_the_same_numbers(void **state)
{
	struct fixture *fixture = fixture_new(2);
	struct buf all = BUF_INIT(1 << 20);

	(void)state;
	fill(&fixture->sup.services[0]->stats);
	ask(fixture, "-j metrics", &all);
	expect(&all, "ok json\n{\"build_info\":{\"version\":\"" PACKAGE_VERSION "\"},"
	             "\"connections_total\":{\"s0\":9,\"s1\":0},"
	             "\"refused_total\":{\"s0\":{\"queue_full\":3},\"s1\":{}},"
	             "\"sessions\":{\"s0\":0,\"s1\":0},\"queued\":{\"s0\":0,\"s1\":0},"
	             "\"session_seconds\":{\"s0\":{\"bucket\":{\"0.001\":2,");
	expect(&all, "\"+Inf\":5},\"sum\":8000.40");
	expect(&all,
	       "\"handler_exits_total\":{\"s0\":{\"0\":2,\"255\":1,\"SIGKILL\":1,\"SIG40\":1},"
	       "\"s1\":{}}");
	expect(&all, "\"spawn_failures_total\":{\"s0\":{\"clone\":1,\"exec\":2},\"s1\":{}}}\n.\n");
	fixture_free(fixture);
	buf_free(&all);
}

static void metrics__of_many_services__come_in_pieces_and_complete(void **state)
{
	enum { SERVICES = 1000 };
	struct fixture *fixture = fixture_new(SERVICES);
	struct buf all = BUF_INIT(64 << 20);
	unsigned samples = 0;
	size_t most;

	(void)state;
	fixture_answer(fixture, "metrics", false, &all, &most);
	assert_true(most < 2 * COMMAND_PIECE);
	for (const char *at = all.data; (at = strstr(at, "usherd_session_seconds_count{")); at++)
		samples++;
	assert_int_equal(samples, SERVICES);
	fixture_free(fixture);
	buf_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(metrics__of_a_service__have_all_names_and_labels),
	    cmocka_unit_test(metrics__histogram__counts_all_below_each_bound),
	    cmocka_unit_test(metrics__strange_service_name__is_escaped),
	    cmocka_unit_test(metrics__json__has_the_same_numbers),
	    cmocka_unit_test(metrics__of_many_services__come_in_pieces_and_complete),
	};

	return cmocka_run_group_tests_name("control/metrics", tests, NULL, NULL);
}
