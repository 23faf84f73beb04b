/* control/control.h: clients that ask, and those that only cost. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "unit/control_fixture.h"

struct served {
	struct fixture *fixture;
	struct control *control;
	struct buf all;
};

static int open_served(void **state, size_t services, const struct control_options *options)
{
	struct served *served = calloc(1, sizeof *served);
	struct claim_failure failure;

	log_set_level(LOG_ERR);
	served->fixture = fixture_new(services);
	served->all.max = 64 << 20;
	served->control = control_open(&served->fixture->sup, options, &failure);
	*state = served;
	if (!served->control)
		print_message("# %s\n", failure.text);
	return served->control ? 0 : -1;
}

static int setup(void **state)
{
	return open_served(state, 2, &(struct control_options){.privileges = NULL});
}

static int setup_large(void **state)
{
	return open_served(state, 1000, &(struct control_options){.privileges = NULL});
}

static int setup_hurried(void **state)
{
	return open_served(state, 1000,
	                   &(struct control_options){.request_msec = 50, .answer_msec = 100});
}

static int teardown(void **state)
{
	struct served *served = *state;
	struct stat st;
	bool left;

	control_close(&served->control);
	left = served->fixture->sup.control_fds != 0 || lstat(served->fixture->path, &st) == 0;
	fixture_free(served->fixture);
	buf_free(&served->all);
	free(served);
	return left ? -1 : 0;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void turns(struct served *served, int count)
{
	while (count-- > 0)
		assert_int_equal(loop_turn(served->fixture->sup.loop, 1), 0);
}

/* Until so many are connected, for control has a share of the time only. */
static void until(struct served *served, unsigned clients)
{
	msec_t end = clock_msec() + 5000;

	while (served->fixture->sup.control_fds != clients && clock_msec() < end)
		turns(served, 1);
	assert_int_equal(served->fixture->sup.control_fds, clients);
}

/* The whole answer on a new connection. */
static const char *ask(struct served *served, const char *request)
{
	int fd = fixture_connect(served->fixture);

	say(fd, request);
	buf_clear(&served->all);
	fixture_read_all(served->fixture, fd, &served->all);
	close(fd);
	return served->all.data ? served->all.data : "";
}

static void control__asked__answers_and_closes(void **state)
{
	struct served *served = *state;

	assert_memory_equal(ask(served, "services\n"), "ok table\nSERVICE\t", 17);
	assert_memory_equal(ask(served, "-j services\nand more\n"), "ok json\n{\"services\":", 20);
	assert_string_equal(ask(served, "bogus\n"), "usage there is no command \"bogus\"\n");
	assert_memory_equal(ask(served, "\n"), "usage the request names", 23);
	assert_int_equal(served->fixture->sup.control_fds, 0);
}

static void control__request_in_pieces__is_put_together(void **state)
{
	struct served *served = *state;
	int fd = fixture_connect(served->fixture);

	for (const char *p = "services\n"; *p; p++) {
		char piece[2] = {*p, '\0'};

		say(fd, piece);
		turns(served, 2);
	}
	fixture_read_all(served->fixture, fd, &served->all);
	assert_memory_equal(served->all.data, "ok table\n", 9);
	close(fd);
}

static void control__request_too_long__is_refused(void **state)
{
	struct served *served = *state;
	char request[2 * CONTROL_REQUEST_MAX];

	memset(request, 'a', sizeof request - 1);
	request[sizeof request - 1] = '\0';
	assert_string_equal(ask(served, request), "usage the request is too long\n");
}

static void control__client_that_leaves__is_forgotten(void **state)
{
	struct served *served = *state;
	int fd = fixture_connect(served->fixture), other = fixture_connect(served->fixture);

	until(served, 2);
	say(fd, "serv");
	turns(served, 1);
	close(fd);
	close(other);
	until(served, 0);
}

static void control__long_answer__waits_for_a_slow_reader(void **state)
{
	struct served *served = *state;
	int fd = fixture_connect(served->fixture);

	say(fd, "metrics\n");
	turns(served, 100);
	/* Held, with no more than the kernel and one piece in memory; and others are served. */
	assert_int_equal(served->fixture->sup.control_fds, 1);
	assert_memory_equal(ask(served, "services\n"), "ok table\n", 9);
	buf_clear(&served->all);
	fixture_read_all(served->fixture, fd, &served->all);
	assert_true(served->all.len > 1000 * 1000);
	assert_memory_equal(served->all.data + served->all.len - 3, "\n.\n", 3);
	close(fd);
}

