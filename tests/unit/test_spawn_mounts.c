/* spawn/mounts.h, spawn/namespace.h: what a service's sessions have of their own, as planned. */
#include <errno.h>
#include <stdio.h>

#include "spawn/mounts.h"
#include "spawn/namespace.h"
#include "unit/test.h"

static struct conf_service service;

static int set_up(void **state)
{
	(void)state;
	service = (struct conf_service){.name = "test",
	                                .path = "/usr/bin/program",
	                                .directory = "/",
	                                .uid = 11,
	                                .gid = 12,
	                                .user_space = true};
	return 0;
}

static void mounts__nothing_wanted__are_none(void **state)
{
	struct mounts mounts = {.tmp = false};

	(void)state;
	assert_int_equal(mounts_prepare(&mounts, &service), 0);
	assert_false(mounts.tmp || mounts.proc);
	assert_int_equal(mounts_make(&mounts), 0);
	assert_false(mounts_are_at(&service, "/tmp") || mounts_are_at(&service, "/proc"));
}

static void mounts__tmp__is_bounded_and_the_handlers(void **state)
{
	struct mounts mounts = {.tmp = false};

	(void)state;
	service.private_tmp = true;
	assert_int_equal(mounts_prepare(&mounts, &service), 0);
	assert_string_equal(mounts.options, "size=64m,nr_inodes=16384,mode=1777,uid=11,gid=12");
	assert_int_equal(mounts.kept_count, 0);
	assert_true(mounts_are_at(&service, "/dev/shm") && mounts_are_at(&service, "/var/tmp"));
	assert_false(mounts_are_at(&service, "/tmp/x") || mounts_are_at(&service, "/proc"));
	service.user_space = false;
	mounts = (struct mounts){.tmp = false};
	assert_int_equal(mounts_prepare(&mounts, &service), 0);
	assert_string_equal(mounts.options, "size=64m,nr_inodes=16384,mode=1777");
}

static void mounts__proc__is_all_below_it(void **state)
{
	(void)state;
	service.private_pids = true;
	assert_true(mounts_are_at(&service, "/proc") && mounts_are_at(&service, "/proc/self"));
	assert_false(mounts_are_at(&service, "/procession"));
}

static void mounts__what_is_named_below_tmp__is_kept_once(void **state)
{
	static const struct conf_path path[] = {{.text = "/tmp/a"},      {.text = "/var/tmp/b"},
	                                        {.text = "/tmp"},        {.text = "/tmpfile"},
	                                        {.text = "/dev/shm/c/"}, {.text = "/srv"}};
	struct mounts mounts = {.tmp = false};

	(void)state;
	service.private_tmp = true;
	service.path = "/tmp/a";
	service.directory = "/tmp/";
	service.landlock.path = path;
	service.landlock.count = ARRAY_LEN(path);
	assert_int_equal(mounts_prepare(&mounts, &service), 0);
	assert_int_equal(mounts.kept_count, 3);
	assert_string_equal(mounts.kept[0], "/tmp/a");
	assert_string_equal(mounts.kept[1], "/var/tmp/b");
	assert_string_equal(mounts.kept[2], "/dev/shm/c/");
}

static void mounts__more_than_there_is_room_for__is_e2big(void **state)
{
	static char text[MOUNTS_KEPT + 1][16];
	static struct conf_path path[MOUNTS_KEPT + 1];
	struct mounts mounts = {.tmp = false};

	(void)state;
	for (int i = 0; i <= MOUNTS_KEPT; i++) {
		snprintf(text[i], sizeof text[i], "/tmp/%d", i);
		path[i].text = text[i];
	}
	service.private_tmp = true;
	service.landlock.path = path;
	service.landlock.count = MOUNTS_KEPT;
	assert_int_equal(mounts_prepare(&mounts, &service), 0);
	service.landlock.count = MOUNTS_KEPT + 1;
	mounts = (struct mounts){.tmp = false};
	assert_int_equal(mounts_prepare(&mounts, &service), -1);
	assert_int_equal(errno, E2BIG);
}

static void namespaces__same_service__are_the_same(void **state)
{
	struct namespaces *one, *again, *other;
	bool failed;

	(void)state;
	service.user_space = false;
	assert_null(namespaces_get(&service, &failed));
	assert_false(failed);
	service.no_network = true;
	one = namespaces_get(&service, &failed);
	again = namespaces_get(&service, &failed);
	assert_non_null(one);
	assert_ptr_equal(one, again);
	assert_int_equal(one->kinds, SPACES(NET));
	assert_int_equal(namespaces_enter(one, true), -EBADF);
	service.private_pids = true;
	other = namespaces_get(&service, &failed);
	assert_ptr_not_equal(one, other);
	assert_int_equal(other->kinds, SPACES(NET) | SPACES(IPC));
	namespaces_put(&other);
	service.private_pids = false;
	service.name = "another";
	other = namespaces_get(&service, &failed);
	assert_ptr_not_equal(one, other);
	namespaces_put(&other);
	namespaces_put(&again);
	assert_null(again);
	assert_int_equal(one->refs, 1);
	namespaces_put(&one);
	namespaces_put(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(mounts__nothing_wanted__are_none, set_up),
	    cmocka_unit_test_setup(mounts__tmp__is_bounded_and_the_handlers, set_up),
	    cmocka_unit_test_setup(mounts__proc__is_all_below_it, set_up),
	    cmocka_unit_test_setup(mounts__what_is_named_below_tmp__is_kept_once, set_up),
	    cmocka_unit_test_setup(mounts__more_than_there_is_room_for__is_e2big, set_up),
	    cmocka_unit_test_setup(namespaces__same_service__are_the_same, set_up),
	};

	return cmocka_run_group_tests_name("spawn/mounts", tests, NULL, NULL);
}
