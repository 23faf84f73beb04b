/* spawn/spawn.h: starts in flight, and those that do not get on.
 *
 * A lease (fcntl(2), F_SETLEASE) on the program makes its exec wait until the
 * test gives the lease back: so a child can be held between clone and exec. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit/start.h"
#include "unit/test.h"

static char dir[] = "/tmp/usherd-test-XXXXXX";
static char program[sizeof dir + 16];
static struct spawner *spawner;
static struct plan *plan;
static const char *why_not;
static unsigned fds_before;
static int lease = -1;

static int copy_probe(void)
{
	struct stat st;
	int from = open(start_probe(), O_RDONLY | O_CLOEXEC);
	int to = open(program, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n = -1;

	if (from >= 0 && to >= 0 && fstat(from, &st) == 0)
		n = sendfile(to, from, NULL, (size_t)st.st_size);
	fd_close(&from);
	fd_close(&to);
	return n > 0 ? 0 : -1;
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(program, sizeof program, "%s/probe", dir);
	return copy_probe();
}

static int remove_dir(void **state)
{
	(void)state;
	return unlink(program) < 0 ? -1 : rmdir(dir);
}

/* In words, too: a forked child may have a copy of the descriptor yet. */
static void give_lease_back(void)
{
	if (lease >= 0)
		(void)fcntl(lease, F_SETLEASE, F_UNLCK);
	fd_close(&lease);
}

static int set_up(void **state)
{
	const enum spawn_way *way = *state;

	fds_before = fd_count();
	spawner = start_spawner(*way, &why_not);
	plan = start_plan();
	plan->path = program;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	/* A test that failed in the middle must not take the others along. */
	give_lease_back();
	for (int i = 0; i < 1000 && spawner && spawn_in_flight(spawner) > 0; i++) {
		spawn_settle(spawner, 0);
		poll(NULL, 0, 1);
	}
	if (spawner && spawn_in_flight(spawner) > 0)
		return -1;
	spawn_free(&spawner);
	return plan->refs == 1 && fd_count() == fds_before ? 0 : -1;
}

static bool take_lease(void)
{
	/* Not for writing: then nobody could execute it while a copy is open. */
	lease = open(program, O_RDONLY | O_CLOEXEC);
	/* The signal that says that somebody waits for it is one that is ignored. */
	return lease >= 0 && fcntl(lease, F_SETSIG, SIGURG) == 0 &&
	       fcntl(lease, F_SETLEASE, F_WRLCK) == 0;
}

#define NEEDS_WAY_AND_LEASE()                                                     \
	do {                                                                      \
		if (!spawner)                                                     \
			skip_because(why_not);                                    \
		if (!take_lease())                                                \
			skip_because("this file system gives no leases (fcntl)"); \
	} while (0)

static void flight__all_slots__are_all_there_is(void **state)
{
	struct start start[SLOTS];

	(void)state;
	NEEDS_WAY_AND_LEASE();
	for (int i = 0; i < SLOTS; i++) {
		assert_false(spawn_is_full(spawner));
		start_begin(&start[i], spawner, plan, 0);
		assert_int_equal(spawn_in_flight(spawner), i + 1);
	}
	assert_true(spawn_is_full(spawner));
	assert_null(spawn_slot(spawner));
	assert_int_equal(plan->refs, SLOTS + 1);
	for (int i = 0; i < 5; i++) {
		spawn_wait(spawner);
		spawn_settle(spawner, 0);
	}
	assert_int_equal(spawn_in_flight(spawner), SLOTS);
	give_lease_back();
	for (int i = 0; i < SLOTS; i++) {
		start_settle(&start[i], spawner);
		assert_int_equal(start[i].result.error, 0);
		assert_false(start[i].result.killed);
	}
	assert_int_equal(spawn_in_flight(spawner), 0);
	assert_non_null(spawn_slot(spawner));
	for (int i = 0; i < SLOTS; i++)
		start_end(&start[i]);
}

