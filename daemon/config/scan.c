#include <stdlib.h>
#include <string.h>

#include "config/lex.h"
#include "config/scan.h"
#include "config/suggest.h"

/* One file that is being scanned. */
struct scanner {
	struct scan *scan;
	struct reader *reader;
	const struct input *input;
	struct lex lex;
	struct section *current; /* statements belong to it; scan->section[0] outside of all */
	unsigned value_line; /* where the last value ended: what follows there is no statement */
	bool lost_end;       /* an unclosed brace was reported: the end says nothing new */
	struct token *item;  /* values of the statement in hand */
	size_t items, items_size;
};

enum { TEXT_MAX = 4 * INPUT_TOTAL_MAX };

static struct conf_where where_of(const struct scanner *scanner, unsigned line)
{
	return (struct conf_where){scanner->input->name, line};
}

static bool is_top(const struct scanner *scanner)
{
	return scanner->current->kind == SCHEMA_TOP;
}

static void peek(const struct scanner *scanner, struct token *token)
{
	struct lex ahead = scanner->lex;

	lex_next(&ahead, token);
}

static const char *token_name(const struct token *token, char text[QUOTED_MAX])
{
	return problem_quote(token->text, token->len, text);
}

/* Reports about the current section, which is then not whole any more. */
#define scanner_error(scanner, option, line, ...)                                     \
	do {                                                                          \
		struct conf_where where_ = where_of(scanner, line);                   \
		(scanner)->current->damaged = true;                                   \
		section_error((scanner)->reader, (scanner)->current, option, &where_, \
		              __VA_ARGS__);                                           \
	} while (0)

/* Drops the rest of a statement that was not understood: up to the end of its
 * line or of the brace that is opened on it. */
static void skip_statement(struct scanner *scanner, unsigned line)
{
	unsigned depth = 0;
	struct token token;

	for (;;) {
		struct lex before = scanner->lex;

		lex_next(&scanner->lex, &token);
		if (token.kind == LEX_END) {
			scanner->lost_end = scanner->lost_end || depth;
			return;
		}
		if (!depth &&
		    (token.line != line || (token.kind == LEX_CLOSE && !is_top(scanner)))) {
			scanner->lex = before;
			return;
		}
		if (token.kind == LEX_OPEN)
			depth++;
		else if (token.kind == LEX_CLOSE && (!depth || --depth == 0))
			return;
	}
}

static void unexpected(struct scanner *scanner, const struct token *token)
{
	char text[QUOTED_MAX];

	token_name(token, text);
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
	skip_statement(scanner, token->line);
}

/* ---- what is good of a section, for libconfuse ---- */

static void emit_line(struct reader *reader, struct section *section,
                      const struct conf_where *where)
{
	if (section->lines == section->lines_size) {
		size_t size = section->lines_size ? 2 * section->lines_size : 16;
		struct conf_where *origin =
		    arena_grow(reader->scratch, section->origin, section->lines * sizeof(*origin),
		               size * sizeof(*origin));

		if (!origin)
			return;
		section->origin = origin;
		section->lines_size = size;
	}
	if (section->lines)
		buf_addc(&section->text, '\n');
	section->origin[section->lines++] = *where;
}

/* A string may go on behind a backslash at the end of its line. */
static void emit_token(struct reader *reader, struct section *section, const struct token *token,
                       const struct conf_where *where)
{
	const char *at = token->text, *end = token->text + token->len, *newline;

	emit_line(reader, section, where);
	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		buf_add(&section->text, at, (size_t)(newline - at));
		emit_line(reader, section, where);
		at = newline + 1;
	}
	buf_add(&section->text, at, (size_t)(end - at));
}

static void emit_statement(struct scanner *scanner, const struct schema_option *option, bool append,
                           const struct conf_where *where)
{
	struct section *section = scanner->current;
	bool list = option->type == SCHEMA_LIST;

	emit_line(scanner->reader, section, where);
	buf_addf(&section->text, "%s %s", option->name, append ? "+=" : "=");
	if (list)
		buf_adds(&section->text, " {");
	for (size_t i = 0; i < scanner->items; i++) {
		struct conf_where at = where_of(scanner, scanner->item[i].line);

		emit_token(scanner->reader, section, &scanner->item[i], &at);
		if (list)
			buf_addc(&section->text, ',');
	}
	if (list)
		buf_adds(&section->text, " }");
}

