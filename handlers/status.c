/* status - one page that shows how usherd is, live.
 *
 *   status [-s PATH] [SECONDS]
 *
 *   GET /, /status      the page: tables of what is now; with scripts, charts of the last minutes
 *   GET /status.json    what the page asks for every other second: usherd's answers to "status",
 *                       "services", "sessions" and "metrics", and the sessions' processor time
 *
 * PATH is the control socket and SECONDS the time that a client has for its request (10). It only
 * reads. The page is whole in itself, and its policy lets nothing else be loaded or run. While
 * usherd cannot be asked the answer is 503, the reason is in the log, and the exit status 1. */
#include "ask.h"
#include "client.h"
#include "html.h"
#include "http.h"
#include "page.h"
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	ASK_MSEC = 5000,
	ANSWER_MAX = 8 << 20,
	ROWS_MOST = 1000, /* of each table without scripts */
	CPU_MOST = 1000,  /* sessions whose processor time is looked up */
	NONCE_BYTES = 16
};

/* What is no part of the policy cannot be loaded, sent or embedded. */
#define POLICY_BEFORE  "Content-Security-Policy: default-src 'none'; script-src 'nonce-"
#define POLICY_BETWEEN "'; style-src 'nonce-"
#define POLICY_AFTER                                              \
	"'; connect-src 'self'; img-src data:; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'\r\n"
#define FIELDS                                          \
	"Cache-Control: no-store\r\n"                   \
	"Cross-Origin-Resource-Policy: same-origin\r\n" \
	"Referrer-Policy: no-referrer\r\n"              \
	"X-Content-Type-Options: nosniff\r\n"

struct answers {
	struct buf status, services, sessions;
	char nonce[2 * NONCE_BYTES + 1];
};

static const char *control; /* -s */
static char fields[REPLY_FIELDS_MAX + 1];

static int fail(struct reply *reply, const char *why)
{
	fprintf(stderr, "status: %s\n", why);
	reply_set_text(reply, "503 Service Unavailable",
	               "usherd cannot be asked; its log says why.\n");
	reply->fields = FIELDS;
	return 1;
}

/* Only what carries this word in the page may run there, and no one can know it before. */
static bool make_nonce(char text[2 * NONCE_BYTES + 1])
{
	unsigned char bytes[NONCE_BYTES];

	if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != (ssize_t)sizeof bytes)
		return false;
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static void fill_in(struct buf *page, const char *name, size_t len, const struct answers *answers)
{
	const struct {
		const char *name, *text;
		enum { AS_IT_IS, AS_FIELDS, AS_TABLE } how;
	} parts[] = {
	    {"nonce", answers->nonce, AS_IT_IS},
	    {"css", page_status_css, AS_IT_IS},
	    {"js", page_status_js, AS_IT_IS},
	    {"status", answers->status.data, AS_FIELDS},
	    {"services", answers->services.data, AS_TABLE},
	    {"sessions", answers->sessions.data, AS_TABLE},
	};

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (strlen(parts[i].name) != len || memcmp(parts[i].name, name, len) != 0)
			continue;
		if (parts[i].how == AS_TABLE)
			html_table(page, parts[i].text, ROWS_MOST);
		else if (parts[i].how == AS_FIELDS)
			html_fields(page, parts[i].text);
		else
			buf_adds(page, parts[i].text);
	}
}

static void compose_page(struct buf *page, const struct answers *answers)
{
	const char *at = page_status_html, *name, *end;

	while ((name = strstr(at, "{{")) && (end = strstr(name, "}}"))) {
		buf_add(page, at, (size_t)(name - at));
		fill_in(page, name + 2, (size_t)(end - name - 2), answers);
		at = end + 2;
	}
	buf_adds(page, at);
}

static bool ask_all(struct ask *question, struct answers *answers)
{
	return ask(question, "status", &answers->status) &&
	       ask(question, "services", &answers->services) &&
	       ask(question, "sessions", &answers->sessions);
}

static int answer_page(struct ask *question, struct reply *reply, struct buf *page)
{
	struct answers answers = {BUF_INIT(ANSWER_MAX), BUF_INIT(ANSWER_MAX), BUF_INIT(ANSWER_MAX),
	                          ""};
	bool known = ask_all(question, &answers);
	bool safe = make_nonce(answers.nonce);

	if (known && safe)
		compose_page(page, &answers);
	buf_free(&answers.status);
	buf_free(&answers.services);
	buf_free(&answers.sessions);
	if (!known || !safe)
		return fail(reply, known ? "there are no random bytes" : question->why);
	snprintf(fields, sizeof fields, "%s%s%s%s%s%s", FIELDS, POLICY_BEFORE, answers.nonce,
	         POLICY_BETWEEN, answers.nonce, POLICY_AFTER);
	*reply = (struct reply){.type = "text/html; charset=utf-8", .fields = fields};
	return 0;
}

/* In usherd's JSON the quotes inside of a text are escaped, so what looks like this key is one. */
static void add_cpu(struct buf *json, const char *sessions)
{
	static const char key[] = "\"pid\":";
	const char *at = sessions;
	char before = '{';

	for (int i = 0; i < CPU_MOST && (at = strstr(at, key)); i++) {
		unsigned long pid = strtoul(at += sizeof key - 1, NULL, 10);
		int64_t cpu = process_cpu_msec(pid);

		if (cpu < 0)
			continue;
		buf_addf(json, "%c\"%lu\":%" PRId64, before, pid, cpu);
		before = ',';
	}
	buf_adds(json, before == '{' ? "{}" : "}");
}

static int answer_json(struct ask *question, struct reply *reply, struct buf *json)
{
	static const char *const names[] = {"status", "services", "metrics", "sessions"};
	struct buf cpu = BUF_INIT(ANSWER_MAX);
	size_t last = 0;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char line[32];

		buf_addf(json, "%c\"%s\":", i ? ',' : '{', names[i]);
		snprintf(line, sizeof line, "-j %s", names[i]);
		last = json->len;
		if (!ask(question, line, json))
			return fail(reply, question->why);
	}
	add_cpu(&cpu, json->data + last);
	buf_addf(json, ",\"cpu_ms\":%s}\n", cpu.failed ? "{}" : cpu.data);
	buf_free(&cpu);
	*reply = (struct reply){.type = "application/json", .fields = FIELDS};
	return 0;
}

static int answer(const struct request *request, struct reply *reply)
{
	static struct buf body = BUF_INIT(4 * ANSWER_MAX);
	struct ask question;
	int status;

	ask_init(&question, control, client_now_msec() + ASK_MSEC);
	if (request_is_for(request, "/") || request_is_for(request, "/status")) {
		status = answer_page(&question, reply, &body);
	} else if (request_is_for(request, "/status.json")) {
		status = answer_json(&question, reply, &body);
	} else {
		reply_set_text(reply, "404 Not Found", "There are only / and /status.json.\n");
		return 0;
	}
	if (status != 0)
		return status;
	if (body.failed)
		return fail(reply, "the page is too long");
	reply->status = "200 OK";
	reply->body = body.data;
	reply->len = body.len;
	return 0;
}

int main(int argc, char **argv)
{
	long seconds = ask_options(argc, argv, &control);

	if (seconds == 0) {
		fputs("usage: status [-s socket] [seconds]\n", stderr);
		return 2;
	}
	return http_serve(seconds, HTTP_GET, answer);
}
