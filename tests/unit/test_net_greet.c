/* net/greet.h: a text that is larger than a socket's buffer. */
#include "net/greet.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/test.h"

enum { BIGGEST = 64 << 10, SMALL = 2048 };

static char text[BIGGEST];

static void unix_pair(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
}

static void tcp_pair(int fd[2])
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof addr;
	int server = socket(AF_INET, SOCK_STREAM, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server, (struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&addr, &len), 0);
	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(setsockopt(fd[1], SOL_SOCKET, SO_RCVBUF, &(int){SMALL}, sizeof(int)), 0);
	assert_int_equal(connect(fd[1], (struct sockaddr *)&addr, sizeof addr), 0);
	fd[0] = accept(server, NULL, NULL);
	assert_return_code(fd[0], 0);
	close(server);
}

static void shrink(int fd)
{
	const int small = SMALL;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
}

static int buffer_of(int fd)
{
	int size = 0;
	socklen_t len = sizeof size;

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len), 0);
	return size;
}

/* Nothing is read before all is sent. */
static void expect_all(int fd)
{
	static char got[BIGGEST + 1];
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, got + len, sizeof got - len)) > 0)
		len += (size_t)n;
	assert_int_equal(len, BIGGEST);
	assert_memory_equal(got, text, BIGGEST);
}

static void greet_over(void (*pair)(int fd[2]), int sndbuf)
{
	int fd[2], before;

	pair(fd);
	shrink(fd[0]);
	before = buffer_of(fd[0]);
	assert_true(greet(fd[0], text, sizeof text, sndbuf));
	if (sndbuf)
		assert_int_equal(buffer_of(fd[0]), before);
	else
		assert_true(buffer_of(fd[0]) > before);
	assert_false(fcntl(fd[0], F_GETFL) & O_NONBLOCK);
	close(fd[0]);
	expect_all(fd[1]);
	close(fd[1]);
}

static void greet__larger_than_the_buffer__goes_whole(void **state)
{
	(void)state;
	greet_over(unix_pair, 0);
	greet_over(tcp_pair, 0);
	greet_over(unix_pair, SMALL);
	greet_over(tcp_pair, SMALL);
}

static void greet__small__leaves_the_buffer_alone(void **state)
{
	int fd[2], before;

	(void)state;
	unix_pair(fd);
	before = buffer_of(fd[0]);
	assert_true(greet(fd[0], "hello", 5, SMALL));
	assert_int_equal(buffer_of(fd[0]), before);
	assert_true(greet(fd[0], "", 0, 0));
	close(fd[0]);
	close(fd[1]);
}

static void greet__client_that_is_gone__is_no_signal(void **state)
{
	int fd[2];

	(void)state;
	unix_pair(fd);
	close(fd[1]);
	assert_false(greet(fd[0], text, sizeof text, 0));
	close(fd[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(greet__larger_than_the_buffer__goes_whole),
	    cmocka_unit_test(greet__small__leaves_the_buffer_alone),
	    cmocka_unit_test(greet__client_that_is_gone__is_no_signal),
	};

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 26);
	return cmocka_run_group_tests_name("net/greet", tests, NULL, NULL);
}
