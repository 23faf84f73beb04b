#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/problem.h"

static bool is_known(const struct conf_problems *problems, const struct conf_where *where,
                     const char *text)
{
	for (size_t i = problems->count; i-- > 0;) {
		const struct conf_problem *item = &problems->item[i];

		if (item->line == where->line && strcmp(item->text, text) == 0 &&
		    (item->file && where->file ? strcmp(item->file, where->file) == 0
		                               : !item->file && !where->file))
			return true;
	}
	return false;
}

static bool make_room(struct conf_problems *problems)
{
	size_t size = problems->size ? 2 * problems->size : 16;
	struct conf_problem *item;

	if (problems->count < problems->size)
		return true;
	item = reallocarray(problems->item, size, sizeof(*item));
	if (!item)
		return false;
	problems->item = item;
	problems->size = size;
	return true;
}

static void append(struct conf_problems *problems, const struct conf_where *where, bool warning,
                   const char *text)
{
	char *file = where->file ? strdup(where->file) : NULL;
	char *copy = strdup(text);

	if (!copy || (where->file && !file) || !make_room(problems)) {
		free(copy);
		free(file);
		problems->incomplete = true;
		return;
	}
	problems->item[problems->count++] = (struct conf_problem){
	    .file = file, .line = where->line, .warning = warning, .text = copy};
}

void problem_addv(struct conf_problems *problems, const struct conf_where *where, bool warning,
                  const char *format, va_list ap)
{
	static const struct conf_where nowhere;
	char text[PROBLEM_TEXT_MAX];

	vsnprintf(text, sizeof(text), format, ap);
	if (!where)
		where = &nowhere;
	if (problems->count < PROBLEMS_MAX && is_known(problems, where, text))
		return;
	if (!warning)
		problems->errors++;
	if (problems->count < PROBLEMS_MAX) {
		append(problems, where, warning, text);
	} else if (problems->count == PROBLEMS_MAX) {
		problems->incomplete = true;
		snprintf(text, sizeof(text), "there are more problems; only %d are shown",
		         PROBLEMS_MAX);
		append(problems, &nowhere, warning, text);
	}
}

void problem_add(struct conf_problems *problems, const struct conf_where *where, bool warning,
                 const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	problem_addv(problems, where, warning, format, ap);
	va_end(ap);
}

static unsigned file_order(const char *file, const char *const *files)
{
	unsigned n = 0;

	if (!file)
		return (unsigned)-1; /* what belongs to no file comes last */
	while (files[n] && strcmp(files[n], file) != 0)
		n++;
	return n;
}

static int compare(const void *a, const void *b)
{
	const struct conf_problem *one = a, *other = b;

	if (one->file_order != other->file_order)
		return one->file_order < other->file_order ? -1 : 1;
	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return one->found < other->found ? -1 : one->found > other->found;
}

void problem_sort(struct conf_problems *problems, const char *const *files)
{
	for (size_t i = 0; i < problems->count; i++) {
		problems->item[i].file_order = file_order(problems->item[i].file, files);
		problems->item[i].found = (unsigned)i;
	}
	if (problems->count)
		qsort(problems->item, problems->count, sizeof(problems->item[0]), compare);
}

const char *problem_quote(const char *from, size_t len, char text[QUOTED_MAX])
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];

		if (out > QUOTED_MAX - 12) {
			memcpy(text + out, "...", 3);
			out += 3;
			break;
		}
		if (c < 0x20 || c == 0x7f)
			out += (size_t)sprintf(text + out, "\\x%02x", c);
		else
			text[out++] = from[i];
	}
	text[out] = '\0';
	return text;
}

size_t conf_problem_format(const struct conf_problem *problem, char *text, size_t size)
{
	const char *kind = problem->warning ? "warning: " : "";
	int len;

	if (!problem->file)
		len = snprintf(text, size, "%s%s", kind, problem->text);
	else if (!problem->line)
		len = snprintf(text, size, "%s: %s%s", problem->file, kind, problem->text);
	else
		len = snprintf(text, size, "%s:%u: %s%s", problem->file, problem->line, kind,
		               problem->text);
	if (len < 0)
		return 0;
	return (size_t)len < size ? (size_t)len : size ? size - 1 : 0;
}

void conf_problems_free(struct conf_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free((char *)problems->item[i].file);
		free((char *)problems->item[i].text);
	}
	free(problems->item);
	*problems = (struct conf_problems){0};
}
