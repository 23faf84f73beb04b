/* admit/admit.h: what a busy machine means to who comes. */
#include "admit/admit.h"
#include "unit/test.h"

static unsigned busy[PROC_FIGURES];

static enum reason come(struct conf_service *conf, const unsigned *figures)
{
	struct admit admit;
	struct admit_service service;
	struct admit_client client;
	struct admit_answer answer;
	struct addr peer;

	conf->instances = conf->per_source = 1;
	assert_int_equal(addr_parse_ip("192.0.2.1", 1, &peer), 0);
	assert_int_equal(admit_init(&admit, 10, 10), 0);
	admit.busy = figures;
	admit_service_init(&service, &admit, conf);
	answer = admit_check(&service, &client, &peer, 0);
	if (answer.verdict == ADMIT_START)
		admit_release(&service, &client);
	admit_service_free(&service);
	admit_free(&admit);
	return answer.reason;
}

static void busy__above_the_limit__is_the_reason(void **state)
{
	(void)state;
	for (int i = 0; i < PROC_FIGURES; i++) {
		struct conf_service conf = {.heeds_machine = true};
		enum reason reason = i == PROC_LOAD ? REASON_LOAD : REASON_PRESSURE;

		memset(busy, 0, sizeof busy);
		conf.busy_most[i] = 450;
		busy[i] = 450;
		assert_int_equal(come(&conf, busy), REASON_NONE);
		busy[i] = 451;
		assert_int_equal(come(&conf, busy), reason);
		/* What is not asked for, or not known, or nobody's client. */
		conf.heeds_machine = false;
		assert_int_equal(come(&conf, busy), REASON_NONE);
		conf.heeds_machine = true;
		assert_int_equal(come(&conf, NULL), REASON_NONE);
		conf.wait = true;
		assert_int_equal(come(&conf, busy), REASON_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(busy__above_the_limit__is_the_reason),
	};

	return cmocka_run_group_tests_name("admit/busy", tests, NULL, NULL);
}
