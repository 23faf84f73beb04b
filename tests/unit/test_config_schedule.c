/* config/schedule.h: what of it a handler may have, and how processors are written. */
#include <sched.h>

#include "base/sys.h"
#include "unit/config_case.h"

ssize_t __wrap_sys_write(int fd, const void *buf, size_t len);
ssize_t __real_sys_write(int fd, const void *buf, size_t len);

static bool no_rights;

ssize_t __wrap_sys_write(int fd, const void *buf, size_t len)
{
	if (!no_rights)
		return __real_sys_write(fd, buf, len);
	errno = EACCES;
	return -1;
}

static int own_score(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	int score = -1;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &score), 1);
	fclose(file);
	return score;
}

/* From a file: then what it may have is tried. */
static const struct conf_service *read_file(const char *lines)
{
	const char *dir = config_make_dir();

	config_write_text("t", config_service(lines));
	config_read_file("t", config_case_options(false));
	assert_return_code(chdir("/"), errno);
	config_remove_dir(dir, 0);
	return config_case.conf ? config_case.conf->services[0] : NULL;
}

static void oom_score_adj__is_in_the_model(void **state)
{
	const struct conf_service *s =
	    config_only(config_service("oom_score_adj = -1000\n"), false);

	(void)state;
	assert_true(s->oom_score_adj_set);
	assert_int_equal(s->oom_score_adj, -1000);
	assert_false(config_only(config_service(""), false)->oom_score_adj_set);
	config_expect_in_service("oom_score_adj = 1001\n",
	                         "t:2: service \"s\": oom_score_adj: \"1001\" is out of range "
	                         "(-1000 to 1000)\n");
}

static void oom_score_adj__that_we_may_not_give__is_an_error(void **state)
{
	char lines[64];
	int own = own_score();

	(void)state;
	no_rights = true;
	snprintf(lines, sizeof(lines), "oom_score_adj = %d\n", own - 1);
	assert_null(read_file(lines));
	assert_string_equal(config_case.said,
	                    "t:2: service \"s\": oom_score_adj: is below what usherd may give (it "
	                    "needs CAP_SYS_RESOURCE)\n");
	snprintf(lines, sizeof(lines), "oom_score_adj = %d\n", own);
	assert_non_null(read_file(lines));
	no_rights = false;
	assert_int_equal(own_score(), own);
}

static void set_own_score(int score)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "we");

	assert_non_null(file);
	fprintf(file, "%d", score);
	assert_int_equal(fclose(file), 0);
}

/* Who went up may come down again, so that much can be tried by anybody. */
static void oom_score_adj__trying__changes_nothing(void **state)
{
	int own = own_score();
	char lines[64];

	(void)state;
	read_file("oom_score_adj = -1000\n");
	assert_int_equal(own_score(), own);
	read_file("oom_score_adj = 1000\n");
	assert_int_equal(own_score(), own);
	if (own > 800)
		skip_because("our own score leaves no room above it");
	set_own_score(own + 200);
	snprintf(lines, sizeof(lines), "oom_score_adj = %d\n", own + 100);
	assert_non_null(read_file(lines));
	assert_int_equal(own_score(), own + 200);
	set_own_score(own);
}

static void expect_cpus(const char *text, const int *cpus, size_t count)
{
	const struct conf_service *s;
	char lines[200];
	cpu_set_t set;

	snprintf(lines, sizeof(lines), "cpu_affinity = {%s}\n", text);
	s = config_only(config_service(lines), false);
	assert_non_null(s->cpus);
	assert_true(s->cpus_size >= sizeof(set));
	memcpy(&set, s->cpus, sizeof(set));
	assert_int_equal(CPU_COUNT(&set), count);
	for (size_t i = 0; i < count; i++)
		assert_true(CPU_ISSET(cpus[i], &set));
}

static void cpu_affinity__numbers_and_ranges__are_a_mask(void **state)
{
	(void)state;
	expect_cpus("0", (const int[]){0}, 1);
	expect_cpus("\"63\"", (const int[]){63}, 1);
	expect_cpus("\"64\", 1", (const int[]){1, 64}, 2);
	expect_cpus("\"0-2,6\", \"8-8\"", (const int[]){0, 1, 2, 6, 8}, 5);
	assert_null(config_only(config_service("cpu_affinity = {}\n"), false)->cpus);
	assert_null(config_only(config_service(""), false)->cpus);
}

static void cpu_affinity__anything_else__is_refused(void **state)
{
	static const char *const wrong[] = {"",   "-1",   "a",        "3-1", "1-",  "1,",
	                                    ",1", "8192", "0-999999", "1 2", "0x1", "1--2"};
	char lines[100], said[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		snprintf(lines, sizeof(lines), "cpu_affinity = \"%s\"\n", wrong[i]);
		snprintf(said, sizeof(said),
		         "t:2: service \"s\": cpu_affinity: \"%s\" is no processor and no range of "
		         "them (like 0-3,6; at most 8191)\n",
		         wrong[i]);
		config_expect_in_service(lines, said);
	}
}

static void cpu_affinity__none_of_this_machine__is_an_error(void **state)
{
	cpu_set_t before, after;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_null(read_file("cpu_affinity = 8191\n"));
	assert_string_equal(config_case.said, "t:2: service \"s\": cpu_affinity: usherd may run on "
	                                      "none of these processors\n");
	assert_non_null(read_file("cpu_affinity = \"0-8191\"\n"));
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(oom_score_adj__is_in_the_model),
	    cmocka_unit_test(oom_score_adj__that_we_may_not_give__is_an_error),
	    cmocka_unit_test(oom_score_adj__trying__changes_nothing),
	    cmocka_unit_test(cpu_affinity__numbers_and_ranges__are_a_mask),
	    cmocka_unit_test(cpu_affinity__anything_else__is_refused),
	    cmocka_unit_test(cpu_affinity__none_of_this_machine__is_an_error),
	};

	return cmocka_run_group_tests_name("config/schedule", tests, NULL, config_case_end);
}
