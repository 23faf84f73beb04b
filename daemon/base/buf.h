/* base/buf.h - text that grows, up to a bound.
 *
 * A buf that could not take something (bound or memory) keeps what it had and
 * remembers that it failed, so callers may append on and ask once at the end.
 * Its data is always NUL-terminated once something was appended. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;  /* without the NUL */
	size_t size; /* allocated */
	size_t max;  /* never grows past this many bytes, NUL included */
	bool failed; /* something did not fit */
};

#define BUF_INIT(max_bytes)                    \
	{                                      \
		NULL, 0, 0, (max_bytes), false \
	}

void buf_free(struct buf *buf);
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_add(struct buf *buf, const void *data, size_t len);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
void buf_addi(struct buf *buf, int64_t number); /* in decimal */
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vaddf(struct buf *buf, const char *format, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Makes room for len more bytes and returns where they go, or NULL. The caller
 * writes at most len bytes there and then adds what it wrote to buf->len. */
char *buf_reserve(struct buf *buf, size_t len);

/* Drops the first len bytes. */
void buf_consume(struct buf *buf, size_t len);

#endif
