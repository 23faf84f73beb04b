/* html.h - text of others as HTML, and answers of usherd (ask.h) as tables.
 *
 * Nothing that goes in here can become markup, in an element or in a quoted attribute: what has a
 * meaning in HTML is escaped, and what is no printable ASCII comes out as "?". Pure. */
#ifndef HANDLERS_HTML_H
#define HANDLERS_HTML_H

#include <stddef.h>

#include "base/buf.h"

void html_text(struct buf *out, const char *text, size_t len);

/* Rows of cells with a tab between them, the first row the titles. Of the others so many are
 * shown, and how many more there are. */
void html_table(struct buf *out, const char *rows, size_t most);

/* Lines of a name, a tab and a value. */
void html_fields(struct buf *out, const char *lines);

#endif