/* ---- options and their values ---- */

static void item_add(struct scanner *scanner, const struct token *token)
{
	if (scanner->items == scanner->items_size) {
		size_t size = scanner->items_size ? 2 * scanner->items_size : 16;
		struct token *item =
		    arena_grow(scanner->reader->scratch, scanner->item,
		               scanner->items * sizeof(*item), size * sizeof(*item));

		if (!item)
			return;
		scanner->item = item;
		scanner->items_size = size;
	}
	scanner->item[scanner->items++] = *token;
}

/* Does this word begin another statement, so that a value or a brace is missing
 * before it? The lexer stands behind the word. */
static bool begins_statement(const struct scanner *scanner, const struct token *word)
{
	struct token after;

	if (word->kind != LEX_WORD)
		return false;
	peek(scanner, &after);
	if (after.kind == LEX_EQUALS || after.kind == LEX_APPEND)
		return true;
	return schema_section_find(word->text, word->len) != SCHEMA_TOP &&
	       (after.kind == LEX_OPEN || (after.kind == LEX_STRING && after.line == word->line));
}

static bool take_item(struct scanner *scanner, const char *name, const struct token *token)
{
	struct token after;

	if (token->fault) {
		scanner_error(scanner, name, token->line, "%s", token->fault);
		return false;
	}
	item_add(scanner, token);
	peek(scanner, &after);
	if (after.kind == LEX_COMMA) {
		lex_next(&scanner->lex, &after);
	} else if (after.kind == LEX_STRING || after.kind == LEX_WORD) {
		struct lex before = scanner->lex;
		char text[QUOTED_MAX];
		bool other;

		lex_next(&scanner->lex, &after);
		other = begins_statement(scanner, &after);
		scanner->lex = before;
		if (other)
			return true;
		scanner_error(scanner, name, after.line, "a comma is missing before %s",
		              token_name(&after, text));
		return false;
	}
	return true;
}

/* The lexer stands behind the opening brace. */
static bool take_list(struct scanner *scanner, const char *name, unsigned line)
{
	bool good = true;
	struct token token;
	char text[QUOTED_MAX];

	for (;;) {
		struct lex before = scanner->lex;

		lex_next(&scanner->lex, &token);
		if (token.kind == LEX_CLOSE)
			return good;
		if (token.kind == LEX_END || begins_statement(scanner, &token)) {
			scanner->lex = before;
			scanner->lost_end = scanner->lost_end || token.kind == LEX_END;
			if (!scanner->lex.open_comment)
				scanner_error(scanner, name, line,
				              "the list is not closed (a '}' is missing)");
			return false;
		}
		if (token.kind == LEX_STRING || token.kind == LEX_WORD) {
			good = take_item(scanner, name, &token) && good;
			continue;
		}
		if (good)
			scanner_error(scanner, name, token.line, "unexpected %s in a list",
			              token_name(&token, text));
		good = false;
		if (token.kind == LEX_OPEN) {
			scanner->lex = before;
			skip_statement(scanner, token.line);
		}
	}
}

/* Collects the values behind `=`. False: something is wrong and was reported. */
static bool take_values(struct scanner *scanner, const char *name,
                        const struct schema_option *option, unsigned line)
{
	struct lex before = scanner->lex;
	struct token token;
	bool good;

	scanner->items = 0;
	lex_next(&scanner->lex, &token);
	if (token.kind == LEX_END || token.kind == LEX_CLOSE || begins_statement(scanner, &token)) {
		scanner->lex = before;
		scanner_error(scanner, name, line, "the value is missing");
		return false;
	}
	if (token.kind == LEX_OPEN) {
		if (option && option->type != SCHEMA_LIST) {
			scanner_error(scanner, name, line, "takes one value, not a list");
			scanner->lex = before;
			skip_statement(scanner, token.line);
			return false;
		}
		good = take_list(scanner, name, token.line);
		scanner->value_line = scanner->lex.line;
		return good;
	}
	if (token.kind != LEX_STRING && token.kind != LEX_WORD) {
		char text[QUOTED_MAX];

		scanner_error(scanner, name, token.line, "unexpected %s instead of a value",
		              token_name(&token, text));
		skip_statement(scanner, token.line);
		return false;
	}
	scanner->value_line = scanner->lex.line;
	if (token.fault) {
		scanner_error(scanner, name, token.line, "%s", token.fault);
		return false;
	}
	item_add(scanner, &token);
	return true;
}

