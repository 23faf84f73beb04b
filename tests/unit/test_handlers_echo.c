/* The echo handler, as its client sees it. */
#include "unit/handler.h"
#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BIG = 4 << 20, DEADLINE_MSEC = 30000 };

static void few_bytes__come_back_at_once(void **state)
{
	struct handler echo;
	char back[16];
	int fds[2];

	(void)state;
	unix_pair(fds);
	echo = handler_start("echo", NULL, fds);
	for (int i = 0; i < 3; i++) {
		handler_send(&echo, "a\0b\n", 4);
		assert_int_equal(recv(echo.fd, back, 4, MSG_WAITALL), 4);
		assert_memory_equal(back, "a\0b\n", 4);
	}
	shutdown(echo.fd, SHUT_WR);
	assert_int_equal(handler_receive(&echo, back, sizeof(back)), 0);
	assert_int_equal(handler_end(&echo), 0);
}

/* Stopping and continuing a process ends its write(2) with what was written so
 * far: the only short writes that there are to a blocking socket. */
static void interrupt(pid_t pid)
{
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
}

/* Sends all and then ends its side, while it reads no more than piece at a time. */
static size_t exchange(const struct handler *echo, const char *out, char *in, size_t piece)
{
	int fd = echo->fd;
	size_t sent = 0, got = 0;
	ssize_t n = 1;

	while (n != 0) {
		struct pollfd pfd = {.fd = fd, .events = sent < BIG ? POLLIN | POLLOUT : POLLIN};

		assert_int_equal(poll(&pfd, 1, DEADLINE_MSEC), 1);
		if (pfd.revents & POLLOUT && sent < BIG) {
			n = send(fd, out + sent, BIG - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
			assert_true(n > 0);
			sent += (size_t)n;
			if (sent == BIG)
				shutdown(fd, SHUT_WR);
		}
		if (pfd.revents & POLLIN) {
			/* Not later: a sanitizer's last look at a process does not bear it. */
			if (sent < BIG)
				interrupt(echo->pid);
			n = recv(fd, in + got, got + piece < BIG ? piece : BIG + 1 - got, 0);
			assert_true(n >= 0);
			got += (size_t)n;
			assert_true(got <= BIG);
		}
	}
	return got;
}

static void much__comes_back_after_the_clients_end(void **state)
{
	char *out = malloc(BIG), *in = malloc(BIG + 1);
	uint64_t random = 42;

	(void)state;
	assert_true(out && in);
	for (size_t i = 0; i < BIG; i += sizeof(random))
		memcpy(out + i, &(uint64_t){test_random(&random)}, sizeof(random));
	for (int i = 0; i < 2; i++) {
		const int little = 4096;
		struct handler echo;
		int fds[2];

		/* Little room on the way back, so that it is mostly writing. */
		if (i == 0)
			tcp_pair(fds);
		else
			unix_pair(fds);
		setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
		echo = handler_start("echo", NULL, fds);
		assert_int_equal(exchange(&echo, out, in, 10000), BIG);
		assert_memory_equal(in, out, BIG);
		assert_int_equal(handler_end(&echo), 0);
	}
	free(out);
	free(in);
}

/* A signal that ended it would be a failed session in the records. */
static void client__that_leaves_early__is_no_failure(void **state)
{
	static char much[1 << 20];
	struct handler echo;
	int fds[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			tcp_pair(fds);
		else
			unix_pair(fds);
		echo = handler_start("echo", NULL, fds);
		/* Until it cannot write any more, and so reads no more. */
		while (send(echo.fd, much, sizeof(much), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
			;
		assert_int_equal(errno, EAGAIN);
		handler_abort(&echo);
		assert_int_equal(handler_end(&echo), 0);
	}
}

static void no_socket__is_a_failure(void **state)
{
	int fds[2] = {open("/", O_RDONLY | O_CLOEXEC), -1};
	struct handler echo = handler_start("echo", NULL, fds);

	(void)state;
	assert_int_equal(handler_end(&echo), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(few_bytes__come_back_at_once),
	    cmocka_unit_test(much__comes_back_after_the_clients_end),
	    cmocka_unit_test(client__that_leaves_early__is_no_failure),
	    cmocka_unit_test(no_socket__is_a_failure),
	};

	return cmocka_run_group_tests_name("handlers_echo", tests, NULL, NULL);
}
