/* base/log.h: one line each, never a forged one, and nobody waits for it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "unit/test.h"

static char folder[] = "/tmp/usherd-test-log-XXXXXX";
static char file[64], moved[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(file, sizeof file, "%s/log", folder);
	snprintf(moved, sizeof moved, "%s/log.1", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_close();
	unlink(file);
	unlink(moved);
	return 0;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void open_log(enum log_format format, bool prefix)
{
	const struct log_options options = {
	    .to = LOG_TO_FILE,
	    .path = file,
	    .format = format,
	    .level = LOG_INFO,
	    .uid = (uid_t)-1,
	    .gid = (gid_t)-1,
	    .prefix = prefix,
	};

	assert_int_equal(log_open(&options), 0);
}

static const char *content(const char *name)
{
	static char text[8192];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* What stands after the time, which is checked here. */
static const char *after_time(const char *line, const char *before)
{
	size_t len = strlen(before);

	assert_memory_equal(line, before, len);
	assert_int_equal(line[len + 10], 'T');
	assert_int_equal(line[len + 26], 'Z');
	return line + len + 27;
}

static void log__text__is_one_line_with_time_and_level(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, false);
	errno = ENOENT;
	log_error("open(%s) failed: %m", "/x");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(after_time(content(file), ""),
	                    " error: open(/x) failed: No such file or directory\n");
}

static void log__client_bytes__cannot_forge_a_line(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, false);
	log_error("from %s", "a\nb\r\x1b[31m\x07\x7f\xff\t\"q\"");
	assert_string_equal(after_time(content(file), ""),
	                    " error: from a\\x0ab\\x0d\\x1b[31m\\x07\\x7f\\xff\\x09\"q\"\n");
}

static void log__prefix__replaces_the_time(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, true);
	log_warn("careful");
	log_error("broken");
	assert_string_equal(content(file), "<4>careful\n<3>broken\n");
}

static void log__json__is_an_object_a_line(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_JSON, false);
	log_error("a \"b\"\n");
	assert_string_equal(after_time(content(file), "{\"time\":\""),
	                    "\",\"level\":\"error\",\"message\":\"a \\\"b\\\"\\n\"}\n");
}

static void log__below_the_level__is_not_written(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, true);
	log_debug("no");
	assert_false(log_wants(LOG_DEBUG));
	assert_false(log_pending());
	log_set_level(LOG_DEBUG);
	log_debug("yes");
	log_flush();
	assert_string_equal(content(file), "<7>yes\n");
}

/* Lines are gathered; an error takes what was gathered along, in order. */
static void log__gathered__is_written_at_the_flush_or_error(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, true);
	log_info("one");
	assert_string_equal(content(file), "");
	assert_true(log_pending());
	log_flush();
	assert_string_equal(content(file), "<6>one\n");
	log_info("two");
	log_error("three");
	assert_string_equal(content(file), "<6>one\n<6>two\n<3>three\n");
	assert_false(log_pending());
}

static const struct log_field fields[] = {
    {"event", LOG_TEXT, "end", 0},        {"service", LOG_TEXT, "two words", 0},
    {"peer", LOG_TEXT, "2001:db8::1", 0}, {"status", LOG_TEXT, "", 0},
    {"signal", LOG_TEXT, NULL, 0},        {"pid", LOG_NUMBER, NULL, -7},
    {"path", LOG_TEXT, "a=\"\\\n", 0},
};

static void log__event__is_key_and_value(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, false);
	log_event(LOG_ERR, fields, ARRAY_LEN(fields));
	assert_string_equal(after_time(content(file), "time="),
	                    " event=end service=\"two words\" peer=2001:db8::1 status= pid=-7"
	                    " path=\"a=\\\"\\\\\\x0a\"\n");
}

static void log__event_in_json__has_the_same_fields(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_JSON, false);
	log_event(LOG_ERR, fields, ARRAY_LEN(fields));
	assert_string_equal(after_time(content(file), "{\"time\":\""),
	                    "\",\"event\":\"end\",\"service\":\"two words\","
	                    "\"peer\":\"2001:db8::1\",\"status\":\"\",\"pid\":-7,"
	                    "\"path\":\"a=\\\"\\\\\\n\"}\n");
}

static void log__reopen__goes_on_in_a_new_file(void **state)
{
	(void)state;
	open_log(LOG_FORMAT_TEXT, true);
	log_info("old");
	assert_int_equal(rename(file, moved), 0);
	assert_int_equal(log_reopen(), 0);
	log_error("new");
	assert_string_equal(content(moved), "<6>old\n");
	assert_string_equal(content(file), "<3>new\n");
}

