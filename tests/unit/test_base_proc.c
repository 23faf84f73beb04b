/* base/proc.h on files of our own: what is read, when, and what is made of nonsense. */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "unit/test.h"

static char dir[] = "/tmp/usherd-test-XXXXXX";
static struct proc proc;

static void path_of(const char *name, char path[64])
{
	snprintf(path, 64, "%s/%s", dir, name);
}

static void write_file(const char *name, const char *text)
{
	char path[64];
	int fd;

	path_of(name, path);
	/* In place, as the kernel's change: who has it open sees it. */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static int set_up(void **state)
{
	char path[64];

	(void)state;
	memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	path_of("pressure", path);
	proc_init(&proc);
	return mkdir(path, 0700);
}

static int tear_down(void **state)
{
	static const char *const names[] = {"loadavg", "pressure/cpu", "pressure/memory",
	                                    "pressure/io", "pressure"};
	char path[64];

	(void)state;
	proc_close(&proc);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		path_of(names[i], path);
		remove(path);
	}
	return rmdir(dir);
}

static void open_all(void)
{
	write_file("loadavg", "0.00 9.00 9.00 1/100 1\n");
	write_file("pressure/cpu", "some avg10=0.00 avg60=9.00 avg300=9.00 total=9\n");
	write_file("pressure/memory", "some avg10=0.00 avg60=9.00 avg300=9.00 total=9\n");
	write_file("pressure/io", "some avg10=0.00 avg60=9.00 avg300=9.00 total=9\n");
	for (int i = 0; i < PROC_FIGURES; i++)
		assert_int_equal(proc_open(&proc, dir, (enum proc_figure)i), 0);
}

static void proc__figures__are_those_of_the_files(void **state)
{
	(void)state;
	open_all();
	write_file("loadavg", "12.34 5.00 1.00 3/200 4711\n");
	write_file("pressure/cpu", "some avg10=97.83 avg60=1.00 avg300=1.00 total=1\n"
	                           "full avg10=1.00 avg60=1.00 avg300=1.00 total=1\n");
	write_file("pressure/memory", "some avg10=0.36 avg60=1.00 avg300=1.00 total=1\n");
	write_file("pressure/io", "some avg10=100.00 avg60=1.00 avg300=1.00 total=1\n");
	proc_refresh(&proc, 0);
	assert_int_equal(proc.value[PROC_LOAD], 1234);
	assert_int_equal(proc.value[PROC_CPU], 9783);
	assert_int_equal(proc.value[PROC_MEMORY], 36);
	assert_int_equal(proc.value[PROC_IO], 10000);
}

static void proc__within_a_second__is_not_read_again(void **state)
{
	(void)state;
	open_all();
	write_file("loadavg", "1.00 0 0\n");
	proc_refresh(&proc, 5000);
	write_file("loadavg", "2.00 0 0\n");
	proc_refresh(&proc, 5999);
	assert_int_equal(proc.value[PROC_LOAD], 100);
	proc_refresh(&proc, 6000);
	assert_int_equal(proc.value[PROC_LOAD], 200);
}

static void proc__not_opened__is_not_read(void **state)
{
	unsigned before = fd_count();

	(void)state;
	write_file("loadavg", "1.00 0 0\n");
	proc_refresh(&proc, 0);
	assert_int_equal(proc.value[PROC_LOAD], 0);
	assert_int_equal(fd_count(), before);
}

static void proc__opened_late__is_read_at_once(void **state)
{
	(void)state;
	proc_refresh(&proc, 1000);
	open_all();
	write_file("loadavg", "3.00 0 0\n");
	proc_refresh(&proc, 1001);
	assert_int_equal(proc.value[PROC_LOAD], 300);
}

static void proc__missing__fails_and_is_never_busy(void **state)
{
	(void)state;
	assert_int_equal(proc_open(&proc, dir, PROC_IO), -1);
	assert_int_equal(errno, ENOENT);
	proc_refresh(&proc, 0);
	assert_int_equal(proc.value[PROC_IO], 0);
}

static void proc__nonsense__is_not_busy(void **state)
{
	static const char *const text[] = {"",
	                                   "x",
	                                   "avg10=50.00",
	                                   "some avg10=",
	                                   "some avg10=-1.00",
	                                   "full avg10=50.00 avg60=1.00\n"};

	(void)state;
	open_all();
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		write_file("pressure/cpu", text[i]);
		write_file("loadavg", text[i]);
		proc_refresh(&proc, (msec_t)i * 1000);
		assert_int_equal(proc.value[PROC_CPU], 0);
		assert_int_equal(proc.value[PROC_LOAD], 0);
	}
}

static void hundredths__numbers(void **state)
{
	static const struct {
		const char *text;
		int rc;
		unsigned value;
		const char *end;
	} rows[] = {
	    {"0", 0, 0, ""},
	    {"4", 0, 400, ""},
	    {"4.5", 0, 450, ""},
	    {"4.05", 0, 405, ""},
	    {"4.057", 0, 405, "7"},
	    {"4.", 0, 400, "."},
	    {"40%", 0, 4000, "%"},
	    {"007", 0, 700, ""},
	    {"9999999", 0, 999999900, ""},
	    {"10000000", -1, 0, NULL},
	    {"99999999999999999999", -1, 0, NULL},
	    {"", -1, 0, NULL},
	    {".5", -1, 0, NULL},
	    {"-1", -1, 0, NULL},
	    {" 1", -1, 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *end = NULL;
		unsigned value = 0;

		assert_int_equal(proc_hundredths(rows[i].text, &end, &value), rows[i].rc);
		assert_int_equal(value, rows[i].value);
		if (rows[i].rc == 0)
			assert_string_equal(end, rows[i].end);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(proc__figures__are_those_of_the_files),
	    CASE(proc__within_a_second__is_not_read_again),
	    CASE(proc__not_opened__is_not_read),
	    CASE(proc__opened_late__is_read_at_once),
	    CASE(proc__missing__fails_and_is_never_busy),
	    CASE(proc__nonsense__is_not_busy),
	    cmocka_unit_test(hundredths__numbers),
	};

	return cmocka_run_group_tests_name("base/proc", tests, NULL, NULL);
}
