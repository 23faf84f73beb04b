#include "tools/table.h"

#include <string.h>

enum {
	COLUMNS_MOST = 64, /* what is beyond them is left out */
	GAP = 2,
};

#define BOLD   "\033[1m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

struct column {
	size_t width;
	bool numbers; /* all cells are numbers, or none */
	bool state;
};

struct cell {
	const char *text;
	size_t len;
};

/* The next piece up to the separator, which is skipped; false at the end. */
static bool next_piece(const char **at, const char *end, char separator, struct cell *piece)
{
	const char *stop;

	if (!*at)
		return false;
	stop = memchr(*at, separator, (size_t)(end - *at));
	*piece = (struct cell){*at, (size_t)((stop ? stop : end) - *at)};
	*at = stop ? stop + 1 : NULL;
	return true;
}

static bool next_line(const char **at, const char *end, struct cell *line)
{
	return *at && *at < end && next_piece(at, end, '\n', line);
}

static bool is_printable(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* How many columns of the terminal the cell takes. */
static size_t cell_width(const struct cell *cell)
{
	size_t width = 0;

	for (size_t i = 0; i < cell->len; i++)
		width += is_printable(cell->text[i]) ? 1 : 4;
	return width;
}

static void print_cell(FILE *to, const struct cell *cell)
{
	for (size_t i = 0; i < cell->len; i++) {
		if (is_printable(cell->text[i]))
			putc(cell->text[i], to);
		else
			fprintf(to, "\\x%02x", (unsigned char)cell->text[i]);
	}
}

static void print_spaces(FILE *to, size_t count)
{
	fprintf(to, "%*s", (int)count, "");
}

static bool cell_is(const struct cell *cell, const char *text)
{
	return cell->len == strlen(text) && memcmp(cell->text, text, cell->len) == 0;
}

static bool is_number(const struct cell *cell)
{
	if (cell_is(cell, "-"))
		return true;
	for (size_t i = 0; i < cell->len; i++)
		if (cell->text[i] < '0' || cell->text[i] > '9')
			return false;
	return cell->len > 0;
}

/* Widths and kinds of all columns. */
static void measure(const char *body, size_t len, struct column column[COLUMNS_MOST])
{
	const char *at = body, *end = body + len;
	struct cell line, cell;

	for (size_t i = 0; i < COLUMNS_MOST; i++)
		column[i] = (struct column){.numbers = true};
	for (bool title = true; next_line(&at, end, &line); title = false) {
		const char *in = line.text;

		for (size_t i = 0;
		     i < COLUMNS_MOST && next_piece(&in, line.text + line.len, '\t', &cell); i++) {
			size_t width = cell_width(&cell);

			if (title)
				column[i].state = cell_is(&cell, "STATE");
			else if (!is_number(&cell))
				column[i].numbers = false;
			if (width > column[i].width)
				column[i].width = width;
		}
	}
}

static const char *colour_of(const struct cell *cell, const struct column *column, bool title)
{
	if (title)
		return BOLD;
	if (!column->state)
		return "";
	if (cell_is(cell, "running"))
		return GREEN;
	return cell_is(cell, "disabled") || cell_is(cell, "closed") || cell_is(cell, "drained")
	           ? DIM
	           : YELLOW;
}

static void print_line(FILE *to, const struct cell *line, const struct column *column, bool title,
                       bool colour)
{
	const char *in = line->text;
	struct cell cell;

	for (size_t i = 0; i < COLUMNS_MOST && next_piece(&in, line->text + line->len, '\t', &cell);
	     i++) {
		size_t pad = column[i].width - cell_width(&cell);
		const char *on = colour ? colour_of(&cell, &column[i], title) : "";

		if (i > 0)
			print_spaces(to, GAP);
		if (column[i].numbers)
			print_spaces(to, pad);
		fputs(on, to);
		print_cell(to, &cell);
		if (*on)
			fputs(PLAIN, to);
		if (!column[i].numbers && in)
			print_spaces(to, pad);
	}
	putc('\n', to);
}

void table_print(FILE *to, const char *body, size_t len, bool colour)
{
	struct column column[COLUMNS_MOST];
	const char *at = body, *end = body + len;
	struct cell line;

	measure(body, len, column);
	for (bool title = true; next_line(&at, end, &line); title = false)
		print_line(to, &line, column, title, colour);
}

void fields_print(FILE *to, const char *body, size_t len, bool colour)
{
	struct column column[COLUMNS_MOST];
	const char *at = body, *end = body + len;
	struct cell line, cell;

	measure(body, len, column);
	while (next_line(&at, end, &line)) {
		const char *in = line.text;

		(void)next_piece(&in, line.text + line.len, '\t', &cell);
		fputs(colour ? BOLD : "", to);
		print_cell(to, &cell);
		fputs(colour ? PLAIN : "", to);
		if (in && next_piece(&in, line.text + line.len, '\t', &line)) {
			print_spaces(to, column[0].width - cell_width(&cell) + GAP);
			print_cell(to, &line);
		}
		putc('\n', to);
	}
}

void text_print(FILE *to, const char *body, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)body[i];

		if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f))
			putc(c, to);
		else
			fprintf(to, "\\x%02x", c);
	}
}
