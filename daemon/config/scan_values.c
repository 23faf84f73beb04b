#include <string.h>

#include "config/scanner.h"

static void peek(const struct scanner *scanner, struct token *token)
{
	struct lex ahead = scanner->lex;

	lex_next(&ahead, token);
}

void scanner_skip(struct scanner *scanner, unsigned line)
{
	unsigned depth = 0;
	struct token token;

	for (;;) {
		struct lex before = scanner->lex;

		lex_next(&scanner->lex, &token);
		if (token.kind == LEX_END) {
			scanner->lost_brace = scanner->lost_brace || depth;
			return;
		}
		if (!depth &&
		    (token.line != line || (token.kind == LEX_CLOSE && !scanner_is_top(scanner)))) {
			scanner->lex = before;
			return;
		}
		if (token.kind == LEX_OPEN)
			depth++;
		else if (token.kind == LEX_CLOSE && (!depth || --depth == 0))
			return;
	}
}

void scanner_skip_value(struct scanner *scanner)
{
	for (;;) {
		struct lex before = scanner->lex;
		struct token token;

		lex_next(&scanner->lex, &token);
		if (token.line != scanner->value_line ||
		    scanner_begins_statement(scanner, &token) ||
		    (token.kind != LEX_WORD && token.kind != LEX_STRING &&
		     token.kind != LEX_COMMA)) {
			scanner->lex = before;
			return;
		}
	}
}

static void item_add(struct scanner *scanner, const struct token *token)
{
	struct token *item = arena_room(scanner->reader->scratch, scanner->item, scanner->items,
	                                &scanner->items_size, sizeof(*item));

	if (!item)
		return;
	scanner->item = item;
	item[scanner->items++] = *token;
}

bool scanner_begins_statement(const struct scanner *scanner, const struct token *word)
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

/* A string that is not closed took the braces on its line with it. */
static bool is_whole(struct scanner *scanner, const char *name, const struct token *token)
{
	if (!token->fault)
		return true;
	scanner_error(scanner, name, token->line, "%s", token->fault);
	if (token->open && memchr(token->text, '}', token->len))
		scanner->lost_brace = true;
	return false;
}

static bool take_item(struct scanner *scanner, const char *name, const struct token *token)
{
	struct token after;

	if (!is_whole(scanner, name, token))
		return false;
	item_add(scanner, token);
	peek(scanner, &after);
	if (after.kind == LEX_COMMA) {
		lex_next(&scanner->lex, &after);
	} else if (after.kind == LEX_STRING || after.kind == LEX_WORD) {
		struct lex before = scanner->lex;
		char text[QUOTED_MAX];
		bool other;

		lex_next(&scanner->lex, &after);
		other = scanner_begins_statement(scanner, &after);
		scanner->lex = before;
		if (other)
			return true;
		scanner_error(scanner, name, after.line, "a comma is missing before %s",
		              token_quote(&after, text));
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
		if (token.kind == LEX_END || scanner_begins_statement(scanner, &token)) {
			if (good && !scanner->lex.open_comment)
				scanner_error(scanner, name, line,
				              "the list is not closed (a '}' is missing)");
			scanner->lex = before;
			scanner->lost_brace = scanner->lost_brace || token.kind == LEX_END;
			return false;
		}
		if (token.kind == LEX_STRING || token.kind == LEX_WORD) {
			good = take_item(scanner, name, &token) && good;
			continue;
		}
		if (good)
			scanner_error(scanner, name, token.line, "unexpected %s in a list",
			              token_quote(&token, text));
		good = false;
		if (token.kind == LEX_OPEN) {
			scanner->lex = before;
			scanner_skip(scanner, token.line);
		}
	}
}

/* One value that is no list. */
static bool take_one(struct scanner *scanner, const char *name, const struct token *token)
{
	char text[QUOTED_MAX];

	if (token->kind != LEX_STRING && token->kind != LEX_WORD) {
		scanner_error(scanner, name, token->line, "unexpected %s instead of a value",
		              token_quote(token, text));
		scanner_skip(scanner, token->line);
		return false;
	}
	scanner->value_line = scanner->lex.line;
	if (!is_whole(scanner, name, token))
		return false;
	item_add(scanner, token);
	return true;
}

/* A name at the beginning of the next line is no value, even if its own '=' is missing. */
static bool is_next_option(const struct scanner *scanner, const struct token *token, unsigned line)
{
	return token->kind == LEX_WORD && token->line != line &&
	       schema_find(scanner->current->kind, token->text, token->len);
}

bool scanner_take_values(struct scanner *scanner, const char *name,
                         const struct schema_option *option, unsigned line)
{
	struct lex before = scanner->lex;
	struct token token;
	bool good;

	scanner->items = 0;
	lex_next(&scanner->lex, &token);
	if (token.kind == LEX_END || token.kind == LEX_CLOSE ||
	    scanner_begins_statement(scanner, &token) || is_next_option(scanner, &token, line)) {
		if (!scanner->lex.open_comment)
			scanner_error(scanner, name, line, "the value is missing");
		scanner->lex = before;
		return false;
	}
	if (token.kind != LEX_OPEN)
		return take_one(scanner, name, &token);
	if (option && option->type != SCHEMA_LIST) {
		scanner->lex = before;
		scanner_error(scanner, name, line, "takes one value, not a list");
		scanner_skip(scanner, token.line);
		return false;
	}
	good = take_list(scanner, name, token.line);
	scanner->value_line = scanner->lex.line;
	return good;
}

const char *scanner_plain_text(struct scanner *scanner, const struct token *token)
{
	size_t quote = token->text[0] == '"' || token->text[0] == '\'';

	if (token->fault || memchr(token->text, '\\', token->len) ||
	    memmem(token->text, token->len, "${", 2))
		return NULL;
	return arena_bytes(scanner->reader->scratch, token->text + quote, token->len - 2 * quote);
}

bool scanner_take_arguments(struct scanner *scanner, const char *name, unsigned line)
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
			scanner_skip(scanner, token.line);
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
			scanner_skip(scanner, line);
			return false;
		}
	}
}

/* A string may go on behind a backslash at the end of its line. */
static void emit_token(struct reader *reader, struct section *section, const struct token *token,
                       const struct conf_where *where)
{
	const char *at = token->text, *end = token->text + token->len, *newline;

	section_add_line(reader, section, where);
	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		buf_add(&section->text, at, (size_t)(newline - at));
		section_add_line(reader, section, where);
		at = newline + 1;
	}
	buf_add(&section->text, at, (size_t)(end - at));
}

void scanner_emit(struct scanner *scanner, const struct schema_option *option, bool append,
                  const struct conf_where *where)
{
	struct section *section = scanner->current;
	bool list = option->type == SCHEMA_LIST;

	section_add_line(scanner->reader, section, where);
	buf_addf(&section->text, "%s %s", option->name, append ? "+=" : "=");
	if (list)
		buf_adds(&section->text, " {");
	for (size_t i = 0; i < scanner->items; i++) {
		struct conf_where at = scanner_where(scanner, scanner->item[i].line);

		emit_token(scanner->reader, section, &scanner->item[i], &at);
		if (list)
			buf_addc(&section->text, ',');
	}
	if (list)
		buf_adds(&section->text, " }");
}
