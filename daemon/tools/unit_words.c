#include "tools/unit_words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 1000 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int digits(const char *text, size_t len, int base)
{
	char copy[8] = "";
	char *end;
	long value;

	if (strnlen(text, len) < len || len >= sizeof copy)
		return -1;
	memcpy(copy, text, len);
	value = strtol(copy, &end, base);
	return *end || copy[0] == '-' || copy[0] == '+' || is_blank(copy[0]) || value > 255
	           ? -1
	           : (int)value;
}

/* What a backslash and what follows stand for; *len is how much that is. */
static char escape(const char *text, size_t *len)
{
	static const char from[] = "abfnrtvs\\\"'", to[] = "\a\b\f\n\r\t\v \\\"'";
	const char *at = text[1] ? strchr(from, text[1]) : NULL;
	int value = -1;

	*len = 2;
	if (at)
		return to[at - from];
	if (text[1] == 'x') {
		value = digits(text + 2, 2, 16);
		*len = 4;
	} else if (text[1] >= '0' && text[1] <= '7') {
		value = digits(text + 1, 3, 8);
		*len = 4;
	}
	if (value > 0)
		return (char)value;
	*len = 1;
	return '\\';
}

static bool add(struct arena *arena, struct unit_words *words, const char *text, size_t len,
                bool quoted)
{
	void *room =
	    arena_room(arena, words->word, words->count, &words->size, sizeof *words->word);
	void *other = arena_room(arena, words->quoted, words->count, &words->quoted_size,
	                         sizeof *words->quoted);

	if (!room || !other || words->count == WORDS_MAX)
		return false;
	words->word = room;
	words->quoted = other;
	words->quoted[words->count] = quoted;
	words->word[words->count++] = arena_bytes(arena, text, len);
	return true;
}

bool unit_split(struct arena *arena, const char *text, struct unit_words *words)
{
	char *word = arena_alloc(arena, strlen(text) + 1);

	*words = (struct unit_words){.count = 0};
	while (word) {
		bool quoted = false;
		char quote = '\0';
		size_t len = 0;

		while (is_blank(*text))
			text++;
		if (!*text)
			return true;
		while (*text && (quote || !is_blank(*text))) {
			size_t taken = 1;

			if (quote ? *text == quote : *text == '"' || *text == '\'') {
				quote = quote ? '\0' : *text;
				quoted = true;
			} else if (*text == '\\') {
				word[len++] = escape(text, &taken);
			} else {
				word[len++] = *text;
			}
			text += taken;
		}
		if (quote || !add(arena, words, word, len, quoted))
			return false;
	}
	return false;
}

int unit_bool(const char *text)
{
	static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};
	static const char *const no[] = {"0", "no", "n", "false", "f", "off"};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return 1;
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	}
	return -1;
}

int64_t unit_time(const char *text)
{
	static const struct {
		const char *name;
		double msec;
	} units[] = {
	    {"usec", 0.001},  {"us", 0.001},   {"msec", 1},     {"ms", 1},        {"seconds", 1e3},
	    {"second", 1e3},  {"sec", 1e3},    {"s", 1e3},      {"minutes", 6e4}, {"minute", 6e4},
	    {"min", 6e4},     {"m", 6e4},      {"hours", 36e5}, {"hour", 36e5},   {"hr", 36e5},
	    {"h", 36e5},      {"days", 864e5}, {"day", 864e5},  {"d", 864e5},     {"weeks", 6048e5},
	    {"week", 6048e5}, {"w", 6048e5},   {"", 1e3},
	};
	double sum = 0;

	if (strcmp(text, "infinity") == 0)
		return UNIT_FOREVER;
	if (!*text)
		return -1;
	while (*text) {
		size_t len, i = 0;
		char *end;
		double number;

		if (*text < '0' || *text > '9' || strncasecmp(text, "0x", 2) == 0)
			return -1;
		number = strtod(text, &end);
		text = end + strspn(end, " ");
		len = strspn(text, "abcdefghijklmnopqrstuvwxyz");
		while (i < sizeof units / sizeof *units &&
		       (strlen(units[i].name) != len || strncmp(units[i].name, text, len) != 0))
			i++;
		if (i == sizeof units / sizeof *units)
			return -1;
		sum += number * units[i].msec;
		text += len + strspn(text + len, " ");
	}
	return sum >= 0 && sum < 1e15 ? (int64_t)sum : -1;
}

const char *unit_size(struct arena *arena, const char *text)
{
	size_t len = strspn(text, "0123456789");

	if (strcmp(text, "infinity") == 0)
		return "unlimited";
	if (!len || len > 15)
		return NULL;
	if (!text[len] || (strchr("KMGT", text[len]) && !text[len + 1]))
		return arena_text(arena, text);
	return strcmp(text + len, "B") == 0 ? arena_bytes(arena, text, len) : NULL;
}
