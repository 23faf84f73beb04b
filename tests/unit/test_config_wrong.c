/* tests/data/config/wrong: four files, wrong in sixty ways, and exactly what is said of them. */
#include "unit/config_case.h"

static char expected[1 << 14];

static int set_up(void **state)
{
	const char *top = getenv("USHERD_SRC");
	char dir[4096];
	ssize_t len;
	int fd;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/tests/data/config/wrong", top ? top : ".");
	if (chdir(dir) < 0)
		print_message("# cannot enter %s: set USHERD_SRC to the source tree\n", dir);
	fd = open("usherd.expected", O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, expected, sizeof(expected) - 1);
	assert_in_range(len, 1, sizeof(expected) - 2);
	close(fd);
	unsetenv("USHERD_NO_SUCH_VARIABLE");
	return 0;
}

static void wrong__sixty_mistakes__are_all_said_in_one_run(void **state)
{
	struct conf_options options = *config_case_options(false);

	(void)state;
	options.handler_dir = "../handlers";
	assert_null(config_read_file("usherd.conf", &options));
	assert_string_equal(config_case.said, expected);
	assert_int_equal(config_case.warnings, 0);
	assert_false(config_case.incomplete);
	assert_in_range(config_case.errors, 60, 70);
}

static void wrong__a_second_run__says_the_same(void **state)
{
	wrong__sixty_mistakes__are_all_said_in_one_run(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wrong__sixty_mistakes__are_all_said_in_one_run),
	    cmocka_unit_test(wrong__a_second_run__says_the_same),
	};

	return cmocka_run_group_tests_name("config/wrong", tests, set_up, config_case_end);
}
