#include "httpd_chunk.h"

#include <string.h>

enum { DIGITS_MAX = 15 };

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum httpd_chunk_state in_size(struct httpd_chunk *chunk, char c)
{
	int digit = digit_of(c);

	if (digit >= 0) {
		if (++chunk->digits > DIGITS_MAX)
			return HTTPD_CHUNK_BAD;
		chunk->left = chunk->left * 16 + (unsigned int)digit;
		return HTTPD_CHUNK_SIZE;
	}
	if (chunk->digits == 0)
		return HTTPD_CHUNK_BAD;
	if (c == '\r')
		return HTTPD_CHUNK_SIZE_LF;
	return c == ';' ? HTTPD_CHUNK_EXTENSION : HTTPD_CHUNK_BAD;
}

static enum httpd_chunk_state in_extension(char c)
{
	if (c == '\r')
		return HTTPD_CHUNK_SIZE_LF;
	return (c >= ' ' && c < 0x7f) || c == '\t' ? HTTPD_CHUNK_EXTENSION : HTTPD_CHUNK_BAD;
}

static enum httpd_chunk_state after_size(struct httpd_chunk *chunk)
{
	chunk->digits = 0;
	chunk->line = 0;
	return chunk->left ? HTTPD_CHUNK_DATA : HTTPD_CHUNK_TRAILER;
}

static enum httpd_chunk_state in_name(char c)
{
	if (c == ':')
		return HTTPD_CHUNK_TRAILER_VALUE;
	return c > ' ' && c < 0x7f && !strchr("\"(),/;<=>?@[\\]{}", c) ? HTTPD_CHUNK_TRAILER_NAME
	                                                               : HTTPD_CHUNK_BAD;
}

static enum httpd_chunk_state in_value(char c)
{
	if (c == '\r')
		return HTTPD_CHUNK_TRAILER_LF;
	return (unsigned char)c >= ' ' || c == '\t'
	           ? c == 0x7f ? HTTPD_CHUNK_BAD : HTTPD_CHUNK_TRAILER_VALUE
	           : HTTPD_CHUNK_BAD;
}

static enum httpd_chunk_state only(char c, char wanted, enum httpd_chunk_state next)
{
	return c == wanted ? next : HTTPD_CHUNK_BAD;
}

/* One byte that is no data. */
static enum httpd_chunk_state step(struct httpd_chunk *chunk, char c)
{
	switch (chunk->state) {
	case HTTPD_CHUNK_SIZE:
		return in_size(chunk, c);
	case HTTPD_CHUNK_EXTENSION:
		return in_extension(c);
	case HTTPD_CHUNK_SIZE_LF:
		return c == '\n' ? after_size(chunk) : HTTPD_CHUNK_BAD;
	case HTTPD_CHUNK_CR:
		return only(c, '\r', HTTPD_CHUNK_LF);
	case HTTPD_CHUNK_LF:
		chunk->line = 0;
		return only(c, '\n', HTTPD_CHUNK_SIZE);
	case HTTPD_CHUNK_TRAILER:
		return c == '\r' ? HTTPD_CHUNK_LAST_LF : c == ':' ? HTTPD_CHUNK_BAD : in_name(c);
	case HTTPD_CHUNK_TRAILER_NAME:
		return in_name(c);
	case HTTPD_CHUNK_TRAILER_VALUE:
		return in_value(c);
	case HTTPD_CHUNK_TRAILER_LF:
		return only(c, '\n', HTTPD_CHUNK_TRAILER);
	case HTTPD_CHUNK_LAST_LF:
		return only(c, '\n', HTTPD_CHUNK_END);
	case HTTPD_CHUNK_DATA:
	case HTTPD_CHUNK_END:
	case HTTPD_CHUNK_BAD:
		break;
	}
	return HTTPD_CHUNK_BAD;
}

static size_t line_max(enum httpd_chunk_state state)
{
	return state >= HTTPD_CHUNK_TRAILER ? HTTPD_CHUNK_TRAILER_MAX : HTTPD_CHUNK_LINE_MAX;
}

size_t httpd_chunk_feed(struct httpd_chunk *chunk, const char *data, size_t len, const char **body,
                        size_t *body_len)
{
	size_t at = 0;

	*body = data;
	*body_len = 0;
	while (at < len && chunk->state < HTTPD_CHUNK_END) {
		if (chunk->state == HTTPD_CHUNK_DATA) {
			*body = data + at;
			*body_len = len - at < chunk->left ? len - at : (size_t)chunk->left;
			chunk->left -= *body_len;
			if (chunk->left == 0)
				chunk->state = HTTPD_CHUNK_CR;
			return at + *body_len;
		}
		chunk->state = step(chunk, data[at++]);
		if (++chunk->line > line_max(chunk->state) && chunk->state != HTTPD_CHUNK_END)
			chunk->state = HTTPD_CHUNK_BAD;
	}
	return at;
}
