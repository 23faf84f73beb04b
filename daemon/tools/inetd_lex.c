#include "tools/inetd_lex.h"

#include <stdlib.h>
#include <string.h>

#define OFF_MARK "#<off>#"

enum { WORDS_MAX = 1000 };

void inetd_lex_init(struct inetd_lex *lex, struct arena *arena, const char *text, size_t len)
{
	*lex = (struct inetd_lex){.at = text, .end = text + len, .line = 1, .arena = arena};
}

static char byte_at(const struct inetd_lex *lex, size_t n)
{
	return (size_t)(lex->end - lex->at) > n ? lex->at[n] : '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void skip_line(struct inetd_lex *lex)
{
	const char *newline = memchr(lex->at, '\n', (size_t)(lex->end - lex->at));

	lex->at = newline ? newline : lex->end;
}

static void take_newline(struct inetd_lex *lex)
{
	if (lex->at < lex->end && *lex->at == '\n') {
		lex->at++;
		lex->line++;
	}
}

static void skip_blanks(struct inetd_lex *lex)
{
	while (lex->at < lex->end && is_blank(*lex->at))
		lex->at++;
}

static void add_word(struct inetd_lex *lex, struct inetd_entry *entry, const char *text, size_t len)
{
	void *room =
	    arena_room(lex->arena, entry->word, entry->count, &entry->size, sizeof *entry->word);

	if (memchr(text, '\0', len))
		entry->fault = "there is a NUL byte in it";
	if (entry->count == WORDS_MAX)
		entry->fault = "it has too many words";
	if (!room || entry->fault)
		return;
	entry->word = room;
	entry->word[entry->count++] = arena_bytes(lex->arena, text, len);
}

/* A word within quotes: up to the next one of the kind, without escapes. */
static void take_quoted(struct inetd_lex *lex, struct inetd_entry *entry)
{
	char quote = *lex->at++;
	const char *begin = lex->at;

	while (lex->at < lex->end && *lex->at != quote && *lex->at != '\n')
		lex->at++;
	entry->quoted = true;
	add_word(lex, entry, begin, (size_t)(lex->at - begin));
	if (byte_at(lex, 0) == quote)
		lex->at++;
	else
		entry->fault = "a quote is not closed on its line";
}

/* The words of this line, and of those that go on with it. */
static void take_words(struct inetd_lex *lex, struct inetd_entry *entry)
{
	for (;;) {
		const char *begin;

		skip_blanks(lex);
		if (lex->at == lex->end)
			return;
		if (*lex->at == '\n') {
			take_newline(lex);
			if (!is_blank(byte_at(lex, 0)))
				return;
			continue;
		}
		if (*lex->at == '"' || *lex->at == '\'') {
			take_quoted(lex, entry);
			continue;
		}
		begin = lex->at;
		while (lex->at < lex->end && *lex->at != '\n' && !is_blank(*lex->at))
			lex->at++;
		add_word(lex, entry, begin, (size_t)(lex->at - begin));
	}
}

/* ---- name on|off key = value ..., ...; ---- */

static void skip_between(struct inetd_lex *lex)
{
	for (;;) {
		skip_blanks(lex);
		if (byte_at(lex, 0) == '#')
			skip_line(lex);
		if (byte_at(lex, 0) != '\n')
			return;
		take_newline(lex);
	}
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* What a backslash and what follows stand for; 0: nothing. */
static char take_escape(struct inetd_lex *lex)
{
	static const char from[] = "\\ntr'\"", to[] = "\\\n\t\r'\"";
	char c = byte_at(lex, 1);
	const char *at = c ? strchr(from, c) : NULL;
	int high = hex(byte_at(lex, 2)), low = high < 0 ? -1 : hex(byte_at(lex, 3));

	if (at) {
		lex->at += 2;
		return to[at - from];
	}
	if (c != 'x' || low < 0)
		return 0;
	lex->at += 4;
	return (char)(high * 16 + low);
}

static const char *take_value(struct inetd_lex *lex, struct inetd_entry *entry)
{
	char quote = byte_at(lex, 0), *text;
	const char *begin = lex->at;
	size_t len = 0;

	if (quote != '"' && quote != '\'') {
		while (lex->at < lex->end && !is_blank(*lex->at) && !strchr("\n,;#", *lex->at))
			lex->at++;
		return arena_bytes(lex->arena, begin, (size_t)(lex->at - begin));
	}
	for (begin = ++lex->at; begin < lex->end && *begin != '\n';)
		begin++;
	text = arena_alloc(lex->arena, (size_t)(begin - lex->at) + 1);
	while (text && lex->at < lex->end && *lex->at != quote && *lex->at != '\n') {
		char c = *lex->at == '\\' ? take_escape(lex) : *lex->at++;

		if (!c) {
			entry->fault = "an escape means nothing";
			break;
		}
		text[len++] = c;
	}
	if (byte_at(lex, 0) == quote)
		lex->at++;
	else if (!entry->fault)
		entry->fault = "a quote is not closed on its line";
	return text;
}

static void take_key(struct inetd_lex *lex, struct inetd_entry *entry)
{
	void *room =
	    arena_room(lex->arena, entry->key, entry->keys, &entry->key_size, sizeof *entry->key);
	struct inetd_key *key;
	const char *begin = lex->at;

	while (lex->at < lex->end && *lex->at != '=' && !is_blank(*lex->at) &&
	       !strchr("\n,;#", *lex->at))
		lex->at++;
	if (!room || entry->keys == WORDS_MAX || lex->at == begin) {
		entry->fault = "the name of a key is missing";
		return;
	}
	entry->key = room;
	key = &entry->key[entry->keys++];
	*key = (struct inetd_key){
	    .line = lex->line, .name = arena_bytes(lex->arena, begin, (size_t)(lex->at - begin))};
	skip_between(lex);
	if (byte_at(lex, 0) != '=') {
		entry->fault = "there is no = behind a key";
		return;
	}
	lex->at++;
	for (;;) {
		const char *before;

		skip_between(lex);
		before = lex->at;
		if (lex->at == lex->end || strchr(",;", *lex->at))
			break;
		room =
		    arena_room(lex->arena, key->value, key->count, &key->size, sizeof *key->value);
		if (!room || key->count == WORDS_MAX) {
			entry->fault = "it has too many values";
			return;
		}
		key->value = room;
		key->value[key->count++] = take_value(lex, entry);
		if (entry->fault || lex->at == before)
			return;
	}
	if (byte_at(lex, 0) == ',')
		lex->at++;
}

static void take_keys(struct inetd_lex *lex, struct inetd_entry *entry)
{
	entry->kind = INETD_KEYS;
	while (!entry->fault) {
		const char *before;

		skip_between(lex);
		before = lex->at;
		if (lex->at == lex->end) {
			entry->fault = "the ; at its end is missing";
			return;
		}
		if (*lex->at == ';') {
			lex->at++;
			return;
		}
		take_key(lex, entry);
		if (!entry->fault && lex->at == before)
			entry->fault = "there is something that is no key";
	}
	/* What comes behind a mistake would be taken for entries. */
	while (lex->at < lex->end && *lex->at != ';') {
		lex->line += *lex->at == '\n';
		lex->at++;
	}
	lex->at += lex->at < lex->end;
}

/* "name on ": the second word tells the form. */
static bool begins_keys(const struct inetd_lex *lex, bool *off)
{
	const char *at = lex->at;
	size_t len;

	while (at < lex->end && !is_blank(*at) && *at != '\n')
		at++;
	while (at < lex->end && is_blank(*at))
		at++;
	len = (size_t)(lex->end - at);
	*off = len >= 3 && memcmp(at, "off", 3) == 0;
	if (!*off && (len < 2 || memcmp(at, "on", 2) != 0))
		return false;
	at += *off ? 3 : 2;
	return at == lex->end || is_blank(*at) || *at == '\n' || *at == ';';
}

static void take_entry(struct inetd_lex *lex, struct inetd_entry *entry)
{
	const char *begin = lex->at;
	bool off;

	entry->line = lex->line;
	if (!begins_keys(lex, &off)) {
		entry->kind = INETD_WORDS;
		take_words(lex, entry);
		return;
	}
	while (!is_blank(*lex->at))
		lex->at++;
	add_word(lex, entry, begin, (size_t)(lex->at - begin));
	skip_blanks(lex);
	lex->at += off ? 3 : 2;
	entry->off = entry->off || off;
	take_keys(lex, entry);
}

void inetd_next(struct inetd_lex *lex, struct inetd_entry *entry)
{
	*entry = (struct inetd_entry){.kind = INETD_END};
	for (;;) {
		skip_blanks(lex);
		if (lex->at == lex->end)
			return;
		if (*lex->at == '\n') {
			take_newline(lex);
			continue;
		}
		if (*lex->at != '#')
			break;
		if ((size_t)(lex->end - lex->at) >= strlen(OFF_MARK) &&
		    memcmp(lex->at, OFF_MARK, strlen(OFF_MARK)) == 0) {
			lex->at += strlen(OFF_MARK);
			skip_blanks(lex);
			entry->off = true;
			if (lex->at < lex->end && *lex->at != '\n' && *lex->at != '#')
				break;
			entry->off = false;
			continue;
		}
		if (byte_at(lex, 1) == '@') {
			const char *begin = lex->at + 2;

			entry->kind = INETD_POLICY;
			entry->line = lex->line;
			skip_line(lex);
			while (begin < lex->at && is_blank(*begin))
				begin++;
			if (begin < lex->at)
				add_word(lex, entry, begin, (size_t)(lex->at - begin));
			return;
		}
		skip_line(lex);
	}
	take_entry(lex, entry);
	if (entry->fault || (entry->kind == INETD_WORDS && !entry->count))
		entry->kind = INETD_BAD;
}
