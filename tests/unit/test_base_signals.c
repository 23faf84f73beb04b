/* base/signals.h: no signal is missed, whatever came before or in between. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signals.h"
#include "base/sys.h"
#include "unit/test.h"

#define BIT(sig) ((uint64_t)1 << (sig))

static int pipe_end = -1;
static int raise_in_read; /* a signal to come while signals_take() reads, or 0 */

/* The moment at which a signal could be lost: after the wait, before the pipe
 * is empty. */
ssize_t __wrap_sys_read(int fd, void *buf, size_t len);
ssize_t __real_sys_read(int fd, void *buf, size_t len);

ssize_t __wrap_sys_read(int fd, void *buf, size_t len)
{
	if (raise_in_read) {
		int sig = raise_in_read;

		raise_in_read = 0;
		raise(sig);
	}
	return __real_sys_read(fd, buf, len);
}

static bool is_ready(void)
{
	struct pollfd p = {.fd = pipe_end, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static int set_up(void **state)
{
	(void)state;
	pipe_end = signals_open();
	return pipe_end < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	raise_in_read = 0;
	signals_close();
	return 0;
}

static void signals__none__nothing_is_taken(void **state)
{
	(void)state;
	assert_false(is_ready());
	assert_true(signals_take() == 0);
}

static void signals__each__wakes_and_is_taken_once(void **state)
{
	static const int all[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		raise(all[i]);
		assert_true(is_ready());
		assert_true(signals_take() == BIT(all[i]));
		assert_false(is_ready());
		assert_true(signals_take() == 0);
	}
}

static void signals__several__are_taken_together(void **state)
{
	(void)state;
	raise(SIGCHLD);
	raise(SIGCHLD);
	raise(SIGTERM);
	raise(SIGHUP);
	assert_true(signals_take() == (BIT(SIGCHLD) | BIT(SIGTERM) | BIT(SIGHUP)));
	assert_false(is_ready());
}

/* More signals than the pipe has room for: the last is not lost, and the pipe
 * is empty after. */
static void signals__full_pipe__loses_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 70000; i++)
		raise(SIGUSR1);
	raise(SIGTERM);
	assert_true(signals_take() == (BIT(SIGUSR1) | BIT(SIGTERM)));
	assert_false(is_ready());
	raise(SIGTERM);
	assert_true(is_ready());
	assert_true(signals_take() == BIT(SIGTERM));
}

/* If the notes were looked at before the pipe is emptied, this one's byte would
 * be gone and nobody would look again. */
static void signals__while_taking__is_taken_or_wakes_again(void **state)
{
	uint64_t taken;

	(void)state;
	raise(SIGCHLD);
	raise_in_read = SIGTERM;
	taken = signals_take();
	assert_true(taken & BIT(SIGCHLD));
	if (!(taken & BIT(SIGTERM))) {
		assert_true(is_ready());
		assert_true(signals_take() & BIT(SIGTERM));
	}
}

static void signals__handler__keeps_errno(void **state)
{
	(void)state;
	for (int i = 0; i < 70000; i++)
		raise(SIGUSR1);
	errno = ENOTTY;
	raise(SIGUSR1);
	assert_int_equal(errno, ENOTTY);
	signals_take();
}

/* An ignored signal would be inherited by every handler; an empty handler is
 * undone by exec. */
static void signals__broken_pipe__is_survived_but_not_ignored(void **state)
{
	struct sigaction sa;
	int fds[2];

	(void)state;
	assert_int_equal(sigaction(SIGPIPE, NULL, &sa), 0);
	assert_true(sa.sa_handler != SIG_IGN && sa.sa_handler != SIG_DFL);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(write(fds[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(fds[1]);
}

/* A child that ended is told, one that was stopped is not. */
static void signals__children__are_told_when_they_end(void **state)
{
	struct pollfd p = {.fd = pipe_end, .events = POLLIN};
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_false(is_ready());
	assert_int_equal(kill(pid, SIGCONT), 0);
	while (poll(&p, 1, 10000) < 0)
		assert_int_equal(errno, EINTR);
	assert_true(signals_take() == BIT(SIGCHLD));
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* As the kernel sees them: also those that the C library keeps for itself. */
static unsigned long long ignored_now(void)
{
	unsigned long long ignored = 1;
	char line[200];
	FILE *file = fopen("/proc/self/status", "re");

	assert_non_null(file);
	while (fgets(line, sizeof line, file))
		if (strncmp(line, "SigIgn:", 7) == 0)
			ignored = strtoull(line + 7, NULL, 16);
	fclose(file);
	return ignored;
}

static void signals__reset__undoes_what_was_inherited(void **state)
{
	struct {
		void (*handler)(int);
		unsigned long rest[15];
	} ignore = {SIG_IGN, {0}};
	sigset_t set;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGRTMIN + 3, SIG_IGN);
	/* posix_spawn(3) leaves these two behind. */
	assert_int_equal(syscall(SYS_rt_sigaction, 32, &ignore, NULL, 8), 0);
	assert_int_equal(syscall(SYS_rt_sigaction, 33, &ignore, NULL, 8), 0);
	assert_true(ignored_now() & (3ULL << 31));
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals_reset();
	assert_true(ignored_now() == 0);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &set), 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		assert_int_not_equal(sigismember(&set, sig), 1);
}

int main(void)
{
#define SIGNALS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    SIGNALS_TEST(signals__none__nothing_is_taken),
	    SIGNALS_TEST(signals__each__wakes_and_is_taken_once),
	    SIGNALS_TEST(signals__several__are_taken_together),
	    SIGNALS_TEST(signals__full_pipe__loses_nothing),
	    SIGNALS_TEST(signals__while_taking__is_taken_or_wakes_again),
	    SIGNALS_TEST(signals__handler__keeps_errno),
	    SIGNALS_TEST(signals__broken_pipe__is_survived_but_not_ignored),
	    SIGNALS_TEST(signals__children__are_told_when_they_end),
	    cmocka_unit_test(signals__reset__undoes_what_was_inherited),
	};

	signals_reset();
	return cmocka_run_group_tests_name("base/signals", tests, NULL, NULL);
}
