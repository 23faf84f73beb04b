/* config/groups.h: how memory_max, pids_max, cpu_max and slot are written. */
#include "base/cgroup.h"
#include "config/groups.h"
#include "config/model.h"
#include "unit/config_case.h"

static const struct conf_service *service(const char *lines)
{
	return config_only(config_service(lines), false);
}

static void none__is_no_group(void **state)
{
	const struct conf_service *s = service("");

	(void)state;
	assert_false(s->grouped);
	assert_int_equal(s->slot, CONF_SLOT_PROCESS);
	assert_int_equal(groups_controllers(s), 0);
	s = service("slot = process\npids_max = 0\nmemory_max = unlimited\ncpu_max = unlimited\n");
	assert_false(s->grouped);
}

static void limits__are_in_the_model(void **state)
{
	const struct conf_service *s = service("memory_max = 64M\n");

	(void)state;
	assert_true(s->grouped);
	assert_true(s->memory_max == 64 << 20);
	assert_int_equal(groups_controllers(s), CGROUP_MEMORY);
	assert_true(service("memory_max = 8T\n")->memory_max == UINT64_C(8) << 40);
	s = service("pids_max = 20\nslot = tree\n");
	assert_int_equal(s->pids_max, 20);
	assert_int_equal(s->slot, CONF_SLOT_TREE);
	assert_int_equal(groups_controllers(s), CGROUP_PIDS);
}

static void cpu_max__in_all_its_forms(void **state)
{
	static const struct {
		const char *text;
		unsigned quota, period;
	} rows[] = {
	    {"50%", 50000, 100000},        {"50", 50000, 100000},
	    {"12.5%", 12500, 100000},      {"1%", 1000, 100000},
	    {"400%", 400000, 100000},      {"50ms/100ms", 50000, 100000},
	    {"10ms/1s", 10000, 1000000},   {"20000/50000", 20000, 50000},
	    {"20000 50000", 20000, 50000}, {"2500us/5ms", 2500, 5000},
	};
	char lines[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct conf_service *s;

		snprintf(lines, sizeof lines, "cpu_max = \"%s\"\n", rows[i].text);
		s = service(lines);
		assert_int_equal(s->cpu_quota_usec, rows[i].quota);
		assert_int_equal(s->cpu_period_usec, rows[i].period);
		assert_int_equal(groups_controllers(s), CGROUP_CPU);
	}
}

static void wrong__is_said(void **state)
{
	static const struct {
		const char *line, *said;
	} rows[] = {
	    {"memory_max = 64Q\n",
	     "t:2: service \"s\": memory_max: \"64Q\" is not a size (like 64M, 1G)\n"},
	    {"memory_max = 4K\n", "t:2: service \"s\": memory_max: \"4K\" is too little to start "
	                          "any program in (at least 256K)\n"},
	    {"pids_max = -1\n",
	     "t:2: service \"s\": pids_max: \"-1\" is out of range (0 to 4194304)\n"},
	    {"cpu_max = \"half\"\n",
	     "t:2: service \"s\": cpu_max: \"half\" is no share of a processor (like 50%, or "
	     "50ms/100ms: so much of its time in so much time)\n"},
	    {"cpu_max = \"50ms/\"\n",
	     "t:2: service \"s\": cpu_max: \"50ms/\" is no share of a processor (like 50%, or "
	     "50ms/100ms: so much of its time in so much time)\n"},
	    {"cpu_max = \"50ms/2s\"\n",
	     "t:2: service \"s\": cpu_max: \"50ms/2s\": the period is from 1ms to 1s\n"},
	    {"cpu_max = \"0.5%\"\n", "t:2: service \"s\": cpu_max: \"0.5%\" is out of range (at "
	                             "least 1 %, and 1ms of a period)\n"},
	    {"slot = trees\n", "t:2: service \"s\": slot: \"trees\" is not one of: process tree "
	                       "(did you mean \"tree\"?)\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		config_expect_in_service(rows[i].line, rows[i].said);
}

static void format__says_it_in_words(void **state)
{
	static const struct {
		const char *lines, *want;
	} rows[] = {
	    {"", "none"},
	    {"memory_max = 64M\npids_max = 20\ncpu_max = 50%\nslot = tree\n",
	     "memory 64 MiB, processes 20, processor 50 %, a place until all of its processes "
	     "have ended"},
	    {"memory_max = 1000K\n", "memory 1000 KiB"},
	};
	struct buf out = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_clear(&out);
		groups_format(service(rows[i].lines), &out);
		assert_string_equal(out.data, rows[i].want);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(none__is_no_group),         cmocka_unit_test(limits__are_in_the_model),
	    cmocka_unit_test(cpu_max__in_all_its_forms), cmocka_unit_test(wrong__is_said),
	    cmocka_unit_test(format__says_it_in_words),
	};

	return cmocka_run_group_tests_name("config/groups", tests, NULL, config_case_end);
}
