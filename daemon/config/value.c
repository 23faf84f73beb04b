#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/model.h"
#include "config/problem.h"
#include "config/rate.h"
#include "config/suggest.h"
#include "config/value.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", UINT64_C(1) << 40}, {NULL, 0},
};
static const struct unit plain[] = {{"", 1}, {NULL, 0}};

static int fail(char why[VALUE_WHY_MAX], const char *text, const char *what)
{
	char quoted[QUOTED_MAX];

	snprintf(why, VALUE_WHY_MAX, "\"%s\" %s", problem_quote(text, strlen(text), quoted), what);
	return -1;
}

/* Digits and one of the units. A bare 0 is 0 of any unit. */
static int parse_amount(const char *text, const struct unit *units, uint64_t *amount_r)
{
	char *end;
	unsigned long long n;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -1;
	for (const struct unit *unit = units; unit->name; unit++) {
		if (strcmp(end, unit->name) != 0 && (n != 0 || *end))
			continue;
		if (n > UINT64_MAX / unit->factor)
			return -1;
		*amount_r = n * unit->factor;
		return 0;
	}
	return -1;
}

static bool all_digits(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

int value_word(const char *text, const char *words)
{
	size_t len = strlen(text);
	int n = 0;

	if (!words || !len || strchr(text, ' '))
		return -1;
	for (const char *word = words; *word; n++) {
		size_t word_len = strcspn(word, " ");

		if (word_len == len && memcmp(word, text, len) == 0)
			return n;
		word += word_len;
		word += strspn(word, " ");
	}
	return -1;
}

int value_size(const char *text, uint64_t *bytes_r)
{
	return parse_amount(text, sizes, bytes_r);
}

int value_bool(const char *text, bool *value)
{
	if (!strcasecmp(text, "yes") || !strcasecmp(text, "on") || !strcasecmp(text, "true"))
		*value = true;
	else if (!strcasecmp(text, "no") || !strcasecmp(text, "off") || !strcasecmp(text, "false"))
		*value = false;
	else
		return -1;
	return 0;
}

static int parse_number(const struct schema_option *option, const char *text, int64_t *value,
                        char why[VALUE_WHY_MAX])
{
	bool negative = text[0] == '-';
	uint64_t n;
	char range[100];

	if (!all_digits(text + negative))
		return fail(why, text, "is not a number");
	/* 010 is 8 to some programs and 10 to others. */
	if (text[(int)negative] == '0' && text[negative + 1])
		return fail(why, text, "begins with 0 (numbers are decimal)");
	if (parse_amount(text + negative, plain, &n) < 0 || n > INT32_MAX)
		n = INT32_MAX;
	*value = negative ? -(int64_t)n : (int64_t)n;
	if (*value < option->min || *value > option->max) {
		snprintf(range, sizeof(range), "is out of range (%lld to %lld)",
		         (long long)option->min, (long long)option->max);
		return fail(why, text, range);
	}
	return 0;
}

static int parse_duration(const struct schema_option *option, const char *text, int64_t scale,
                          int64_t *value, char why[VALUE_WHY_MAX])
{
	uint64_t msec;
	char hint[100];

	if (all_digits(text) && strcmp(text, "0") != 0) {
		snprintf(hint, sizeof(hint), "has no unit (write %.20ss, or ms, m, h, d)", text);
		return fail(why, text, hint);
	}
	if (parse_amount(text, durations, &msec) < 0)
		return fail(why, text, "is not a duration (like 500ms, 10s, 5m, 2h, 1d)");
	if (msec > INT64_MAX || (int64_t)msec > option->max * scale ||
	    (int64_t)msec < option->min * scale) {
		bool whole = option->min * scale % 1000 == 0;

		snprintf(hint, sizeof(hint), "is out of range (%lld%s to %llds)",
		         (long long)(whole ? option->min * scale / 1000 : option->min),
		         whole ? "s" : "ms", (long long)(option->max * scale / 1000));
		return fail(why, text, hint);
	}
	if (msec % (uint64_t)scale)
		return fail(why, text, "is no whole number of seconds");
	*value = (int64_t)msec / scale;
	return 0;
}

static int parse_size(const struct schema_option *option, const char *text, int64_t *value,
                      char why[VALUE_WHY_MAX])
{
	uint64_t bytes;

	if (parse_amount(text, sizes, &bytes) < 0)
		return fail(why, text, "is not a size (like 65536, 64K, 2M)");
	if (bytes > (uint64_t)option->max)
		return fail(why, text, "is too large (at most 1G)");
	*value = (int64_t)bytes;
	return 0;
}

static int parse_code(const struct schema_option *option, const char *text, int64_t *value,
                      char why[VALUE_WHY_MAX])
{
	bool hex = text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text;
	char range[100];
	int64_t n;

	if (!*digits || digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")] ||
	    (!hex && digits[0] == '0' && digits[1]))
		return fail(why, text, "is not a number (decimal, or hexadecimal like 0x10)");
	n = strlen(digits) > 10 ? INT64_MAX : (int64_t)strtoull(digits, NULL, hex ? 16 : 10);
	if (n > option->max) {
		snprintf(range, sizeof(range), "is out of range (0 to %lld)",
		         (long long)option->max);
		return fail(why, text, range);
	}
	*value = n;
	return 0;
}

static int parse_mode(const struct schema_option *option, const char *text, int64_t *value,
                      char why[VALUE_WHY_MAX])
{
	if (!*text || text[strspn(text, "01234567")] || strlen(text) > 6)
		return fail(why, text, "is not an octal mode (like 0660)");
	*value = (int64_t)strtoul(text, NULL, 8);
	if (*value > option->max)
		return fail(why, text, "is out of range (0 to 0777)");
	return 0;
}

int value_one_of(const char *text, const char *words, char why[VALUE_WHY_MAX])
{
	struct suggest suggest = SUGGEST_INIT(text, strlen(text));
	char quoted[QUOTED_MAX], copy[100], *save = NULL;
	int place = value_word(text, words);

	if (place >= 0)
		return place;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		suggest_offer(&suggest, word);
	problem_quote(text, strlen(text), quoted);
	if (suggest.best)
		snprintf(why, VALUE_WHY_MAX, "\"%s\" is not one of: %s (did you mean \"%s\"?)",
		         quoted, words, suggest.best);
	else
		snprintf(why, VALUE_WHY_MAX, "\"%s\" is not one of: %s", quoted, words);
	return -1;
}

static int parse_word(const struct schema_option *option, const char *text, int64_t *value,
                      char why[VALUE_WHY_MAX])
{
	int place = value_one_of(text, option->words, why);

	if (place >= 0)
		*value = option->min + place;
	return place < 0 ? -1 : 0;
}

static int parse_one_limit(const char *text, const char *unit, rlim_t *limit)
{
	const struct unit *units = plain;
	uint64_t n;

	if (strcmp(text, "unlimited") == 0) {
		*limit = RLIM_INFINITY;
		return 0;
	}
	if (strcmp(unit, SCHEMA_UNIT_BYTES) == 0)
		units = sizes;
	else if (strcmp(unit, SCHEMA_UNIT_SECONDS) == 0 && !all_digits(text))
		units = durations;
	if (parse_amount(text, units, &n) < 0 || n >= RLIM_INFINITY / 2)
		return -1;
	if (units == durations) {
		if (n % 1000)
			return -1;
		n /= 1000;
	}
	*limit = n;
	return 0;
}

static int parse_limit(const struct schema_option *option, const char *text,
                       struct conf_rlimit *limit, char why[VALUE_WHY_MAX])
{
	const char *colon = strchr(text, ':');
	char soft[32];

	snprintf(soft, sizeof(soft), "%.*s", colon ? (int)(colon - text) : (int)strlen(text), text);
	if (strlen(soft) + 1 == sizeof(soft) ||
	    parse_one_limit(soft, option->unit, &limit->soft) < 0 ||
	    parse_one_limit(colon ? colon + 1 : soft, option->unit, &limit->hard) < 0)
		return fail(why, text,
		            strcmp(option->unit, SCHEMA_UNIT_BYTES) == 0
		                ? "is not a limit (a size like 64M, unlimited, or SOFT:HARD)"
		                : "is not a limit (a number, unlimited, or SOFT:HARD)");
	if (limit->soft > limit->hard)
		return fail(why, text, "has a soft limit above the hard one");
	return 0;
}

static int parse_scalar(const struct schema_option *option, const char *text, int64_t *value,
                        char why[VALUE_WHY_MAX])
{
	bool yes = false;

	switch (option->type) {
	case SCHEMA_BOOL:
		if (value_bool(text, &yes) < 0)
			return fail(why, text, "is neither yes nor no");
		*value = yes;
		return 0;
	case SCHEMA_NUMBER:
	case SCHEMA_BITS:
		return parse_number(option, text, value, why);
	case SCHEMA_SECONDS:
		return parse_duration(option, text, 1000, value, why);
	case SCHEMA_DURATION:
	case SCHEMA_MSEC:
		return parse_duration(option, text, 1, value, why);
	case SCHEMA_SIZE:
		return parse_size(option, text, value, why);
	case SCHEMA_CODE:
		return parse_code(option, text, value, why);
	case SCHEMA_MODE:
		return parse_mode(option, text, value, why);
	case SCHEMA_WORD:
		return parse_word(option, text, value, why);
	default:
		return 0;
	}
}

static void store(enum schema_type type, int64_t value, void *field)
{
	switch (type) {
	case SCHEMA_BOOL:
		*(bool *)field = value != 0;
		break;
	case SCHEMA_BITS:
		*(uint8_t *)field = (uint8_t)value;
		break;
	case SCHEMA_DURATION:
		*(msec_t *)field = value;
		break;
	case SCHEMA_MSEC:
		*(unsigned *)field = (unsigned)value;
		break;
	case SCHEMA_CODE:
		*(uint32_t *)field = (uint32_t)value;
		break;
	case SCHEMA_MODE:
		*(mode_t *)field = (mode_t)value;
		break;
	case SCHEMA_NUMBER:
	case SCHEMA_SECONDS:
	case SCHEMA_SIZE:
	case SCHEMA_WORD:
		*(int *)field = (int)value;
		break;
	default:
		break;
	}
}

static int parse_rate(const char *text, struct conf_rate *field, char why[VALUE_WHY_MAX])
{
	struct conf_rate rate = {.count = 0};

	if (rate_parse(text, &rate, why) < 0)
		return -1;
	if (field) {
		field->count = rate.count;
		field->time = rate.time;
	}
	return 0;
}

int value_parse(const struct schema_option *option, const char *text, void *field,
                char why[VALUE_WHY_MAX])
{
	struct conf_rlimit limit = {0};
	int64_t value = 0;

	if (option->type == SCHEMA_LIMIT) {
		if (parse_limit(option, text, &limit, why) < 0)
			return -1;
		if (field) {
			struct conf_rlimit *to = field;

			to->set = true;
			to->soft = limit.soft;
			to->hard = limit.hard;
		}
		return 0;
	}
	if (option->type == SCHEMA_RATE)
		return parse_rate(text, field, why);
	if (parse_scalar(option, text, &value, why) < 0)
		return -1;
	if (field)
		store(option->type, value, field);
	return 0;
}
