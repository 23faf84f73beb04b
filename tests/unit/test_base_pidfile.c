/* base/pidfile.h: the file with the pid. */
#include "base/pidfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/test.h"

static char dir[64], path[80], fresh[96];

static void read_file(const char *name, char *text, size_t size)
{
	FILE *file = fopen(name, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_pid(void)
{
	char text[64], want[64];

	read_file(path, text, sizeof text);
	snprintf(want, sizeof want, "%ld\n", (long)getpid());
	assert_string_equal(text, want);
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof dir, "%s/usherd-test-XXXXXX", tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/pid", dir);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	return 0;
}

/* Fails where a test left something behind. */
static int teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void pidfile__written__is_whole_and_goes_at_the_end(void **state)
{
	struct stat st;

	(void)state;
	umask(077);
	assert_int_equal(pidfile_write(path), 0);
	umask(022);
	expect_pid();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	pidfile_remove();
	assert_int_equal(access(path, F_OK), -1);
	pidfile_remove();
}

static void pidfile__old_ones__are_replaced(void **state)
{
	char victim[80], text[64];

	(void)state;
	snprintf(victim, sizeof victim, "%s/victim", dir);
	write_file(victim, "stays");
	write_file(path, "99999 and more\n");
	write_file(fresh, "half of an old o");
	assert_int_equal(pidfile_write(path), 0);
	expect_pid();
	pidfile_remove();
	assert_int_equal(symlink(victim, path), 0);
	assert_int_equal(symlink(victim, fresh), 0);
	assert_int_equal(pidfile_write(path), 0);
	expect_pid();
	pidfile_remove();
	read_file(victim, text, sizeof text);
	assert_string_equal(text, "stays");
	unlink(victim);
}

static void pidfile__where_no_file_can_be__is_an_error(void **state)
{
	char longer[5000];

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[0] = '/';
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(pidfile_write(longer), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(pidfile_write("/nonexistent-usherd/pid"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pidfile_write(path), -1);
	assert_int_equal(errno, ENOTSUP);
	assert_int_equal(unlink(path), 0);
	pidfile_remove();
}

static void pidfile__of_another__stays(void **state)
{
	char old[96], text[64];

	(void)state;
	snprintf(old, sizeof old, "%s.old", path);
	assert_int_equal(pidfile_write(path), 0);
	assert_int_equal(rename(path, old), 0);
	write_file(path, "4711\n");
	pidfile_remove();
	read_file(path, text, sizeof text);
	assert_string_equal(text, "4711\n");
	unlink(path);
	unlink(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pidfile__written__is_whole_and_goes_at_the_end),
	    cmocka_unit_test(pidfile__old_ones__are_replaced),
	    cmocka_unit_test(pidfile__where_no_file_can_be__is_an_error),
	    cmocka_unit_test(pidfile__of_another__stays),
	};

	return cmocka_run_group_tests_name("base/pidfile", tests, setup, teardown);
}
