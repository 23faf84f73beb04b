/* control/claim.h: one at a time, whatever the last one left behind. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "control/claim.h"
#include "unit/test.h"

/* Stands in for the C library's: removes this file first, once. */
static const char *removed_before_flock;

int flock(int fd, int operation)
{
	if (removed_before_flock)
		assert_int_equal(unlink(removed_before_flock), 0);
	removed_before_flock = NULL;
	return (int)syscall(SYS_flock, fd, operation);
}

struct place {
	char dir[64], sub[80], path[96], lock[112];
	mode_t mode;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	const char *tmp = getenv("TMPDIR");

	snprintf(place->dir, sizeof place->dir, "%s/usherd-test-XXXXXX",
	         tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(place->dir))
		return -1;
	snprintf(place->sub, sizeof place->sub, "%s/run", place->dir);
	snprintf(place->path, sizeof place->path, "%s/control", place->sub);
	snprintf(place->lock, sizeof place->lock, "%s.lock", place->path);
	place->mode = 0660;
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	(void)unlink(place->path);
	(void)unlink(place->lock);
	if (rmdir(place->sub) < 0)
		(void)unlink(place->sub);
	(void)rmdir(place->dir);
	free(place);
	return 0;
}

static int take(struct claim *claim, const struct place *place, struct claim_failure *failure)
{
	struct claim_options options = {.path = place->path,
	                                .uid = geteuid(),
	                                .gid = getegid(),
	                                .socket_gid = (gid_t)-1,
	                                .mode = place->mode};

	return claim_take(claim, &options, failure);
}