static void control__reader_that_leaves_in_the_middle__is_forgotten(void **state)
{
	struct served *served = *state;
	int fd = fixture_connect(served->fixture);
	char text[1000];

	say(fd, "metrics\n");
	turns(served, 100);
	assert_true(recv(fd, text, sizeof text, 0) > 0);
	close(fd);
	until(served, 0);
}

static void control__too_many__wait_and_the_loop_sleeps(void **state)
{
	enum { CLIENTS = 100 };
	struct served *served = *state;
	int fd[CLIENTS], extra, turned = 0;
	unsigned most;
	msec_t before;

	for (int i = 0; i < CLIENTS; i++)
		fd[i] = fixture_connect(served->fixture);
	turns(served, 100);
	most = served->fixture->sup.control_fds;
	assert_true(most >= 4 && most <= 64);
	/* A listener that stayed in the loop would end each turn at once; only that
	 * somebody has to give way does so, now and then. */
	before = clock_msec();
	for (; clock_msec() - before < 300; turned++)
		loop_turn(served->fixture->sup.loop, 100);
	assert_true(turned < 150);
	for (int i = 0; i < CLIENTS; i++)
		close(fd[i]);
	extra = fixture_connect(served->fixture);
	say(extra, "services\n");
	fixture_read_all(served->fixture, extra, &served->all);
	assert_memory_equal(served->all.data, "ok table\n", 9);
	close(extra);
	until(served, 0);
}

/* Silent ones hold all places; who comes then is served before their deadline. */
static void control__silent_ones__give_way_to_who_asks(void **state)
{
	struct served *served = *state;
	struct fixture *fixture = served->fixture;
	enum { SILENT = 80 };
	msec_t began = clock_msec();
	int fd[SILENT], asker;

	for (int i = 0; i < SILENT; i++)
		fd[i] = fixture_connect(fixture);
	asker = fixture_connect(fixture);
	assert_int_equal(send(asker, "services\n", 9, MSG_NOSIGNAL), 9);
	fixture_read_all(fixture, asker, &served->all);
	assert_memory_equal(served->all.data, "ok table\n", 9);
	assert_true(clock_msec() - began < 4000);
	buf_clear(&served->all);
	fixture_read_all(fixture, fd[0], &served->all);
	assert_string_equal(served->all.data, "error others wait, and this one did not go on\n");
	close(asker);
	for (int i = 0; i < SILENT; i++)
		close(fd[i]);
	for (int i = 0; i < 100 && fixture->sup.control_fds > 0; i++)
		assert_int_equal(loop_turn(fixture->sup.loop, 10), 0);
	assert_int_equal(fixture->sup.control_fds, 0);
}

static void control__silence__ends_at_the_deadline(void **state)
{
	struct served *served = *state;
	int fd = fixture_connect(served->fixture);

	say(fd, "serv");
	fixture_read_all(served->fixture, fd, &served->all);
	assert_string_equal(served->all.data, "error the request took too long\n");
	close(fd);
}

static void control__reader_that_takes_nothing__is_cut_off_at_the_deadline(void **state)
{
	struct served *served = *state;
	int fd = fixture_connect(served->fixture);
	msec_t end = clock_msec() + 10000;

	say(fd, "metrics\n");
	do
		turns(served, 1);
	while (served->fixture->sup.control_fds == 0);
	while (served->fixture->sup.control_fds > 0 && clock_msec() < end)
		loop_turn(served->fixture->sup.loop, 10);
	assert_int_equal(served->fixture->sup.control_fds, 0);
	fixture_read_all(served->fixture, fd, &served->all);
	assert_memory_not_equal(served->all.data + served->all.len - 3, "\n.\n", 3);
	close(fd);
}