static void offer_options(struct suggest *suggest, enum schema_section kind)
{
	size_t count;
	const struct schema_option *options = schema_options(kind, &count);

	for (size_t i = 0; i < count; i++)
		suggest_offer(suggest, options[i].name);
}

static void offer_sections(struct suggest *suggest)
{
	for (int kind = SCHEMA_TOP + 1; kind < SCHEMA_SECTIONS; kind++)
		suggest_offer(suggest, schema_section_name((enum schema_section)kind));
}

static void unknown_option(struct scanner *scanner, const struct token *name, const char *quoted)
{
	enum schema_section kind = scanner->current->kind;
	struct suggest suggest = SUGGEST_INIT(name->text, name->len);

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
	if (!old || append || !option->built)
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
	struct conf_where where = where_of(scanner, line);
	struct setting *setting = section_find(scanner->current, option->name);

	if (!setting) {
		setting = section_add(scanner->reader, scanner->current, option, &where);
		if (setting)
			setting->append = append;
	}
	if (!setting)
		return;
	if (!good)
		setting->bad = true;
	else if (option->built || !option->inert)
		emit_statement(scanner, option, append, &where);
	else
		emit_statement(scanner, option, append, &where);
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
	token_name(name, quoted);
	if (!option) {
		unknown_option(scanner, name, quoted);
		take_values(scanner, quoted, NULL, name->line);
		return;
	}
	good = may_be_set(scanner, option, append, name->line);
	good = take_values(scanner, quoted, option, name->line) && good;
	set_option(scanner, option, append, good, name->line);
}

/* ---- name(...) ---- */

/* What stands in the quotes, where that needs no decoding; or NULL. */
static const char *plain_text(struct scanner *scanner, const struct token *token)
{
	bool quoted = token->text[0] == '"' || token->text[0] == '\'';

	if (token->fault || memchr(token->text, '\\', token->len) ||
	    memmem(token->text, token->len, "${", 2))
		return NULL;
	return arena_bytes(scanner->reader->scratch, token->text + quoted, token->len - 2 * quoted);
}

static bool take_arguments(struct scanner *scanner, const char *name, unsigned line)
{
	struct token token;
	bool comma = true;

	scanner->items = 0;
	lex_next(&scanner->lex, &token); /* the parenthesis */
	for (;;) {
		struct lex before = scanner->lex;

		lex_next(&scanner->lex, &token);
		if (token.kind == LEX_PAREN_CLOSE && scanner->items) {
			scanner->value_line = token.line;
			return true;
		}
		if (token.fault) {
			scanner_error(scanner, name, token.line, "%s", token.fault);
			skip_statement(scanner, token.line);
			return false;
		}
		if (comma && (token.kind == LEX_STRING || token.kind == LEX_WORD)) {
			item_add(scanner, &token);
			comma = false;
		} else if (!comma && token.kind == LEX_COMMA) {
			comma = true;
		} else {
			scanner->lex = before;
			scanner_error(scanner, name, line, "is written %s(\"name\")", name);
			skip_statement(scanner, line);
			return false;
		}
	}
}

static void scan_input(struct scan *scan, const struct input *input);

