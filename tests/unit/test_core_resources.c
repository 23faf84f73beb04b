/* core/resources.h: said once, tried again soon, and over only after a calm. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "core/resources.h"
#include "core/supervisor.h"
#include "unit/test.h"

enum { CALM = 1000, FIRST = 20, LAST = 1000 };

static char file[] = "/tmp/usherd-test-XXXXXX";
static char text[1 << 14];
static struct supervisor sup;
static msec_t now;

msec_t __wrap_clock_msec(void);

msec_t __wrap_clock_msec(void)
{
	return now;
}

static int make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	log_close();
	return unlink(file);
}

static int set_up(void **state)
{
	struct log_options options = {
	    .to = LOG_TO_FILE, .path = file, .level = LOG_INFO, .uid = geteuid(), .gid = getegid()};

	(void)state;
	log_close();
	now = 100000;
	sup = (struct supervisor){.loop = loop_new()};
	sup.linger = sup.loop ? linger_new(sup.loop, 1) : NULL;
	if (!sup.linger || resources_init(&sup) < 0 || truncate(file, 0) < 0)
		return -1;
	return log_open(&options);
}

static int tear_down(void **state)
{
	(void)state;
	resources_free(&sup);
	linger_free(&sup.linger);
	loop_free(&sup.loop);
	return 0;
}

static void pass(msec_t msec)
{
	now += msec;
	assert_int_equal(loop_turn(sup.loop, 0), 0);
}

static unsigned count_lines(const char *part)
{
	unsigned n = 0;
	FILE *f;
	size_t len;

	log_flush();
	f = fopen(file, "re");
	assert_non_null(f);
	len = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[len] = '\0';
	for (const char *at = text; (at = strstr(at, part)); at++)
		n++;
	return n;
}

static void lack__once__is_tried_again_and_calms_down(void **state)
{
	(void)state;
	resources_lack(&sup, "accept4", EMFILE);
	assert_true(sup.resources.short_now && sup.resources.episode);
	assert_int_equal(count_lines("resources: accept4: Too many open files"), 1);
	sup.pump_wanted = false;
	pass(FIRST - 1);
	assert_true(sup.resources.short_now);
	pass(1);
	assert_false(sup.resources.short_now);
	assert_true(sup.pump_wanted);
	assert_true(sup.resources.episode);
	pass(CALM - 1);
	assert_true(sup.resources.episode);
	pass(1);
	assert_false(sup.resources.episode);
	assert_int_equal(count_lines("enough again"), 1);
	assert_int_equal(count_lines("\n"), 2);
}

static void lack__again_and_again__waits_longer_and_is_said_once(void **state)
{
	static const msec_t want[] = {20, 40, 80, 160, 320, 640, 1000, 1000, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		resources_lack(&sup, "clone", EAGAIN);
		pass(want[i] - 1);
		assert_true(sup.resources.short_now);
		pass(1);
		assert_false(sup.resources.short_now);
	}
	assert_int_equal(count_lines("resources:"), 1);
	assert_int_equal(sup.resources.episodes, 1);
}

/* All that was in flight fails at one moment, for one cause. */
static void lack__several_at_once__is_one(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++)
		resources_lack(&sup, "clone", EAGAIN);
	pass(FIRST);
	assert_false(sup.resources.short_now);
	assert_int_equal(count_lines("resources:"), 1);
}

static void lack__during_the_calm__is_the_same_episode(void **state)
{
	(void)state;
	resources_lack(&sup, "clone", EAGAIN);
	pass(FIRST);
	pass(CALM / 2);
	resources_lack(&sup, "clone", EAGAIN);
	pass(2 * FIRST);
	assert_false(sup.resources.short_now);
	pass(CALM / 2);
	assert_true(sup.resources.episode);
	pass(CALM);
	assert_false(sup.resources.episode);
	assert_int_equal(sup.resources.episodes, 1);
	assert_int_equal(count_lines("\n"), 2);
}

static void lack__after_the_end__is_another_episode(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		resources_lack(&sup, "clone", EAGAIN);
		assert_int_equal(sup.resources.episodes, i);
		/* It begins with the shortest wait again. */
		pass(FIRST);
		assert_false(sup.resources.short_now);
		pass(CALM + LAST);
		pass(CALM + LAST);
		assert_false(sup.resources.episode);
		assert_int_equal(count_lines("enough again"), i);
	}
}

static void freed__while_short__is_tried_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		resources_lack(&sup, "clone", EAGAIN);
		pass(LAST);
	}
	resources_lack(&sup, "clone", EAGAIN);
	pass(1);
	assert_true(sup.resources.short_now);
	resources_freed(&sup);
	pass(0);
	assert_false(sup.resources.short_now);
	/* And what fails then begins with the shortest wait. */
	resources_lack(&sup, "clone", EAGAIN);
	pass(FIRST);
	assert_false(sup.resources.short_now);
}

static void freed__while_nothing_lacks__is_nothing(void **state)
{
	(void)state;
	resources_freed(&sup);
	pass(LAST);
	assert_false(sup.resources.episode);
	assert_int_equal(count_lines("\n"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(lack__once__is_tried_again_and_calms_down),
	    TEST(lack__again_and_again__waits_longer_and_is_said_once),
	    TEST(lack__several_at_once__is_one),
	    TEST(lack__during_the_calm__is_the_same_episode),
	    TEST(lack__after_the_end__is_another_episode),
	    TEST(freed__while_short__is_tried_at_once),
	    TEST(freed__while_nothing_lacks__is_nothing),
	};

	return cmocka_run_group_tests_name("core/resources", tests, make_file, remove_file);
}
