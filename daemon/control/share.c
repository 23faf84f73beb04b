#include "control/share.h"

#include <string.h>

#include "base/list.h"

enum {
	WORK_EVENTS = 4, /* a turn */
	WORK_USEC = 1000,
	REST_TIMES = 9,
	AGAIN_MSEC = 100, /* after it could not be watched */
};

static void on_work(struct loop_watch *watch, uint32_t events)
{
	struct share *share = list_entry(watch, struct share, work);
	usec_t began = clock_usec();

	(void)events;
	(void)loop_turn(share->inner, 0);
	share->worked += clock_usec() - began;
	if (share->worked < WORK_USEC)
		return;
	loop_unwatch(share->outer, &share->work);
	loop_timer_set(share->outer, &share->rest,
	               loop_now(share->outer) + share->worked * REST_TIMES / 1000);
	share->worked = 0;
}

static void on_rested(struct loop_timer *timer)
{
	struct share *share = list_entry(timer, struct share, rest);

	if (loop_watch(share->outer, &share->work, EPOLLIN) < 0)
		loop_timer_set(share->outer, timer, loop_now(share->outer) + AGAIN_MSEC);
}

int share_open(struct share *share, struct loop *outer)
{
	memset(share, 0, sizeof *share);
	share->outer = outer;
	if (loop_timer_init(outer, &share->rest, on_rested) < 0)
		return -1;
	share->inner = loop_new();
	if (!share->inner)
		return -1;
	loop_limit(share->inner, WORK_EVENTS);
	share->work = (struct loop_watch){.fd = loop_fd(share->inner), .ready = on_work};
	return loop_watch(outer, &share->work, EPOLLIN);
}

void share_close(struct share *share)
{
	loop_timer_free(share->outer, &share->rest);
	if (share->inner)
		loop_unwatch(share->outer, &share->work);
	loop_free(&share->inner);
}
