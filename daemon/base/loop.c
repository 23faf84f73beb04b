#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

struct loop {
	int epoll_fd;
	msec_t now;
	uint64_t turns;
	msec_t begun; /* when this turn was to begin, 0: none was */
	struct loop_pace pace;
	struct heap timers;
	size_t timer_count; /* made, set or not: the heap has room for all */
	struct epoll_event event[LOOP_EVENTS];
	int most;   /* events a turn, up to LOOP_EVENTS */
	int events; /* of this turn; those before `at` are done */
	int at;
	bool firing;
};

static bool timer_before(const struct heap_node *a, const struct heap_node *b)
{
	return heap_entry(a, struct loop_timer, node)->due <
	       heap_entry(b, struct loop_timer, node)->due;
}

struct loop *loop_new(void)
{
	struct loop *loop = sys_calloc(1, sizeof *loop);

	if (!loop)
		return NULL;
	loop->timers.before = timer_before;
	loop->most = LOOP_EVENTS;
	loop->now = clock_msec();
	loop->epoll_fd = fd_up(sys_epoll_create1(EPOLL_CLOEXEC));
	if (loop->epoll_fd < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop **loop)
{
	if (!*loop)
		return;
	fd_close(&(*loop)->epoll_fd);
	heap_free(&(*loop)->timers);
	free(*loop);
	*loop = NULL;
}

int loop_fd(const struct loop *loop)
{
	return loop->epoll_fd;
}

void loop_limit(struct loop *loop, int events)
{
	loop->most = events < LOOP_EVENTS ? events : LOOP_EVENTS;
}

int loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.ptr = watch};

	if (watch->events == events)
		return 0;
	if (sys_epoll_ctl(loop->epoll_fd, watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd,
	                  &e) < 0)
		return -1;
	watch->events = events;
	return 0;
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
	if (watch->events == 0)
		return;
	(void)sys_epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->events = 0;
	for (int i = loop->at; i < loop->events; i++)
		if (loop->event[i].data.ptr == watch)
			loop->event[i].data.ptr = NULL;
}

int loop_timer_init(struct loop *loop, struct loop_timer *timer,
                    void (*fire)(struct loop_timer *timer))
{
	if (heap_reserve(&loop->timers, loop->timer_count + 1) < 0)
		return -1;
	loop->timer_count++;
	timer->node.at = 0;
	timer->fire = fire;
	return 0;
}

void loop_timer_free(struct loop *loop, struct loop_timer *timer)
{
	if (!timer->fire)
		return;
	loop_timer_unset(loop, timer);
	timer->fire = NULL;
	loop->timer_count--;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, msec_t due)
{
	timer->due = loop->firing && due <= loop->now ? loop->now + 1 : due;
	if (timer->node.at)
		heap_moved(&loop->timers, &timer->node);
	else
		heap_add(&loop->timers, &timer->node);
}

void loop_timer_unset(struct loop *loop, struct loop_timer *timer)
{
	heap_remove(&loop->timers, &timer->node);
}

bool loop_timer_is_set(const struct loop_timer *timer)
{
	return timer->node.at != 0;
}

msec_t loop_now(const struct loop *loop)
{
	return loop->now;
}

uint64_t loop_turns(const struct loop *loop)
{
	return loop->turns;
}

const struct loop_pace *loop_pace(const struct loop *loop)
{
	return &loop->pace;
}

static void loop_measure(struct loop *loop, msec_t now)
{
	msec_t took = loop->begun ? now - loop->begun : 0;

	if (took > loop->pace.longest)
		loop->pace.longest = took;
	if (took > LOOP_LATE_MSEC) {
		loop->pace.late++;
		loop->pace.last = took;
	}
}

/* How long to sleep: until the first timer, and at most max_msec. */
static int loop_sleep(const struct loop *loop, msec_t now, int max_msec)
{
	struct heap_node *first = heap_first(&loop->timers);
	msec_t left;

	if (!first)
		return max_msec;
	left = heap_entry(first, struct loop_timer, node)->due - now;
	if (left < 0)
		left = 0;
	if (max_msec >= 0 && left > max_msec)
		return max_msec;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* Fires what is due at the beginning. What is set for now meanwhile gets the
 * next millisecond (loop_timer_set), so that no timer can keep the loop here. */
static void loop_fire(struct loop *loop)
{
	struct heap_node *first;

	loop->firing = true;
	while ((first = heap_first(&loop->timers))) {
		struct loop_timer *timer = heap_entry(first, struct loop_timer, node);

		if (timer->due > loop->now)
			break;
		heap_remove(&loop->timers, first);
		timer->fire(timer);
	}
	loop->firing = false;
}

int loop_turn(struct loop *loop, int max_msec)
{
	msec_t slept = clock_msec();
	int sleep = loop_sleep(loop, slept, max_msec), n;

	loop_measure(loop, slept);
	n = sys_epoll_wait(loop->epoll_fd, loop->event, loop->most, sleep);
	if (n < 0 && errno != EINTR)
		return -1;
	loop->turns++;
	loop->now = clock_msec();
	/* Whatever was ready earlier, it was to begin by then. */
	loop->begun = loop->now;
	if (sleep >= 0 && slept + sleep < loop->now)
		loop->begun = slept + sleep;
	loop->events = n < 0 ? 0 : n;
	for (loop->at = 0; loop->at < loop->events;) {
		struct epoll_event *e = &loop->event[loop->at++];
		struct loop_watch *watch = e->data.ptr;

		if (watch)
			watch->ready(watch, e->events);
	}
	loop->events = loop->at = 0;
	loop_fire(loop);
	return 0;
}
