/* base/heap.h - a binary heap of nodes that live in their owners.
 *
 * The first node is one that no other node comes before. Adding, removing and
 * moving cost the logarithm of the count. Memory grows only in heap_reserve(),
 * so that an owner can fail early and the rest cannot fail at all. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
	size_t at; /* place in the heap from 1; 0: in none */
};

struct heap {
	bool (*before)(const struct heap_node *a, const struct heap_node *b);
	struct heap_node **node; /* node[1] is the first */
	size_t count;
	size_t size; /* nodes for which there is room */
};

#define heap_entry(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

/* Makes room for `size` nodes in all. Fails with ENOMEM, changing nothing. */
int heap_reserve(struct heap *heap, size_t size);
void heap_free(struct heap *heap);

struct heap_node *heap_first(const struct heap *heap);
void heap_add(struct heap *heap, struct heap_node *node);    /* needs room */
void heap_remove(struct heap *heap, struct heap_node *node); /* if it is in */

/* To be called when what `before` looks at has changed in a node that is in. */
void heap_moved(struct heap *heap, struct heap_node *node);

#endif
