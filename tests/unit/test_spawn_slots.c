/* spawn/slots.h: environments, the turn of the slots, and reports by pipe. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "spawn/slots.h"
#include "unit/test.h"

static struct slots *slots;
static int failing_map; /* the mmap that fails: 1 is the next; 0: none */

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset);

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (failing_map > 0 && --failing_map == 0) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return __real_mmap(addr, len, prot, flags, fd, offset);
}

static int set_up(void **state)
{
	(void)state;
	slots = calloc(1, sizeof *slots);
	return slots ? slots_init(slots) : -1;
}

static int tear_down(void **state)
{
	(void)state;
	slots_free(slots);
	free(slots);
	return 0;
}

static void environment__plan_first__then_as_added(void **state)
{
	static const char *const env[] = {"A=1", "B=2", NULL};
	struct plan plan = {.env = env, .env_count = 2};
	struct slot *slot = slots_get(slots);

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(slot_env_begin(slot, &plan), 0);
		slot_env_add(slot, "C=", "x y");
		slot_env_add(slot, "D=", "");
		assert_int_equal(slot_env_end(slot), 0);
		assert_ptr_equal(slot->envp[0], env[0]);
		assert_ptr_equal(slot->envp[1], env[1]);
		assert_string_equal(slot->envp[2], "C=x y");
		assert_string_equal(slot->envp[3], "D=");
		assert_null(slot->envp[4]);
	}
}

static void environment__too_much_text__is_e2big(void **state)
{
	static const char *const env[] = {NULL};
	struct plan plan = {.env = env};
	struct slot *slot = slots_get(slots);
	char value[SLOT_TEXT];

	(void)state;
	memset(value, 'x', sizeof value);
	/* "V=", the text and the NUL fill it. */
	value[SLOT_TEXT - 3] = '\0';
	assert_int_equal(slot_env_begin(slot, &plan), 0);
	slot_env_add(slot, "V=", value);
	assert_int_equal(slot_env_end(slot), 0);
	assert_int_equal(strlen(slot->envp[0]), SLOT_TEXT - 1);

	assert_int_equal(slot_env_begin(slot, &plan), 0);
	slot_env_add(slot, "VV=", value);
	assert_int_equal(slot_env_end(slot), -1);
	assert_int_equal(errno, E2BIG);
	/* And the next one starts afresh. */
	assert_int_equal(slot_env_begin(slot, &plan), 0);
	assert_int_equal(slot_env_end(slot), 0);
}

static void environment__too_many_names__is_e2big(void **state)
{
	static const char *const env[] = {"A=1", NULL};
	struct plan plan = {.env = env, .env_count = 1};
	struct slot *slot = slots_get(slots);
	int n;

	(void)state;
	assert_int_equal(slot_env_begin(slot, &plan), 0);
	for (n = 0; n < 1000 && !slot->overflow; n++)
		slot_env_add(slot, "N=", "1");
	assert_in_range(n, 16, 100);
	assert_int_equal(slot_env_end(slot), -1);
	assert_int_equal(errno, E2BIG);
}

static void environment__longer_plan__has_room(void **state)
{
	static const char *const none[] = {NULL};
	static const char *many[501];
	struct plan small = {.env = none}, large = {.env = many, .env_count = 500};
	struct slot *slot = slots_get(slots);

	(void)state;
	for (int i = 0; i < 500; i++)
		many[i] = "X=1";
	assert_int_equal(slot_env_begin(slot, &small), 0);
	assert_int_equal(slot_env_begin(slot, &large), 0);
	slot_env_add(slot, "LAST=", "1");
	assert_int_equal(slot_env_end(slot), 0);
	assert_string_equal(slot->envp[500], "LAST=1");
	assert_null(slot->envp[501]);
}

static void slots__given_out_in_turn__free_ones_only(void **state)
{
	(void)state;
	for (int i = 0; i < SLOTS; i++) {
		struct slot *slot = slots_get(slots);

		assert_ptr_equal(slot, &slots->slot[i]);
		slots_mark(slots, slot, true);
	}
	assert_null(slots_get(slots));
	slots_mark(slots, &slots->slot[5], false);
	assert_ptr_equal(slots_get(slots), &slots->slot[5]);
	slots_mark(slots, &slots->slot[5], true);
	slots_mark(slots, &slots->slot[2], false);
	slots_mark(slots, &slots->slot[9], false);
	/* After 5 comes 9. */
	assert_ptr_equal(slots_get(slots), &slots->slot[9]);
	assert_ptr_equal(slots_get(slots), &slots->slot[2]);
	for (int i = 0; i < SLOTS; i++)
		slots_mark(slots, &slots->slot[i], false);
}

static void slot__shared_memory__is_done_when_the_word_is_cleared(void **state)
{
	struct slot *slot = slots_get(slots);

	(void)state;
	slot->tid = 1;
	assert_false(slot_is_done(slot));
	slot->tid = 0;
	assert_true(slot_is_done(slot));
}

