/* base/loop.h: who is called, in what order, and who is not called any more. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/loop.h"
#include "unit/test.h"

/* A descriptor that is ready to be read as long as it is not emptied. */
struct source {
	struct loop_watch watch;
	struct loop *loop;
	struct source *other; /* to be taken out and freed when called */
	int calls;
	uint32_t events;
	bool keep;            /* stays ready */
	int *total;           /* counts the calls of several */
	struct source **left; /* set to the one that was called */
};

static int set_up(void **state)
{
	*state = loop_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	loop_free((struct loop **)state);
	return *state ? -1 : 0;
}

static void source_close(struct source *source)
{
	loop_unwatch(source->loop, &source->watch);
	close(source->watch.fd);
}

static void source_ready(struct loop_watch *watch, uint32_t events)
{
	struct source *source = (struct source *)(void *)watch;
	eventfd_t value;

	source->calls++;
	source->events = events;
	if (!source->keep)
		assert_int_equal(eventfd_read(watch->fd, &value), 0);
	if (source->total)
		++*source->total;
	if (source->left)
		*source->left = source;
	if (source->other) {
		source_close(source->other);
		free(source->other);
		source->other = NULL;
	}
}

static void source_open(struct source *source, struct loop *loop)
{
	memset(source, 0, sizeof *source);
	source->loop = loop;
	source->watch.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	source->watch.ready = source_ready;
	assert_true(source->watch.fd >= 0);
	assert_int_equal(loop_watch(loop, &source->watch, EPOLLIN), 0);
}

static void loop__ready__is_called_as_long_as_it_is_ready(void **state)
{
	struct source source;

	source_open(&source, *state);
	source.keep = true;
	assert_int_equal(loop_turn(*state, -1), 0);
	assert_int_equal(loop_turn(*state, -1), 0);
	assert_int_equal(source.calls, 2);
	assert_true(source.events & EPOLLIN);
	source.keep = false;
	assert_int_equal(loop_turn(*state, -1), 0);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(source.calls, 3);
	assert_int_equal(loop_turns(*state), 4);
	source_close(&source);
}

static void loop__unwatched__is_not_called(void **state)
{
	struct source source;

	source_open(&source, *state);
	loop_unwatch(*state, &source.watch);
	loop_unwatch(*state, &source.watch);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(source.calls, 0);
	assert_int_equal(loop_watch(*state, &source.watch, EPOLLIN), 0);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(source.calls, 1);
	source_close(&source);
}

static void loop__changed_events__replace_the_old(void **state)
{
	struct source source;

	source_open(&source, *state);
	source.keep = true;
	assert_int_equal(loop_watch(*state, &source.watch, EPOLLOUT), 0);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(source.events, EPOLLOUT);
	assert_int_equal(loop_watch(*state, &source.watch, EPOLLIN | EPOLLOUT), 0);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(source.events, EPOLLIN | EPOLLOUT);
	source_close(&source);
}

/* Two are ready in one turn; the first that is called takes the other out and
 * frees it. The sanitizers see it if the loop touches that one again. */
static void loop__freed_by_another_in_the_same_turn__is_not_called(void **state)
{
	struct source *pair[2], *left = NULL;
	int calls = 0;

	for (int i = 0; i < 2; i++) {
		pair[i] = malloc(sizeof *pair[i]);
		assert_non_null(pair[i]);
		source_open(pair[i], *state);
		pair[i]->total = &calls;
		pair[i]->left = &left;
	}
	pair[0]->other = pair[1];
	pair[1]->other = pair[0];
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(calls, 1);
	assert_non_null(left);
	source_close(left);
	free(left);
}

static void loop__many_ready__are_served_in_bounded_turns(void **state)
{
	enum { SOURCES = 3 * LOOP_EVENTS + 5 };
	static struct source source[SOURCES];
	int called, before = 0;

	for (int i = 0; i < SOURCES; i++)
		source_open(&source[i], *state);
	for (int turn = 0; turn < 4; turn++) {
		assert_int_equal(loop_turn(*state, 0), 0);
		called = 0;
		for (int i = 0; i < SOURCES; i++)
			called += source[i].calls;
		assert_true(called - before <= LOOP_EVENTS);
		before = called;
	}
	assert_int_equal(before, SOURCES);
	for (int i = 0; i < SOURCES; i++)
		source_close(&source[i]);
}

/* Those who stay ready for ever do not keep a latecomer from its turn. */
static void loop__busy_ones__do_not_starve_another(void **state)
{
	enum { BUSY = 2 * LOOP_EVENTS };
	static struct source busy[BUSY];
	struct source late;

	for (int i = 0; i < BUSY; i++) {
		source_open(&busy[i], *state);
		busy[i].keep = true;
	}
	assert_int_equal(loop_turn(*state, 0), 0);
	source_open(&late, *state);
	for (int turn = 0; turn < 4 && late.calls == 0; turn++)
		assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(late.calls, 1);
	source_close(&late);
	for (int i = 0; i < BUSY; i++)
		source_close(&busy[i]);
}

