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

#include "base/json.h"
#include "tools/sample.h"
#include "tools/table.h"

enum {
	INTERVAL_MSEC = 1000,
	SCREEN_MAX = 1 << 20,
};

static volatile sig_atomic_t ended, resized;

/* Who has most to do first, else as they stand in the configuration. */
static int busier(const void *a, const void *b)
{
	const struct sample_row *x = a, *y = b;

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
		const struct sample_row *row = &sample->row[i];

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
		const struct sample_row *row = &sample->row[i];

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
		sample_compare(&now, &before);
		if (json)
			add_json(&now, &out);
		else
			add_table(&now, now.count, &out);
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
	if (sample_ask(socket, "status", &reply) == 0) {
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
		sample_compare(&now, before);
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
	status = sample_ask(socket, "services", &reply);
	snprintf(why, why_size, "%s", reply.why);
	reply_free(&reply);
	return status == 0 ? show_on_terminal(socket, &plain) : status;
}
