/* load - a client that checks every byte of every answer.
 *
 * "load --help" is its manual.  This file decides when a connection begins;
 * load.h tells what the others do. */
#include "load.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { EVENTS = 256, HOLD_WINDOW = 128, SPARE_FILES = 16 };

static struct load_options opt;
static struct load_stats stats;
static int epfd;
static struct conn *clients, *held;
static struct conn going = {.prev = &going, .next = &going}; /* oldest first, no held ones */
static unsigned int live, number, holding;
static bool retrying; /* a connect wants to be tried again */

static void list_remove(struct conn *conn)
{
	conn->prev->next = conn->next;
	conn->next->prev = conn->prev;
	conn->next = conn->prev = NULL;
	live--;
}

static void list_append(struct conn *conn)
{
	conn->prev = going.prev;
	conn->next = &going;
	going.prev->next = conn;
	going.prev = conn;
	live++;
}

static void finish(struct conn *conn, enum load_error error, int64_t now)
{
	if (conn->next)
		list_remove(conn);
	if (conn->connect_time > stats.connect_max)
		stats.connect_max = conn->connect_time;
	if (conn->hold) {
		holding -= conn->state == CONN_HELD;
		stats.held_failed += error != LOAD_OK;
		stats.errors[error] += error != LOAD_OK;
		return;
	}
	stats.errors[error]++;
	if (error == LOAD_OK)
		stats_add(&stats, now - conn->due);
}

/* False if it failed at once. */
static bool start(struct conn *conn, int64_t due, int64_t now)
{
	enum load_error error;

	conn->number = number++;
	if (!conn->hold) {
		stats.started++;
		stats.last_begun = now;
	}
	error = conn_start(conn, epfd, due, now);
	if (error != LOAD_OK) {
		finish(conn, error, now);
		return false;
	}
	retrying |= conn_must_retry(conn);
	if (conn->state == CONN_HELD)
		holding++;
	else
		list_append(conn);
	return true;
}

static bool out_of_time(int64_t now)
{
	return opt.duration && now - stats.began >= opt.duration;
}

/* The client's next connection, if it has one left. */
static void start_next(struct conn *conn)
{
	int64_t now = load_now();

	while (conn->left && !out_of_time(now)) {
		conn->left--;
		if (start(conn, now, now))
			return;
		now = load_now();
	}
	conn->left = 0;
}

/* Ends, goes on, or becomes a held one. */
static void advance(struct conn *conn)
{
	int64_t now = load_now();
	enum conn_state was = conn->state;
	enum load_error error = conn_event(conn, epfd, now);

	if (conn->fd < 0) {
		holding -= was == CONN_HELD;
		finish(conn, error, now);
		if (!conn->hold && opt.rate == 0)
			start_next(conn);
	} else if (conn->state == CONN_HELD && was != CONN_HELD) {
		list_remove(conn);
		holding++;
	}
	retrying |= conn_must_retry(conn);
}

static void retry_connects(void)
{
	struct conn *next;

	retrying = false;
	for (struct conn *conn = going.next; conn != &going; conn = next) {
		next = conn->next;
		if (conn_must_retry(conn))
			advance(conn);
	}
}

static void expire(int64_t now)
{
	while (going.next != &going && going.next->deadline <= now)
		advance(going.next);
}

/* To the nanosecond, for the open loop; epoll_wait(2) knows only milliseconds. */
static void sleep_until(int64_t until)
{
	struct pollfd pfd = {.fd = epfd, .events = POLLIN};
	int64_t left = until - load_now();
	struct timespec ts = {.tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC};

	if (left > 0)
		(void)ppoll(&pfd, 1, &ts, NULL);
}

/* Waits for events, until then at the latest, and sees to them. */
static void turn(int64_t until)
{
	struct epoll_event events[EVENTS];
	int64_t now = load_now();
	int n;

	if (retrying && until > now + 1000000)
		until = now + 1000000;
	if (going.next != &going && going.next->deadline < until)
		until = going.next->deadline;
	sleep_until(until);
	n = epoll_wait(epfd, events, EVENTS, 0);
	for (int i = 0; i < n; i++)
		advance(events[i].data.ptr);
	if (retrying)
		retry_connects();
	expire(load_now());
}

static void measure_closed(void)
{
	for (unsigned int i = 0; i < opt.clients; i++)
		start_next(&clients[i]);
	while (live)
		turn(INT64_MAX);
}

/* Arrivals are due at fixed times; the one that finds no free client waits. */
static void measure_open(void)
{
	uint64_t total = opt.conns ? (uint64_t)opt.conns * opt.clients : UINT64_MAX;
	unsigned int at = 0;

	for (uint64_t i = 0; i < total; i++) {
		int64_t due = stats.began + (int64_t)((double)i * 1e9 / opt.rate);

		if (opt.duration && due - stats.began >= opt.duration)
			break;
		while (load_now() < due)
			turn(due);
		while (live == opt.clients)
			turn(INT64_MAX);
		while (clients[at % opt.clients].fd >= 0)
			at++;
		(void)start(&clients[at % opt.clients], due, load_now());
		if (i % EVENTS == 0)
			turn(0);
	}
	while (live)
		turn(INT64_MAX);
}

static void hold_open(void)
{
	int64_t began = load_now();

	for (unsigned int i = 0; i < opt.hold; i++) {
		held[i] = (struct conn){.fd = -1, .hold = true};
		stats.held++;
		(void)start(&held[i], began, load_now());
		while (live >= HOLD_WINDOW)
			turn(INT64_MAX);
	}
	while (live)
		turn(INT64_MAX);
	stats.hold_opened = load_now() - began;
}

static void hold_close(int64_t until)
{
	while (holding && load_now() < until)
		turn(until);
	for (unsigned int i = 0; i < opt.hold; i++) {
		if (held[i].state != CONN_HELD)
			continue;
		conn_release(&held[i], load_now());
		holding--;
		list_append(&held[i]);
	}
	while (live)
		turn(INT64_MAX);
}

static struct conn *make_conns(unsigned int count)
{
	struct conn *conns = calloc(count ? count : 1, sizeof(*conns));

	if (!conns)
		err(1, "%u connections", count);
	for (unsigned int i = 0; i < count; i++) {
		conns[i].fd = -1;
		conns[i].left = opt.conns ? opt.conns : UINT32_MAX;
	}
	return conns;
}

static void run(void)
{
	int64_t hold_until;

	clients = make_conns(opt.clients);
	held = make_conns(opt.hold);
	hold_open();
	hold_until = load_now() + opt.hold_time;
	stats.began = stats.last_begun = load_now();
	if (opt.rate > 0)
		measure_open();
	else
		measure_closed();
	stats.ended = load_now();
	hold_close(hold_until);
	free(clients);
	free(held);
}

static void raise_files(void)
{
	struct rlimit limit;
	rlim_t need = (rlim_t)opt.clients + opt.hold + SPARE_FILES;

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < need)
		errx(1, "%u clients need %llu descriptors, the hard limit is %llu",
		     opt.clients + opt.hold, (unsigned long long)need,
		     (unsigned long long)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	options_read(argc, argv, &opt);
	raise_files();
	/* The kernel adds 50 us to every sleep otherwise (prctl(2)). */
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (epfd < 0)
		err(1, "epoll_create1");
	conn_setup(&opt);
	run();
	stats_print(&stats, &opt);
	if (fflush(stdout) != 0)
		err(1, "standard output");
	return stats_failures(&stats) ? 1 : 0;
}
