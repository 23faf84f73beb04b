#include "net/linger.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/sys.h"
#include "net/greet.h"

enum {
	DEADLINE_MSEC = 2000,
	DRAIN_TURN = 1 << 16, /* bytes thrown away a turn */
};

/* One that is on its way out. All have the same deadline, so the list is in
 * the order of deadlines and one timer serves all. */
struct leaver {
	struct loop_watch watch;
	struct list link;
	struct lingerers *linger;
	msec_t due;
};

struct lingerers {
	struct loop *loop;
	struct loop_timer timer;
	struct list leavers;
	unsigned count, max;
};

static void leaver_free(struct leaver *leaver)
{
	struct lingerers *linger = leaver->linger;

	loop_unwatch(linger->loop, &leaver->watch);
	close(leaver->watch.fd);
	list_remove(&leaver->link);
	linger->count--;
	free(leaver);
}

static void on_readable(struct loop_watch *watch, uint32_t events)
{
	static char dustbin[DRAIN_TURN];
	struct leaver *leaver = list_entry(watch, struct leaver, watch);
	ssize_t n;

	(void)events;
	/* MSG_TRUNC: the kernel throws TCP data away without copying it (tcp(7)). Other
	 * sockets fill the dustbin. */
	n = sys_recv(watch->fd, dustbin, sizeof dustbin, MSG_TRUNC | MSG_DONTWAIT);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		leaver_free(leaver);
}

static struct leaver *oldest(struct lingerers *linger)
{
	struct list *first = list_first(&linger->leavers);

	return first ? list_entry(first, struct leaver, link) : NULL;
}

static void on_deadline(struct loop_timer *timer)
{
	struct lingerers *linger = list_entry(timer, struct lingerers, timer);
	struct leaver *leaver;

	while ((leaver = oldest(linger)) && leaver->due <= loop_now(linger->loop))
		leaver_free(leaver);
	if (leaver)
		loop_timer_set(linger->loop, timer, leaver->due);
}

struct lingerers *linger_new(struct loop *loop, unsigned max)
{
	struct lingerers *linger = sys_calloc(1, sizeof *linger);

	if (!linger)
		return NULL;
	linger->loop = loop;
	linger->max = max > 0 ? max : 1;
	list_init(&linger->leavers);
	if (loop_timer_init(loop, &linger->timer, on_deadline) < 0) {
		free(linger);
		return NULL;
	}
	return linger;
}

void linger_free(struct lingerers **linger)
{
	struct leaver *leaver;

	if (!*linger)
		return;
	while ((leaver = oldest(*linger)))
		leaver_free(leaver);
	loop_timer_free((*linger)->loop, &(*linger)->timer);
	free(*linger);
	*linger = NULL;
}

unsigned linger_count(const struct lingerers *linger)
{
	return linger->count;
}

static struct leaver *leaver_new(struct lingerers *linger, int fd)
{
	struct leaver *leaver = sys_calloc(1, sizeof *leaver);

	if (!leaver)
		return NULL;
	leaver->watch.fd = fd;
	leaver->watch.ready = on_readable;
	leaver->linger = linger;
	leaver->due = loop_now(linger->loop) + DEADLINE_MSEC;
	if (loop_watch(linger->loop, &leaver->watch, EPOLLIN) < 0) {
		free(leaver);
		return NULL;
	}
	return leaver;
}

void linger_close(struct lingerers *linger, int fd, const char *text, size_t len)
{
	struct leaver *leaver;

	if (len == 0 || !greet(fd, text, len, 0) || sys_shutdown(fd, SHUT_WR) < 0) {
		close(fd);
		return;
	}
	fd = fd_up(fd);
	if (linger->count >= linger->max)
		leaver_free(oldest(linger));
	leaver = leaver_new(linger, fd);
	if (!leaver) {
		close(fd);
		return;
	}
	list_append(&linger->leavers, &leaver->link);
	linger->count++;
	if (leaver == oldest(linger))
		loop_timer_set(linger->loop, &linger->timer, leaver->due);
}

void linger_each(const struct lingerers *linger, void (*tell)(void *context, int fd, msec_t due),
                 void *context)
{
	list_each (link, &linger->leavers) {
		const struct leaver *leaver = list_entry(link, struct leaver, link);

		tell(context, leaver->watch.fd, leaver->due);
	}
}

int linger_adopt(struct lingerers *linger, int fd, msec_t due)
{
	struct leaver *leaver = sys_calloc(1, sizeof *leaver);

	if (!leaver)
		return -1;
	leaver->watch.fd = fd;
	leaver->watch.ready = on_readable;
	leaver->linger = linger;
	leaver->due = due;
	list_append(&linger->leavers, &leaver->link);
	linger->count++;
	if (leaver == oldest(linger))
		loop_timer_set(linger->loop, &linger->timer, due);
	return 0;
}

int linger_attach(struct lingerers *linger)
{
	list_each (link, &linger->leavers) {
		struct leaver *leaver = list_entry(link, struct leaver, link);

		if (loop_watch(linger->loop, &leaver->watch, EPOLLIN) < 0)
			return -1;
	}
	return 0;
}
