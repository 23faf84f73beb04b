#include <stdlib.h>
#include <string.h>

#include "config/lex.h"
#include "config/problem.h"

static char byte_at(const struct lex *lex, size_t n)
{
	return (size_t)(lex->end - lex->at) > n ? lex->at[n] : '\0';
}

void lex_skip_line(struct lex *lex)
{
	const char *newline = memchr(lex->at, '\n', (size_t)(lex->end - lex->at));

	lex->at = newline ? newline : lex->end;
}

static void skip_comment(struct lex *lex)
{
	unsigned begin = lex->line;

	for (lex->at += 2; lex->at < lex->end; lex->at++) {
		if (byte_at(lex, 0) == '*' && byte_at(lex, 1) == '/') {
			lex->at += 2;
			return;
		}
		if (*lex->at == '\n')
			lex->line++;
	}
	lex->open_comment = begin;
}

static void skip_blanks(struct lex *lex)
{
	while (lex->at < lex->end) {
		char c = *lex->at;

		if (c == '\n')
			lex->line++;
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			lex->at++;
		else if (c == '#' || (c == '/' && byte_at(lex, 1) == '/'))
			lex_skip_line(lex);
		else if (c == '/' && byte_at(lex, 1) == '*')
			skip_comment(lex);
		else
			return;
	}
}

/* The first fault counts. It reads: before, the text, after. */
static void set_fault(struct lex *lex, struct token *token, const char *before, const char *text,
                      size_t len, const char *after)
{
	char quoted[QUOTED_MAX];

	if (!token->fault)
		token->fault = arena_format(lex->arena, "%s%s%s", before,
		                            problem_quote(text, len, quoted), after);
	if (!token->fault)
		token->fault = "out of memory";
}

/* ${NAME} or ${NAME:-default}; returns its length. The value itself is put in
 * by libconfuse, which would take a NAME that is not set for an empty string. */
static size_t take_variable(struct lex *lex, struct token *token, char quote)
{
	const char *at = lex->at;
	size_t max = (size_t)(lex->end - at), len = 2, name;
	char copy[128];

	while (len < max && at[len] != '}' && at[len] != '\n' && at[len] != quote)
		len++;
	if (len == max || at[len] != '}') {
		set_fault(lex, token, "", "${", 2,
		          " has no '}' (write \\${ for these characters themselves)");
		return 2;
	}
	len++;
	for (name = 2; at[name] == '_' || (at[name] >= 'A' && at[name] <= 'Z') ||
	               (at[name] >= 'a' && at[name] <= 'z') ||
	               (name > 2 && at[name] >= '0' && at[name] <= '9');)
		name++;
	if (name == 2 || name - 2 >= sizeof(copy) ||
	    (at[name] != '}' && (at[name] != ':' || at[name + 1] != '-'))) {
		set_fault(lex, token, "", at, len, " is not ${NAME} or ${NAME:-default}");
		return len;
	}
	memcpy(copy, at + 2, name - 2);
	copy[name - 2] = '\0';
	if (at[name] == '}' && !getenv(copy))
		set_fault(lex, token, "", at, len,
		          " is not set in the environment (${NAME:-default} gives a default)");
	return len;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What follows a backslash within "". Returns the length of all of it. */
static size_t take_escape(struct lex *lex, struct token *token)
{
	size_t len = 2;
	long value = 1;
	char c = byte_at(lex, 1), digits[8] = "";

	if (c >= '0' && c <= '9') {
		while (byte_at(lex, len) >= '0' && byte_at(lex, len) <= '9')
			len++;
		memcpy(digits, lex->at + 1, len < 8 ? len - 1 : 6);
		value = len > 4 || strpbrk(digits, "89") ? 256 : strtol(digits, NULL, 8);
	} else if (c == 'x' && is_hex(byte_at(lex, 2))) {
		len = is_hex(byte_at(lex, 3)) ? 4 : 3;
		memcpy(digits, lex->at + 2, len - 2);
		value = strtol(digits, NULL, 16);
	} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
		value = strchr("nrbfaetv", c) ? 1 : 256;
	}
	if (value == 0)
		set_fault(lex, token, "", lex->at, len, " is a NUL, which no text can hold");
	else if (value > 255)
		set_fault(lex, token, "", lex->at, len, " is no escape (\\\\ is a backslash)");
	return len;
}

