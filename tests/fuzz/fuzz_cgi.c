/* The head that a CGI script writes: its end is where it is whatever the pieces, and what is taken
 * can be sent to a client without becoming another message. */
#include "../../handlers/cgi_head.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* The end as one finds it line by line. */
static size_t find_end(const char *data, size_t size)
{
	size_t at = 0;

	for (;;) {
		const char *newline = size > at ? memchr(data + at, '\n', size - at) : NULL;
		size_t line = newline ? (size_t)(newline - data) - at : 0;

		if (!newline)
			return 0;
		if (line == 0 || (line == 1 && data[at] == '\r'))
			return at + line + 1;
		at += line + 1;
	}
}

static void check_text(const char *text, const char *from, size_t size)
{
	check(text >= from && text < from + size);
	check(memchr(text, '\0', size - (size_t)(text - from)) != NULL);
	for (; *text; text++)
		check((unsigned char)*text >= ' ' ? *text != 0x7f : *text == '\t');
}

static void check_taken(const struct cgi_head *head, const char *from, size_t size)
{
	check(head->status >= 200 && head->status <= 599);
	check(head->length >= -1);
	check(head->count <= CGI_HEAD_FIELDS_MAX);
	check((head->kind == CGI_LOCAL) == (head->local != NULL));
	if (head->local) {
		check_text(head->local, from, size);
		check(head->local[0] == '/' && !strpbrk(head->local, " \t"));
	}
	for (size_t i = 0; i < head->count; i++) {
		const struct cgi_field *field = &head->fields[i];

		if (strcmp(field->name, "Location") != 0)
			check_text(field->name, from, size);
		check_text(field->value, from, size);
		check(*field->name && !strpbrk(field->name, " \t:\"(),/;<=>?@[\\]{}"));
		check(strcasecmp(field->name, "Content-Length") != 0 &&
		      strcasecmp(field->name, "Transfer-Encoding") != 0 &&
		      strcasecmp(field->name, "Connection") != 0 &&
		      strcasecmp(field->name, "Status") != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cgi_head head;
	size_t end, pieces = 0;
	char *copy;

	if (size > CGI_HEAD_MAX)
		return 0;
	copy = malloc(size ? size : 1);
	check(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	end = cgi_head_end(copy, size, 0);
	check(end == find_end(copy, size));
	for (size_t seen = 0; seen < size && pieces == 0; seen++)
		pieces = cgi_head_end(copy, seen + 1, seen);
	check(pieces == end);
	if (end > 0) {
		/* Exactly the head, so that a sanitizer sees a step too far. */
		copy = realloc(copy, end);
		check(copy != NULL);
		if (cgi_head_parse(copy, end, &head))
			check_taken(&head, copy, end);
		else
			check(head.why != NULL);
	}
	free(copy);
	return 0;
}
