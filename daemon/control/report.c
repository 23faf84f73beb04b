#include "control/report.h"

#include <assert.h>
#include <stdio.h>

enum { DURATION_MAX = 48 };

void report_init(struct report *report, struct buf *out, bool as_json)
{
	*report = (struct report){.out = out, .json = JSON_INIT(out), .as_json = as_json};
}

/* Tabs, newlines and what steers a terminal must not come through. */
static void add_escaped(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p >= 0x20 && *p < 0x7f && *p != '\\')
			buf_addc(out, (char)*p);
		else
			buf_addf(out, "\\x%02x", *p);
	}
}

/* The two largest units: more would say nothing. */
static void format_duration(msec_t msec, char text[DURATION_MAX])
{
	long long sec = msec / 1000;

	if (msec < 1000)
		snprintf(text, DURATION_MAX, "%lldms", (long long)msec);
	else if (sec < 60)
		snprintf(text, DURATION_MAX, "%llds", sec);
	else if (sec < 3600)
		snprintf(text, DURATION_MAX, "%lldm%02llds", sec / 60, sec % 60);
	else if (sec < 86400)
		snprintf(text, DURATION_MAX, "%lldh%02lldm", sec / 3600, sec / 60 % 60);
	else
		snprintf(text, DURATION_MAX, "%lldd%02lldh", sec / 86400, sec / 3600 % 24);
}

/* Goes to the next column; true if it is to be written as a cell or a line,
 * whose beginning is written here. */
static bool begin_cell(struct report *report)
{
	const struct report_column *column = &report->column[report->at];

	assert(report->at < report->columns && !report->in_list);
	report->at++;
	if (!column->title)
		return false;
	if (report->fields)
		buf_addf(report->out, "%s\t", column->title);
	else if (report->cells)
		buf_addc(report->out, '\t');
	report->cells = true;
	return true;
}

static void end_cell(struct report *report)
{
	if (report->fields)
		buf_addc(report->out, '\n');
}

static void next_key(struct report *report)
{
	assert(report->at < report->columns && !report->in_list);
	json_key(&report->json, report->column[report->at++].key);
}

void report_table(struct report *report, const char *name, const struct report_column *column,
                  size_t columns)
{
	const char *tab = "";

	report->column = column;
	report->columns = columns;
	report->fields = false;
	if (report->as_json) {
		json_object(&report->json);
		json_key(&report->json, name);
		json_array(&report->json);
		return;
	}
	for (size_t i = 0; i < columns; i++) {
		if (!column[i].title)
			continue;
		buf_addf(report->out, "%s%s", tab, column[i].title);
		tab = "\t";
	}
	buf_addc(report->out, '\n');
}

void report_row(struct report *report)
{
	report->at = 0;
	report->cells = false;
	if (report->as_json)
		json_object(&report->json);
}

void report_row_end(struct report *report)
{
	assert(report->at == report->columns);
	if (report->as_json)
		json_object_end(&report->json);
	else
		buf_addc(report->out, '\n');
}

void report_table_end(struct report *report)
{
	if (!report->as_json)
		return;
	json_array_end(&report->json);
	json_object_end(&report->json);
	buf_addc(report->out, '\n');
}

void report_fields(struct report *report, const struct report_column *column, size_t columns)
{
	report->column = column;
	report->columns = columns;
	report->fields = true;
	report->at = 0;
	if (report->as_json)
		json_object(&report->json);
}

void report_fields_end(struct report *report)
{
	assert(report->at == report->columns);
	if (!report->as_json)
		return;
	json_object_end(&report->json);
	buf_addc(report->out, '\n');
}

void report_none(struct report *report)
{
	/* A key that is not there says it in JSON, and so does a missing line. */
	if (report->as_json || report->fields)
		report->at++;
	else if (begin_cell(report))
		buf_addc(report->out, '-');
}

void report_text(struct report *report, const char *text)
{
	if (!text || (!*text && !report->as_json)) {
		report_none(report);
	} else if (report->as_json) {
		next_key(report);
		json_string(&report->json, text);
	} else if (begin_cell(report)) {
		add_escaped(report->out, text);
		end_cell(report);
	}
}

