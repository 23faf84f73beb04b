/* base/loop.h - waits for descriptors and for time (epoll(7)).
 *
 * A watch says whom to call when a descriptor is ready, a timer when a moment
 * has come. A turn handles at most LOOP_EVENTS events, then the timers that are
 * due, so that nobody can keep the loop busy alone. Whoever is called may take
 * out or free any watch or timer, also one whose event is still to come in the
 * same turn. Not for threads. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/heap.h"

enum { LOOP_EVENTS = 64 };

struct loop;

struct loop_watch {
	int fd;
	uint32_t events; /* EPOLLIN ...; 0: in no loop */
	void (*ready)(struct loop_watch *watch, uint32_t events);
};

struct loop_timer {
	struct heap_node node;
	msec_t due; /* of the monotonic clock */
	void (*fire)(struct loop_timer *timer);
};

struct loop *loop_new(void); /* NULL with errno */
/* A loop can be inside another one, which watches this descriptor (EPOLLIN) and
 * gives it a turn; a turn then handles at most so many events. Its timers would
 * not wake the other. */
int loop_fd(const struct loop *loop);
void loop_limit(struct loop *loop, int events);
void loop_free(struct loop **loop);

/* Adds the watch, or changes the events of one that is in. Level-triggered.
 * Fails with ENOMEM or ENOSPC, leaving all as it was. */
int loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct loop_watch *watch); /* before the close */

/* A timer is made once, where memory may lack (ENOMEM), and can then be set
 * without fail. Setting one that is set moves it; one that fires is unset. Set
 * for now while timers fire, it is due a millisecond later: in another turn. */
int loop_timer_init(struct loop *loop, struct loop_timer *timer,
                    void (*fire)(struct loop_timer *timer));
void loop_timer_free(struct loop *loop, struct loop_timer *timer);
void loop_timer_set(struct loop *loop, struct loop_timer *timer, msec_t due);
void loop_timer_unset(struct loop *loop, struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);

/* The time at which this turn began. */
msec_t loop_now(const struct loop *loop);

/* Waits until something is ready or due, at most max_msec (-1: for ever), and
 * handles it. Fails only where epoll_wait(2) does for another reason than EINTR. */
int loop_turn(struct loop *loop, int max_msec);

/* Turns so far, for a watchdog and for tests. */
uint64_t loop_turns(const struct loop *loop);

/* What turns took until the loop slept again, all that was done between two calls
 * of loop_turn() included, and for how long it slept on when something was due:
 * it had no processor, or was stopped. What is above LOOP_LATE_MSEC is late. */
enum { LOOP_LATE_MSEC = 1000 };
struct loop_pace {
	uint64_t late; /* turns */
	msec_t last;   /* the late one of late */
	msec_t longest;
};
const struct loop_pace *loop_pace(const struct loop *loop);

#endif
