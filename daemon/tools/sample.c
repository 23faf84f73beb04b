#include "tools/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS_MOST = 1 << 16,
	COLUMNS_MOST = 64,
	REQUEST_MAX = 64,
};

static const char *const titles[NUMBERS] = {"SESSIONS", "INSTANCES", "QUEUED", "ACCEPTED",
                                            "REFUSED",  "STARTED",   "FAILED"};

int sample_ask(const char *socket, const char *what, struct reply *reply)
{
	struct buf request = BUF_INIT(REQUEST_MAX);
	int status;

	buf_addf(&request, "%s\n", what);
	status = ask(socket, &request, reply);
	buf_free(&request);
	return status;
}

/* Cuts a line into its cells in place; the rest of the body, or NULL. */
static char *cut_line(char *line, char *end, char *cell[COLUMNS_MOST], size_t *cells)
{
	char *stop = memchr(line, '\n', (size_t)(end - line));

	*cells = 0;
	if (!stop)
		return NULL;
	*stop = '\0';
	while (line && *cells < COLUMNS_MOST) {
		char *tab = strchr(line, '\t');

		if (tab)
			*tab++ = '\0';
		cell[(*cells)++] = line;
		line = tab;
	}
	return stop + 1;
}

static int column_of(char *const *title, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(title[i], name) == 0)
			return (int)i;
	return -1;
}

static const char *cell_at(char *const *cell, size_t count, int at)
{
	return at >= 0 && (size_t)at < count ? cell[at] : "";
}

/* The rows of the answer to "services", whatever order its columns have. */
static int parse(struct sample *sample)
{
	char *at = sample->reply.raw.data + (sample->reply.body - sample->reply.raw.data);
	char *end = at + sample->reply.len;
	char *title[COLUMNS_MOST], *cell[COLUMNS_MOST];
	size_t columns, cells;
	int name, state, number[NUMBERS];

	at = cut_line(at, end, title, &columns);
	if (!at)
		return 0;
	name = column_of(title, columns, "SERVICE");
	state = column_of(title, columns, "STATE");
	for (int i = 0; i < NUMBERS; i++)
		number[i] = column_of(title, columns, titles[i]);
	while ((at = cut_line(at, end, cell, &cells)) && sample->count < ROWS_MOST) {
		struct sample_row *row = realloc(sample->row, (sample->count + 1) * sizeof *row);

		if (!row)
			return -1;
		sample->row = row;
		row += sample->count++;
		row->name = cell_at(cell, cells, name);
		row->state = cell_at(cell, cells, state);
		for (int i = 0; i < NUMBERS; i++) {
			row->number[i] = strtoull(cell_at(cell, cells, number[i]), NULL, 10);
			row->rate[i] = -1;
		}
	}
	return 0;
}

void sample_free(struct sample *sample)
{
	free(sample->row);
	reply_free(&sample->reply);
	*sample = (struct sample){.row = NULL};
}

int sample_take(const char *socket, struct sample *sample)
{
	int status;

	*sample = (struct sample){.row = NULL};
	status = sample_ask(socket, "services", &sample->reply);
	sample->when = clock_msec();
	if (status == 0 && parse(sample) < 0) {
		snprintf(sample->reply.why, sizeof sample->reply.why, "%s", strerror(ENOMEM));
		status = EXIT_FAILED;
	}
	return status;
}

static const struct sample_row *row_of(const struct sample *sample, const struct sample_row *row,
                                       size_t near)
{
	if (near < sample->count && strcmp(sample->row[near].name, row->name) == 0)
		return &sample->row[near];
	for (size_t i = 0; i < sample->count; i++)
		if (strcmp(sample->row[i].name, row->name) == 0)
			return &sample->row[i];
	return NULL;
}

/* A counter that went back is another daemon's: nothing is known then. */
void sample_compare(struct sample *now, const struct sample *before)
{
	double seconds = (double)(now->when - before->when) / 1000;

	for (size_t i = 0; i < now->count && seconds > 0; i++) {
		struct sample_row *row = &now->row[i];
		const struct sample_row *old = row_of(before, row, i);

		for (int k = ACCEPTED; old && k < NUMBERS; k++)
			if (row->number[k] >= old->number[k])
				row->rate[k] = (double)(row->number[k] - old->number[k]) / seconds;
	}
}
