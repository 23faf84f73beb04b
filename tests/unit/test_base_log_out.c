/* base/log_out.h through base/log.h: loggers that are slow, restarted, or not there. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "unit/test.h"

static char folder[] = "/tmp/usherd-test-log-XXXXXX";
static char path[64], file[64];
static int reader = -1;

/* What sending and writing fail with; 0: they are real. */
static int send_error, write_error;
static size_t write_most; /* bytes that a write takes, then it fails; 0: all */

ssize_t __real_sys_send(int fd, const void *buf, size_t len, int flags);
ssize_t __wrap_sys_send(int fd, const void *buf, size_t len, int flags);
ssize_t __real_sys_write(int fd, const void *buf, size_t len);
ssize_t __wrap_sys_write(int fd, const void *buf, size_t len);

ssize_t __wrap_sys_send(int fd, const void *buf, size_t len, int flags)
{
	if (!send_error)
		return __real_sys_send(fd, buf, len, flags);
	errno = send_error;
	return -1;
}

ssize_t __wrap_sys_write(int fd, const void *buf, size_t len)
{
	if (write_error && write_most == 0) {
		errno = write_error;
		return -1;
	}
	if (write_most && len > write_most)
		len = write_most;
	write_most = 0;
	return __real_sys_write(fd, buf, len);
}

static void listen_here(void)
{
	struct addr addr;

	reader = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(reader >= 0);
	assert_int_equal(addr_set_unix(path, &addr), 0);
	assert_int_equal(bind(reader, &addr.sa, addr.len), 0);
}

static void listen_no_more(void)
{
	fd_close(&reader);
	unlink(path);
}

static int set_up(void **state)
{
	(void)state;
	send_error = write_error = 0;
	write_most = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	set_up(state);
	listen_no_more();
	log_close();
	unlink(file);
	return 0;
}

static void open_log(enum log_to to)
{
	const struct log_options options = {.to = to,
	                                    .path = to == LOG_TO_FILE ? file : path,
	                                    .level = LOG_INFO,
	                                    .uid = (uid_t)-1,
	                                    .gid = (gid_t)-1};

	assert_int_equal(log_open(&options), 0);
}

/* The next datagram behind "usherd[pid]: "; NULL: there is none. */
static const char *next_line(void)
{
	static char text[LOG_LINE_MAX + 1];
	ssize_t n = recv(reader, text, sizeof text - 1, 0);
	const char *body;

	if (n < 0)
		return NULL;
	text[n] = '\0';
	body = strstr(text, "]: ");
	return body ? body + 3 : text;
}

static void expect(const char *line)
{
	const char *got = next_line();

	assert_non_null(got);
	assert_string_equal(got, line);
}

/* Comes back when the log wants to, until all is written or the time is over. */
static void settle(int msec)
{
	msec_t end = clock_msec() + msec;

	while (log_pending() && clock_msec() < end) {
		poll(NULL, 0, log_wait_msec());
		log_flush();
	}
}

static void out__each_line__is_a_datagram(void **state)
{
	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	assert_int_equal(log_trouble(), 0);
	log_info("one");
	log_info("two");
	assert_null(next_line());
	log_flush();
	assert_false(log_pending());
	expect("one");
	expect("two");
	assert_null(next_line());
	log_error("at once");
	expect("at once");
}

static void out__journal__gets_fields(void **state)
{
	(void)state;
	listen_here();
	open_log(LOG_TO_JOURNAL);
	log_error("broken");
	expect("PRIORITY=3\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=usherd\nMESSAGE=broken\n");
}

/* A reader that never reads: nobody waits for it. Then it reads, slowly. */
static void out__reader_asleep__never_blocks_and_counts_what_is_lost(void **state)
{
	enum { LINES = 60000 };
	uint64_t lost = log_lost();
	unsigned long came = 0, said = 0;
	msec_t end = clock_msec() + 60000;

	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	for (int i = 0; i < LINES; i++) {
		log_info("line %d", i);
		log_flush();
	}
	assert_true(log_pending());
	assert_in_range(log_wait_msec(), 0, 200);
	while (clock_msec() < end) {
		const char *line = next_line();
		unsigned long number;

		if (!line && !log_pending())
			break;
		if (!line) {
			settle(1);
		} else if (sscanf(line, "line %lu", &number) == 1) {
			assert_true(number >= came); /* in order */
			came++;
		} else {
			assert_non_null(strstr(line, " of the log w"));
			said += strtoul(line, NULL, 10);
		}
	}
	assert_int_equal(came + said, LINES);
	assert_int_equal(said, log_lost() - lost);
	assert_true(said > 0);
}

static void out__new_logger__is_found_and_nothing_lost(void **state)
{
	uint64_t lost = log_lost();

	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	log_error("one");
	expect("one");
	listen_no_more();
	listen_here();
	log_error("two");
	expect("two");
	assert_int_equal(log_lost(), lost);
}

