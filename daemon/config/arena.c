#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "config/arena.h"

enum { CHUNK_SIZE = 8192 - 64 };

struct chunk {
	struct chunk *next;
	size_t used, size;
	_Alignas(max_align_t) char data[];
};

struct arena {
	_Alignas(max_align_t) struct chunk *chunks; /* the first one has room */
	bool failed;
	size_t shared; /* bytes of the mapping that the arena itself lies in; 0: none */
};

struct arena *arena_new(void)
{
	return sys_calloc(1, sizeof(struct arena));
}

struct arena *arena_new_shared(size_t size)
{
	struct arena *arena = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                           MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (arena == MAP_FAILED)
		return NULL;
	arena->shared = size;
	arena->chunks = (struct chunk *)(arena + 1);
	arena->chunks->size = size - sizeof(*arena) - sizeof(struct chunk);
	return arena;
}

void arena_free(struct arena **arena)
{
	if (!*arena)
		return;
	if ((*arena)->shared) {
		munmap(*arena, (*arena)->shared);
		*arena = NULL;
		return;
	}
	for (struct chunk *chunk = (*arena)->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(*arena);
	*arena = NULL;
}

bool arena_failed(const struct arena *arena)
{
	return arena->failed;
}

static struct chunk *chunk_add(struct arena *arena, size_t size)
{
	struct chunk *chunk;

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	chunk = arena->shared || size > SIZE_MAX / 2 ? NULL : sys_calloc(1, sizeof(*chunk) + size);
	if (!chunk) {
		arena->failed = true;
		return NULL;
	}
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

static void *take(struct arena *arena, size_t size, size_t align)
{
	struct chunk *chunk = arena->chunks;
	size_t at = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;

	if (!chunk || at > chunk->size || size > chunk->size - at) {
		chunk = chunk_add(arena, size);
		at = 0;
	}
	if (!chunk)
		return NULL;
	chunk->used = at + size;
	return chunk->data + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, _Alignof(max_align_t));
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 4 / size) {
		arena->failed = true;
		return NULL;
	}
	return arena_alloc(arena, count * size);
}

void *arena_room(struct arena *arena, void *array, size_t count, size_t *size, size_t each)
{
	size_t larger = *size ? 2 * *size : 4;
	void *copy;

	if (count < *size)
		return array;
	copy = arena_array(arena, larger, each);
	if (!copy)
		return NULL;
	if (count)
		memcpy(copy, array, count * each);
	*size = larger;
	return copy;
}

char *arena_bytes(struct arena *arena, const void *data, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	if (copy && len)
		memcpy(copy, data, len);
	return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
	return arena_bytes(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list ap, again;
	char *text = NULL;
	int len;

	va_start(ap, format);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, ap);
	if (len < 0)
		arena->failed = true;
	else
		text = take(arena, (size_t)len + 1, 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(ap);
	return text;
}