static void take_well(struct claim *claim, const struct place *place)
{
	struct claim_failure failure;

	if (take(claim, place, &failure) < 0)
		fail_msg("%s", failure.text);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* A socket as a dead process leaves it. */
static void leave_socket(const struct place *place, int listening)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct addr addr;

	assert_int_equal(addr_set_unix(place->path, &addr), 0);
	assert_int_equal(bind(fd, &addr.sa, addr.len), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	else
		close(fd);
}

static void claim__fresh__makes_directory_and_socket_and_removes_it(void **state)
{
	struct place *place = *state;
	struct claim claim;
	struct stat st;
	mode_t old = umask(0);

	take_well(&claim, place);
	assert_int_equal(umask(old), 0);
	assert_int_equal(stat(place->sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, geteuid() == 0 ? 0755 : 0700);
	assert_int_equal(lstat(place->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(lstat(place->lock, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	claim_release(&claim);
	assert_false(exists(place->path));
	assert_false(exists(place->lock));
}

static void claim__mode_for_all__all_can_come_to_the_socket(void **state)
{
	struct place *place = *state;
	struct claim claim;
	struct stat st;

	place->mode = 0666;
	take_well(&claim, place);
	assert_int_equal(stat(place->sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(lstat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	claim_release(&claim);
}

static void claim__while_another_lives__tells_its_pid(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim first, second;
	struct stat before, after;

	take_well(&first, place);
	assert_int_equal(stat(place->path, &before), 0);
	assert_int_equal(take(&second, place, &failure), -1);
	assert_int_equal(failure.running, getpid());
	assert_non_null(strstr(failure.text, "already running"));
	assert_int_equal(stat(place->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	claim_release(&first);
	take_well(&second, place);
	claim_release(&second);
}

static void claim__locked_but_not_listening_yet__tells_the_pid_in_the_lock(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim first, second;

	take_well(&first, place);
	fd_close(&first.fd);
	assert_int_equal(take(&second, place, &failure), -1);
	assert_int_equal(failure.running, getpid());
	assert_true(exists(place->path));
	claim_release(&first);
}

static void claim__after_a_kill__replaces_what_was_left(void **state)
{
	struct place *place = *state;
	struct claim claim;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct claim_failure failure;

		_exit(take(&claim, place, &failure) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(exists(place->path));
	assert_true(exists(place->lock));
	take_well(&claim, place);
	claim_release(&claim);
	assert_false(exists(place->path));
}

static void claim__living_socket_without_a_lock__is_left_alone(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim claim;

	assert_int_equal(mkdir(place->sub, 0700), 0);
	leave_socket(place, 1);
	assert_int_equal(take(&claim, place, &failure), -1);
	assert_int_equal(failure.running, getpid());
	assert_true(exists(place->path));
	assert_false(exists(place->lock));
}

static void claim__stale_socket__is_replaced(void **state)
{
	struct place *place = *state;
	struct claim claim;

	assert_int_equal(mkdir(place->sub, 0700), 0);
	leave_socket(place, 0);
	take_well(&claim, place);
	claim_release(&claim);
}

static void claim__something_else_in_its_place__is_kept(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim claim;

	assert_int_equal(mkdir(place->sub, 0700), 0);
	fclose(fopen(place->path, "we"));
	assert_int_equal(take(&claim, place, &failure), -1);
	assert_int_equal(failure.running, -1);
	assert_non_null(strstr(failure.text, "is not a socket"));
	assert_true(exists(place->path));
	assert_false(exists(place->lock));
}

static void claim__replaced_by_another__is_not_removed_at_the_end(void **state)
{
	struct place *place = *state;
	struct claim claim;

	take_well(&claim, place);
	assert_int_equal(unlink(place->path), 0);
	leave_socket(place, 0);
	claim_release(&claim);
	assert_true(exists(place->path));
}

static void claim__directory_that_others_can_change__is_refused(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim claim;

	assert_int_equal(mkdir(place->sub, 0700), 0);
	assert_int_equal(chmod(place->sub, 0770), 0);
	assert_int_equal(take(&claim, place, &failure), -1);
	assert_non_null(strstr(failure.text, "others can write to it"));
	assert_int_equal(chmod(place->sub, 01777), 0);
	take_well(&claim, place);
	claim_release(&claim);
}

static void claim__lock_that_is_a_link__is_refused(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim claim;

	assert_int_equal(mkdir(place->sub, 0700), 0);
	assert_int_equal(symlink("/etc/passwd", place->lock), 0);
	assert_int_equal(take(&claim, place, &failure), -1);
	assert_int_equal(failure.running, -1);
	assert_non_null(strstr(failure.text, strerror(ELOOP)));
}

/* The one before us may end, and remove the file, between our open and our
 * lock: then what we hold is a lock that nobody else will ever see. */
static void claim__lock_that_was_removed_meanwhile__is_taken_anew(void **state)
{
	struct place *place = *state;
	struct claim_failure failure;
	struct claim claim, second;

	removed_before_flock = place->lock;
	take_well(&claim, place);
	assert_null(removed_before_flock);
	assert_true(exists(place->lock));
	fd_close(&claim.fd);
	assert_int_equal(take(&second, place, &failure), -1);
	assert_int_equal(failure.running, getpid());
	claim_release(&claim);
}

static void claim__path_that_cannot_be__is_refused(void **state)
{
	static const char *const path[] = {
	    "", "relative", "@abstract", "/nonexistent-usherd/run/control",
	    "/"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789"};
	struct claim_failure failure;
	struct claim claim;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(path); i++) {
		struct claim_options options = {.path = path[i], .socket_gid = (gid_t)-1};

		assert_int_equal(claim_take(&claim, &options, &failure), -1);
		assert_int_equal(failure.running, -1);
		assert_true(failure.text[0] != '\0');
	}
}

/* Of many that start at once, over a stale socket, exactly one gets it. */
static void claim__many_at_once__only_one_gets_it(void **state)
{
	enum { STARTERS = 16 };
	struct place *place = *state;
	int go[2], hold[2], winners = 0, status;
	char c = 0;

	assert_int_equal(mkdir(place->sub, 0700), 0);
	leave_socket(place, 0);
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(hold), 0);
	for (int i = 0; i < STARTERS; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			struct claim_failure failure;
			struct claim claim;
			int rc;

			close(go[1]);
			close(hold[1]);
			(void)!read(go[0], &c, 1);
			rc = take(&claim, place, &failure);
			if (rc == 0)
				(void)!read(hold[0], &c, 1);
			_exit(rc == 0 ? 0 : failure.running >= 0 ? 1 : 2);
		}
	}
	close(go[0]);
	close(go[1]);
	/* The losers end by themselves, the winner when the pipe is closed. */
	for (int i = 0; i < STARTERS - 1; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(WEXITSTATUS(status), 1);
	}
	close(hold[0]);
	close(hold[1]);
	if (wait(&status) > 0)
		winners = WEXITSTATUS(status) == 0;
	assert_int_equal(winners, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    TEST(claim__fresh__makes_directory_and_socket_and_removes_it),
	    TEST(claim__mode_for_all__all_can_come_to_the_socket),
	    TEST(claim__while_another_lives__tells_its_pid),
	    TEST(claim__locked_but_not_listening_yet__tells_the_pid_in_the_lock),
	    TEST(claim__after_a_kill__replaces_what_was_left),
	    TEST(claim__living_socket_without_a_lock__is_left_alone),
	    TEST(claim__stale_socket__is_replaced),
	    TEST(claim__something_else_in_its_place__is_kept),
	    TEST(claim__replaced_by_another__is_not_removed_at_the_end),
	    TEST(claim__directory_that_others_can_change__is_refused),
	    TEST(claim__lock_that_is_a_link__is_refused),
	    TEST(claim__lock_that_was_removed_meanwhile__is_taken_anew),
	    cmocka_unit_test(claim__path_that_cannot_be__is_refused),
	    TEST(claim__many_at_once__only_one_gets_it),
#undef TEST
	};

	return cmocka_run_group_tests_name("control/claim", tests, NULL, NULL);
}
