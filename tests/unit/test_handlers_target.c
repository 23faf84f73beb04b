/* handlers/target.h: which addresses there are, and a connection in time. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/addr.h"
#include "handlers/client.h"
#include "handlers/target.h"
#include "unit/test.h"

static void target__address__is_understood(void **state)
{
	static const struct {
		const char *text, *address;
	} row[] = {
	    {"192.0.2.1:80", "192.0.2.1:80"},
	    {"tcp:192.0.2.1:65535", "192.0.2.1:65535"},
	    {"[2001:db8::1]:80", "[2001:db8::1]:80"},
	    {"tcp:[::1]:1", "[::1]:1"},
	    {"[fe80::1%7]:80", "[fe80::1%7]:80"},
	    {"/run/x", "/run/x"},
	    {"unix:/run/x", "/run/x"},
	    {"@x y", "@x y"},
	    {"unix:@x", "@x"},
	    {"vsock:2:1024", "2:1024"},
	    {"vsock:0:4294967294", "0:4294967294"},
	};
	char text[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct target target;
		struct addr addr = {.len = 0};

		assert_true(target_parse(row[i].text, &target));
		memcpy(&addr.storage, &target, target.len);
		addr.len = target.len;
		addr_format(&addr, text, sizeof text);
		assert_string_equal(text, row[i].address);
	}
}

static void target__longest_names__fit(void **state)
{
	char text[120] = "/";
	struct target target;

	(void)state;
	memset(text + 1, 'x', 106);
	assert_true(target_parse(text, &target));
	assert_int_equal(target.len, sizeof(struct sockaddr_un));
	text[107] = 'x';
	assert_false(target_parse(text, &target));
	text[0] = '@';
	assert_true(target_parse(text, &target));
	assert_int_equal(target.len, sizeof(struct sockaddr_un));
	text[108] = 'x';
	assert_false(target_parse(text, &target));
}

static void target__anything_else__is_refused(void **state)
{
	static const char *const row[] = {"",
	                                  "80",
	                                  ":80",
	                                  "192.0.2.1",
	                                  "192.0.2.1:",
	                                  "*:80",
	                                  "localhost:80",
	                                  "192.0.2.1:0",
	                                  "192.0.2.1:x",
	                                  "192.0.2.1:65536",
	                                  "1.2.3:80",
	                                  "192.0.2.1:-1",
	                                  "::1:80",
	                                  "[::1]",
	                                  "[::1]:",
	                                  "[::1:80",
	                                  "[]:80",
	                                  "[1.2.3.4]:1",
	                                  "[fe80::1%]:1",
	                                  "[fe80::1%nosuchdevice]:1",
	                                  "/",
	                                  "@",
	                                  "unix:",
	                                  "unix:x",
	                                  "udp:192.0.2.1:80",
	                                  "vsock:2",
	                                  "vsock:2:",
	                                  "vsock::1",
	                                  "vsock:x:1",
	                                  "vsock:4294967295:1",
	                                  "vsock:*:1"};
	struct target target;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		if (target_parse(row[i], &target))
			fail_msg("taken: %s", row[i]);
	}
}

/* A listener, with the target that leads to it. */
static int listen_at(struct target *target, int backlog)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*target = (struct target){.in = {.sin_family = AF_INET}, .len = sizeof target->in};
	target->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_return_code(bind(fd, &target->sa, target->len), errno);
	assert_return_code(getsockname(fd, &target->sa, &target->len), errno);
	if (backlog >= 0)
		assert_return_code(listen(fd, backlog), errno);
	return fd;
}

static void connect__somebody_listens__is_connected(void **state)
{
	struct target target;
	int listener = listen_at(&target, 1), fd;

	(void)state;
	fd = target_connect(&target, client_now_msec() + 5000);
	assert_return_code(fd, errno);
	close(fd);
	close(listener);
}

static void connect__nobody_listens__says_so(void **state)
{
	struct target target;
	int bound = listen_at(&target, -1);

	(void)state;
	assert_int_equal(target_connect(&target, client_now_msec() + 5000), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(bound);
}

/* A full backlog: the kernel lets who comes then wait without a word. */
static void connect__no_answer__ends_at_the_deadline(void **state)
{
	struct target target;
	int listener = listen_at(&target, 0), fd[8], n = 0;
	int64_t began = client_now_msec();

	(void)state;
	while (n < 8 && (fd[n] = target_connect(&target, client_now_msec() + 200)) >= 0)
		n++;
	assert_in_range(n, 1, 7);
	assert_int_equal(errno, ETIMEDOUT);
	assert_in_range(client_now_msec() - began, 190, 10000);
	while (n > 0)
		close(fd[--n]);
	close(listener);
}

static void connect__full_unix_socket__ends_at_the_deadline(void **state)
{
	struct target target;
	char name[64];
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd[8], n = 0;

	(void)state;
	snprintf(name, sizeof name, "@usherd-test-%d", (int)getpid());
	assert_true(target_parse(name, &target));
	assert_return_code(bind(listener, &target.sa, target.len), errno);
	assert_return_code(listen(listener, 0), errno);
	while (n < 8 && (fd[n] = target_connect(&target, client_now_msec() + 100)) >= 0)
		n++;
	assert_in_range(n, 1, 7);
	assert_int_equal(errno, ETIMEDOUT);
	while (n > 0)
		close(fd[--n]);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(target__address__is_understood),
	    cmocka_unit_test(target__longest_names__fit),
	    cmocka_unit_test(target__anything_else__is_refused),
	    cmocka_unit_test(connect__somebody_listens__is_connected),
	    cmocka_unit_test(connect__nobody_listens__says_so),
	    cmocka_unit_test(connect__no_answer__ends_at_the_deadline),
	    cmocka_unit_test(connect__full_unix_socket__ends_at_the_deadline),
	};

	return cmocka_run_group_tests_name("handlers/target", tests, NULL, NULL);
}
