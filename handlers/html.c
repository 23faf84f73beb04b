#include "html.h"

#include <string.h>

void html_text(struct buf *out, const char *text, size_t len)
{
	static const char meaning[] = "&<>\"'";
	static const char *const escaped[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	for (size_t i = 0; i < len; i++) {
		const char *special = text[i] ? strchr(meaning, text[i]) : NULL;

		if (special)
			buf_adds(out, escaped[special - meaning]);
		else
			buf_addc(out, text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?');
	}
}

/* The line at *at, which then is where the next one begins. NULL: there is none. */
static const char *next_line(const char **at, size_t *len)
{
	const char *line = *at;

	if (*line == '\0')
		return NULL;
	*len = strcspn(line, "\n");
	*at = line + *len + (line[*len] == '\n');
	return line;
}

static void add_row(struct buf *out, const char *tag, const char *line, size_t len)
{
	const char *end = line + len;

	buf_adds(out, "<tr>");
	while (line <= end) {
		const char *tab = memchr(line, '\t', (size_t)(end - line));
		const char *stop = tab ? tab : end;

		buf_addf(out, "<%s>", tag);
		html_text(out, line, (size_t)(stop - line));
		buf_addf(out, "</%s>", tag);
		line = stop + 1;
	}
	buf_adds(out, "</tr>\n");
}

void html_table(struct buf *out, const char *rows, size_t most)
{
	size_t len, count = 0, more = 0;
	const char *line = next_line(&rows, &len);

	buf_adds(out, "<table>\n<thead>\n");
	if (line)
		add_row(out, "th", line, len);
	buf_adds(out, "</thead>\n<tbody>\n");
	while ((line = next_line(&rows, &len))) {
		if (count++ < most)
			add_row(out, "td", line, len);
		else
			more++;
	}
	buf_adds(out, "</tbody>\n</table>\n");
	if (count == 0)
		buf_adds(out, "<p class=\"empty\">None.</p>\n");
	if (more)
		buf_addf(out, "<p class=\"empty\">And %zu more.</p>\n", more);
}

void html_fields(struct buf *out, const char *lines)
{
	const char *line;
	size_t len;

	buf_adds(out, "<dl>\n");
	while ((line = next_line(&lines, &len))) {
		const char *tab = memchr(line, '\t', len);
		size_t name = tab ? (size_t)(tab - line) : len;

		buf_adds(out, "<dt>");
		html_text(out, line, name);
		buf_adds(out, "</dt><dd>");
		if (tab)
			html_text(out, tab + 1, len - name - 1);
		buf_adds(out, "</dd>\n");
	}
	buf_adds(out, "</dl>\n");
}
