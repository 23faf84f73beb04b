/* config/lex.h - from bytes to tokens, by libconfuse's rules made strict.
 *
 * What libconfuse would drop or misread in silence is a fault here: characters
 * that must be quoted (* and +), strings that do not end on their line, escapes
 * that mean nothing, ${NAME} that is not set. A token with a fault is still a
 * token, so that scanning can go on behind it. Comments are skipped. */
#ifndef CONFIG_LEX_H
#define CONFIG_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "config/arena.h"

enum lex_kind {
	LEX_END,
	LEX_WORD,   /* without quotes */
	LEX_STRING, /* with quotes, or ${NAME} alone: never a name */
	LEX_EQUALS,
	LEX_APPEND, /* += */
	LEX_OPEN,   /* { */
	LEX_CLOSE,
	LEX_PAREN,
	LEX_PAREN_CLOSE,
	LEX_COMMA
};

struct token {
	enum lex_kind kind;
	const char *text; /* as it stands in the file, quotes and all */
	size_t len;
	unsigned line;     /* where it begins */
	const char *fault; /* NULL: it is fine */
	bool open;         /* a string that is not closed: it ends with its line */
};

/* Copy it to look ahead. */
struct lex {
	const char *at, *end;
	unsigned line;
	struct arena *arena;   /* for the words of faults */
	unsigned open_comment; /* line where an unclosed comment begins, or 0 */
};

void lex_next(struct lex *lex, struct token *token);

/* Skips the rest of this line. */
void lex_skip_line(struct lex *lex);

#endif
