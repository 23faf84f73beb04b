#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/sys.h"

int heap_reserve(struct heap *heap, size_t size)
{
	size_t room = heap->size ? heap->size : 16;
	struct heap_node **node;

	if (size <= heap->size)
		return 0;
	while (room < size)
		room *= 2;
	node = sys_realloc(heap->node, (room + 1) * sizeof(struct heap_node *));
	if (!node)
		return -1;
	heap->node = node;
	heap->size = room;
	return 0;
}

void heap_free(struct heap *heap)
{
	free(heap->node);
	heap->node = NULL;
	heap->count = heap->size = 0;
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count ? heap->node[1] : NULL;
}

static void heap_put(struct heap *heap, size_t at, struct heap_node *node)
{
	heap->node[at] = node;
	node->at = at;
}

static void heap_up(struct heap *heap, struct heap_node *node)
{
	size_t at = node->at;

	while (at > 1 && heap->before(node, heap->node[at / 2])) {
		heap_put(heap, at, heap->node[at / 2]);
		at /= 2;
	}
	heap_put(heap, at, node);
}

static void heap_down(struct heap *heap, struct heap_node *node)
{
	size_t at = node->at;

	for (;;) {
		size_t child = at * 2;

		if (child > heap->count)
			break;
		if (child < heap->count && heap->before(heap->node[child + 1], heap->node[child]))
			child++;
		if (!heap->before(heap->node[child], node))
			break;
		heap_put(heap, at, heap->node[child]);
		at = child;
	}
	heap_put(heap, at, node);
}

void heap_add(struct heap *heap, struct heap_node *node)
{
	assert(node->at == 0 && heap->count < heap->size);
	heap_put(heap, ++heap->count, node);
	heap_up(heap, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
	size_t at = node->at;
	struct heap_node *last;

	if (at == 0)
		return;
	last = heap->node[heap->count--];
	node->at = 0;
	if (last == node)
		return;
	heap_put(heap, at, last);
	heap_moved(heap, last);
}

void heap_moved(struct heap *heap, struct heap_node *node)
{
	heap_up(heap, node);
	heap_down(heap, node);
}