static void flight__wait__is_a_millisecond_or_so(void **state)
{
	struct start start[SLOTS];
	msec_t before;

	(void)state;
	NEEDS_WAY_AND_LEASE();
	for (int i = 0; i < SLOTS; i++)
		start_begin(&start[i], spawner, plan, 0);
	before = clock_usec();
	for (int i = 0; i < 20; i++)
		spawn_wait(spawner);
	assert_true(clock_usec() - before >= 10 * 1000);
	assert_true(clock_usec() - before < 5000 * 1000);
	give_lease_back();
	for (int i = 0; i < SLOTS; i++) {
		start_settle(&start[i], spawner);
		start_end(&start[i]);
	}
}

/* What hangs leaves half of the rest to others, and never nothing. */
static void share__slots_that_hang__shrink_it(void **state)
{
	struct start start[SLOTS];

	(void)state;
	NEEDS_WAY_AND_LEASE();
	assert_int_equal(spawn_share(spawner), SLOTS / 2);
	for (int i = 0; i < SLOTS; i++)
		start_begin(&start[i], spawner, plan, i < 8 ? 0 : 5000);
	spawn_settle(spawner, 1);
	assert_false(spawn_is_stuck(spawner));
	assert_int_equal(spawn_share(spawner), SLOTS / 2);
	spawn_settle(spawner, 5000);
	assert_true(spawn_is_stuck(spawner));
	assert_int_equal(spawn_share(spawner), (SLOTS - 8) / 2);
	spawn_settle(spawner, 9000);
	assert_int_equal(spawn_share(spawner), 1);
	give_lease_back();
	for (int i = 0; i < SLOTS; i++) {
		start_settle(&start[i], spawner);
		start_end(&start[i]);
	}
	spawn_settle(spawner, 9000);
	assert_false(spawn_is_stuck(spawner));
}

static void flight__one_that_hangs__blocks_no_other(void **state)
{
	struct start hung, other;
	struct plan *quick = start_plan(), slow = *quick;

	(void)state;
	slow.path = program;
	NEEDS_WAY_AND_LEASE();
	start_begin(&hung, spawner, &slow, 0);
	for (int i = 0; i < 2 * SLOTS; i++) {
		start_begin(&other, spawner, quick, 0);
		start_settle(&other, spawner);
		assert_int_equal(other.result.error, 0);
		start_end(&other);
		assert_false(hung.settled);
	}
	give_lease_back();
	start_settle(&hung, spawner);
	start_end(&hung);
	assert_int_equal(slow.refs, 1);
}

static void expect_killed(struct start *start, bool stopped)
{
	siginfo_t info;

	assert_int_equal(start->result.error, 0);
	assert_true(start->result.killed);
	assert_int_equal(start->result.stopped, stopped);
	info = start_end(start);
	assert_int_equal(info.si_code, CLD_KILLED);
	assert_int_equal(info.si_status, SIGKILL);
}

static void settle_at(struct start *start, msec_t now)
{
	for (int i = 0; i < 10000 && !start->settled; i++) {
		spawn_settle(spawner, now);
		poll(NULL, 0, !start->settled);
	}
	assert_true(start->settled);
}

static void flight__stopped_before_its_exec__is_killed(void **state)
{
	struct start start;
	siginfo_t info;

	(void)state;
	NEEDS_WAY_AND_LEASE();
	start_begin(&start, spawner, plan, 1000);
	assert_int_equal(kill(start.pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)start.pid, &info, WSTOPPED | WNOWAIT), 0);
	/* Not at once: it may be about to go on. */
	spawn_settle(spawner, 1099);
	assert_int_equal(kill(start.pid, 0), 0);
	assert_int_equal(waitid(P_PID, (id_t)start.pid, &info, WSTOPPED | WNOWAIT), 0);
	settle_at(&start, 1100);
	expect_killed(&start, true);
}

