/* control/report.h - one walk over the data, written as a table or as JSON.
 *
 * A report is a table of rows, or the fields of one thing. Whoever writes it
 * gives the columns first and then each row's values in their order, and does
 * not know which of the two comes out:
 *
 *     table    titles, then rows: cells with a tab between them
 *     fields   lines of a title, a tab and the value
 *     JSON     {"services":[{"service":"x", ...}, ...]}, or {"pid":1, ...}
 *
 * A value may be a list of items, each an item of members: in JSON an array of
 * objects; in a table "a (b, c), d". It may also be entries, each a name with a
 * number or with texts: in JSON an object; of fields a line for each, indented
 * below that of the column, or nothing where there are none. Text is any bytes (control/protocol.h
 * tells how they are escaped). Writes to a buf, which may be emptied between rows; whether all did
 * fit is to be asked there. */
#ifndef CONTROL_REPORT_H
#define CONTROL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

struct report_column {
	const char *key;   /* in JSON */
	const char *title; /* elsewhere; NULL: only in JSON */
};

struct report {
	struct buf *out;
	struct json json;
	bool as_json;
	bool fields;
	const struct report_column *column;
	size_t columns, at; /* at: the column whose value is next */
	bool cells;         /* this row has some already */
	bool in_list;
	size_t items, members; /* of the list, of the item */
};

void report_init(struct report *report, struct buf *out, bool as_json);

/* name is the key of the rows' array in JSON. */
void report_table(struct report *report, const char *name, const struct report_column *column,
                  size_t columns);
void report_row(struct report *report);
void report_row_end(struct report *report);
void report_table_end(struct report *report);

void report_fields(struct report *report, const struct report_column *column, size_t columns);
void report_fields_end(struct report *report);

/* The next column's value. NULL: there is none, as with report_none(). */
void report_text(struct report *report, const char *text);
void report_uint(struct report *report, uint64_t value);
void report_msec(struct report *report, msec_t msec); /* "4m10s"; a number in JSON */
void report_none(struct report *report);

/* The next column's value is a list. The first member of an item is its name;
 * `before` stands before the duration in a table. */
void report_list(struct report *report);
void report_item(struct report *report);
void report_member_text(struct report *report, const char *key, const char *text);
void report_member_msec(struct report *report, const char *key, const char *before, msec_t msec);
void report_item_end(struct report *report);
void report_list_end(struct report *report);

/* The next column's value is entries; of fields only. */
void report_entries(struct report *report);
void report_entry_uint(struct report *report, const char *name, uint64_t value);
void report_entry_text(struct report *report, const char *name, const char *text);
void report_entry_list(struct report *report, const char *name, const char *const *text,
                       size_t count);
void report_entries_end(struct report *report);

#endif
