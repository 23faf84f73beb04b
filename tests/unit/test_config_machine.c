/* config/machine.h: how max_load and max_pressure are written. */
#include "config/model.h"
#include "unit/config_case.h"

static const unsigned *most(const char *lines)
{
	return config_only(config_service(lines), false)->busy_most;
}

static void max_load__is_in_the_model(void **state)
{
	(void)state;
	assert_int_equal(most("max_load = 4\n")[PROC_LOAD], 400);
	assert_int_equal(most("max_load = 4.5\n")[PROC_LOAD], 450);
	assert_int_equal(most("max_load = 0.05\n")[PROC_LOAD], 5);
	assert_true(config_case.conf->services[0]->heeds_machine);
	assert_int_equal(most("max_load = 0\n")[PROC_LOAD], 0);
	assert_false(config_case.conf->services[0]->heeds_machine);
	assert_false(config_only(config_service(""), false)->heeds_machine);
}

static void max_load__wrong__is_said(void **state)
{
	static const char *const wrong[] = {"x", "4x", "-1", "4.555", "", "4 5", "10000000"};
	char lines[64], said[200];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(lines, sizeof(lines), "max_load = \"%s\"\n", wrong[i]);
		snprintf(said, sizeof(said),
		         "t:2: service \"s\": max_load: \"%s\" is not a load (like 4 or 4.5)\n",
		         wrong[i]);
		config_expect_in_service(lines, said);
	}
}

static void max_pressure__a_number__is_for_all(void **state)
{
	const unsigned *found = most("max_pressure = 40\n");

	(void)state;
	assert_int_equal(found[PROC_LOAD], 0);
	assert_int_equal(found[PROC_CPU], 4000);
	assert_int_equal(found[PROC_MEMORY], 4000);
	assert_int_equal(found[PROC_IO], 4000);
}

static void max_pressure__of_a_resource__later_ones_count(void **state)
{
	const unsigned *found = most("max_pressure = {\"30\", \"cpu:60.5\", \"io:0\"}\n");

	(void)state;
	assert_int_equal(found[PROC_CPU], 6050);
	assert_int_equal(found[PROC_MEMORY], 3000);
	assert_int_equal(found[PROC_IO], 0);
	found = most("max_pressure = memory:10\n");
	assert_int_equal(found[PROC_CPU], 0);
	assert_int_equal(found[PROC_MEMORY], 1000);
}

static void max_pressure__wrong__is_said(void **state)
{
	static const char *const wrong[] = {"x",  "101",     "cpu",    "cpu:", "disk:4",
	                                    ":4", "cpu:4:5", "100.01", "40%",  ""};
	char lines[64], said[300];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(lines, sizeof(lines), "max_pressure = \"%s\"\n", wrong[i]);
		snprintf(said, sizeof(said),
		         "t:2: service \"s\": max_pressure: \"%s\" is no pressure (a percentage "
		         "like 40 or 12.5, or of one resource: cpu:40, memory:20, io:60)\n",
		         wrong[i]);
		config_expect_in_service(lines, said);
	}
}

static void max_load__of_a_lent_socket__is_no_use(void **state)
{
	(void)state;
	config_expect_in_service(
	    "wait = yes\nmax_load = 4\n",
	    "t:3: warning: service \"s\": max_load: has no effect with wait = yes\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(max_load__is_in_the_model),
	    cmocka_unit_test(max_load__wrong__is_said),
	    cmocka_unit_test(max_pressure__a_number__is_for_all),
	    cmocka_unit_test(max_pressure__of_a_resource__later_ones_count),
	    cmocka_unit_test(max_pressure__wrong__is_said),
	    cmocka_unit_test(max_load__of_a_lent_socket__is_no_use),
	};

	return cmocka_run_group_tests_name("config/machine", tests, NULL, config_case_end);
}
