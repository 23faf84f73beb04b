/* The stream forms of discard, daytime, time and chargen, as their client sees them. */
#include "unit/handler.h"
#include "unit/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CYCLE = 95 * 74 };

static const char *const names[] = {"echo", "discard", "daytime", "time", "chargen"};

static void pair_of(int kind, int fds[2])
{
	if (kind == 0)
		tcp_pair(fds);
	else
		unix_pair(fds);
}

static struct handler start(const char *name, int kind)
{
	int fds[2];

	pair_of(kind, fds);
	return handler_start(name, NULL, fds);
}

/* What a service that speaks first says, with input that it never asked for in its way. */
static size_t told_by(const char *name, int kind, char *data, size_t size)
{
	static const char unasked[30000];
	struct handler handler;
	size_t len;
	int fds[2];

	pair_of(kind, fds);
	handler_send(&(struct handler){.fd = fds[1]}, unasked, sizeof(unasked));
	handler = handler_start(name, NULL, fds);
	len = handler_receive(&handler, data, size);
	assert_int_equal(handler_end(&handler), 0);
	return len;
}

static void daytime__is_told_in_a_line(void **state)
{
	static const char form[] =
	    "^(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]{2,8} [1-9][0-9]?, [0-9]{4} "
	    "[0-2][0-9]:[0-5][0-9]:[0-6][0-9]-UTC\r\n$";
	char text[100];
	regex_t regex;

	(void)state;
	assert_int_equal(regcomp(&regex, form, REG_EXTENDED | REG_NOSUB), 0);
	for (int kind = 0; kind < 2; kind++) {
		text[told_by("daytime", kind, text, sizeof(text))] = '\0';
		if (regexec(&regex, text, 0, NULL, 0) != 0)
			fail_msg("\"%s\"", text);
	}
	regfree(&regex);
}

static void time__is_four_bytes(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		uint32_t before = (uint32_t)time(NULL) + 2208988800U, told;
		char bytes[8];

		assert_int_equal(told_by("time", kind, bytes, sizeof(bytes)), 4);
		memcpy(&told, bytes, sizeof(told));
		/* time(2) may be a tick behind or ahead. */
		assert_in_range(ntohl(told) + 1 - before, 0, 61);
	}
}

static void discard__reads_all_and_says_nothing(void **state)
{
	static const char much[4 << 20];

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct handler discard = start("discard", kind);
		char none[8];

		handler_send(&discard, much, sizeof(much));
		shutdown(discard.fd, SHUT_WR);
		assert_int_equal(handler_receive(&discard, none, sizeof(none)), 0);
		assert_int_equal(handler_end(&discard), 0);
	}
}

static void receive(const struct handler *handler, char *data, size_t len)
{
	assert_int_equal(recv(handler->fd, data, len, MSG_WAITALL), len);
}

static void chargen__is_a_ring_of_lines(void **state)
{
	static char data[3 * CYCLE];

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct handler chargen = start("chargen", kind);

		receive(&chargen, data, sizeof(data));
		handler_abort(&chargen);
		assert_int_equal(handler_end(&chargen), 0);
		for (size_t i = 0; i < sizeof(data); i++) {
			size_t line = i / 74, column = i % 74;
			char wanted =
			    column < 72 ? (char)(' ' + (line + column) % 95) : "\r\n"[column - 72];

			if (data[i] != wanted)
				fail_msg("byte %zu is %d, not %d", i, data[i], wanted);
		}
	}
}

/* It would wait for ever for somebody who writes first and reads then. */
static void chargen__reads_what_it_is_sent(void **state)
{
	static const char much[8 << 20];

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct handler chargen = start("chargen", kind);

		handler_send(&chargen, much, sizeof(much));
		handler_abort(&chargen);
		assert_int_equal(handler_end(&chargen), 0);
	}
}

static void chargen__goes_on_after_the_clients_end(void **state)
{
	static char data[100 * CYCLE];

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct handler chargen = start("chargen", kind);

		shutdown(chargen.fd, SHUT_WR);
		receive(&chargen, data, sizeof(data));
		assert_int_equal(handler_end(&chargen), 0);
	}
}

static void client__that_leaves_early__is_no_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (int kind = 0; kind < 2; kind++) {
			struct handler handler;
			int fds[2];

			pair_of(kind, fds);
			handler_abort(&(struct handler){.fd = fds[1]});
			fds[1] = -1;
			handler = handler_start(names[i], NULL, fds);
			assert_int_equal(handler_end(&handler), 0);
		}
	}
}

static void no_socket__is_a_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int fds[2] = {open("/", O_RDONLY | O_CLOEXEC), -1};
		struct handler handler = handler_start(names[i], NULL, fds);

		assert_int_equal(handler_end(&handler), 1);
	}
}

static void bad_arguments__are_usage(void **state)
{
	static const char *const bad[] = {"",   "x",     "0",       "-1",
	                                  "1s", "86401", "86400.1", "0.0",
	                                  "0.", ".5x",   "1.0001",  "99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (size_t j = 0; j < ARRAY_LEN(bad); j++) {
			struct handler handler;
			int fds[2];

			unix_pair(fds);
			handler = handler_start(names[i], bad[j], fds);
			assert_int_equal(handler_end(&handler), 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(daytime__is_told_in_a_line),
	    cmocka_unit_test(time__is_four_bytes),
	    cmocka_unit_test(discard__reads_all_and_says_nothing),
	    cmocka_unit_test(chargen__is_a_ring_of_lines),
	    cmocka_unit_test(chargen__reads_what_it_is_sent),
	    cmocka_unit_test(chargen__goes_on_after_the_clients_end),
	    cmocka_unit_test(client__that_leaves_early__is_no_failure),
	    cmocka_unit_test(no_socket__is_a_failure),
	    cmocka_unit_test(bad_arguments__are_usage),
	};

	return cmocka_run_group_tests_name("handlers_small", tests, NULL, NULL);
}
