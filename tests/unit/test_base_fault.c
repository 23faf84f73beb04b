/* base/fault.h: which calls fail, in a build that can make them fail. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/sys.h"
#include "unit/test.h"

static void needs_faults(void)
{
#ifndef USHERD_FAULTS
	skip_because("built without --enable-faults");
#endif
}

static void fault__every_third__fails_with_its_error(void **state)
{
	(void)state;
	needs_faults();
	for (int i = 1; i <= 9; i++) {
		void *p = sys_malloc(1);

		assert_int_equal(p == NULL, i % 3 == 0);
		if (!p)
			assert_int_equal(errno, ENOMEM);
		free(p);
	}
}

static void fault__from_one_on__fails_so_many_times(void **state)
{
	int fds[2];

	(void)state;
	needs_faults();
	for (int i = 1; i <= 8; i++) {
		int result = sys_pipe2(fds, 0);

		assert_int_equal(result, i == 3 || i == 4 ? -1 : 0);
		if (result < 0) {
			assert_int_equal(errno, EMFILE);
		} else {
			close(fds[0]);
			close(fds[1]);
		}
	}
}

/* What a wrapper retries is not seen by its caller. */
static void fault__interrupted_once__is_retried(void **state)
{
	char c;

	(void)state;
	needs_faults();
	assert_int_equal(sys_read(-1, &c, 1), -1);
	assert_int_equal(errno, EBADF);
}

static void fault__other_calls__work(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		int fd = sys_open("/dev/null", O_RDONLY, 0);

		assert_true(fd >= 0);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fault__every_third__fails_with_its_error),
	    cmocka_unit_test(fault__from_one_on__fails_so_many_times),
	    cmocka_unit_test(fault__interrupted_once__is_retried),
	    cmocka_unit_test(fault__other_calls__work),
	};

	(void)argc;
	/* The list is read before main(), so the test starts itself with it. */
	if (!getenv("USHERD_FAULTS")) {
		setenv("USHERD_FAULTS", "malloc:ENOMEM:3,pipe2:EMFILE:3+2,read:EINTR:1+1", 1);
		execv(argv[0], argv);
		return 1;
	}
	return cmocka_run_group_tests_name("base/fault", tests, NULL, NULL);
}
