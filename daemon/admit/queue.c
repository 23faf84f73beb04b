#include "admit/queue.h"

static struct source *turn_source(const struct heap_node *node)
{
	return heap_entry(node, struct source, by_turn);
}

static struct source *length_source(const struct heap_node *node)
{
	return heap_entry(node, struct source, by_length);
}

static bool goes_before(const struct heap_node *a, const struct heap_node *b)
{
	const struct source *x = turn_source(a), *y = turn_source(b);

	return x->running != y->running ? x->running < y->running : x->turn < y->turn;
}

static bool is_longer(const struct heap_node *a, const struct heap_node *b)
{
	return length_source(a)->waiting > length_source(b)->waiting;
}

void queue_init(struct queue *queue)
{
	*queue = (struct queue){.by_turn.before = goes_before,
	                        .by_turn_exempt.before = goes_before,
	                        .by_length.before = is_longer};
	list_init(&queue->arrival);
}

void queue_free(struct queue *queue)
{
	heap_free(&queue->by_turn);
	heap_free(&queue->by_turn_exempt);
	heap_free(&queue->by_length);
}

static struct heap *turn_heap(struct queue *queue, const struct source *source)
{
	return source->exempt ? &queue->by_turn_exempt : &queue->by_turn;
}

int queue_reserve(struct queue *queue, const struct source *source)
{
	/* It may change from one to the other, so that both have room for all. */
	size_t count = queue->by_length.count + (source->waiting == 0);

	if (heap_reserve(&queue->by_turn, count) < 0 ||
	    heap_reserve(&queue->by_turn_exempt, count) < 0)
		return -1;
	return heap_reserve(&queue->by_length, count);
}

static void queue_counted(struct queue *queue, struct source *source)
{
	if (source->waiting == 0) {
		heap_remove(turn_heap(queue, source), &source->by_turn);
		heap_remove(&queue->by_length, &source->by_length);
	} else if (source->by_turn.at == 0) {
		heap_add(turn_heap(queue, source), &source->by_turn);
		heap_add(&queue->by_length, &source->by_length);
	} else {
		heap_moved(&queue->by_length, &source->by_length);
	}
}

void queue_add(struct queue *queue, struct source *source, struct queue_node *node, msec_t now)
{
	/* Who comes anew does not overtake those who have waited for a turn. */
	if (source->waiting == 0)
		source->turn = ++queue->turns;
	node->source = source;
	node->since = now;
	list_append(&source->queue, &node->line);
	list_append(&queue->arrival, &node->arrival);
	source->waiting++;
	queue->count++;
	queue_counted(queue, source);
}

void queue_remove(struct queue *queue, struct queue_node *node)
{
	struct source *source = node->source;

	list_remove(&node->line);
	list_remove(&node->arrival);
	source->waiting--;
	queue->count--;
	queue_counted(queue, source);
}

struct queue_node *queue_next(const struct queue *queue, unsigned per_source)
{
	struct heap_node *first = heap_first(&queue->by_turn);
	struct heap_node *exempt = heap_first(&queue->by_turn_exempt);

	if (first && turn_source(first)->running >= per_source)
		first = NULL;
	if (!first || (exempt && goes_before(exempt, first)))
		first = exempt;
	return first ? list_entry(list_first(&turn_source(first)->queue), struct queue_node, line)
	             : NULL;
}

struct queue_node *queue_last_of_longest(const struct queue *queue)
{
	struct heap_node *first = heap_first(&queue->by_length);

	if (!first)
		return NULL;
	return list_entry(list_last(&length_source(first)->queue), struct queue_node, line);
}

struct queue_node *queue_oldest(const struct queue *queue)
{
	struct list *first = list_first(&queue->arrival);

	return first ? list_entry(first, struct queue_node, arrival) : NULL;
}

void queue_source_moved(struct queue *queue, struct source *source)
{
	if (source->by_turn.at)
		heap_moved(turn_heap(queue, source), &source->by_turn);
}

void queue_source_exempt(struct queue *queue, struct source *source, bool exempt)
{
	bool waits = source->by_turn.at != 0;

	if (source->exempt == exempt)
		return;
	if (waits)
		heap_remove(turn_heap(queue, source), &source->by_turn);
	source->exempt = exempt;
	if (waits)
		heap_add(turn_heap(queue, source), &source->by_turn);
}

void queue_source_served(struct queue *queue, struct source *source)
{
	source->turn = ++queue->turns;
	queue_source_moved(queue, source);
}
