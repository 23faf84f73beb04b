/* config/arena.h - memory that is freed all at once.
 *
 * A model and everything that it points at lives in one arena.  Nothing in it
 * is freed alone.  When memory runs out an arena hands out NULL and remembers
 * it, so that a builder may go on carefully and ask once: arena_failed(). */
#ifndef CONFIG_ARENA_H
#define CONFIG_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);

/* One whose memory is shared with the children that are forked after, at the
 * same addresses: what a child puts in, its parent can use. It cannot grow past
 * the size, of which only what is used takes memory. */
struct arena *arena_new_shared(size_t size);
void arena_free(struct arena **arena); /* accepts NULL, clears the pointer */
bool arena_failed(const struct arena *arena);

/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Room for one more in an array of `count` members: the array itself, or a copy
 * of twice the size. NULL, leaving *size alone, when memory runs out. */
void *arena_room(struct arena *arena, void *array, size_t count, size_t *size, size_t each);
char *arena_bytes(struct arena *arena, const void *data, size_t len); /* a NUL is added */
char *arena_text(struct arena *arena, const char *text);
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
