/* What is sent to a client within a time. */
#include "../../handlers/client.h"

#include "unit/handler.h"
#include "unit/test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LARGE = 4 << 20 };

/* Descriptor 1 becomes one end of a connection; returns the other. */
static int become_handler(void)
{
	int fds[2];

	unix_pair(fds);
	assert_int_equal(dup2(fds[0], STDOUT_FILENO), STDOUT_FILENO);
	close(fds[0]);
	return fds[1];
}

/* In a child, for its standard output is not the test's. Its status: what `send` returned. */
static int in_child(int (*send)(int fd))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(send(become_handler()));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int send_parts(int fd)
{
	char a[] = "one, ", b[] = "two", got[16];
	struct iovec part[] = {{a, 5}, {NULL, 0}, {b, 3}, {NULL, 0}};

	if (!client_send_by(client_now_msec() + 1000, part, 4))
		return 1;
	return recv(fd, got, sizeof(got), 0) == 8 && memcmp(got, "one, two", 8) == 0 ? 0 : 2;
}

static int send_nothing(int fd)
{
	struct iovec part = {NULL, 0};

	(void)fd;
	return client_send_by(client_now_msec() - 1, &part, 1) && client_send_by(0, NULL, 0) ? 0
	                                                                                     : 1;
}

static int send_to_nobody_who_reads(int fd)
{
	struct iovec part = {calloc(1, LARGE), LARGE};
	int64_t began = client_now_msec();

	(void)fd;
	if (client_send_by(began + 100, &part, 1) || errno != ETIMEDOUT)
		return 1;
	return client_now_msec() - began < 20000 ? 0 : 2;
}

static int send_to_one_who_left(int fd)
{
	struct iovec part = {calloc(1, LARGE), LARGE};

	close(fd);
	return !client_send_by(client_now_msec() + 1000, &part, 1) && errno == EPIPE ? 0 : 1;
}

/* All arrives in order, although the reader takes it in pieces. */
static int send_much(int fd)
{
	unsigned char *data = malloc(LARGE), got[10000];
	struct iovec part[] = {{data, 1000}, {data + 1000, LARGE - 1000}};
	size_t all = 0;
	ssize_t n;

	for (size_t i = 0; i < LARGE; i++)
		data[i] = (unsigned char)(i * 7 >> 4);
	if (fork() == 0)
		_exit(client_send_by(client_now_msec() + 20000, part, 2) ? 0 : 1);
	close(STDOUT_FILENO);
	while ((n = recv(fd, got, sizeof(got), 0)) > 0) {
		if (memcmp(got, data + all, (size_t)n) != 0)
			return 2;
		all += (size_t)n;
	}
	return all == LARGE ? 0 : 3;
}

static void parts__are_sent_together(void **state)
{
	(void)state;
	assert_int_equal(in_child(send_parts), 0);
}

static void nothing__is_sent_at_once(void **state)
{
	(void)state;
	assert_int_equal(in_child(send_nothing), 0);
}

static void reader__that_does_not_read__is_left_in_time(void **state)
{
	(void)state;
	assert_int_equal(in_child(send_to_nobody_who_reads), 0);
}

static void reader__that_left__is_an_error(void **state)
{
	(void)state;
	assert_int_equal(in_child(send_to_one_who_left), 0);
}

static void much__arrives_whole(void **state)
{
	(void)state;
	assert_int_equal(in_child(send_much), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts__are_sent_together),
	    cmocka_unit_test(nothing__is_sent_at_once),
	    cmocka_unit_test(reader__that_does_not_read__is_left_in_time),
	    cmocka_unit_test(reader__that_left__is_an_error),
	    cmocka_unit_test(much__arrives_whole),
	};

	return cmocka_run_group_tests_name("handlers_client", tests, NULL, NULL);
}
