/* admit/source.h: a bounded table that never forgets who is in. */
#include <stdio.h>

#include "admit/source.h"
#include "unit/test.h"

enum { MAX = 8 };

static struct source_table table;

static int set_up(void **state)
{
	(void)state;
	return source_table_init(&table, MAX);
}

static int tear_down(void **state)
{
	(void)state;
	source_table_free(&table);
	return 0;
}

static struct prefix prefix_number(unsigned n)
{
	struct prefix prefix;
	const char *why;
	char text[32];

	snprintf(text, sizeof text, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	assert_int_equal(prefix_parse(text, &prefix, &why), 0);
	return prefix;
}

static struct source *get(uint32_t service, unsigned n)
{
	struct prefix prefix = prefix_number(n);
	struct source *source = source_get(&table, service, &prefix);

	assert_non_null(source);
	return source;
}

static struct source *find(uint32_t service, unsigned n)
{
	struct prefix prefix = prefix_number(n);

	return source_find(&table, service, &prefix);
}

static void use(struct source *source)
{
	source->running++;
	source_touch(&table, source);
}

static void leave(struct source *source)
{
	source->running--;
	source_touch(&table, source);
}

static void source__same_prefix_and_service__is_the_same(void **state)
{
	struct source *source = get(1, 5);

	(void)state;
	assert_ptr_equal(get(1, 5), source);
	assert_ptr_equal(find(1, 5), source);
	assert_ptr_not_equal(get(2, 5), source);
	assert_ptr_not_equal(get(1, 6), source);
	assert_null(find(3, 5));
	assert_int_equal(table.hash.count, 3);
}

static void source__same_bytes_of_another_length__is_another(void **state)
{
	struct prefix whole = prefix_number(0), cut = whole;
	struct source *source = source_get(&table, 1, &whole);

	(void)state;
	cut.len = 24;
	assert_ptr_not_equal(source_get(&table, 1, &cut), source);
	assert_ptr_equal(source_find(&table, 1, &whole), source);
}

static void table__full__the_longest_idle_goes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAX; i++)
		leave((use(get(1, i)), find(1, i)));
	/* 0 was used again: 1 has been idle the longest. */
	use(get(1, 0));
	leave(get(1, 0));
	get(1, 100);
	assert_int_equal(table.hash.count, MAX);
	assert_null(find(1, 1));
	assert_non_null(find(1, 0));
	get(1, 101);
	assert_null(find(1, 2));
}

static void table__full_of_users__none_of_them_goes(void **state)
{
	struct source *source[MAX];

	(void)state;
	for (unsigned i = 0; i < MAX; i++) {
		source[i] = get(1, i);
		if (i % 2)
			use(source[i]);
		source[i]->waiting += i % 2 == 0;
		source_touch(&table, source[i]);
	}
	for (unsigned i = 0; i < 50; i++)
		get(1, 1000 + i);
	for (unsigned i = 0; i < MAX; i++)
		assert_ptr_equal(find(1, i), source[i]);
	/* One more than all who are in use: that one is idle. */
	assert_int_equal(table.hash.count, MAX + 1);
	assert_non_null(find(1, 1049));
}

/* What was above the bound because all were in use comes down again. */
static void table__more_users_than_room__stay_and_are_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * MAX; i++)
		use(get(1, i));
	assert_int_equal(table.hash.count, 3 * MAX);
	for (unsigned i = 0; i < 3 * MAX; i++)
		assert_int_equal(find(1, i)->running, 1);
	for (unsigned i = 0; i < 3 * MAX; i++)
		leave(find(1, i));
	for (unsigned i = 0; i < 100; i++)
		get(2, i);
	assert_true(table.hash.count <= 3 * MAX);
}

static void table__flood_of_sources__is_bounded(void **state)
{
	(void)state;
	use(get(1, 7));
	for (unsigned i = 0; i < 100000; i++) {
		get(1, 1000 + i);
		assert_true(table.hash.count <= MAX);
	}
	assert_int_equal(find(1, 7)->running, 1);
}

static void forget__one_service__leaves_the_others(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		get(1, i);
		get(2, i);
	}
	use(find(1, 2));
	source_forget(&table, 1);
	assert_null(find(1, 0));
	assert_null(find(1, 1));
	assert_non_null(find(1, 2));
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(find(2, i));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(source__same_prefix_and_service__is_the_same),
	    TEST(source__same_bytes_of_another_length__is_another),
	    TEST(table__full__the_longest_idle_goes),
	    TEST(table__full_of_users__none_of_them_goes),
	    TEST(table__more_users_than_room__stay_and_are_found),
	    TEST(table__flood_of_sources__is_bounded),
	    TEST(forget__one_service__leaves_the_others),
	};

	return cmocka_run_group_tests_name("admit/source", tests, NULL, NULL);
}
