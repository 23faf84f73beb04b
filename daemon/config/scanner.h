/* config/scanner.h - one file on its way through the scanner; scan*.c only. */
#ifndef CONFIG_SCANNER_H
#define CONFIG_SCANNER_H

#include "config/lex.h"
#include "config/scan.h"

struct scanner {
	struct scan *scan;
	struct reader *reader;
	const struct input *input;
	struct lex lex;
	struct section *current; /* statements belong to it; scan->section[0] outside of all */
	unsigned value_line; /* where the last value ended: what follows there is no statement */
	bool lost_brace;     /* a '}' is missing as part of something that was reported */
	struct token *item;  /* values of the statement in hand */
	size_t items, items_size;
};

static inline bool scanner_is_top(const struct scanner *scanner)
{
	return scanner->current->kind == SCHEMA_TOP;
}

static inline struct conf_where scanner_where(const struct scanner *scanner, unsigned line)
{
	return (struct conf_where){scanner->input->name, line};
}

/* What stands at the beginning of a line hardly belongs to an open section. */
static inline bool scanner_at_margin(const struct scanner *scanner, const struct token *token)
{
	return token->text == scanner->input->text || token->text[-1] == '\n';
}

/* Reports about the current section. */
#define scanner_error(scanner, option, line, ...)                                     \
	do {                                                                          \
		struct conf_where where_ = scanner_where(scanner, line);              \
		section_error((scanner)->reader, (scanner)->current, option, &where_, \
		              __VA_ARGS__);                                           \
	} while (0)

static inline const char *token_quote(const struct token *token, char text[QUOTED_MAX])
{
	return problem_quote(token->text, token->len, text);
}

struct section *scan_add_section(struct scan *scan, enum schema_section kind, const char *title,
                                 const struct conf_where *where);

/* The lexer stands behind the name; title is NULL or the token behind it. */
void scanner_open_section(struct scanner *scanner, const struct token *name,
                          const struct token *title);
void scanner_close_section(struct scanner *scanner, const struct token *brace);

/* The current section ends where no brace says so; of the second, if there is one. */
void scanner_not_closed(struct scanner *scanner);
void scanner_leave_section(struct scanner *scanner);

/* Does this word begin another statement, so that a value or a brace is missing
 * before it? The lexer stands behind the word. */
bool scanner_begins_statement(const struct scanner *scanner, const struct token *word);

/* Drops the rest of a statement that was not understood: up to the end of its
 * line or of the brace that is opened on it. */
void scanner_skip(struct scanner *scanner, unsigned line);

/* Drops what is left of a value that was reported, up to the end of its line. */
void scanner_skip_value(struct scanner *scanner);

/* Collects the values behind `=` into item; option is NULL if it is unknown.
 * False: something is wrong and was reported. */
bool scanner_take_values(struct scanner *scanner, const char *name,
                         const struct schema_option *option, unsigned line);

/* Collects what stands in parentheses; the lexer stands before them. */
bool scanner_take_arguments(struct scanner *scanner, const char *name, unsigned line);

/* What stands in the quotes, where that needs no decoding; or NULL. */
const char *scanner_plain_text(struct scanner *scanner, const struct token *token);

/* Writes the statement with its collected values out again, for libconfuse. */
void scanner_emit(struct scanner *scanner, const struct schema_option *option, bool append,
                  const struct conf_where *where);

#endif
