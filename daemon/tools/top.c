#include "tools/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "tools/ask.h"
#include "tools/table.h"

enum {
	INTERVAL_MSEC = 1000,
	ROWS_MOST = 1 << 16,
	COLUMNS_MOST = 64,
	REQUEST_MAX = 64,
	SCREEN_MAX = 1 << 20,
};

enum number { SESSIONS, INSTANCES, QUEUED, ACCEPTED, REFUSED, STARTED, FAILED, NUMBERS };

static const char *const titles[NUMBERS] = {"SESSIONS", "INSTANCES", "QUEUED", "ACCEPTED",
                                            "REFUSED",  "STARTED",   "FAILED"};

struct row {
	const char *name, *state; /* in the reply's text */
	unsigned long long number[NUMBERS];
	double rate[NUMBERS]; /* a second, of those that only grow; -1: not known */
};

/* One look at all services. */
struct sample {
	struct reply reply;
	msec_t when;
	struct row *row;
	size_t count;
};

static volatile sig_atomic_t ended, resized;

static int ask_for(const char *socket, const char *what, struct reply *reply)
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
		struct row *row = realloc(sample->row, (sample->count + 1) * sizeof *row);

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

static void sample_free(struct sample *sample)
{
	free(sample->row);
	reply_free(&sample->reply);
	*sample = (struct sample){.row = NULL};
}

static int sample_take(const char *socket, struct sample *sample)
{
	int status;

	*sample = (struct sample){.row = NULL};
	status = ask_for(socket, "services", &sample->reply);
	sample->when = clock_msec();
	if (status == 0 && parse(sample) < 0) {
		snprintf(sample->reply.why, sizeof sample->reply.why, "%s", strerror(ENOMEM));
		status = EXIT_FAILED;
	}
	return status;
}

static const struct row *row_of(const struct sample *sample, const struct row *row, size_t near)
{
	if (near < sample->count && strcmp(sample->row[near].name, row->name) == 0)
		return &sample->row[near];
	for (size_t i = 0; i < sample->count; i++)
		if (strcmp(sample->row[i].name, row->name) == 0)
			return &sample->row[i];
	return NULL;
}

/* A counter that went back is another daemon's: nothing is known then. */
static void compare(struct sample *now, const struct sample *before)
{
	double seconds = (double)(now->when - before->when) / 1000;

	for (size_t i = 0; i < now->count && seconds > 0; i++) {
		struct row *row = &now->row[i];
		const struct row *old = row_of(before, row, i);

		for (int k = ACCEPTED; old && k < NUMBERS; k++)
			if (row->number[k] >= old->number[k])
				row->rate[k] = (double)(row->number[k] - old->number[k]) / seconds;
	}
}

/* Who has most to do first, else as they stand in the configuration. */
static int busier(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->rate[ACCEPTED] != y->rate[ACCEPTED])
		return x->rate[ACCEPTED] < y->rate[ACCEPTED] ? 1 : -1;
	if (x->number[SESSIONS] != y->number[SESSIONS])
		return x->number[SESSIONS] < y->number[SESSIONS] ? 1 : -1;
	return x->name < y->name ? -1 : 1;
}

static void add_rate(struct buf *out, double rate)
{
	if (rate < 0)
		buf_adds(out, "\t-");
	else
		buf_addf(out, "\t%.0f", rate);
}

static void add_table(const struct sample *sample, size_t most, struct buf *out)
{
	buf_adds(out, "SERVICE\tSTATE\tSESSIONS\tINSTANCES\tQUEUED\tACCEPTED/s\tREFUSED/s\t"
	              "STARTED/s\tFAILED/s\n");
	for (size_t i = 0; i < sample->count && i < most; i++) {
		const struct row *row = &sample->row[i];

		buf_addf(out, "%s\t%s", row->name, row->state);
		for (int k = SESSIONS; k <= QUEUED; k++)
			buf_addf(out, "\t%llu", row->number[k]);
		for (int k = ACCEPTED; k < NUMBERS; k++)
			add_rate(out, row->rate[k]);
		buf_addc(out, '\n');
	}
}

static void add_json(const struct sample *sample, struct buf *out)
{
	static const char *const keys[NUMBERS] = {
	    "sessions",           "instances",          "queued",           "accepted_per_second",
	    "refused_per_second", "started_per_second", "failed_per_second"};
	struct json json = JSON_INIT(out);

	json_object(&json);
	json_key(&json, "services");
	json_array(&json);
	for (size_t i = 0; i < sample->count; i++) {
		const struct row *row = &sample->row[i];

		json_object(&json);
		json_key(&json, "service");
		json_string(&json, row->name);
		json_key(&json, "state");
		json_string(&json, row->state);
		for (int k = 0; k < NUMBERS; k++) {
			if (k >= ACCEPTED && row->rate[k] < 0)
				continue;
			json_key(&json, keys[k]);
			if (k < ACCEPTED)
				json_uint(&json, row->number[k]);
			else
				json_number(&json, row->rate[k]);
		}
		json_object_end(&json);
	}
	json_array_end(&json);
	json_object_end(&json);
	buf_addc(out, '\n');
}

