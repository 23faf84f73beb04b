/* base/heap.h: the first is always the least, whatever was done. */
#include "base/heap.h"
#include "unit/test.h"

enum { NODES = 300 };

struct item {
	int value;
	struct heap_node node;
};

static bool item_before(const struct heap_node *a, const struct heap_node *b)
{
	return heap_entry(a, struct item, node)->value < heap_entry(b, struct item, node)->value;
}

static int least(const struct item *item)
{
	int value = INT32_MAX;

	for (int i = 0; i < NODES; i++)
		if (item[i].node.at && item[i].value < value)
			value = item[i].value;
	return value;
}

static void heap__empty__has_no_first(void **state)
{
	struct heap heap = {.before = item_before};
	struct item item = {1, {0}};

	(void)state;
	assert_null(heap_first(&heap));
	heap_remove(&heap, &item.node);
	assert_int_equal(heap_reserve(&heap, 0), 0);
	heap_free(&heap);
	heap_free(&heap);
}

static void heap__reserve__never_loses_what_is_in(void **state)
{
	struct heap heap = {.before = item_before};
	struct item item[NODES];

	(void)state;
	for (int i = 0; i < NODES; i++) {
		item[i] = (struct item){NODES - i, {0}};
		assert_int_equal(heap_reserve(&heap, (size_t)i + 1), 0);
		heap_add(&heap, &item[i].node);
		assert_ptr_equal(heap_first(&heap), &item[i].node);
	}
	assert_int_equal(heap.count, NODES);
	heap_free(&heap);
}

static void heap__taken_out_one_by_one__comes_sorted(void **state)
{
	struct heap heap = {.before = item_before};
	struct item item[NODES];
	uint64_t seed = 6;
	int last = -1;

	(void)state;
	assert_int_equal(heap_reserve(&heap, NODES), 0);
	for (int i = 0; i < NODES; i++) {
		item[i] = (struct item){(int)(test_random(&seed) % 100), {0}};
		heap_add(&heap, &item[i].node);
	}
	for (int i = 0; i < NODES; i++) {
		struct item *first = heap_entry(heap_first(&heap), struct item, node);

		assert_true(first->value >= last);
		last = first->value;
		heap_remove(&heap, &first->node);
		heap_remove(&heap, &first->node);
		assert_int_equal(first->node.at, 0);
	}
	assert_null(heap_first(&heap));
	heap_free(&heap);
}

static void heap__any_sequence__keeps_the_least_in_front(void **state)
{
	struct heap heap = {.before = item_before};
	struct item item[NODES];
	uint64_t seed = 7;

	(void)state;
	memset(item, 0, sizeof item);
	assert_int_equal(heap_reserve(&heap, NODES), 0);
	for (int i = 0; i < 20000; i++) {
		struct item *it = &item[test_random(&seed) % NODES];
		int value = (int)(test_random(&seed) % 1000);

		if (!it->node.at) {
			it->value = value;
			heap_add(&heap, &it->node);
		} else if (test_random(&seed) % 2) {
			it->value = value;
			heap_moved(&heap, &it->node);
		} else {
			heap_remove(&heap, &it->node);
		}
		if (heap.count)
			assert_int_equal(heap_entry(heap_first(&heap), struct item, node)->value,
			                 least(item));
	}
	heap_free(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heap__empty__has_no_first),
	    cmocka_unit_test(heap__reserve__never_loses_what_is_in),
	    cmocka_unit_test(heap__taken_out_one_by_one__comes_sorted),
	    cmocka_unit_test(heap__any_sequence__keeps_the_least_in_front),
	};

	return cmocka_run_group_tests_name("base/heap", tests, NULL, NULL);
}