static void take_string(struct lex *lex, struct token *token)
{
	char quote = *lex->at++;

	token->kind = LEX_STRING;
	while (lex->at < lex->end && *lex->at != quote && *lex->at != '\n') {
		unsigned char c = (unsigned char)*lex->at;
		size_t len = 1;

		if (c == '\\' && byte_at(lex, 1) == '\n') {
			lex->line++;
			len = 2;
		} else if (c == '\\' && quote == '"') {
			len = take_escape(lex, token);
		} else if (c == '\\') {
			len = 2;
		} else if (c == '$' && byte_at(lex, 1) == '{' && quote == '"') {
			len = take_variable(lex, token, quote);
		} else if ((c < 0x20 && c != '\t') || c == 0x7f) {
			set_fault(lex, token, "a control character (", lex->at, 1,
			          ") in a string (write it as \\xNN)");
		}
		lex->at += len < (size_t)(lex->end - lex->at) ? len : (size_t)(lex->end - lex->at);
	}
	if (lex->at < lex->end && *lex->at == quote) {
		lex->at++;
	} else {
		token->fault = NULL;
		token->open = true;
		set_fault(lex, token, "the string is not closed on its line (a ", &quote, 1,
		          " is missing)");
	}
}

/* libconfuse drops * and + and goes on as if nothing had been there. */
static void take_word(struct lex *lex, struct token *token)
{
	bool odd = false, control = false;

	while (lex->at < lex->end && !strchr(" #\"'\t\n\r={}(),", *lex->at)) {
		unsigned char c = (unsigned char)*lex->at;

		if (c == '+' && byte_at(lex, 1) == '=')
			break;
		if (c == '$' && byte_at(lex, 1) == '{') {
			size_t len = take_variable(lex, token, ' ');

			odd = odd || lex->at != token->text;
			lex->at += len;
			token->kind = LEX_STRING;
			continue;
		}
		odd = odd || c == '*' || c == '+' || token->kind == LEX_STRING;
		control = control || c < 0x20 || c == 0x7f;
		lex->at++;
	}
	if (control)
		set_fault(lex, token, "", token->text, (size_t)(lex->at - token->text),
		          " has a control character in it");
	else if (odd)
		set_fault(lex, token, "", token->text, (size_t)(lex->at - token->text),
		          " must stand in quotes");
	else if (token->kind == LEX_WORD && lex->at[-1] == ';')
		set_fault(lex, token, "", token->text, (size_t)(lex->at - token->text),
		          " ends with ';' (a value ends by itself, remove it)");
}

void lex_next(struct lex *lex, struct token *token)
{
	static const char marks[] = "={}(),";
	static const enum lex_kind kinds[] = {LEX_EQUALS, LEX_OPEN,        LEX_CLOSE,
	                                      LEX_PAREN,  LEX_PAREN_CLOSE, LEX_COMMA};
	const char *mark;

	skip_blanks(lex);
	*token = (struct token){.kind = LEX_END, .text = lex->at, .line = lex->line};
	if (lex->at == lex->end)
		return;
	mark = *lex->at ? strchr(marks, *lex->at) : NULL;
	if (mark) {
		token->kind = kinds[mark - marks];
		lex->at++;
	} else if (*lex->at == '+' && byte_at(lex, 1) == '=') {
		token->kind = LEX_APPEND;
		lex->at += 2;
	} else if (*lex->at == '"' || *lex->at == '\'') {
		take_string(lex, token);
	} else {
		token->kind = LEX_WORD;
		take_word(lex, token);
	}
	token->len = (size_t)(lex->at - token->text);
}
