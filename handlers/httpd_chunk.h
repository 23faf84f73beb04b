/* httpd_chunk.h - takes the chunked coding off a body (RFC 9112, 7.1).
 *
 * Begins zeroed. Fed with what comes, in pieces of any size; stores nothing of it. Strict: sizes
 * are 1 to 15 hexadecimal digits, extensions are visible characters and space, lines end in CR LF,
 * and the sizes' lines and the trailer have bounds. Trailer fields are looked at and forgotten.
 * Pure. */
#ifndef HANDLERS_HTTPD_CHUNK_H
#define HANDLERS_HTTPD_CHUNK_H

#include <stddef.h>
#include <stdint.h>

enum {
	HTTPD_CHUNK_LINE_MAX = 256,    /* a size with its extensions */
	HTTPD_CHUNK_TRAILER_MAX = 4096 /* all trailer fields */
};

enum httpd_chunk_state {
	HTTPD_CHUNK_SIZE,
	HTTPD_CHUNK_EXTENSION,
	HTTPD_CHUNK_SIZE_LF,
	HTTPD_CHUNK_DATA,
	HTTPD_CHUNK_CR,
	HTTPD_CHUNK_LF,
	HTTPD_CHUNK_TRAILER, /* at the start of one of its lines */
	HTTPD_CHUNK_TRAILER_NAME,
	HTTPD_CHUNK_TRAILER_VALUE,
	HTTPD_CHUNK_TRAILER_LF,
	HTTPD_CHUNK_LAST_LF,
	HTTPD_CHUNK_END,
	HTTPD_CHUNK_BAD
};

struct httpd_chunk {
	enum httpd_chunk_state state;
	uint64_t left; /* of the chunk's data; the size while it is read */
	unsigned int digits;
	size_t line; /* bytes of this line, or of the trailer */
};

/* Looks at data[0..len) and returns how much of it is used up. *body and *body_len: the data in it,
 * one piece, perhaps empty. Goes on until it has a piece of data, or all is used up, or the state
 * is HTTPD_CHUNK_END (not a byte beyond is used) or HTTPD_CHUNK_BAD. */
size_t httpd_chunk_feed(struct httpd_chunk *chunk, const char *data, size_t len, const char **body,
                        size_t *body_len);

#endif
