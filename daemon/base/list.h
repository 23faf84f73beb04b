/* base/list.h - doubly linked lists whose links live in the members.
 *
 * A head is a link that points at itself when the list is empty.  A link that
 * is in no list points at itself too, so list_remove() may be called twice.
 * Never allocates. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

#define LIST_INIT(head)          \
	{                        \
		&(head), &(head) \
	}

/* The member that holds this link. */
#define list_entry(link, type, field) ((type *)(void *)((char *)(link)-offsetof(type, field)))

#define list_each(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)

/* The body may remove `it`, and nothing else. */
#define list_each_safe(it, head)                                                  \
	for (struct list *it = (head)->next, *it##_next = it->next; it != (head); \
	     it = it##_next, it##_next = it->next)

static inline void list_init(struct list *link)
{
	link->prev = link->next = link;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_insert_before(struct list *at, struct list *link)
{
	link->prev = at->prev;
	link->next = at;
	at->prev->next = link;
	at->prev = link;
}

static inline void list_append(struct list *head, struct list *link)
{
	list_insert_before(head, link);
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

static inline struct list *list_first(const struct list *head)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it cannot see that a list gets shorter */
	return list_empty(head) ? NULL : head->next;
}

static inline struct list *list_last(const struct list *head)
{
	return list_empty(head) ? NULL : head->prev;
}

#endif