static void include(struct scanner *scanner, unsigned line)
{
	struct conf_where where = where_of(scanner, line);
	struct scan *scan = scanner->scan;

	for (size_t i = 0; i < scanner->items; i++) {
		const char *pattern = plain_text(scanner, &scanner->item[i]);
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

	token_name(name, quoted);
	if (is_include && !is_top(scanner)) {
		scanner_error(scanner, quoted, name->line,
		              "stands outside of all sections (or is a '}' missing before it?)");
		skip_statement(scanner, name->line);
	} else if (is_include) {
		if (take_arguments(scanner, quoted, name->line))
			include(scanner, name->line);
	} else if (option && strcmp(option->name, "use") == 0) {
		set_option(scanner, option, true, take_arguments(scanner, quoted, name->line),
		           name->line);
	} else {
		scanner_error(scanner, NULL, name->line, "unexpected ( after %s (write %s = value)",
		              quoted, quoted);
		skip_statement(scanner, name->line);
	}
}

/* ---- sections ---- */

static struct section *section_new(struct scan *scan, enum schema_section kind, const char *title,
                                   const struct conf_where *where)
{
	struct section *section = arena_alloc(scan->reader->scratch, sizeof(*section));

	if (scan->count == scan->size) {
		size_t size = scan->size ? 2 * scan->size : 16;
		struct section **list =
		    arena_grow(scan->reader->scratch, scan->section, scan->count * sizeof(*list),
		               size * sizeof(*list));

		if (!list)
			return NULL;
		scan->section = list;
		scan->size = size;
	}
	if (!section || !title)
		return NULL;
	*section = (struct section){
	    .kind = kind, .title = title, .where = *where, .text = BUF_INIT(TEXT_MAX)};
	scan->section[scan->count++] = section;
	return section;
}

static void not_closed(struct scanner *scanner)
{
	struct section *section = scanner->current;

	section_error(scanner->reader, section, NULL, &section->where,
	              "the section is not closed (a '}' is missing)");
	section->damaged = true;
}

static bool is_title(const char *text, size_t len)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (!len || len > SCAN_TITLE_MAX || !memchr(first, text[0], sizeof(first) - 1))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!memchr(first, text[i], sizeof(first) - 1) &&
		    !memchr("0123456789.-", text[i], 12))
			return false;
	}
	return true;
}

/* The title of a new section; one that is not as it should be makes it unusable. */
static const char *take_title(struct scanner *scanner, enum schema_section kind,
                              const struct token *name, const struct token *title, bool *bad_r)
{
	const char *text = title ? plain_text(scanner, title) : NULL;
	struct conf_where where = where_of(scanner, name->line);
	char quoted[QUOTED_MAX];

	*bad_r = true;
	if (!schema_section_titled(kind)) {
		if (title)
			section_error(scanner->reader, NULL, schema_section_name(kind), &where,
			              "this section takes no name");
		*bad_r = title != NULL;
		return "";
	}
	if (!title)
		section_error(scanner->reader, NULL, schema_section_name(kind), &where,
		              "the name is missing (write %s \"name\" {)",
		              schema_section_name(kind));
	else if (title->fault)
		section_error(scanner->reader, NULL, schema_section_name(kind), &where, "%s",
		              title->fault);
	else if (!text || !is_title(text, strlen(text)))
		section_error(
		    scanner->reader, NULL, schema_section_name(kind), &where,
		    "%s is no name (at most %d letters, digits and _.-, first a letter or _)",
		    token_name(title, quoted), SCAN_TITLE_MAX);
	else
		*bad_r = false;
	return *bad_r ? title ? arena_text(scanner->reader->scratch, quoted) : "?" : text;
}

/* A section that we do not know: its nearest relative, or SCHEMA_TOP. */
static enum schema_section unknown_section(struct scanner *scanner, const struct token *name,
                                           const struct token *title)
{
	struct suggest suggest = SUGGEST_INIT(name->text, name->len);
	enum schema_section kind = scanner->current->kind;
	char quoted[QUOTED_MAX];

	token_name(name, quoted);
	if (!title && schema_find(kind, name->text, name->len)) {
		scanner_error(scanner, quoted, name->line, "'=' is missing");
		return SCHEMA_TOP;
	}
	if (!is_top(scanner)) {
		offer_options(&suggest, kind);
		scanner_error(
		    scanner, quoted, name->line,
		    "there is no section of this name in here (or is a '}' missing before it?)");
		return SCHEMA_TOP;
	}
	offer_sections(&suggest);
	if (!suggest.best) {
		scanner_error(scanner, quoted, name->line, "unknown section");
		return SCHEMA_TOP;
	}
	scanner_error(scanner, quoted, name->line, "unknown section (did you mean \"%s\"?)",
	              suggest.best);
	return schema_section_find(suggest.best, strlen(suggest.best));
}

