/* base/cgroup.h: where the groups are, on made-up machines. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "unit/test.h"

static void mount__of_version_2__is_taken_apart(void **state)
{
	static const struct {
		const char *line, *root, *point;
	} rows[] = {
	    {"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n", "/",
	     "/sys/fs/cgroup/unified"},
	    {"30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 master:2 - cgroup2 cgroup2 "
	     "rw,nsdelegate",
	     "/", "/sys/fs/cgroup"},
	    {"30 23 0:26 /a\\040b /mnt/x\\134y ro - cgroup2 none rw", "/a b", "/mnt/x\\y"},
	    {"38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n", NULL,
	     NULL},
	    {"31 23 0:28 / /cgroup2 rw - tmpfs cgroup2 rw\n", NULL, NULL},
	    {"30 23 0:26 / /x rw - cgroup2x none rw", NULL, NULL},
	    {"30 23 0:26", NULL, NULL},
	    {" - cgroup2", NULL, NULL},
	    {"", NULL, NULL},
	};
	char root[PATH_MAX], point[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool found = cgroup_parse_mount(rows[i].line, root, point);

		assert_int_equal(found, rows[i].root != NULL);
		if (!found)
			continue;
		assert_string_equal(root, rows[i].root);
		assert_string_equal(point, rows[i].point);
	}
}

static void own_group__is_the_one_without_controllers(void **state)
{
	static const struct {
		const char *text, *own;
	} rows[] = {
	    {"0::/\n", "/"},
	    {"9:name=systemd:/x\n4:memory:/y\n0::/system.slice/usherd.service\n",
	     "/system.slice/usherd.service"},
	    {"0::/a:b\n1:cpu:/\n", "/a:b"},
	    {"10::/x\n", NULL},
	    {"4:memory:/y\n", NULL},
	    {"0::/cut", NULL},
	    {"", NULL},
	};
	char own[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool found = cgroup_parse_own(rows[i].text, own);

		assert_int_equal(found, rows[i].own != NULL);
		if (found)
			assert_string_equal(own, rows[i].own);
	}
}

static void path__is_that_of_the_group_below_the_mount(void **state)
{
	static const struct {
		const char *root, *point, *group, *path;
	} rows[] = {
	    {"/", "/sys/fs/cgroup", "/", "/sys/fs/cgroup"},
	    {"/", "/sys/fs/cgroup", "/a/b", "/sys/fs/cgroup/a/b"},
	    {"/docker/1", "/sys/fs/cgroup", "/docker/1", "/sys/fs/cgroup"},
	    {"/docker/1", "/sys/fs/cgroup", "/docker/1/x", "/sys/fs/cgroup/x"},
	    {"/docker/1", "/sys/fs/cgroup", "/docker/12", NULL},
	    {"/docker/1", "/sys/fs/cgroup", "/", NULL},
	    {"/", "/sys/fs/cgroup", "/../other", NULL},
	    {"/..", "/sys/fs/cgroup", "/", NULL},
	};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool seen = cgroup_path(rows[i].root, rows[i].point, rows[i].group, path);

		assert_int_equal(seen, rows[i].path != NULL);
		if (seen)
			assert_string_equal(path, rows[i].path);
	}
}

/* ---- with files ---- */

static char dir[] = "/tmp/usherd-cgroup-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"mountinfo", "cgroup", "cgroup.controllers",
	                                    "cgroup.procs"};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

static void find__takes_the_mount_that_shows_the_group(void **state)
{
	char own[PATH_MAX], top[PATH_MAX];

	(void)state;
	write_file("mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
	                        "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	                        "40 31 0:38 /elsewhere /mnt rw - cgroup2 cgroup2 rw\n"
	                        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
	write_file("cgroup", "3:cpu:/a\n0::/b/c\n");
	assert_int_equal(cgroup_find(dir, own, top), 0);
	assert_string_equal(own, "/sys/fs/cgroup/unified/b/c");
	assert_string_equal(top, "/sys/fs/cgroup/unified");
}

static void find__only_version_1__there_is_none(void **state)
{
	char own[PATH_MAX], top[PATH_MAX];

	(void)state;
	write_file("mountinfo", "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
	write_file("cgroup", "3:cpu:/a\n");
	assert_int_equal(cgroup_find(dir, own, top), -1);
	assert_int_equal(errno, ENOENT);
	write_file("cgroup", "0::/a\n");
	assert_int_equal(cgroup_find(dir, own, top), -1);
	assert_int_equal(errno, ENOENT);
}

static void files__are_read_and_written(void **state)
{
	char text[8];
	int fd = cgroup_open(AT_FDCWD, dir);

	(void)state;
	assert_true(fd >= 0);
	write_file("cgroup.controllers", "cpuset cpu io memory hugetlb rdma\n");
	assert_int_equal(cgroup_read_controllers(fd, "cgroup.controllers"),
	                 CGROUP_CPU | CGROUP_MEMORY);
	assert_int_equal(cgroup_read_controllers(fd, "no.such"), 0);
	write_file("cgroup.procs", "");
	assert_int_equal(cgroup_write(fd, "cgroup.procs", "1234567890"), 0);
	assert_int_equal(cgroup_read(fd, "cgroup.procs", text, sizeof text), 7);
	assert_string_equal(text, "1234567");
	assert_int_equal(cgroup_write(fd, "no.such", "1"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(cgroup_read(fd, "no.such", text, sizeof text), -1);
	assert_string_equal(text, "");
	close(fd);
}

static void value__is_found_by_its_whole_key(void **state)
{
	static const char text[] = "low 0\noom 3\noom_kill 7\noom_group_kill 1\n";

	(void)state;
	assert_int_equal(cgroup_value(text, "oom"), 3);
	assert_int_equal(cgroup_value(text, "oom_kill"), 7);
	assert_int_equal(cgroup_value(text, "oom_"), 0);
	assert_int_equal(cgroup_value(text, "kill"), 0);
	assert_int_equal(cgroup_value("", "oom"), 0);
	assert_int_equal(cgroup_value("max 18446744073709551615", "max"), UINT64_MAX);
}

static void controllers__have_names(void **state)
{
	(void)state;
	assert_string_equal(cgroup_controller(CGROUP_MEMORY), "memory");
	assert_string_equal(cgroup_controller(CGROUP_PIDS), "pids");
	assert_string_equal(cgroup_controller(CGROUP_CPU), "cpu");
	assert_string_equal(cgroup_controller(CGROUP_ALL), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mount__of_version_2__is_taken_apart),
	    cmocka_unit_test(own_group__is_the_one_without_controllers),
	    cmocka_unit_test(path__is_that_of_the_group_below_the_mount),
	    cmocka_unit_test(find__takes_the_mount_that_shows_the_group),
	    cmocka_unit_test(find__only_version_1__there_is_none),
	    cmocka_unit_test(files__are_read_and_written),
	    cmocka_unit_test(value__is_found_by_its_whole_key),
	    cmocka_unit_test(controllers__have_names),
	};

	return cmocka_run_group_tests_name("base/cgroup", tests, make_dir, remove_dir);
}
