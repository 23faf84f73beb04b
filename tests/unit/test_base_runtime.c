/* base/runtime.h: the default control socket, and directories to be trusted. */
#include "base/runtime.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/test.h"

static int setup(void **state)
{
	static char dir[64];
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof dir, "%s/usherd-test-XXXXXX", tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	*state = dir;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	unsetenv("XDG_RUNTIME_DIR");
	return rmdir(*state);
}

static void runtime__root__has_the_systems_directory(void **state)
{
	char path[RUNTIME_PATH_MAX];

	setenv("XDG_RUNTIME_DIR", *state, 1);
	runtime_control_path(0, path);
	assert_string_equal(path, RUNSTATEDIR "/usherd/control");
}

static void runtime__user__has_a_directory_of_its_own(void **state)
{
	const char *dir = *state;
	char path[RUNTIME_PATH_MAX], want[RUNTIME_PATH_MAX], fallback[64], longer[200];
	uid_t uid = geteuid() == 0 ? 4711 : geteuid();

	assert_int_equal(chown(dir, uid, (gid_t)-1), 0);
	snprintf(fallback, sizeof fallback, "/tmp/usherd-%u/control", uid);
	setenv("XDG_RUNTIME_DIR", dir, 1);
	runtime_control_path(uid, path);
	snprintf(want, sizeof want, "%s/usherd/control", dir);
	assert_string_equal(path, want);
	/* Of somebody else, as after su; relative; absent; too long; unset. */
	runtime_control_path(uid + 1, path);
	assert_string_not_equal(path, want);
	setenv("XDG_RUNTIME_DIR", ".", 1);
	runtime_control_path(uid, path);
	assert_string_equal(path, fallback);
	setenv("XDG_RUNTIME_DIR", "/nonexistent-usherd", 1);
	runtime_control_path(uid, path);
	assert_string_equal(path, fallback);
	snprintf(longer, sizeof longer, "%s%0100d", dir, 0);
	for (size_t i = strlen(dir); longer[i]; i++)
		longer[i] = '/';
	setenv("XDG_RUNTIME_DIR", longer, 1);
	runtime_control_path(uid, path);
	assert_string_equal(path, fallback);
	unsetenv("XDG_RUNTIME_DIR");
	runtime_control_path(uid, path);
	assert_string_equal(path, fallback);
}

static void runtime__directory__of_a_path(void **state)
{
	static const struct {
		const char *path, *dir;
	} row[] = {{"/run/usherd/control", "/run/usherd"}, {"/x", "/"}, {"x", "."}, {"a/b", "a"}};
	char dir[RUNTIME_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(runtime_dir_of(row[i].path, dir, sizeof dir), 0);
		assert_string_equal(dir, row[i].dir);
	}
	assert_int_equal(runtime_dir_of("/run/x", dir, 4), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(runtime_dir_of("/run/x", dir, 5), 0);
}

static void runtime__directory__must_be_ours_alone(void **state)
{
	static const struct {
		mode_t mode;
		int rc;
	} row[] = {{0700, 0}, {0755, 0}, {0775, -1}, {0757, -1}, {01777, 0}};
	const char *dir = *state, *why;
	uid_t own = geteuid();

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(chmod(dir, row[i].mode), 0);
		assert_int_equal(runtime_check_dir(dir, own, &why), row[i].rc);
		assert_int_equal(why != NULL, row[i].rc < 0);
	}
	assert_int_equal(chmod(dir, 0700), 0);
	if (own != 0) {
		assert_int_equal(runtime_check_dir(dir, own + 1, &why), -1);
		assert_string_equal(why, "it belongs to somebody else");
	}
	assert_int_equal(runtime_check_dir("/", own, &why), 0);
}

/* Root has given /run/usherd to usherd's account; who is not root trusts no other's. */
static void runtime__default_of_root__belongs_to_whom_it_was_given(void **state)
{
	const char *dir = *state, *why;

	assert_int_equal(runtime_check_default(dir, geteuid(), &why), 0);
	if (geteuid() != 0) {
		assert_int_equal(runtime_check_default(dir, geteuid() + 1, &why), -1);
		return;
	}
	assert_int_equal(chown(dir, 65533, 65533), 0);
	assert_int_equal(runtime_check_default(dir, 0, &why), 0);
	assert_int_equal(runtime_check_default(dir, 65532, &why), -1);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(runtime_check_default(dir, 0, &why), -1);
	assert_string_equal(why, "others can write to it");
}

static void runtime__file_link_or_nothing__is_no_directory(void **state)
{
	char path[128];
	const char *why;

	snprintf(path, sizeof path, "%s/x", (const char *)*state);
	assert_int_equal(runtime_check_dir(path, geteuid(), &why), -1);
	assert_null(why);
	assert_int_equal(errno, ENOENT);
	fclose(fopen(path, "we"));
	assert_int_equal(runtime_check_dir(path, geteuid(), &why), -1);
	assert_string_equal(why, "it is not a directory");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/", path), 0);
	if (geteuid() != 0) {
		assert_int_equal(runtime_check_dir(path, geteuid() + 1, &why), -1);
		assert_string_equal(why, "it is a symbolic link of somebody else");
	}
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    TEST(runtime__root__has_the_systems_directory),
	    TEST(runtime__user__has_a_directory_of_its_own),
	    TEST(runtime__directory__of_a_path),
	    TEST(runtime__directory__must_be_ours_alone),
	    TEST(runtime__default_of_root__belongs_to_whom_it_was_given),
	    TEST(runtime__file_link_or_nothing__is_no_directory),
#undef TEST
	};

	return cmocka_run_group_tests_name("base/runtime", tests, NULL, NULL);
}
