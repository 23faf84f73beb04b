/* config/read.h: a child reads; what it leaves, and what becomes of one that does not end well. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "config/read.h"
#include "unit/test.h"

static char dir[] = "/tmp/usherd-test-XXXXXX", path[64];
static struct conf_problems problems;
static struct conf *conf;
static unsigned fds_before;

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/usherd.conf", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int set_up(void **state)
{
	(void)state;
	fds_before = fd_count();
	return 0;
}

/* No descriptor, no child is left. */
static int tear_down(void **state)
{
	(void)state;
	if (conf)
		conf_unref(&conf);
	conf_problems_free(&problems);
	problems = (struct conf_problems){.item = NULL};
	unlink(path);
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		return -1;
	return fd_count() == fds_before ? 0 : -1;
}

static void write_file(const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Options whose texts are gone when the child has begun. */
static struct conf_reading *begin(void)
{
	char handlers[] = "/bin", control[] = "/tmp/usherd-test-control";
	struct conf_options options = {
	    .handler_dir = handlers, .control = control, .owner = geteuid()};
	struct conf_reading *reading = conf_reading_begin(path, &options);

	memset(handlers, 'x', sizeof handlers - 1);
	memset(control, 'x', sizeof control - 1);
	assert_non_null(reading);
	return reading;
}

static void wait_for_end(const struct conf_reading *reading)
{
	struct pollfd wait = {.fd = conf_reading_fd(reading), .events = POLLIN};

	assert_int_equal(poll(&wait, 1, 20000), 1);
}

/* The only child that we have. */
static pid_t child(void)
{
	char name[64], text[64] = "";
	FILE *file;

	snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
	file = fopen(name, "re");
	if (!file || !fgets(text, sizeof text, file))
		text[0] = '\0';
	if (file)
		fclose(file);
	return (pid_t)atoi(text);
}

#define SERVICE "service \"x\" { listen = \"127.0.0.1:5\" exec = \"true\" }\n"

static void reading__model__comes_back_with_warnings(void **state)
{
	struct conf_reading *reading;

	(void)state;
	write_file(SERVICE
	           "service \"y\" { listen = \"127.0.0.1:6\" exec = \"true\" enabled = no }\n");
	reading = begin();
	wait_for_end(reading);
	conf = conf_reading_end(&reading, &problems);
	assert_null(reading);
	assert_non_null(conf);
	assert_int_equal(conf->service_count, 2);
	assert_string_equal(conf->services[0]->path, "/bin/true");
	assert_string_equal(conf->control, "/tmp/usherd-test-control");
	assert_int_equal(problems.errors, 0);
}

static void reading__problems__come_back_in_order(void **state)
{
	struct conf_reading *reading;

	(void)state;
	write_file("service \"x\" { lisen = \"5\" }\nserice \"y\" {}\n");
	reading = begin();
	wait_for_end(reading);
	conf = conf_reading_end(&reading, &problems);
	assert_null(conf);
	assert_true(problems.errors >= 2);
	assert_non_null(strstr(problems.item[0].text, "lisen"));
	assert_string_equal(problems.item[0].file, path);
	assert_int_equal(problems.item[0].line, 1);
}

static void reading__ended_before_it_is_done__leaves_no_child(void **state)
{
	struct conf_reading *reading;
	pid_t pid;

	(void)state;
	write_file(SERVICE);
	reading = begin();
	pid = child();
	if (pid > 0)
		kill(pid, SIGSTOP);
	/* It would never end by itself. */
	conf = conf_reading_end(&reading, &problems);
	if (conf)
		return; /* it had been faster than the signal */
	assert_int_equal(problems.errors, 1);
	assert_string_equal(problems.item[0].text,
	                    "reading the configuration ended by signal KILL");
}

static void reading__child_that_is_killed__is_a_problem(void **state)
{
	struct conf_reading *reading;
	pid_t pid;

	(void)state;
	write_file(SERVICE);
	reading = begin();
	pid = child();
	if (pid > 0)
		kill(pid, SIGTERM);
	wait_for_end(reading);
	conf = conf_reading_end(&reading, &problems);
	if (conf)
		return;
	assert_int_equal(problems.errors, 1);
	assert_string_equal(problems.item[0].text,
	                    "reading the configuration ended by signal TERM");
}

static void reading__child_that_somebody_else_reaps__is_a_problem(void **state)
{
	struct conf_reading *reading;
	pid_t pid;

	(void)state;
	write_file(SERVICE);
	reading = begin();
	pid = child();
	if (pid <= 0) {
		conf = conf_reading_end(&reading, &problems);
		skip_because("/proc does not tell of children");
	}
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	wait_for_end(reading);
	conf = conf_reading_end(&reading, &problems);
	if (!conf)
		assert_int_equal(problems.errors, 1);
}

/* The other end of a pipe is closed by us; the child would keep it open. */
static void reading__descriptors_of_the_caller__are_closed_in_the_child(void **state)
{
	struct pollfd other = {.events = POLLIN};
	int high, end[2];
	struct conf_reading *reading;

	(void)state;
	write_file(SERVICE);
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	high = fd_up(dup(end[1]));
	reading = begin();
	close(end[1]);
	close(high);
	other.fd = end[0];
	assert_int_equal(poll(&other, 1, 20000), 1);
	close(end[0]);
	conf = conf_reading_end(&reading, &problems);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reading__model__comes_back_with_warnings),
	    TEST(reading__problems__come_back_in_order),
	    TEST(reading__ended_before_it_is_done__leaves_no_child),
	    TEST(reading__child_that_is_killed__is_a_problem),
	    TEST(reading__child_that_somebody_else_reaps__is_a_problem),
	    TEST(reading__descriptors_of_the_caller__are_closed_in_the_child),
	};

	return cmocka_run_group_tests_name("config/apart", tests, make_dir, remove_dir);
}