static void log__that_cannot_be_opened__keeps_the_old(void **state)
{
	const struct log_options bad = {.to = LOG_TO_FILE,
	                                .path = "/nonexistent/log",
	                                .format = LOG_FORMAT_JSON,
	                                .level = LOG_DEBUG};

	(void)state;
	open_log(LOG_FORMAT_TEXT, true);
	assert_int_equal(log_open(&bad), -1);
	assert_int_equal(errno, ENOENT);
	log_debug("not even this");
	log_error("still here");
	assert_string_equal(content(file), "<3>still here\n");
}

/* A full disk takes nothing; once there is another, it is told how much. */
static void log__full_disk__is_told_when_it_is_over(void **state)
{
	struct log_options options = {
	    .to = LOG_TO_FILE, .path = "/dev/full", .level = LOG_INFO, .prefix = true};

	(void)state;
	assert_int_equal(log_open(&options), 0);
	log_info("one");
	log_info("two");
	log_flush();
	assert_false(log_pending());
	log_error("three");
	open_log(LOG_FORMAT_TEXT, true);
	log_error("four");
	log_flush();
	assert_string_equal(content(file),
	                    "<3>four\n<4>3 lines of the log were lost: nobody took them\n");
}

static void log__very_long_message__is_cut_not_broken(void **state)
{
	static char text[5000];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	open_log(LOG_FORMAT_TEXT, true);
	log_error("%s", text);
	log_error("next");
	assert_non_null(strstr(content(file), "xxx\n<3>next\n"));
}

/* How many lines the log says it lost, in all. */
static unsigned long said_lost(const char *text)
{
	static const char what[] = " of the log w";
	unsigned long lost = 0;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what)) {
		const char *number = at;

		while (number > text && number[-1] != ':')
			number--;
		lost += strtoul(number, NULL, 10);
	}
	return lost;
}

static unsigned long count(const char *text, const char *what)
{
	unsigned long n = 0;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		n++;
	return n;
}

/* As the loop does: comes back when the log wants to. */
static void rest(void)
{
	if (log_pending())
		poll(NULL, 0, log_wait_msec());
	log_flush();
}

/* Standard error is a pipe that nobody reads. What does not fit in the pipe and
 * the bound is lost and counted; then the reader comes back. */
static void log__reader_asleep__never_blocks_and_counts_what_is_lost(void **state)
{
	enum { LINES = 40000, SIZE = 4 << 20 };
	int fds[2], kept = dup(STDERR_FILENO);
	uint64_t lost = log_lost();
	char *text = malloc(SIZE);
	size_t len = 0;
	ssize_t n;
	bool waits;

	(void)state;
	assert_non_null(text);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fd_set_nonblock(fds[0], true), 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	close(fds[1]);
	for (int i = 0; i < LINES; i++) {
		log_info("line %d of the flood, long enough to fill a pipe soon", i);
		if (i % 100 == 0)
			log_flush();
	}
	waits = log_pending() && log_wait_msec() > 0;
	for (int i = 0; i < 10000; i++) {
		n = read(fds[0], text + len, SIZE - len - 1);
		len += n > 0 ? (size_t)n : 0;
		if (n < 0 && !log_pending())
			break;
		rest();
	}
	/* Until here a failure could not be written. */
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(fds[0]);
	assert_true(waits);
	assert_false(log_pending());
	assert_int_equal(log_wait_msec(), -1);

	text[len] = '\0';
	assert_true(said_lost(text) > 0);
	assert_int_equal(said_lost(text), log_lost() - lost);
	assert_int_equal(count(text, " of the flood") + said_lost(text), LINES);
	free(text);
}

int main(void)
{
#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    LOG_TEST(log__text__is_one_line_with_time_and_level),
	    LOG_TEST(log__client_bytes__cannot_forge_a_line),
	    LOG_TEST(log__prefix__replaces_the_time),
	    LOG_TEST(log__json__is_an_object_a_line),
	    LOG_TEST(log__below_the_level__is_not_written),
	    LOG_TEST(log__gathered__is_written_at_the_flush_or_error),
	    LOG_TEST(log__event__is_key_and_value),
	    LOG_TEST(log__event_in_json__has_the_same_fields),
	    LOG_TEST(log__reopen__goes_on_in_a_new_file),
	    LOG_TEST(log__that_cannot_be_opened__keeps_the_old),
	    LOG_TEST(log__full_disk__is_told_when_it_is_over),
	    LOG_TEST(log__very_long_message__is_cut_not_broken),
	    LOG_TEST(log__reader_asleep__never_blocks_and_counts_what_is_lost),
	};

	return cmocka_run_group_tests_name("base/log", tests, make_folder, remove_folder);
}
