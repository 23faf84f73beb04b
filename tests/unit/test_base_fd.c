/* base/fd.h: where descriptors go, and that none is left over. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit/test.h"

/* What has to be tried without 0, 1 and 2, or without anything. A failed
 * assertion would come back into the group, so the child only says where. */
static void in_child(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status))
		fail_msg("in the child: step %d", WEXITSTATUS(status));
}

static int fill_all_three(void)
{
	char c;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (fd_fill_standard() < 0)
		return 1;
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) != 0) /* open, and inherited */
			return 2;
	if (read(0, &c, 1) != 0 || write(1, "x", 1) != 1 || write(2, "x", 1) != 1)
		return 3;
	return 0;
}

static int fill_only_the_missing(void)
{
	int fds[2];

	if (pipe(fds) < 0 || dup2(fds[1], 1) < 0)
		return 1;
	close(0);
	close(2);
	if (fd_fill_standard() < 0)
		return 2;
	return write(1, "x", 1) == 1 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 &&
	               read(fds[0], &(char){0}, 1) == 1
	           ? 0
	           : 3;
}

static int fill_leaves_no_other(void)
{
	unsigned before = fd_count();

	return fd_fill_standard() == 0 && fd_count() == before ? 0 : 1;
}

static void fd__fill_standard__opens_what_is_missing(void **state)
{
	(void)state;
	in_child(fill_all_three);
	in_child(fill_only_the_missing);
	in_child(fill_leaves_no_other);
}

static int close_all_from_5(void)
{
	int high;

	if (dup2(2, 3) < 0 || dup2(2, 4) < 0 || dup2(2, 5) < 0)
		return 1;
	high = fcntl(2, F_DUPFD, 300);
	fd_close_from(5);
	if (fcntl(4, F_GETFD) < 0)
		return 2;
	return fcntl(5, F_GETFD) < 0 && fcntl(high, F_GETFD) < 0 && fd_count() == 5 ? 0 : 3;
}

static void fd__close_from__leaves_what_is_below(void **state)
{
	(void)state;
	in_child(close_all_from_5);
}

static void fd__count__follows_open_and_close(void **state)
{
	unsigned before = fd_count();
	int fds[2];

	(void)state;
	assert_true(before >= 3);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fd_count(), before + 2);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(fd_count(), before);
}

static void fd__close__forgets_and_keeps_errno(void **state)
{
	int fd = dup(1), copy = fd;

	(void)state;
	errno = ENOTTY;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	fd_close(&fd);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	errno = ENOTTY;
	fd_close(&copy); /* which fails now */
	assert_int_equal(errno, ENOTTY);
}

static void fd__up_and_down__move_and_close_on_exec(void **state)
{
	unsigned before = fd_count();
	int fd, low;

	(void)state;
	assert_int_equal(fd_up(-1), -1);
	fd = fd_up(dup(1));
	assert_true(fd >= 16);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fd_up(fd), fd);
	assert_int_equal(fd_count(), before + 1);
	low = fd_down(fd);
	assert_true(low >= 3 && low < fd);
	assert_int_equal(fcntl(low, F_GETFD), FD_CLOEXEC);
	fd_close(&low);
	fd_close(&fd);
	assert_int_equal(fd_count(), before);
}

static int limits_under_64(void)
{
	struct rlimit rl = {32, 64}, original;
	int fd;

	if (setrlimit(RLIMIT_NOFILE, &rl) < 0)
		return 1;
	fd_raise_limit(&original);
	if (original.rlim_cur != 32 || original.rlim_max != 64 || fd_limit() != 64)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &rl) < 0 || rl.rlim_cur != 64)
		return 3;
	fd = fd_up(dup(1));
	if (fd != 32)
		return 4;
	/* Full above the floor: it stays where it is, and stays open. */
	while (fcntl(1, F_DUPFD, 32) >= 0)
		;
	fd = dup(1);
	return fd_up(fd) == fd && fcntl(fd, F_GETFD) >= 0 ? 0 : 5;
}

static void fd__raise_limit__sets_the_floor_below_half(void **state)
{
	(void)state;
	in_child(limits_under_64);
}

static void fd__set_nonblock__and_back(void **state)
{
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fd_set_nonblock(fds[0], true), 0);
	assert_int_equal(read(fds[0], &c, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fd_set_nonblock(fds[0], false), 0);
	assert_int_equal(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(fd_set_nonblock(fds[0], true), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fd__fill_standard__opens_what_is_missing),
	    cmocka_unit_test(fd__close_from__leaves_what_is_below),
	    cmocka_unit_test(fd__count__follows_open_and_close),
	    cmocka_unit_test(fd__close__forgets_and_keeps_errno),
	    cmocka_unit_test(fd__up_and_down__move_and_close_on_exec),
	    cmocka_unit_test(fd__raise_limit__sets_the_floor_below_half),
	    cmocka_unit_test(fd__set_nonblock__and_back),
	};

	return cmocka_run_group_tests_name("base/fd", tests, NULL, NULL);
}