static void out__no_logger__is_waited_for_ever_longer(void **state)
{
	int first, second;

	(void)state;
	open_log(LOG_TO_SYSLOG);
	assert_int_equal(log_trouble(), ENOENT);
	log_error("one");
	first = log_wait_msec();
	assert_in_range(first, 1, 100);
	log_error("two");
	assert_in_range(log_wait_msec(), 0, first); /* not asked at each line */
	poll(NULL, 0, log_wait_msec() + 1);
	log_flush();
	second = log_wait_msec();
	assert_in_range(second, 101, 200);
	listen_here();
	settle(5000);
	assert_int_equal(log_trouble(), 0);
	expect("one");
	expect("two");
	assert_null(next_line());
}

static void out__logger_that_went__is_waited_for(void **state)
{
	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	listen_no_more();
	log_error("one");
	assert_int_equal(log_trouble(), ENOENT);
	listen_here();
	/* USR1 looks at once. */
	assert_int_equal(log_reopen(), 0);
	log_flush();
	expect("one");
}

static void out__lack_of_memory__keeps_the_line(void **state)
{
	static const int error[] = {EAGAIN, ENOBUFS, ENOMEM};

	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	for (size_t i = 0; i < ARRAY_LEN(error); i++) {
		send_error = error[i];
		log_error("kept");
		assert_true(log_pending());
		send_error = 0;
		settle(5000);
		expect("kept");
	}
}

static void out__line_that_cannot_be_sent__is_counted_and_the_next_goes(void **state)
{
	uint64_t lost = log_lost();

	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	send_error = EMSGSIZE;
	log_error("too long");
	send_error = 0;
	log_error("short");
	settle(5000);
	assert_int_equal(log_lost(), lost + 1);
	expect("short");
	expect("1 line of the log was lost: nobody took it");
}

/* A child reads, but late; what is left at the end is waited for. */
static void out__close__waits_for_a_slow_reader(void **state)
{
	enum { LINES = 2000 };
	int status = 0;
	pid_t pid;

	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	for (int i = 0; i < LINES; i++)
		log_info("%d", i);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct pollfd p = {.fd = reader, .events = POLLIN};
		int n = 0;

		poll(NULL, 0, 30);
		while (n < LINES && poll(&p, 1, 5000) == 1)
			n += next_line() != NULL;
		_exit(n == LINES ? 0 : 1);
	}
	log_close();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void out__close__does_not_wait_for_a_dead_reader(void **state)
{
	msec_t before;

	(void)state;
	listen_here();
	open_log(LOG_TO_SYSLOG);
	for (int i = 0; i < 5000; i++)
		log_info("%d", i);
	before = clock_msec();
	log_close();
	assert_in_range(clock_msec() - before, 0, 2000);
}

/* The disk is full in the middle of a line: the next one starts afresh. */
static void out__full_disk__tears_no_other_line(void **state)
{
	uint64_t lost = log_lost();
	char text[512];
	ssize_t n;
	FILE *log;

	(void)state;
	open_log(LOG_TO_FILE);
	log_info("the first line");
	log_info("the second");
	write_most = 40;
	write_error = ENOSPC;
	log_flush();
	assert_int_equal(log_lost(), lost + 2);
	assert_false(log_pending());
	log_error("lost, too");
	write_error = 0;
	log_error("there is room");
	log_flush();
	log = fopen(file, "re");
	assert_non_null(log);
	n = (ssize_t)fread(text, 1, sizeof text - 1, log);
	fclose(log);
	text[n] = '\0';
	assert_int_equal(text[40], '\n');
	assert_non_null(strstr(text + 41, " error: there is room\n"));
	assert_non_null(strstr(text + 41, "warning: 3 lines of the log were lost"));
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/socket", folder);
	snprintf(file, sizeof file, "%s/log", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
#define OUT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    OUT_TEST(out__each_line__is_a_datagram),
	    OUT_TEST(out__journal__gets_fields),
	    OUT_TEST(out__reader_asleep__never_blocks_and_counts_what_is_lost),
	    OUT_TEST(out__new_logger__is_found_and_nothing_lost),
	    OUT_TEST(out__no_logger__is_waited_for_ever_longer),
	    OUT_TEST(out__logger_that_went__is_waited_for),
	    OUT_TEST(out__lack_of_memory__keeps_the_line),
	    OUT_TEST(out__line_that_cannot_be_sent__is_counted_and_the_next_goes),
	    OUT_TEST(out__close__waits_for_a_slow_reader),
	    OUT_TEST(out__close__does_not_wait_for_a_dead_reader),
	    OUT_TEST(out__full_disk__tears_no_other_line),
	};

	return cmocka_run_group_tests_name("base/log_out", tests, make_folder, remove_folder);
}
