/* net/linger.h: the client reads the text and then the end, never a reset; and
 * nobody lingers for ever. The clock is the test's. */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "net/linger.h"
#include "unit/handler.h"
#include "unit/test.h"

enum { MAX = 3, DEADLINE = 2000, WAIT_MSEC = 10000 };

static const char text[] = "421 try later\r\n";
static msec_t now;
static struct loop *loop;
static struct lingerers *linger;
static unsigned fds_before;
static int failing; /* the first letter of the call that fails, or 0 */

msec_t __wrap_clock_msec(void);
void *__wrap_sys_calloc(size_t count, size_t size);
void *__real_sys_calloc(size_t count, size_t size);
int __wrap_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int __real_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
ssize_t __wrap_sys_send(int fd, const void *buf, size_t len, int flags);
ssize_t __real_sys_send(int fd, const void *buf, size_t len, int flags);
int __wrap_sys_shutdown(int fd, int how);
int __real_sys_shutdown(int fd, int how);

msec_t __wrap_clock_msec(void)
{
	return now;
}

void *__wrap_sys_calloc(size_t count, size_t size)
{
	errno = ENOMEM;
	return failing == 'c' ? NULL : __real_sys_calloc(count, size);
}

int __wrap_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	errno = ENOSPC;
	return failing == 'e' ? -1 : __real_sys_epoll_ctl(epfd, op, fd, event);
}

ssize_t __wrap_sys_send(int fd, const void *buf, size_t len, int flags)
{
	errno = EAGAIN;
	return failing == 's' ? -1 : __real_sys_send(fd, buf, len, flags);
}

int __wrap_sys_shutdown(int fd, int how)
{
	errno = ENOTCONN;
	return failing == 'd' ? -1 : __real_sys_shutdown(fd, how);
}

static int set_up(void **state)
{
	(void)state;
	fds_before = fd_count();
	now = 1000;
	failing = 0;
	loop = loop_new();
	linger = loop ? linger_new(loop, MAX) : NULL;
	return linger ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	failing = 0;
	linger_free(&linger);
	loop_free(&loop);
	return fd_count() == fds_before ? 0 : -1;
}

static void turn(void)
{
	assert_int_equal(loop_turn(loop, 0), 0);
}

static void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, WAIT_MSEC), 1);
}

/* Turns the loop until so many linger; what it waits for is in the kernel. */
static void turn_until(unsigned count)
{
	for (int i = 0; i < WAIT_MSEC && linger_count(linger) != count; i++) {
		turn();
		poll(NULL, 0, 1);
	}
	assert_int_equal(linger_count(linger), count);
}

static void say_goodbye(int fd)
{
	linger_close(linger, fd, text, sizeof text - 1);
}

static void expect_text_and_end(int client)
{
	char got[64];
	size_t len = 0;
	ssize_t n;

	do {
		wait_readable(client);
		n = read(client, got + len, sizeof got - len);
		assert_true(n >= 0);
		len += (size_t)n;
	} while (n > 0);
	assert_int_equal(len, sizeof text - 1);
	assert_memory_equal(got, text, len);
}

static void linger__unread_input__does_not_reset(void **state)
{
	int fds[2];

	(void)state;
	tcp_pair(fds);
	assert_int_equal(write(fds[1], "GET / HTTP/1.0\r\n", 16), 16);
	wait_readable(fds[0]);
	say_goodbye(fds[0]);
	assert_int_equal(linger_count(linger), 1);
	turn();
	/* And what comes after does not either. */
	assert_int_equal(write(fds[1], "more", 4), 4);
	for (int i = 0; i < 3; i++)
		turn();
	expect_text_and_end(fds[1]);
	assert_int_equal(linger_count(linger), 1);
	close(fds[1]);
	turn_until(0);
}

static void linger__unread_input_on_a_unix_socket__does_not_reset(void **state)
{
	int fds[2];

	(void)state;
	unix_pair(fds);
	assert_int_equal(write(fds[1], "hello", 5), 5);
	say_goodbye(fds[0]);
	for (int i = 0; i < 3; i++)
		turn();
	expect_text_and_end(fds[1]);
	close(fds[1]);
	turn_until(0);
}

static void linger__no_text__closes_at_once(void **state)
{
	char byte;
	int fds[2];

	(void)state;
	tcp_pair(fds);
	linger_close(linger, fds[0], NULL, 0);
	assert_int_equal(linger_count(linger), 0);
	assert_int_equal(read(fds[1], &byte, 1), 0);
	close(fds[1]);
}

static void linger__client_that_is_gone__closes_at_once(void **state)
{
	int fds[2];

	(void)state;
	tcp_pair(fds);
	close(fds[1]);
	say_goodbye(fds[0]);
	turn_until(0);
}

static void linger__silent_client__goes_at_the_deadline(void **state)
{
	int fds[2];

	(void)state;
	tcp_pair(fds);
	say_goodbye(fds[0]);
	now += DEADLINE - 1;
	turn();
	assert_int_equal(linger_count(linger), 1);
	now += 1;
	turn();
	assert_int_equal(linger_count(linger), 0);
	close(fds[1]);
}

static void linger__client_that_keeps_sending__goes_at_the_deadline(void **state)
{
	static const char junk[1 << 16];
	int fds[2];

	(void)state;
	tcp_pair(fds);
	say_goodbye(fds[0]);
	for (int i = 0; i < DEADLINE / 10; i++) {
		(void)!send(fds[1], junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL);
		turn();
		assert_int_equal(linger_count(linger), 1);
		now += 10;
	}
	turn();
	assert_int_equal(linger_count(linger), 0);
	close(fds[1]);
}