static int show_once(const char *socket, bool json, char *why, size_t why_size)
{
	struct sample before, now = {.row = NULL};
	struct buf out = BUF_INIT(64 << 20);
	int status = sample_take(socket, &before);

	snprintf(why, why_size, "%s", before.reply.why);
	if (status == 0) {
		(void)poll(NULL, 0, INTERVAL_MSEC);
		status = sample_take(socket, &now);
		snprintf(why, why_size, "%s", now.reply.why);
	}
	if (status == 0) {
		compare(&now, &before);
		if (json)
			add_json(&now, &out);
		else
			add_table(&now, ROWS_MOST, &out);
		if (json)
			fwrite(out.data, 1, out.len, stdout);
		else
			table_print(stdout, out.data, out.len, false);
		if (fflush(stdout) != 0) {
			snprintf(why, why_size, "standard output: %s", strerror(errno));
			status = EXIT_FAILED;
		}
	}
	sample_free(&before);
	sample_free(&now);
	buf_free(&out);
	return status;
}

/* The value of a field of "status"; "" if it is not told. */
static void find_field(const struct reply *reply, const char *name, char *value, size_t size)
{
	size_t len = strlen(name);
	const char *at = reply->body;

	*value = '\0';
	while (at && (strncmp(at, name, len) != 0 || at[len] != '\t'))
		at = (at = strchr(at, '\n')) ? at + 1 : NULL;
	if (at)
		snprintf(value, size, "%.*s", (int)strcspn(at + len + 1, "\n"), at + len + 1);
}

static void add_header(const char *socket, struct buf *out)
{
	static const char *const names[] = {"version",  "pid",    "state",       "uptime",
	                                    "sessions", "queued", "descriptors", "resources"};
	struct reply reply;

	buf_adds(out, "usherd");
	if (ask_for(socket, "status", &reply) == 0) {
		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			char value[128];

			find_field(&reply, names[i], value, sizeof value);
			buf_addf(out, "%s%s%s %s", i ? "," : "", i ? " " : "", i ? names[i] : "",
			         value);
		}
	}
	reply_free(&reply);
	buf_addc(out, '\n');
}

/* What the screen has room for; no line is longer than it, nor is any left over. */
static void paint(const char *text, const struct winsize *size)
{
	unsigned lines = 0;

	fputs("\033[H", stdout);
	while (*text && lines + 1 < size->ws_row) {
		size_t len = strcspn(text, "\n");

		fputs(lines == 2 ? "\033[1m" : "", stdout);
		for (size_t i = 0; i < len && i < size->ws_col; i++)
			putchar(text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
		fputs("\033[0m\033[K\n", stdout);
		text += len + (text[len] != '\0');
		lines++;
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

static struct winsize screen_size(void)
{
	struct winsize size = {.ws_row = 0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 4 || size.ws_col < 10)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	return size;
}

/* The table as table_print() aligns it, behind what there is. */
static void add_aligned(const struct sample *sample, size_t most, struct buf *screen)
{
	struct buf cells = BUF_INIT(SCREEN_MAX);
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	add_table(sample, most, &cells);
	if (to) {
		table_print(to, cells.data, cells.len, false);
		fclose(to);
		buf_add(screen, text, len);
	}
	free(text);
	buf_free(&cells);
}

static void refresh(const char *socket, struct sample *before)
{
	struct winsize size = screen_size();
	struct buf screen = BUF_INIT(SCREEN_MAX);
	struct sample now;

	if (sample_take(socket, &now) == 0) {
		compare(&now, before);
		if (now.count > 1)
			qsort(now.row, now.count, sizeof *now.row, busier);
		add_header(socket, &screen);
		buf_addc(&screen, '\n');
		add_aligned(&now, size.ws_row, &screen);
	} else {
		buf_adds(&screen, now.reply.why);
	}
	if (screen.data)
		paint(screen.data, &size);
	buf_free(&screen);
	sample_free(before);
	*before = now;
}

static void on_signal(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else
		ended = 1;
}

/* False at the end: "q", or nobody is there any more to press it. */
static bool wait_for_key(msec_t until)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	msec_t left;
	char key;

	while (!ended && !resized && (left = until - clock_msec()) > 0) {
		if (poll(&in, 1, (int)left) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
			return false;
	}
	resized = 0;
	return !ended;
}

static int show_on_terminal(const char *socket, const struct termios *plain)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	struct sigaction action = {.sa_handler = on_signal};
	struct sample before = {.row = NULL};
	struct termios raw = *plain;

	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaction(caught[i], &action, NULL);
	/* Stopped, it would leave the terminal as it is. */
	signal(SIGTSTP, SIG_IGN);
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	fputs("\033[?1049h\033[?25l", stdout);
	do
		refresh(socket, &before);
	while (wait_for_key(clock_msec() + INTERVAL_MSEC));
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, plain);
	sample_free(&before);
	return EXIT_SUCCESS;
}

int top_main(const char *socket, bool json, char *why, size_t why_size)
{
	struct termios plain;
	struct reply reply;
	int status;

	if (json || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &plain) < 0)
		return show_once(socket, json, why, why_size);
	/* Who may not, or asks nobody, is told so on a screen that stays. */
	status = ask_for(socket, "services", &reply);
	snprintf(why, why_size, "%s", reply.why);
	reply_free(&reply);
	return status == 0 ? show_on_terminal(socket, &plain) : status;
}
