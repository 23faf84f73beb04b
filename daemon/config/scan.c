#include <stdlib.h>
#include <string.h>

#include "config/scanner.h"
#include "config/suggest.h"

static void unexpected(struct scanner *scanner, const struct token *token)
{
	char text[QUOTED_MAX];

	scanner->current->damaged = true;
	token_quote(token, text);
	if (token->line != scanner->value_line)
		scanner_error(scanner, NULL, token->line, "unexpected %s", text);
	else if (token->kind == LEX_COMMA)
		scanner_error(scanner, NULL, token->line,
		              "unexpected comma (several values are written {a, b})");
	else
		scanner_error(
		    scanner, NULL, token->line,
		    "unexpected %s after the value (a value with blanks must stand in quotes)",
		    text);
	scanner_skip(scanner, token->line);
}

/* ---- options and their values ---- */

static void offer_options(struct suggest *suggest, enum schema_section kind)
{
	size_t count;
	const struct schema_option *options = schema_options(kind, &count);

	for (size_t i = 0; i < count; i++)
		suggest_offer(suggest, options[i].name);
}

static void unknown_option(struct scanner *scanner, const struct token *name, const char *quoted)
{
	enum schema_section kind = scanner->current->kind;
	struct suggest suggest = SUGGEST_INIT(name->text, name->len);

	scanner->current->damaged = true;
	offer_options(&suggest, kind);
	if (name->len == 7 && memcmp(name->text, "include", 7) == 0)
		scanner_error(scanner, quoted, name->line, "is written include(\"file\")");
	else if (kind == SCHEMA_TOP && schema_find(SCHEMA_SERVICE, name->text, name->len))
		scanner_error(
		    scanner, quoted, name->line,
		    "is an option of services (put it into defaults { } or service \"name\" { })");
	else if (kind > SCHEMA_LOG && schema_find(SCHEMA_TOP, name->text, name->len))
		scanner_error(scanner, quoted, name->line, "stands outside of all sections");
	else if (suggest.best)
		scanner_error(scanner, quoted, name->line, "unknown option (did you mean \"%s\"?)",
		              suggest.best);
	else
		scanner_error(scanner, quoted, name->line, "unknown option");
}

/* A second `=` would silently win over the first one. */
static bool may_be_set(struct scanner *scanner, const struct schema_option *option, bool append,
                       unsigned line)
{
	const struct setting *old = section_find(scanner->current, option->name);

	if (append && option->type != SCHEMA_LIST) {
		scanner_error(scanner, option->name, line,
		              "takes one value (write = instead of +=)");
		return false;
	}
	if (!old || append)
		return true;
	if (old->where.file == scanner->input->name)
		scanner_error(scanner, option->name, line, "is set already (on line %u)",
		              old->where.line);
	else
		scanner_error(scanner, option->name, line, "is set already (at %s:%u)",
		              old->where.file, old->where.line);
	return false;
}

static void set_option(struct scanner *scanner, const struct schema_option *option, bool append,
                       bool good, unsigned line)
{
	struct conf_where where = scanner_where(scanner, line);
	struct setting *setting = section_find(scanner->current, option->name);

	if (!setting) {
		setting = section_add(scanner->reader, scanner->current, option, &where);
		if (setting)
			setting->append = append;
	}
	if (!setting)
		return;
	if (good)
		scanner_emit(scanner, option, append, &where);
	else
		setting->bad = true;
}

static void option_statement(struct scanner *scanner, const struct token *name)
{
	const struct schema_option *option =
	    schema_find(scanner->current->kind, name->text, name->len);
	struct token op;
	char quoted[QUOTED_MAX];
	bool good, append;

	lex_next(&scanner->lex, &op);
	append = op.kind == LEX_APPEND;
	token_quote(name, quoted);
	if (!option) {
		unknown_option(scanner, name, quoted);
		scanner_take_values(scanner, quoted, NULL, name->line);
		scanner_skip_value(scanner);
		return;
	}
	good = may_be_set(scanner, option, append, name->line);
	good = scanner_take_values(scanner, quoted, option, name->line) && good;
	if (!good)
		scanner_skip_value(scanner);
	set_option(scanner, option, append, good, name->line);
}

