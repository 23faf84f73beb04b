/* base/list.h: the order of members, and removal at any time. */
#include "base/list.h"
#include "unit/test.h"

struct item {
	int value;
	struct list link;
};

static void check_order(struct list *head, const int *want, size_t count)
{
	size_t i = 0;

	list_each (it, head) {
		assert_true(i < count);
		assert_int_equal(list_entry(it, struct item, link)->value, want[i]);
		assert_ptr_equal(it->next->prev, it);
		i++;
	}
	assert_int_equal(i, count);
}

static void list__empty__has_no_ends(void **state)
{
	struct list head = LIST_INIT(head);

	(void)state;
	assert_true(list_empty(&head));
	assert_null(list_first(&head));
	assert_null(list_last(&head));
	list_each (it, &head)
		fail();
}

static void list__append_and_insert__keep_order(void **state)
{
	struct list head = LIST_INIT(head);
	struct item a = {1, {0}}, b = {2, {0}}, c = {3, {0}};

	(void)state;
	list_append(&head, &a.link);
	list_append(&head, &c.link);
	list_insert_before(&c.link, &b.link);
	check_order(&head, (int[]){1, 2, 3}, 3);
	assert_ptr_equal(list_first(&head), &a.link);
	assert_ptr_equal(list_last(&head), &c.link);
}

static void list__remove_twice__is_harmless(void **state)
{
	struct list head = LIST_INIT(head);
	struct item a = {1, {0}}, b = {2, {0}}, c = {3, {0}};

	(void)state;
	list_append(&head, &a.link);
	list_append(&head, &b.link);
	list_remove(&a.link);
	list_insert_before(&b.link, &c.link);
	list_remove(&a.link);
	check_order(&head, (int[]){3, 2}, 2);
	list_remove(&c.link);
	list_remove(&b.link);
	assert_true(list_empty(&head));
	list_append(&head, &a.link);
	check_order(&head, (int[]){1}, 1);
}

static void list__each_safe__lets_the_body_remove_its_member(void **state)
{
	struct list head = LIST_INIT(head);
	struct item item[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		item[i].value = i;
		list_append(&head, &item[i].link);
	}
	list_each_safe (it, &head) {
		if (list_entry(it, struct item, link)->value % 2 == 0)
			list_remove(it);
	}
	check_order(&head, (int[]){1, 3, 5, 7, 9}, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(list__empty__has_no_ends),
	    cmocka_unit_test(list__append_and_insert__keep_order),
	    cmocka_unit_test(list__remove_twice__is_harmless),
	    cmocka_unit_test(list__each_safe__lets_the_body_remove_its_member),
	};

	return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