static void flight__slow__has_ten_seconds(void **state)
{
	struct start start;

	(void)state;
	NEEDS_WAY_AND_LEASE();
	start_begin(&start, spawner, plan, 1000);
	for (int i = 0; i < 20; i++) {
		spawn_settle(spawner, 10999);
		poll(NULL, 0, 1);
	}
	assert_false(start.settled);
	settle_at(&start, 11000);
	expect_killed(&start, false);
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

/* The child may share our memory: our handler in it would be our handler here. */
static void flight__signal_to_the_child__never_runs_our_handler(void **state)
{
	struct sigaction sa = {.sa_handler = on_signal}, old;
	struct start start;
	siginfo_t info;

	(void)state;
	NEEDS_WAY_AND_LEASE();
	handled = 0;
	assert_int_equal(sigaction(SIGUSR1, &sa, &old), 0);
	start_begin(&start, spawner, plan, 0);
	assert_int_equal(kill(start.pid, SIGUSR1), 0);
	start_settle(&start, spawner);
	assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
	info = start_end(&start);
	assert_int_equal(info.si_code, CLD_KILLED);
	assert_int_equal(info.si_status, SIGUSR1);
	assert_int_equal(handled, 0);
}

/* Killed by somebody else: not started, not failed, and its slot is free. */
static void flight__killed_by_another__settles(void **state)
{
	struct start start;

	(void)state;
	NEEDS_WAY_AND_LEASE();
	start_begin(&start, spawner, plan, 0);
	assert_int_equal(kill(start.pid, SIGKILL), 0);
	start_settle(&start, spawner);
	assert_int_equal(start.result.error, 0);
	assert_false(start.result.killed);
	assert_int_equal(start_end(&start).si_status, SIGKILL);
}

/* What was reaped is settled, whatever the kernel left in the word. */
static void ended__reaped_in_flight__is_settled_once(void **state)
{
	struct start start, other;
	siginfo_t info;

	(void)state;
	NEEDS_WAY_AND_LEASE();
	start_begin(&start, spawner, plan, 0);
	start_begin(&other, spawner, plan, 0);
	spawn_ended(spawner, 1);
	assert_false(start.settled || other.settled);
	assert_int_equal(kill(start.pid, SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)start.pid, &info, WEXITED | WNOWAIT), 0);
	spawn_ended(spawner, start.pid);
	assert_true(start.settled);
	assert_false(other.settled);
	assert_int_equal(spawn_in_flight(spawner), 1);
	spawn_ended(spawner, start.pid);
	give_lease_back();
	start_settle(&other, spawner);
	start_end(&start);
	start_end(&other);
}

#define TEST(name, way)                                          \
	{                                                        \
#name " by " #way, name, set_up, tear_down, &way \
	}
#define TESTS(way)                                                          \
	TEST(flight__all_slots__are_all_there_is, way),                     \
	    TEST(flight__wait__is_a_millisecond_or_so, way),                \
	    TEST(share__slots_that_hang__shrink_it, way),                   \
	    TEST(flight__one_that_hangs__blocks_no_other, way),             \
	    TEST(flight__stopped_before_its_exec__is_killed, way),          \
	    TEST(flight__slow__has_ten_seconds, way),                       \
	    TEST(flight__signal_to_the_child__never_runs_our_handler, way), \
	    TEST(flight__killed_by_another__settles, way),                  \
	    TEST(ended__reaped_in_flight__is_settled_once, way)

int main(void)
{
	static enum spawn_way clone3 = SPAWN_BY_CLONE3, clone = SPAWN_BY_CLONE,
			      fork = SPAWN_BY_FORK;
	/* In this order: see start_spawner(). */
	const struct CMUnitTest tests[] = {
	    TESTS(clone3),
	    TESTS(clone),
	    TESTS(fork),
	};

	return cmocka_run_group_tests_name("spawn/flight", tests, make_dir, remove_dir);
}
