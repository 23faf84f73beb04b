/* The hello handler, as its client sees it. */
#include "unit/handler.h"
#include "unit/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char request[] = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char greeting[] = "Hello, World!\n";

static struct handler start(void)
{
	int fds[2];

	unix_pair(fds);
	return handler_start("hello", NULL, fds);
}

/* The whole reply to one request, terminated; its client is served then. */
static void ask(const char *head, char reply[1024])
{
	struct handler hello = start();

	handler_send(&hello, head, strlen(head));
	reply[handler_receive(&hello, reply, 1024)] = '\0';
	assert_int_equal(handler_end(&hello), 0);
}

static void assert_status(const char *reply, const char *status)
{
	if (strncmp(reply, "HTTP/1.1 ", 9) != 0 || strncmp(reply + 9, status, strlen(status)) != 0)
		fail_msg("not %s: %s", status, reply);
}

/* Each reply is framed so that any client knows where it ends. */
static const char *body_of(const char *reply)
{
	const char *body = strstr(reply, "\r\n\r\n"),
		   *length = strstr(reply, "\r\nContent-Length: ");

	assert_non_null(body);
	assert_non_null(length);
	assert_non_null(strstr(reply, "\r\nConnection: close\r\n"));
	assert_non_null(strstr(reply, " GMT\r\n"));
	body += 4;
	if (*body)
		assert_int_equal(strtoul(length + 18, NULL, 10), strlen(body));
	return body;
}

static void get__is_greeted(void **state)
{
	char reply[1024];

	(void)state;
	ask(request, reply);
	assert_status(reply, "200 OK\r\n");
	assert_string_equal(body_of(reply), greeting);
}

static void head__tells_the_length_of_no_body(void **state)
{
	char reply[1024];

	(void)state;
	ask("HEAD / HTTP/1.0\r\n\r\n", reply);
	assert_status(reply, "200 OK\r\n");
	assert_string_equal(body_of(reply), "");
	assert_non_null(strstr(reply, "\r\nContent-Length: 14\r\n"));
}

static void other_requests__get_their_errors(void **state)
{
	static const char *const cases[][2] = {
	    {"\x16\x03\x01\x02", "400 Bad Request\r\n"},
	    {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request\r\n"},
	    {"DELETE / HTTP/1.0\r\n\r\n", "405 Method Not Allowed\r\n"},
	    {"OPTIONS / HTTP/1.0\r\n\r\n", "405 Method Not Allowed\r\n"},
	    {"GET / HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported\r\n"},
	};
	char reply[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ask(cases[i][0], reply);
		assert_status(reply, cases[i][1]);
		assert_true(strlen(body_of(reply)) > 0);
	}
}

static void endless_head__is_cut_off(void **state)
{
	static char head[10000];
	char reply[1024];

	(void)state;
	memset(head, 'x', sizeof(head) - 1);
	ask(head, reply);
	assert_status(reply, "431 ");
	(void)body_of(reply);
}

static void request_in_single_bytes__is_greeted(void **state)
{
	struct handler hello = start();
	char reply[1024];

	(void)state;
	for (size_t i = 0; i < strlen(request); i++)
		handler_send(&hello, request + i, 1);
	reply[handler_receive(&hello, reply, sizeof(reply))] = '\0';
	assert_string_equal(body_of(reply), greeting);
	assert_int_equal(handler_end(&hello), 0);
}

/* Closing with unread input, or before it comes, makes the kernel reset the connection. */
static void reply__with_input_behind_the_request__is_not_lost(void **state)
{
	static char behind[300000];
	char reply[1024];
	struct handler hello;
	int fds[2];

	(void)state;
	for (int i = 0; i < 20; i++) {
		tcp_pair(fds);
		hello = handler_start("hello", NULL, fds);
		handler_send(&hello, request, strlen(request));
		handler_send(&hello, behind, sizeof(behind));
		reply[handler_receive(&hello, reply, sizeof(reply))] = '\0';
		assert_string_equal(body_of(reply), greeting);
		assert_int_equal(handler_end(&hello), 0);
	}
}

static void silence__is_answered_in_the_end(void **state)
{
	struct handler hello;
	char reply[1024];
	int fds[2];

	(void)state;
	tcp_pair(fds);
	hello = handler_start("hello", "1", fds);
	handler_send(&hello, "GET /", 5);
	reply[handler_receive(&hello, reply, sizeof(reply))] = '\0';
	assert_status(reply, "408 Request Timeout\r\n");
	assert_int_equal(handler_end(&hello), 0);
}

static void client__that_never_closes__is_left(void **state)
{
	struct handler hello = start();
	int keep = dup(hello.fd);
	char reply[1024];

	(void)state;
	handler_send(&hello, request, strlen(request));
	(void)handler_receive(&hello, reply, sizeof(reply));
	assert_int_equal(handler_end(&hello), 0);
	close(keep);
}

static void client__that_leaves_early__is_no_failure(void **state)
{
	char reply[1024];
	struct handler hello = start();
	int fds[2];

	(void)state;
	shutdown(hello.fd, SHUT_WR);
	assert_int_equal(handler_receive(&hello, reply, sizeof(reply)), 0);
	assert_int_equal(handler_end(&hello), 0);

	hello = start();
	handler_send(&hello, "GET", 3);
	shutdown(hello.fd, SHUT_WR);
	reply[handler_receive(&hello, reply, sizeof(reply))] = '\0';
	assert_status(reply, "400 ");
	assert_int_equal(handler_end(&hello), 0);

	tcp_pair(fds);
	hello = handler_start("hello", NULL, fds);
	handler_send(&hello, "GET", 3);
	handler_abort(&hello);
	assert_int_equal(handler_end(&hello), 0);

	/* It cannot write its reply any more. */
	unix_pair(fds);
	handler_send(&(struct handler){.fd = fds[1]}, request, strlen(request));
	shutdown(fds[1], SHUT_RDWR);
	hello = handler_start("hello", NULL, fds);
	assert_int_equal(handler_end(&hello), 0);
}

static void no_socket__is_a_failure(void **state)
{
	int fds[2] = {open("/", O_RDONLY | O_CLOEXEC), -1};
	struct handler hello = handler_start("hello", NULL, fds);

	(void)state;
	assert_int_equal(handler_end(&hello), 1);
}

static void bad_arguments__are_usage(void **state)
{
	static const char *const bad[] = {
	    "", "x", "0", "-1", "1s", "86401", "99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int fds[2];
		struct handler hello;

		unix_pair(fds);
		hello = handler_start("hello", bad[i], fds);
		assert_int_equal(handler_end(&hello), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(get__is_greeted),
	    cmocka_unit_test(head__tells_the_length_of_no_body),
	    cmocka_unit_test(other_requests__get_their_errors),
	    cmocka_unit_test(endless_head__is_cut_off),
	    cmocka_unit_test(request_in_single_bytes__is_greeted),
	    cmocka_unit_test(reply__with_input_behind_the_request__is_not_lost),
	    cmocka_unit_test(silence__is_answered_in_the_end),
	    cmocka_unit_test(client__that_never_closes__is_left),
	    cmocka_unit_test(client__that_leaves_early__is_no_failure),
	    cmocka_unit_test(no_socket__is_a_failure),
	    cmocka_unit_test(bad_arguments__are_usage),
	};

	return cmocka_run_group_tests_name("handlers_hello", tests, NULL, NULL);
}
