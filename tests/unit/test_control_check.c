/* The answer to "check": what it says, and in which form. */
#include "unit/control_fixture.h"

static struct net lists[3];
static const struct conf_where where = {"/etc/test.conf", 7};

static struct net *fill(struct net *net, const char *text)
{
	const char *why;

	*net = (struct net){.note = &where};
	assert_int_equal(prefix_parse(text, &net->prefix, &why), 0);
	return net;
}

/* Its only service has a list of each kind, and rates. */
static struct fixture *new_with_rules(void)
{
	struct fixture *fixture = fixture_new(1);
	struct service *service = fixture->sup.services[0];
	struct conf_service *conf = (void *)(uintptr_t)service->conf;

	conf->instances = 4;
	conf->per_source = 2;
	conf->queue = conf->queue_per_source = 10;
	conf->source_prefix_v4 = 32;
	conf->source_prefix_v6 = 64;
	conf->only_from_set = true;
	conf->only_from = (struct conf_nets){fill(&lists[0], "10.0.0.0/8"), 1};
	conf->no_access = (struct conf_nets){fill(&lists[1], "10.1.0.0/16"), 1};
	conf->exempt = (struct conf_nets){fill(&lists[2], "10.2.0.0/16"), 1};
	conf->rate_per_source = (struct conf_rate){.count = 1, .burst = 3, .time = 60000};
	assert_int_equal(admit_init(&fixture->sup.admit, 100, 100), 0);
	admit_service_init(&service->admit, &fixture->sup.admit, conf);
	return fixture;
}

static void free_with_rules(struct fixture *fixture)
{
	struct service *service = fixture->sup.services[0];

	admit_service_free(&service->admit);
	admit_free(&fixture->sup.admit);
	fixture_free(fixture);
}

static void expect(const char *request, const char *wanted)
{
	struct fixture *fixture = new_with_rules();
	struct buf all = BUF_INIT(1 << 16);

	fixture_answer(fixture, request, false, &all, NULL);
	assert_string_equal(all.data, wanted);
	buf_free(&all);
	free_with_rules(fixture);
}

static void check__let_in__tells_rule_and_limits(void **state)
{
	(void)state;
	expect("-j check s0 10.9.9.9",
	       "ok json\n{\"service\":\"s0\",\"address\":\"10.9.9.9\",\"verdict\":\"start\","
	       "\"explanation\":\"a handler is started\",\"rule\":\"only_from 10.0.0.0/8\","
	       "\"configuration\":\"/etc/test.conf:7\",\"source\":\"10.9.9.9\",\"sessions\":0,"
	       "\"per_source\":2,\"queued\":0,\"rate_source_left\":3}\n.\n");
	expect("check s0 ::ffff:10.2.0.1",
	       "ok fields\nservice\ts0\naddress\t::ffff:10.2.0.1\nverdict\tstart\n"
	       "explanation\ta handler is started\nrule\tonly_from 10.0.0.0/8\n"
	       "configuration\t/etc/test.conf:7\nexempt\t10.2.0.0/16\nsource\t10.2.0.1\n"
	       "sessions\t0\nqueued\t0\n.\n");
}

static void check__refused__tells_why_and_fails(void **state)
{
	(void)state;
	expect("check s0 10.1.0.1",
	       "failed fields\nservice\ts0\naddress\t10.1.0.1\nverdict\trefuse\nreason\taccess\n"
	       "explanation\tan entry of no_access decides\nrule\tno_access 10.1.0.0/16\n"
	       "configuration\t/etc/test.conf:7\nsource\t10.1.0.1\nsessions\t0\nper source\t2\n"
	       "queued\t0\nrate per source left\t3\n.\n");
	expect(
	    "-j check s0 2001:db8::1",
	    "failed json\n{\"service\":\"s0\",\"address\":\"2001:db8::1\",\"verdict\":\"refuse\","
	    "\"reason\":\"access\",\"explanation\":\"it is not in only_from\",\"rule\":"
	    "\"only_from\",\"source\":\"2001:db8::/64\",\"sessions\":0,\"per_source\":2,"
	    "\"queued\":0,\"rate_source_left\":3}\n.\n");
}

static void check__what_it_cannot_answer__is_said(void **state)
{
	(void)state;
	expect("check s1 10.0.0.1", "error there is no service \"s1\"\n");
	expect("check s0 here", "usage \"here\" is not an address (nor, for a unix socket, "
	                        "uid:NUMBER)\n");
	expect("check s0", "usage check SERVICE ADDRESS\n");
}

/* Every state in which nobody is accepted, or nobody can come. */
static void check__states_of_the_service__are_told_apart(void **state)
{
	static const struct {
		enum supervisor_state supervisor;
		enum service_state service;
		bool failing, short_now;
		const char *begin, *reason;
	} row[] = {
	    {SUPERVISOR_RUNNING, SERVICE_RUNNING, false, false, "ok", "-"},
	    {SUPERVISOR_RUNNING, SERVICE_RUNNING, true, false, "ok", "\"spawn\""},
	    {SUPERVISOR_RUNNING, SERVICE_RUNNING, false, true, "ok", "\"resources\""},
	    {SUPERVISOR_RUNNING, SERVICE_DISABLED, false, false, "failed", "\"disabled\""},
	    {SUPERVISOR_RUNNING, SERVICE_CLOSING, false, false, "failed", "\"draining\""},
	    {SUPERVISOR_DRAINING, SERVICE_RUNNING, false, false, "failed", "\"draining\""},
	    {SUPERVISOR_STOPPING, SERVICE_RUNNING, false, false, "failed", "\"stopping\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct fixture *fixture = new_with_rules();
		struct service *service = fixture->sup.services[0];
		struct buf all = BUF_INIT(1 << 16);

		fixture->sup.state = row[i].supervisor;
		fixture->sup.resources.short_now = row[i].short_now;
		service->state = row[i].service;
		service->failing = row[i].failing;
		fixture_answer(fixture, "-j check s0 10.9.9.9", false, &all, NULL);
		assert_memory_equal(all.data, row[i].begin, strlen(row[i].begin));
		if (*row[i].reason == '-')
			assert_null(strstr(all.data, "\"reason\""));
		else
			assert_non_null(strstr(all.data, row[i].reason));
		buf_free(&all);
		free_with_rules(fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check__let_in__tells_rule_and_limits),
	    cmocka_unit_test(check__refused__tells_why_and_fails),
	    cmocka_unit_test(check__what_it_cannot_answer__is_said),
	    cmocka_unit_test(check__states_of_the_service__are_told_apart),
	};

	return cmocka_run_group_tests_name("control/check", tests, NULL, NULL);
}