static int open_report(struct slot *slot)
{
	int end[2];

	assert_int_equal(pipe2(end, O_CLOEXEC | O_NONBLOCK), 0);
	slot->error_fd = end[0];
	slot->child.step = SPAWN_NONE;
	slot->child.error = 0;
	return end[1];
}

static void report__by_pipe__end_without_one_is_success(void **state)
{
	struct slot *slot = slots_get(slots);
	int end = open_report(slot);

	(void)state;
	assert_false(slot_is_done(slot));
	close(end);
	assert_true(slot_is_done(slot));
	assert_int_equal(slot->child.step, SPAWN_NONE);
	assert_int_equal(slot->child.error, 0);
}

static void report__by_pipe__is_what_failed(void **state)
{
	const int report[2] = {SPAWN_USER, EPERM};
	struct slot *slot = slots_get(slots);
	int end = open_report(slot);

	(void)state;
	assert_int_equal(write(end, report, sizeof report), sizeof report);
	assert_true(slot_is_done(slot));
	assert_int_equal(slot->child.step, SPAWN_USER);
	assert_int_equal(slot->child.error, EPERM);
	close(end);
}

/* A forked child that has changed its user may be in somebody else's hands. */
static void report__forged__cannot_leave_the_range(void **state)
{
	static const int forged[][2] = {
	    {SPAWN_STEPS, 1},      {1 << 20, 1},      {-1, 1},
	    {SPAWN_NONE, 1},       {SPAWN_EXEC, 0},   {SPAWN_EXEC, -5},
	    {SPAWN_EXEC, 1 << 30}, {-2147483647, -2}, {2147483647, 20000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forged); i++) {
		struct slot *slot = slots_get(slots);
		int end = open_report(slot);

		assert_int_equal(write(end, forged[i], sizeof *forged), sizeof *forged);
		assert_true(slot_is_done(slot));
		assert_in_range(slot->child.step, SPAWN_NONE + 1, SPAWN_STEPS - 1);
		assert_in_range(slot->child.error, 1, 4095);
		close(end);
		fd_close(&slot->error_fd);
	}
}

static void report__in_part__is_a_failure(void **state)
{
	struct slot *slot = slots_get(slots);
	int end = open_report(slot);

	(void)state;
	assert_int_equal(write(end, "abc", 3), 3);
	assert_true(slot_is_done(slot));
	assert_int_not_equal(slot->child.error, 0);
	close(end);
}

static void ended__by_pipe__does_not_wait_for_its_end(void **state)
{
	const int report[2] = {SPAWN_EXEC, ENOENT};
	struct slot *slot = slots_get(slots);
	int end = open_report(slot), other = dup(end);

	(void)state;
	assert_int_equal(write(end, report, sizeof report), sizeof report);
	close(end);
	slot_ended(slot);
	assert_true(slot_is_done(slot));
	assert_int_equal(slot->child.error, ENOENT);
	close(other);
}

/* A child that uses up its stack must hit the guard, not its neighbour. The
 * kernel tells by EFAULT what it could not read into. */
static void stack__below_it__is_a_guard(void **state)
{
	int end[2];

	(void)state;
	assert_int_equal(pipe2(end, O_CLOEXEC), 0);
	assert_int_equal(write(end[1], "xx", 2), 2);
	for (int i = 0; i < SLOTS; i++) {
		assert_int_equal(read(end[0], slots->slot[i].stack - 1, 1), -1);
		assert_int_equal(errno, EFAULT);
	}
	assert_int_equal(read(end[0], slots->slot[0].stack, 1), 1);
	assert_int_equal(read(end[0], slots->slot[0].stack + SLOT_STACK - 1, 1), 1);
	close(end[0]);
	close(end[1]);
}

static void init__no_memory__can_be_freed_and_closes_nothing(void **state)
{
	unsigned before = fd_count();

	(void)state;
	for (int i = 1; i <= SLOTS; i += 5) {
		struct slots *other = calloc(1, sizeof *other);

		failing_map = i;
		assert_int_equal(slots_init(other), -1);
		assert_int_equal(errno, ENOMEM);
		slots_free(other);
		free(other);
		assert_int_equal(fd_count(), before);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(environment__plan_first__then_as_added),
	    TEST(environment__too_much_text__is_e2big),
	    TEST(environment__too_many_names__is_e2big),
	    TEST(environment__longer_plan__has_room),
	    TEST(slots__given_out_in_turn__free_ones_only),
	    TEST(slot__shared_memory__is_done_when_the_word_is_cleared),
	    TEST(report__by_pipe__end_without_one_is_success),
	    TEST(report__by_pipe__is_what_failed),
	    TEST(report__forged__cannot_leave_the_range),
	    TEST(report__in_part__is_a_failure),
	    TEST(ended__by_pipe__does_not_wait_for_its_end),
	    TEST(stack__below_it__is_a_guard),
	    TEST(init__no_memory__can_be_freed_and_closes_nothing),
	};

	return cmocka_run_group_tests_name("spawn/slots", tests, NULL, NULL);
}