/* ---- name(...) ---- */

static void scan_input(struct scan *scan, const struct input *input);

static void include(struct scanner *scanner, unsigned line)
{
	struct conf_where where = scanner_where(scanner, line);
	struct scan *scan = scanner->scan;

	for (size_t i = 0; i < scanner->items; i++) {
		const char *pattern = scanner_plain_text(scanner, &scanner->item[i]);
		const char *const *paths;

		if (!pattern || !*pattern || scanner->reader->no_files) {
			scanner_error(scanner, "include", line,
			              pattern && *pattern
			                  ? "is not possible here"
			                  : "the name must be plain text in quotes");
			continue;
		}
		paths =
		    input_match(scanner->reader, &scan->inputs, scanner->input, pattern, &where);
		for (; *paths; paths++)
			scan_input(scan, input_open(scanner->reader, &scan->inputs, *paths,
			                            scanner->input, &where));
	}
}

static void call_statement(struct scanner *scanner, const struct token *name)
{
	const struct schema_option *option =
	    schema_find(scanner->current->kind, name->text, name->len);
	bool is_include = name->len == 7 && memcmp(name->text, "include", 7) == 0;
	char quoted[QUOTED_MAX];

	token_quote(name, quoted);
	if (is_include && scanner_at_margin(scanner, name))
		scanner_leave_section(scanner);
	if (is_include && !scanner_is_top(scanner)) {
		scanner_error(scanner, quoted, name->line, "stands outside of all sections");
		scanner_skip(scanner, name->line);
	} else if (is_include) {
		if (scanner_take_arguments(scanner, quoted, name->line))
			include(scanner, name->line);
	} else if (option && strcmp(option->name, "use") == 0) {
		set_option(scanner, option, true,
		           scanner_take_arguments(scanner, quoted, name->line), name->line);
	} else {
		scanner_error(scanner, NULL, name->line, "unexpected ( after %s (write %s = value)",
		              quoted, quoted);
		scanner_skip(scanner, name->line);
	}
}

/* ---- statements ---- */

/* service "x {, where the end of the name is missing. */
static bool opens_section(const struct token *name, const struct token *title)
{
	return title->open && memchr(title->text, '{', title->len) &&
	       schema_section_find(name->text, name->len) != SCHEMA_TOP;
}

static void named_statement(struct scanner *scanner, const struct token *name)
{
	struct token after, behind;
	struct lex ahead = scanner->lex;
	char quoted[QUOTED_MAX];

	lex_next(&ahead, &after);
	lex_next(&ahead, &behind);
	if (after.kind == LEX_EQUALS || after.kind == LEX_APPEND) {
		option_statement(scanner, name);
	} else if (after.kind == LEX_PAREN) {
		call_statement(scanner, name);
	} else if (after.kind == LEX_OPEN) {
		scanner_open_section(scanner, name, NULL);
	} else if ((after.kind == LEX_STRING || after.kind == LEX_WORD) &&
	           after.line == name->line &&
	           (behind.kind == LEX_OPEN || opens_section(name, &after))) {
		scanner_open_section(scanner, name, &after);
	} else if (name->line == scanner->value_line) {
		unexpected(scanner, name);
	} else {
		scanner->current->damaged = true;
		scanner_error(scanner, token_quote(name, quoted), name->line, "'=' is missing");
		scanner_skip(scanner, name->line);
	}
}

static bool statement(struct scanner *scanner)
{
	struct token token;

	lex_next(&scanner->lex, &token);
	if (token.kind == LEX_END)
		return false;
	if (token.kind == LEX_CLOSE) {
		scanner_close_section(scanner, &token);
	} else if (token.kind == LEX_WORD && !token.fault) {
		named_statement(scanner, &token);
	} else if (token.fault && token.line != scanner->value_line) {
		scanner_error(scanner, NULL, token.line, "%s", token.fault);
		scanner_skip(scanner, token.line);
	} else {
		if (token.kind == LEX_OPEN)
			scanner->lex.at--; /* skipped with all that it holds */
		unexpected(scanner, &token);
	}
	return true;
}