void report_uint(struct report *report, uint64_t value)
{
	if (report->as_json) {
		next_key(report);
		json_uint(&report->json, value);
	} else if (begin_cell(report)) {
		buf_addf(report->out, "%llu", (unsigned long long)value);
		end_cell(report);
	}
}

void report_msec(struct report *report, msec_t msec)
{
	char text[DURATION_MAX];

	if (report->as_json) {
		next_key(report);
		json_int(&report->json, msec);
	} else if (begin_cell(report)) {
		format_duration(msec, text);
		buf_adds(report->out, text);
		end_cell(report);
	}
}

void report_list(struct report *report)
{
	if (report->as_json) {
		next_key(report);
		json_array(&report->json);
	} else {
		assert(report->column[report->at].title);
		begin_cell(report);
	}
	report->in_list = true;
	report->items = 0;
}

void report_item(struct report *report)
{
	report->members = 0;
	if (report->as_json)
		json_object(&report->json);
	else if (report->items > 0)
		buf_adds(report->out, ", ");
	report->items++;
}

/* "name (member, member" so far. */
static void begin_member(struct report *report)
{
	static const char *const before[] = {"", " (", ", "};

	buf_adds(report->out, before[report->members < 2 ? report->members : 2]);
	report->members++;
}

void report_member_text(struct report *report, const char *key, const char *text)
{
	if (report->as_json) {
		json_key(&report->json, key);
		json_string(&report->json, text);
	} else {
		begin_member(report);
		add_escaped(report->out, text);
	}
}

void report_member_msec(struct report *report, const char *key, const char *before, msec_t msec)
{
	char text[DURATION_MAX];

	if (report->as_json) {
		json_key(&report->json, key);
		json_int(&report->json, msec);
	} else {
		begin_member(report);
		format_duration(msec, text);
		buf_addf(report->out, "%s%s", before, text);
	}
}

void report_item_end(struct report *report)
{
	if (report->as_json)
		json_object_end(&report->json);
	else if (report->members > 1)
		buf_addc(report->out, ')');
}

void report_list_end(struct report *report)
{
	report->in_list = false;
	if (report->as_json) {
		json_array_end(&report->json);
		return;
	}
	if (report->items == 0)
		buf_addc(report->out, '-');
	end_cell(report);
}

void report_entries(struct report *report)
{
	assert(report->at < report->columns && !report->in_list && report->fields);
	if (report->as_json) {
		next_key(report);
		json_object(&report->json);
	} else {
		report->at++;
	}
	report->in_list = true;
	report->items = 0;
}

/* In fields "  name", with the column's own line before the first one. */
static void begin_entry(struct report *report, const char *name)
{
	if (report->as_json) {
		json_key(&report->json, name);
		return;
	}
	if (report->items++ == 0)
		buf_addf(report->out, "%s\n", report->column[report->at - 1].title);
	buf_addf(report->out, "  %s\t", name);
}

void report_entry_uint(struct report *report, const char *name, uint64_t value)
{
	begin_entry(report, name);
	if (report->as_json)
		json_uint(&report->json, value);
	else
		buf_addf(report->out, "%llu\n", (unsigned long long)value);
}

void report_entry_text(struct report *report, const char *name, const char *text)
{
	begin_entry(report, name);
	if (report->as_json) {
		json_string(&report->json, text);
		return;
	}
	add_escaped(report->out, text);
	buf_addc(report->out, '\n');
}

/* Quoted, for where one ends may matter: it may be empty, or have blanks. */
void report_entry_list(struct report *report, const char *name, const char *const *text,
                       size_t count)
{
	begin_entry(report, name);
	if (report->as_json)
		json_array(&report->json);
	for (size_t i = 0; i < count; i++) {
		if (report->as_json) {
			json_string(&report->json, text[i]);
			continue;
		}
		buf_adds(report->out, i ? ", \"" : "\"");
		add_escaped(report->out, text[i]);
		buf_addc(report->out, '"');
	}
	if (report->as_json)
		json_array_end(&report->json);
	else
		buf_addc(report->out, '\n');
}

void report_entries_end(struct report *report)
{
	report->in_list = false;
	if (report->as_json)
		json_object_end(&report->json);
}
