/* base/detach.h: what the caller learns of the child that became the daemon. */
#include "base/detach.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/test.h"

enum { NOTHING = 99 };

/* Where a child that is ready says whether all is as it should be: 'y'. */
static int verdict[2];

/* In a process of its own: what detach() tells about a child that does `what`. */
static int told_of(void (*what)(void))
{
	int status;
	pid_t pid = fork();

	assert_return_code(pid, 0);
	if (pid == 0) {
		switch (detach(&status)) {
		case DETACH_CHILD:
			what();
			_exit(0);
		case DETACH_PARENT:
			_exit(status);
		case DETACH_FAILED:
			_exit(NOTHING);
		}
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static char verdict_of_child(void)
{
	char byte = '\0';

	close(verdict[1]);
	assert_int_equal(read(verdict[0], &byte, 1), 1);
	close(verdict[0]);
	return byte;
}

static void ready_in_its_own_session(void)
{
	struct stat null, err;
	bool fine = getsid(0) == getpid() && stat("/dev/null", &null) == 0;

	detach_ready(false);
	fine = fine && fstat(STDERR_FILENO, &err) == 0 && err.st_rdev == null.st_rdev;
	detach_ready(false);
	(void)!write(verdict[1], fine ? "y" : "n", 1);
	_exit(7);
}

static void ready_with_standard_error(void)
{
	struct stat before, after;
	bool fine = fstat(STDERR_FILENO, &before) == 0;

	detach_ready(true);
	fine = fine && fstat(STDERR_FILENO, &after) == 0 && after.st_ino == before.st_ino;
	(void)!write(verdict[1], fine ? "y" : "n", 1);
}

static void be_wrong(void)
{
	_exit(3);
}

static void end_well_too_early(void)
{
	_exit(0);
}

static void be_killed(void)
{
	kill(getpid(), SIGKILL);
}

static void detach__ready__is_success_whatever_comes_later(void **state)
{
	(void)state;
	assert_int_equal(pipe(verdict), 0);
	assert_int_equal(told_of(ready_in_its_own_session), 0);
	assert_int_equal(verdict_of_child(), 'y');
	assert_int_equal(pipe(verdict), 0);
	assert_int_equal(told_of(ready_with_standard_error), 0);
	assert_int_equal(verdict_of_child(), 'y');
}

static void detach__not_ready__is_how_the_child_ended(void **state)
{
	(void)state;
	assert_int_equal(told_of(be_wrong), 3);
	assert_int_equal(told_of(be_killed), 128 + SIGKILL);
	assert_int_equal(told_of(end_well_too_early), 0);
}

static void ready__without_detach__does_nothing(void **state)
{
	struct stat before, after;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &before), 0);
	detach_ready(false);
	assert_int_equal(fstat(STDERR_FILENO, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(detach__ready__is_success_whatever_comes_later),
	    cmocka_unit_test(detach__not_ready__is_how_the_child_ended),
	    cmocka_unit_test(ready__without_detach__does_nothing),
	};

	return cmocka_run_group_tests_name("base/detach", tests, NULL, NULL);
}