/* The lexer stands behind the name; title is NULL or the token behind it. */
static void section_statement(struct scanner *scanner, const struct token *name,
                              const struct token *title)
{
	enum schema_section kind = schema_section_find(name->text, name->len);
	bool known = kind != SCHEMA_TOP, bad = false;
	struct conf_where where = where_of(scanner, name->line);
	struct section *section;
	struct token token;
	const char *text;

	if (known && !is_top(scanner)) {
		not_closed(scanner);
		scanner->current = scanner->scan->section[0];
	}
	if (!known)
		kind = unknown_section(scanner, name, title);
	if (kind == SCHEMA_TOP) {
		skip_statement(scanner, name->line);
		return;
	}
	if (scanner->scan->count > SCAN_SECTIONS_MAX) {
		section_error(scanner->reader, NULL, NULL, &where, "more than %d sections",
		              SCAN_SECTIONS_MAX);
		scanner->lex.at = scanner->lex.end;
		scanner->lost_end = true;
		return;
	}
	if (title)
		lex_next(&scanner->lex, &token);
	lex_next(&scanner->lex, &token); /* the brace */
	text = take_title(scanner, kind, name, title, &bad);
	section = section_new(scanner->scan, kind, text, &where);
	if (section) {
		section->unusable = bad || !known;
		scanner->current = section;
	}
}

static void close_brace(struct scanner *scanner, const struct token *token)
{
	if (is_top(scanner))
		scanner_error(scanner, NULL, token->line, "a '}' that closes nothing");
	scanner->current = scanner->scan->section[0];
}

/* ---- statements ---- */

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
		section_statement(scanner, name, NULL);
	} else if ((after.kind == LEX_STRING || after.kind == LEX_WORD) &&
	           after.line == name->line && behind.kind == LEX_OPEN) {
		section_statement(scanner, name, &after);
	} else if (name->line == scanner->value_line) {
		unexpected(scanner, name);
	} else {
		scanner_error(scanner, token_name(name, quoted), name->line, "'=' is missing");
		skip_statement(scanner, name->line);
	}
}

static bool statement(struct scanner *scanner)
{
	struct token token;

	lex_next(&scanner->lex, &token);
	if (token.kind == LEX_END)
		return false;
	if (token.kind == LEX_CLOSE) {
		close_brace(scanner, &token);
	} else if (token.kind == LEX_WORD && !token.fault) {
		named_statement(scanner, &token);
	} else if (token.fault && token.line != scanner->value_line) {
		scanner_error(scanner, NULL, token.line, "%s", token.fault);
		skip_statement(scanner, token.line);
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
	if (scanner.lex.open_comment)
		scanner_error(&scanner, NULL, scanner.lex.open_comment,
		              "the comment is not closed (*/ is missing)");
	else if (!is_top(&scanner) && !scanner.lost_end)
		not_closed(&scanner);
}

/* ---- the whole ---- */

static int compare_titles(const void *a, const void *b)
{
	const struct section *one = *(struct section *const *)a,
			     *other = *(struct section *const *)b;
	int order = (int)one->kind - (int)other->kind;

	return order ? order : strcmp(one->title, other->title);
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

/* All but the first of a name are reported; mergesort keeps the first in front. */
static void check_titles(struct scan *scan)
{
	size_t count = 0;
	const struct section *first = NULL;
	struct section **sorted = arena_array(scan->reader->scratch, scan->count, sizeof(*sorted));

	if (!sorted)
		return;
	for (size_t i = 0; i < scan->count; i++) {
		if (!scan->section[i]->unusable)
			sorted[count++] = scan->section[i];
	}
	qsort(sorted, count, sizeof(*sorted), compare_titles);
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
	section_new(scan, SCHEMA_TOP, "", &nowhere);
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
