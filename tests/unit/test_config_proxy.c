/* config/proxy.h: whom a service believes, and what does not go together. */
#include "unit/config_case.h"

static void proxy__not_set__is_off(void **state)
{
	const struct conf_service *s = config_only(config_service(""), false);

	(void)state;
	assert_int_equal(s->proxy_protocol, CONF_PROXY_NO);
	assert_int_equal(s->proxy_from_count, 0);
	assert_false(s->proxy_from_unix);
	assert_int_equal(s->proxy_timeout_msec, 3000);
}

static void proxy__options__reach_their_fields(void **state)
{
	static const struct {
		const char *text;
		enum conf_proxy proxy;
	} row[] = {{"yes", CONF_PROXY_ANY}, {"v1", CONF_PROXY_V1}, {"v2", CONF_PROXY_V2}};
	char lines[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		const struct conf_service *s;

		snprintf(lines, sizeof lines,
		         "proxy_protocol = %s proxy_timeout = 500ms\n"
		         "proxy_from = {\"192.0.2.1\", \"unix\", \"2001:db8::/32\"}\n",
		         row[i].text);
		s = config_only(config_service(lines), false);
		assert_int_equal(s->proxy_protocol, row[i].proxy);
		assert_int_equal(s->proxy_timeout_msec, 500);
		assert_int_equal(s->proxy_from_count, 2);
		assert_int_equal(s->proxy_from[0].len, 32);
		assert_int_equal(s->proxy_from[1].family, AF_INET6);
		assert_true(s->proxy_from_unix);
	}
}

static void proxy__list_in_defaults__is_no_warning(void **state)
{
	(void)state;
	config_only("defaults { proxy_from = {\"192.0.2.1\"} }\n"
	            "service s { listen = 4000 exec = \"" PROGRAM "\" }\n",
	            false);
	assert_string_equal(config_case.said, "");
}

static void proxy__what_does_not_go_together__is_said(void **state)
{
	static const struct {
		const char *lines, *said;
	} row[] = {
	    {"proxy_protocol = yes\n",
	     "t:2: service \"s\": proxy_protocol: needs proxy_from (which "
	     "proxies may say who a client is?)\n"},
	    {"proxy_protocol = yes proxy_from = {}\n",
	     "t:2: service \"s\": proxy_protocol: needs proxy_from (which proxies may say who a "
	     "client is?)\n"},
	    /* One mistake is enough said. */
	    {"proxy_protocol = yes\nproxy_from = {\"balancer\"}\n",
	     "t:3: service \"s\": proxy_from: \"balancer\" is not an address\n"},
	    {"proxy_protocol = maybe proxy_from = {\"::1\"}\n",
	     "t:2: service \"s\": proxy_protocol: \"maybe\" is not one of: no yes v1 v2\n"},
	    {"proxy_protocol = yes proxy_from = {\"::1\"}\nwait = yes\n",
	     "t:2: service \"s\": proxy_protocol: is not possible with wait = yes (the handler "
	     "gets "
	     "the socket itself)\n"},
	    {"proxy_protocol = yes proxy_from = {\"::1\"}\nqueue = 0\n",
	     "t:2: service \"s\": proxy_protocol: its clients cannot wait in the kernel's backlog "
	     "(give the service a queue, or set when_full = refuse)\n"},
	    {"proxy_protocol = yes proxy_from = {\"::1\"}\nqueue = 0 when_full = refuse\n", ""},
	    {"proxy_protocol = yes proxy_from = {\"::1\"}\nproxy_timeout = 0\n",
	     "t:3: service \"s\": proxy_timeout: \"0\" is out of range (1ms to 86400s)\n"},
	    {"proxy_protocol = no\nproxy_from = {\"::1\"}\n",
	     "t:3: warning: service \"s\": proxy_from: has no effect without proxy_protocol (set "
	     "proxy_protocol = yes)\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		config_expect_in_service(row[i].lines, row[i].said);
}

static void proxy__addresses__are_streams_of_those_it_trusts(void **state)
{
	static const struct {
		const char *listen, *from, *said;
	} row[] = {
	    {"unix:/run/x", "::1",
	     "proxy_from trusts nobody on \"unix:/run/x\" (add \"unix\" to trust who may connect "
	     "to "
	     "it)\n"},
	    {"unix:/run/x", "unix", ""},
	    {"mptcp:4000", "::1", ""},
	    {"vsock:7", "::1",
	     "is not possible on \"vsock:7\" (only on TCP, MPTCP and unix stream sockets)\n"},
	    {"unix-seqpacket:/run/x", "unix",
	     "is not possible on \"unix-seqpacket:/run/x\" (only on TCP, MPTCP and unix stream "
	     "sockets)\n"},
	};
	char text[400], said[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		snprintf(text, sizeof text,
		         "service s {\nlisten = \"%s\" exec = \"" PROGRAM
		         "\" proxy_protocol = yes proxy_from = {\"%s\"} }\n",
		         row[i].listen, row[i].from);
		snprintf(said, sizeof said, "%s%s",
		         row[i].said[0] ? "t:2: service \"s\": proxy_protocol: " : "", row[i].said);
		config_expect(text, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(proxy__not_set__is_off, config_case_end),
	    cmocka_unit_test_teardown(proxy__options__reach_their_fields, config_case_end),
	    cmocka_unit_test_teardown(proxy__list_in_defaults__is_no_warning, config_case_end),
	    cmocka_unit_test_teardown(proxy__what_does_not_go_together__is_said, config_case_end),
	    cmocka_unit_test_teardown(proxy__addresses__are_streams_of_those_it_trusts,
	                              config_case_end),
	};

	return cmocka_run_group_tests_name("config/proxy", tests, NULL, NULL);
}