static void control__closed_with_clients__leaves_nothing(void **state)
{
	struct served *served = *state;
	unsigned before = fd_count();
	int fd = fixture_connect(served->fixture), other = fixture_connect(served->fixture);

	say(fd, "metrics\n");
	until(served, 2);
	control_close(&served->control);
	assert_int_equal(served->fixture->sup.control_fds, 0);
	close(fd);
	close(other);
	/* The listener, the lock and the inner loop are closed, too. */
	assert_int_equal(fd_count(), before - 3);
}

static void control__second__is_told_the_pid(void **state)
{
	struct served *served = *state;
	struct control_options options = {.privileges = NULL};
	struct claim_failure failure;

	assert_null(control_open(&served->fixture->sup, &options, &failure));
	assert_int_equal(failure.running, getpid());
	assert_memory_equal(ask(served, "services\n"), "ok table\n", 9);
}

/* A connection of another account; the kernel notes who it is at connect(2). */
static int connect_as(const struct served *served, uid_t uid, gid_t group)
{
	gid_t none[1] = {0}, own[64];
	int own_count = getgroups((int)ARRAY_LEN(own), own), fd;

	assert_true(own_count >= 0);
	assert_int_equal(setgroups(group != 0, group != 0 ? &group : none), 0);
	assert_int_equal(setegid(uid), 0);
	assert_int_equal(seteuid(uid), 0);
	fd = fixture_connect(served->fixture);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(setgroups((size_t)own_count, own), 0);
	return fd;
}

enum { STRANGER = 4711, GROUP = 4712 };

static enum supervisor_state state_after_stop(struct served *served, uid_t uid, gid_t group)
{
	struct supervisor *sup = &served->fixture->sup;
	int fd;

	if (geteuid() != 0)
		skip_because("only root can connect as somebody else");
	served->fixture->conf.control_gid = GROUP;
	assert_int_equal(chmod(served->fixture->dir, 0755), 0);
	assert_int_equal(chmod(served->fixture->path, 0666), 0);
	assert_int_equal(loop_timer_init(sup->loop, &sup->stop_timer, NULL), 0);
	fd = connect_as(served, uid, group);
	say(fd, "stop\n");
	fixture_read_all(served->fixture, fd, &served->all);
	close(fd);
	return sup->state;
}

static int setup_empty(void **state)
{
	return open_served(state, 0, &(struct control_options){.privileges = NULL});
}

static void control__stop_by_a_stranger__is_denied(void **state)
{
	struct served *served = *state;

	assert_int_equal(state_after_stop(served, STRANGER, GROUP + 1), SUPERVISOR_RUNNING);
	assert_memory_equal(served->all.data, "denied ", 7);
}

static void control__stop_by_a_member_of_the_group__is_done(void **state)
{
	struct served *served = *state;

	assert_int_equal(state_after_stop(served, STRANGER, GROUP), SUPERVISOR_STOPPING);
	assert_memory_equal(served->all.data, "ok fields\nstate\tstopping\n", 25);
}

static void control__stop_by_root__is_done(void **state)
{
	assert_int_equal(state_after_stop(*state, 0, 0), SUPERVISOR_STOPPING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f, setup) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    TEST(control__asked__answers_and_closes, setup),
	    TEST(control__request_in_pieces__is_put_together, setup),
	    TEST(control__request_too_long__is_refused, setup),
	    TEST(control__client_that_leaves__is_forgotten, setup),
	    TEST(control__long_answer__waits_for_a_slow_reader, setup_large),
	    TEST(control__reader_that_leaves_in_the_middle__is_forgotten, setup_large),
	    TEST(control__too_many__wait_and_the_loop_sleeps, setup),
	    TEST(control__silent_ones__give_way_to_who_asks, setup),
	    TEST(control__silence__ends_at_the_deadline, setup_hurried),
	    TEST(control__reader_that_takes_nothing__is_cut_off_at_the_deadline, setup_hurried),
	    TEST(control__closed_with_clients__leaves_nothing, setup),
	    TEST(control__second__is_told_the_pid, setup),
	    TEST(control__stop_by_a_stranger__is_denied, setup_empty),
	    TEST(control__stop_by_a_member_of_the_group__is_done, setup_empty),
	    TEST(control__stop_by_root__is_done, setup_empty),
#undef TEST
	};

	return cmocka_run_group_tests_name("control/control", tests, NULL, NULL);
}