static void scan_input(struct scan *scan, const struct input *input)
{
	struct scanner scanner = {.scan = scan, .reader = scan->reader, .input = input};

	if (!input)
		return;
	scanner.current = scan->section[0];
	scanner.lex = (struct lex){.at = input->text,
	                           .end = input->text + input->len,
	                           .line = 1,
	                           .arena = scan->reader->scratch};
	while (scan->reader->problems->count <= PROBLEMS_MAX && statement(&scanner))
		;
	if (scanner.lex.open_comment) {
		scanner.current->damaged = true;
		scanner_error(&scanner, NULL, scanner.lex.open_comment,
		              "the comment is not closed (*/ is missing)");
	}
	scanner.lost_brace = scanner.lost_brace || scanner.lex.open_comment || input->cut;
	if (!scanner_is_top(&scanner))
		scanner_not_closed(&scanner);
}

/* ---- the whole ---- */

static int compare_titles(const void *a, const void *b)
{
	const struct section *one = *(struct section *const *)a,
			     *other = *(struct section *const *)b;
	int order = (int)one->kind - (int)other->kind;

	return order ? order : strcmp(one->title, other->title);
}

static int compare_sections(const void *a, const void *b)
{
	const struct section *one = *(struct section *const *)a,
			     *other = *(struct section *const *)b;
	int order = compare_titles(a, b);

	return order ? order : one->place < other->place ? -1 : one->place > other->place;
}

static void report_twice(const struct scan *scan, const struct section *section,
                         const struct section *first)
{
	const char *what = schema_section_titled(section->kind) ? "this name is taken"
	                                                        : "this section may stand once";

	if (first->where.file == section->where.file)
		section_error(scan->reader, section, NULL, &section->where, "%s (first on line %u)",
		              what, first->where.line);
	else
		section_error(scan->reader, section, NULL, &section->where, "%s (first at %s:%u)",
		              what, first->where.file, first->where.line);
}

/* All but the first of a name are reported. */
static void check_titles(struct scan *scan)
{
	size_t count = 0;
	const struct section *first = NULL;
	struct section **sorted =
	    arena_array(scan->reader->scratch, scan->count, sizeof(struct section *));

	if (!sorted)
		return;
	for (size_t i = 0; i < scan->count; i++) {
		if (!scan->section[i]->unusable)
			sorted[count++] = scan->section[i];
	}
	qsort(sorted, count, sizeof(struct section *), compare_sections);
	for (size_t i = 0; i < count; i++) {
		if (!first || compare_titles(&first, &sorted[i]) != 0)
			first = sorted[i];
		else
			report_twice(scan, sorted[i], first);
	}
}

static void begin(struct scan *scan, struct reader *reader)
{
	static const struct conf_where nowhere;

	*scan = (struct scan){.reader = reader};
	scan_add_section(scan, SCHEMA_TOP, "", &nowhere);
}

void scan_file(struct scan *scan, struct reader *reader, const char *file)
{
	struct conf_where whole = {file, 0};

	begin(scan, reader);
	if (!scan->count)
		return;
	scan_input(scan, input_open(reader, &scan->inputs, file, NULL, &whole));
	check_titles(scan);
}

void scan_text(struct scan *scan, struct reader *reader, const char *name, const char *text,
               size_t len)
{
	begin(scan, reader);
	if (!scan->count)
		return;
	scan_input(scan, input_from_text(reader, &scan->inputs, name, text, len));
	check_titles(scan);
}

void scan_free(struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		buf_free(&scan->section[i]->text);
	scan->count = 0;
}

struct section *scan_find(const struct scan *scan, enum schema_section kind, const char *title)
{
	for (size_t i = 0; i < scan->count; i++) {
		struct section *section = scan->section[i];

		if (section->kind == kind && !section->unusable &&
		    (!title || strcmp(section->title, title) == 0))
			return section;
	}
	return NULL;
}