/* What it sends is thrown away, not left to fill the kernel's buffers. */
static void linger__much_input__is_drained(void **state)
{
	static const char junk[1 << 16];
	size_t sent = 0;
	int fds[2], left = 1;

	(void)state;
	tcp_pair(fds);
	say_goodbye(fds[0]);
	for (int i = 0; i < 2000 && sent < 64 * sizeof junk; i++) {
		ssize_t n = send(fds[1], junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		turn();
	}
	assert_true(sent >= 64 * sizeof junk);
	for (int i = 0; i < WAIT_MSEC && left > 0; i++) {
		turn();
		assert_int_equal(ioctl(fds[1], TIOCOUTQ, &left), 0);
		poll(NULL, 0, left > 0);
	}
	assert_int_equal(left, 0);
	expect_text_and_end(fds[1]);
	close(fds[1]);
	turn_until(0);
}

static void linger__several__each_has_its_own_deadline(void **state)
{
	int first[2], second[2];

	(void)state;
	tcp_pair(first);
	tcp_pair(second);
	say_goodbye(first[0]);
	now += 500;
	turn();
	say_goodbye(second[0]);
	assert_int_equal(linger_count(linger), 2);
	now += 1500;
	turn();
	assert_int_equal(linger_count(linger), 1);
	now += 499;
	turn();
	assert_int_equal(linger_count(linger), 1);
	now += 1;
	turn();
	assert_int_equal(linger_count(linger), 0);
	close(first[1]);
	close(second[1]);
}

static void linger__oldest_has_left__the_next_keeps_its_deadline(void **state)
{
	int first[2], second[2];

	(void)state;
	tcp_pair(first);
	tcp_pair(second);
	say_goodbye(first[0]);
	now += 1000;
	turn();
	say_goodbye(second[0]);
	close(first[1]);
	turn_until(1);
	now += DEADLINE - 1;
	turn();
	assert_int_equal(linger_count(linger), 1);
	now += 1;
	turn();
	assert_int_equal(linger_count(linger), 0);
	close(second[1]);
}

static void linger__too_many__the_oldest_goes(void **state)
{
	int fds[MAX + 1][2];

	(void)state;
	for (int i = 0; i <= MAX; i++) {
		tcp_pair(fds[i]);
		say_goodbye(fds[i][0]);
	}
	assert_int_equal(linger_count(linger), MAX);
	for (int i = 0; i <= MAX; i++)
		expect_text_and_end(fds[i][1]);
	/* Only the first is closed for both ways: an answer is refused. */
	assert_int_equal(send(fds[0][1], "x", 1, MSG_NOSIGNAL), 1);
	wait_readable(fds[0][1]);
	assert_int_equal(send(fds[0][1], "x", 1, MSG_NOSIGNAL), -1);
	for (int i = 1; i <= MAX; i++) {
		assert_int_equal(send(fds[i][1], "x", 1, MSG_NOSIGNAL), 1);
		turn();
		assert_int_equal(send(fds[i][1], "x", 1, MSG_NOSIGNAL), 1);
	}
	for (int i = 0; i <= MAX; i++)
		close(fds[i][1]);
}

static void linger__no_room_at_all__closes(void **state)
{
	struct lingerers *none = linger_new(loop, 0);
	int fds[2];

	(void)state;
	tcp_pair(fds);
	linger_close(none, fds[0], text, sizeof text - 1);
	close(fds[1]);
	linger_free(&none);
}

static void linger__free__closes_all(void **state)
{
	int fds[2];

	(void)state;
	tcp_pair(fds);
	say_goodbye(fds[0]);
	linger_free(&linger);
	assert_null(linger);
	linger_free(&linger);
	expect_text_and_end(fds[1]);
	close(fds[1]);
}

/* Each of them leaves no descriptor behind; the end of the test counts them. */
static void linger__call_that_fails__closes_at_once(void **state)
{
	static const char call[] = "cesd";

	(void)state;
	for (size_t i = 0; call[i]; i++) {
		char got[64];
		int fds[2];

		tcp_pair(fds);
		failing = call[i];
		say_goodbye(fds[0]);
		failing = 0;
		assert_int_equal(linger_count(linger), 0);
		/* Said it was, unless it is that which failed. */
		assert_int_equal(read(fds[1], got, sizeof got),
		                 call[i] == 's' ? 0 : sizeof text - 1);
		close(fds[1]);
	}
}

static void new__no_memory__is_null(void **state)
{
	(void)state;
	failing = 'c';
	assert_null(linger_new(loop, MAX));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(linger__unread_input__does_not_reset),
	    TEST(linger__unread_input_on_a_unix_socket__does_not_reset),
	    TEST(linger__no_text__closes_at_once),
	    TEST(linger__client_that_is_gone__closes_at_once),
	    TEST(linger__silent_client__goes_at_the_deadline),
	    TEST(linger__client_that_keeps_sending__goes_at_the_deadline),
	    TEST(linger__much_input__is_drained),
	    TEST(linger__several__each_has_its_own_deadline),
	    TEST(linger__oldest_has_left__the_next_keeps_its_deadline),
	    TEST(linger__too_many__the_oldest_goes),
	    TEST(linger__no_room_at_all__closes),
	    TEST(linger__free__closes_all),
	    TEST(linger__call_that_fails__closes_at_once),
	    TEST(new__no_memory__is_null),
	};

	return cmocka_run_group_tests_name("net/linger", tests, NULL, NULL);
}
