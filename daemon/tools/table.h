/* tools/table.h - shows tables and fields of an answer (control/protocol.h).
 *
 * Columns are as wide as their widest cell; numbers stand at the right. Every
 * byte that is not printable ASCII, a tab or a newline comes out as \xNN, in
 * all forms, so that no answer can steer a terminal. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* body need not be NUL-terminated; errors stay in the stream (ferror(3)). */
void table_print(FILE *to, const char *body, size_t len, bool colour);
void fields_print(FILE *to, const char *body, size_t len, bool colour);

/* Text as it is, but for what is not printable; UTF-8 is left alone. */
void text_print(FILE *to, const char *body, size_t len);

#endif
