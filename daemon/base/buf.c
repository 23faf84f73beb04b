#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

void buf_free(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = buf->size = 0;
	buf->failed = false;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

char *buf_reserve(struct buf *buf, size_t len)
{
	size_t need, size = buf->size ? buf->size : 256;
	char *data;

	if (buf->failed || len >= buf->max || buf->len >= buf->max - len) {
		buf->failed = true;
		return NULL;
	}
	need = buf->len + len + 1;
	while (size < need)
		size *= 2;
	if (size > buf->max)
		size = buf->max;
	if (size > buf->size) {
		data = sys_realloc(buf->data, size);
		if (!data) {
			buf->failed = true;
			return NULL;
		}
		buf->data = data;
		buf->size = size;
	}
	return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	char *to = buf_reserve(buf, len);

	if (!to)
		return;
	if (len)
		memcpy(to, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_addi(struct buf *buf, int64_t number)
{
	uint64_t n = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char text[24], *p = text + sizeof text;

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	if (number < 0)
		*--p = '-';
	buf_add(buf, p, (size_t)(text + sizeof text - p));
}

void buf_vaddf(struct buf *buf, const char *format, va_list ap)
{
	va_list again;
	char *to;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	to = len < 0 ? NULL : buf_reserve(buf, (size_t)len);
	if (!to) {
		buf->failed = true;
		return;
	}
	vsnprintf(to, (size_t)len + 1, format, ap);
	buf->len += (size_t)len;
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_vaddf(buf, format, ap);
	va_end(ap);
}

void buf_consume(struct buf *buf, size_t len)
{
	if (len == 0)
		return;
	if (len >= buf->len) {
		buf->len = 0;
	} else {
		memmove(buf->data, buf->data + len, buf->len - len);
		buf->len -= len;
	}
	buf->data[buf->len] = '\0';
}