static void loop__bad_descriptor__is_refused_and_not_in(void **state)
{
	struct loop_watch watch = {.fd = -1, .ready = source_ready};

	assert_int_equal(loop_watch(*state, &watch, EPOLLIN), -1);
	assert_int_equal(watch.events, 0);
	loop_unwatch(*state, &watch);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void loop__interrupted_by_a_signal__has_turned(void **state)
{
	struct sigaction sa = {.sa_handler = on_alarm};
	/* Again and again: the first may come before the wait. */
	struct itimerval often = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};

	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(loop_turn(*state, -1), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(loop_turns(*state), 1);
}

/* A timer notes when it fired, and may do something to another one. */
struct alarm {
	struct loop_timer timer;
	struct loop *loop;
	int fired;
	int place; /* the how manieth it was, from 1 */
	struct alarm *unset, *release;
	bool again;
};

static int alarms_fired;

static void alarm_fire(struct loop_timer *timer)
{
	struct alarm *alarm = (struct alarm *)(void *)timer;

	alarm->fired++;
	alarm->place = ++alarms_fired;
	if (alarm->unset)
		loop_timer_unset(alarm->loop, &alarm->unset->timer);
	if (alarm->again)
		loop_timer_set(alarm->loop, timer, loop_now(alarm->loop));
	if (alarm->release) {
		struct alarm *released = alarm->release;

		loop_timer_free(alarm->loop, &released->timer);
		free(released);
	}
}

static void alarm_make(struct alarm *alarm, struct loop *loop)
{
	alarms_fired = 0;
	memset(alarm, 0, sizeof *alarm);
	alarm->loop = loop;
	assert_int_equal(loop_timer_init(loop, &alarm->timer, alarm_fire), 0);
}

static void timer__set_in_any_order__fires_in_order_of_time(void **state)
{
	enum { ALARMS = 100 };
	static struct alarm alarm[ALARMS];
	msec_t now = loop_now(*state);
	uint64_t seed = 9;

	for (int i = 0; i < ALARMS; i++)
		alarm_make(&alarm[i], *state);
	for (int i = 0; i < ALARMS; i++)
		loop_timer_set(*state, &alarm[i].timer,
		               now - 1000 + (msec_t)(test_random(&seed) % 500));
	assert_int_equal(loop_turn(*state, -1), 0);
	for (int i = 0; i < ALARMS; i++) {
		assert_int_equal(alarm[i].fired, 1);
		for (int k = 0; k < ALARMS; k++)
			if (alarm[i].timer.due < alarm[k].timer.due)
				assert_true(alarm[i].place < alarm[k].place);
	}
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(alarms_fired, ALARMS);
	for (int i = 0; i < ALARMS; i++)
		loop_timer_free(*state, &alarm[i].timer);
}

static void timer__in_the_future__wakes_the_loop_in_time(void **state)
{
	struct alarm alarm;
	msec_t start = clock_msec(), end;

	alarm_make(&alarm, *state);
	loop_timer_set(*state, &alarm.timer, start + 30);
	for (int i = 0; i < 20 && alarm.fired == 0; i++)
		assert_int_equal(loop_turn(*state, -1), 0);
	end = clock_msec();
	assert_int_equal(alarm.fired, 1);
	assert_true(end >= start + 30);
	assert_true(loop_turns(*state) <= 3);
	loop_timer_free(*state, &alarm.timer);
}

static void timer__set_again__moves(void **state)
{
	struct alarm alarm;

	alarm_make(&alarm, *state);
	loop_timer_set(*state, &alarm.timer, loop_now(*state) - 1);
	loop_timer_set(*state, &alarm.timer, loop_now(*state) + 3600000);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(alarm.fired, 0);
	loop_timer_set(*state, &alarm.timer, 0);
	assert_int_equal(loop_turn(*state, -1), 0);
	assert_int_equal(alarm.fired, 1);
	loop_timer_free(*state, &alarm.timer);
}

static void timer__unset_by_another_in_the_same_turn__does_not_fire(void **state)
{
	struct alarm first, second;

	alarm_make(&first, *state);
	alarm_make(&second, *state);
	first.unset = &second;
	loop_timer_set(*state, &first.timer, 1);
	loop_timer_set(*state, &second.timer, 2);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(first.fired, 1);
	assert_int_equal(second.fired, 0);
	loop_timer_free(*state, &first.timer);
	loop_timer_free(*state, &second.timer);
}

static void timer__that_frees_itself_or_another__is_not_touched_again(void **state)
{
	struct alarm *self = malloc(sizeof *self), *other = malloc(sizeof *other), first;

	assert_non_null(self);
	assert_non_null(other);
	alarm_make(self, *state);
	alarm_make(other, *state);
	alarm_make(&first, *state);
	self->release = self;
	first.release = other;
	loop_timer_set(*state, &first.timer, 1);
	loop_timer_set(*state, &self->timer, 2);
	loop_timer_set(*state, &other->timer, 3);
	assert_int_equal(loop_turn(*state, 0), 0);
	assert_int_equal(alarms_fired, 2);
	loop_timer_free(*state, &first.timer);
}

/* One that sets itself for now is for the next turn, also where another timer
 * that is not due makes the heap longer than what was due. */
static void timer__that_sets_itself_for_now__fires_once_a_turn(void **state)
{
	struct alarm busy, later;

	alarm_make(&busy, *state);
	alarm_make(&later, *state);
	busy.again = true;
	loop_timer_set(*state, &later.timer, loop_now(*state) + 3600000);
	loop_timer_set(*state, &busy.timer, 0);
	for (int turn = 1; turn <= 5; turn++) {
		assert_int_equal(loop_turn(*state, 100), 0);
		assert_int_equal(busy.fired, turn);
	}
	loop_timer_free(*state, &busy.timer);
	loop_timer_free(*state, &later.timer);
}

static void timer__and_event_due_together__both_come_in_one_turn(void **state)
{
	struct source source;
	struct alarm alarm;

	source_open(&source, *state);
	alarm_make(&alarm, *state);
	loop_timer_set(*state, &alarm.timer, 0);
	assert_int_equal(loop_turn(*state, -1), 0);
	assert_int_equal(source.calls, 1);
	assert_int_equal(alarm.fired, 1);
	loop_timer_free(*state, &alarm.timer);
	source_close(&source);
}

static void late_timer(struct loop_timer *timer)
{
	(void)timer;
	usleep(1000 * (LOOP_LATE_MSEC + 50));
}

static void loop__pace__tells_turns_that_took_long(void **state)
{
	struct loop *loop = *state;
	const struct loop_pace *pace = loop_pace(loop);
	struct loop_timer timer = {.due = 0};

	assert_int_equal(loop_timer_init(loop, &timer, late_timer), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(loop_turn(loop, 2), 0);
	assert_int_equal(pace->late, 0);
	assert_true(pace->longest < LOOP_LATE_MSEC);
	loop_timer_set(loop, &timer, loop_now(loop));
	assert_int_equal(loop_turn(loop, 0), 0);
	assert_int_equal(pace->late, 0);
	assert_int_equal(loop_turn(loop, 0), 0);
	assert_int_equal(pace->late, 1);
	assert_true(pace->last >= LOOP_LATE_MSEC + 50 && pace->last == pace->longest);
	/* To sleep long is not to be late. */
	assert_int_equal(loop_turn(loop, LOOP_LATE_MSEC + 50), 0);
	assert_int_equal(loop_turn(loop, 0), 0);
	assert_int_equal(pace->late, 1);
	loop_timer_free(loop, &timer);
}

static void loop__stopped_while_it_sleeps__was_late(void **state)
{
	struct loop *loop = *state;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct loop *own = loop_new();

		while (own && loop_pace(own)->late == 0)
			(void)loop_turn(own, 10);
		_exit(own && loop_pace(own)->last >= LOOP_LATE_MSEC + 400 ? 0 : 1);
	}
	usleep(50000);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	usleep(1000 * (LOOP_LATE_MSEC + 500));
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(loop_pace(loop)->late, 0);
}

static void loop__free__accepts_nothing(void **state)
{
	struct loop *none = NULL;

	(void)state;
	loop_free(&none);
}

int main(void)
{
#define LOOP_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    LOOP_TEST(loop__ready__is_called_as_long_as_it_is_ready),
	    LOOP_TEST(loop__unwatched__is_not_called),
	    LOOP_TEST(loop__changed_events__replace_the_old),
	    LOOP_TEST(loop__freed_by_another_in_the_same_turn__is_not_called),
	    LOOP_TEST(loop__many_ready__are_served_in_bounded_turns),
	    LOOP_TEST(loop__busy_ones__do_not_starve_another),
	    LOOP_TEST(loop__bad_descriptor__is_refused_and_not_in),
	    LOOP_TEST(loop__interrupted_by_a_signal__has_turned),
	    LOOP_TEST(timer__set_in_any_order__fires_in_order_of_time),
	    LOOP_TEST(timer__in_the_future__wakes_the_loop_in_time),
	    LOOP_TEST(timer__set_again__moves),
	    LOOP_TEST(timer__unset_by_another_in_the_same_turn__does_not_fire),
	    LOOP_TEST(timer__that_frees_itself_or_another__is_not_touched_again),
	    LOOP_TEST(timer__that_sets_itself_for_now__fires_once_a_turn),
	    LOOP_TEST(timer__and_event_due_together__both_come_in_one_turn),
	    cmocka_unit_test_setup_teardown(loop__pace__tells_turns_that_took_long, set_up,
	                                    tear_down),
	    cmocka_unit_test_setup_teardown(loop__stopped_while_it_sleeps__was_late, set_up,
	                                    tear_down),
	    cmocka_unit_test(loop__free__accepts_nothing),
	};

	return cmocka_run_group_tests_name("base/loop", tests, NULL, NULL);
}
