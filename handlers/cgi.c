#include "cgi.h"
#include "cgi_child.h"
#include "cgi_env.h"
#include "cgi_head.h"
#include "cgi_meta.h"
#include "cgi_pump.h"
#include "cgi_spool.h"
#include "client.h"
#include "httpd_reply.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MOMENT_MSEC = 5,  /* in which the first of a document mostly follows its head */
	GLIMPSE_MSEC = 1, /* in which a script that has said all mostly ends */
	ENDING_MSEC = 100 /* for a script to end once it has closed its output */
};

/* One script on its way. There is one at a time, and its memory is not touched before. */
struct run {
	struct httpd_conn *conn;
	const struct cgi_script *script;
	struct cgi_child child;
	uint64_t written; /* of the document */
	struct cgi_env env;
	struct cgi_head head;
	struct cgi_pump pump;
};

static void __attribute__((format(printf, 2, 3)))
complain(const struct run *run, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	fprintf(stderr, "httpd: %s: %s\n", run->script->name, text);
}

/* The end of a script that is not good, and of its client's answer. */
static enum cgi_result fail(struct run *run, unsigned int status)
{
	struct httpd_conn *conn = run->conn;

	cgi_child_end(&run->child);
	/* A head that is not sent yet is none. */
	if (conn->begun && conn->answer_len) {
		conn->begun = false;
		conn->answer_len = 0;
	}
	(void)httpd_reply_status(conn, status);
	return CGI_DONE;
}

static enum cgi_result leave(struct run *run)
{
	cgi_child_end(&run->child);
	run->conn->keep = false;
	run->conn->broken = true;
	return CGI_DONE;
}

static enum cgi_result fail_for_body(struct run *run, int error)
{
	unsigned int status = httpd_body_status(error);

	return status ? fail(run, status) : leave(run);
}

/* What the pump found. CGI_NONE: the client did not take what it was sent. */
static enum cgi_result fail_for_trouble(struct run *run)
{
	int64_t seconds = run->script->limits->script_msec / 1000;

	switch (run->pump.trouble) {
	case CGI_LATE:
		complain(run, "the script was ended, for it took longer than %lld s",
		         (long long)seconds);
		return fail(run, 504);
	case CGI_BODY:
		return fail_for_body(run, run->conn->body_error);
	case CGI_FAILED:
		complain(run, "the script was ended: %s", strerror(errno));
		return fail(run, 503);
	case CGI_GONE:
	case CGI_NONE:
		break;
	}
	return leave(run);
}

/* What the script reads: nothing, a file, or -1 for a pipe. -2: there is none, and errno. */
static int open_body(struct httpd_conn *conn, uint64_t *length)
{
	*length = conn->head.length;
	if (conn->head.framing == HTTPD_CHUNKED)
		return cgi_spool_body(conn, length);
	if (conn->head.framing == HTTPD_LENGTH && conn->head.length > 0)
		return -1;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* 0, or the status of the answer. */
static unsigned int start(struct run *run, int body, uint64_t length)
{
	char *const *env = cgi_meta(&run->env, run->conn, run->script, length);

	if (!env) {
		complain(run, "the environment is too large");
		return 500;
	}
	if (cgi_child_start(&run->child, run->script->file, env, body))
		return 0;
	complain(run, "%s cannot be started: %s", run->script->file, strerror(errno));
	switch (errno) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return 503;
	default:
		return 502;
	}
}

/* How the script ended, where that is not right. */
static bool was_killed(const struct run *run)
{
	return run->child.status >= 0 && WIFSIGNALED(run->child.status);
}

static enum cgi_result fail_for_end(struct run *run, const char *when)
{
	if (was_killed(run))
		complain(run, "the script was ended by signal %d %s", WTERMSIG(run->child.status),
		         when);
	else
		complain(run, "the script ended %s", when);
	return fail(run, 502);
}

/* The script has said all. What it has left behind would be taken for the next one's. */
static void finish(struct run *run)
{
	if (!cgi_child_finish(&run->child, run->pump.deadline_msec))
		run->conn->keep = false;
}

/* The head is in the pump, and `start` behind it. False: it was not taken; *result. */
static bool gather_head(struct run *run, enum cgi_result *result)
{
	struct cgi_pump *pump = &run->pump;
	size_t seen = 0, len;

	while ((len = cgi_head_end(pump->out, pump->end, seen)) == 0) {
		seen = pump->end;
		if (pump->end >= CGI_HEAD_MAX) {
			complain(run, "the script's header is longer than %d bytes", CGI_HEAD_MAX);
			*result = fail(run, 502);
			return false;
		}
		if (!cgi_pump_fill(pump)) {
			(void)cgi_child_wait(&run->child, client_now_msec() + ENDING_MSEC);
			*result = pump->trouble ? fail_for_trouble(run)
			                        : fail_for_end(run, "before its header was whole");
			return false;
		}
	}
	pump->start = len;
	if (cgi_head_parse(pump->out, len, &run->head))
		return true;
	complain(run, "the script's header %s", run->head.why);
	*result = fail(run, 502);
	return false;
}

/* The rest of what the script says is of no interest. */
static enum cgi_result redirect(struct run *run, char *location)
{
	struct cgi_pump *pump = &run->pump;
	size_t len = strlen(run->head.local);

	if (len > CGI_LOCATION_MAX) {
		complain(run, "the script's Location is too long");
		return fail(run, 502);
	}
	memcpy(location, run->head.local, len + 1);
	do
		pump->start = pump->end = 0;
	while (cgi_pump_fill(pump));
	if (pump->trouble)
		return fail_for_trouble(run);
	finish(run);
	if (!run->conn->body_ended)
		run->conn->keep = false;
	return CGI_REDIRECT;
}

static bool is_over_the_limit(const struct run *run, uint64_t bytes)
{
	uint64_t most = run->script->limits->output_max;

	return most && bytes > most;
}

/* A document whose end we know by now needs no chunks, and may keep an HTTP/1.0 connection. */
static void begin_answer(struct run *run)
{
	struct cgi_head *head = &run->head;
	struct httpd_conn *conn = run->conn;
	struct cgi_pump *pump = &run->pump;

	httpd_reply_start(conn, head->status, *head->reason ? head->reason : NULL);
	for (size_t i = 0; i < head->count; i++)
		if (!httpd_reply_field(conn, head->fields[i].name, head->fields[i].value,
		                       strlen(head->fields[i].value)))
			complain(run, "the field %s is left out: there is no room for it",
			         head->fields[i].name);
	if (cgi_head_is_bare(head->status))
		head->length = 0;
	else if (head->length < 0 && run->child.out < 0 && !httpd_head_is(&conn->head, "HEAD"))
		head->length = (int64_t)(pump->end - pump->start);
	httpd_reply_begin(conn, head->length < 0 ? HTTPD_UNKNOWN : (uint64_t)head->length);
}

/* Sends what the pump holds. False: the client is gone, or the script says too much. */
static bool send_piece(struct run *run)
{
	struct cgi_pump *pump = &run->pump;
	size_t len = pump->end - pump->start;
	uint64_t rest = UINT64_MAX;

	if (run->head.length >= 0)
		rest = run->written < (uint64_t)run->head.length
		           ? (uint64_t)run->head.length - run->written
		           : 0;
	run->written += len;
	if (len > rest)
		len = (size_t)rest;
	if (is_over_the_limit(run, run->written))
		return false;
	if (len && !httpd_reply_write(run->conn, pump->out + pump->start, len))
		return false;
	pump->start = pump->end = 0;
	return true;
}

static bool send_document(struct run *run)
{
	do
		if (!send_piece(run))
			return false;
	while (cgi_pump_fill(&run->pump));
	return run->pump.trouble == CGI_NONE;
}

static enum cgi_result fail_for_document(struct run *run)
{
	if (!run->pump.trouble && is_over_the_limit(run, run->written)) {
		complain(run, "the script was ended, for it wrote more than %llu bytes",
		         (unsigned long long)run->script->limits->output_max);
		return fail(run, 502);
	}
	return fail_for_trouble(run);
}

/* The answer must not look whole if the script was killed. */
static enum cgi_result end_answer(struct run *run)
{
	struct cgi_head *head = &run->head;
	bool bare = run->conn->without_body || cgi_head_is_bare(head->status);

	(void)cgi_child_wait(&run->child, client_now_msec() + ENDING_MSEC);
	if (was_killed(run))
		return fail_for_end(run, "before it had said all");
	if (!bare && head->length >= 0 && run->written != (uint64_t)head->length)
		complain(run, "the script said Content-Length: %lld, and wrote %llu bytes",
		         (long long)head->length, (unsigned long long)run->written);
	(void)httpd_reply_end(run->conn);
	finish(run);
	return CGI_DONE;
}

static enum cgi_result answer(struct run *run, char *location)
{
	struct cgi_pump *pump = &run->pump;
	enum cgi_result result;

	if (!gather_head(run, &result))
		return result;
	if (run->head.kind == CGI_LOCAL)
		return redirect(run, location);
	if (run->head.length > 0 && is_over_the_limit(run, (uint64_t)run->head.length)) {
		run->written = (uint64_t)run->head.length;
		return fail_for_document(run);
	}
	if (!cgi_pump_try(pump, pump->start == pump->end ? MOMENT_MSEC : GLIMPSE_MSEC))
		return fail_for_trouble(run);
	if (run->child.out < 0 && cgi_child_wait(&run->child, client_now_msec() + ENDING_MSEC) &&
	    was_killed(run))
		return fail_for_end(run, "before it had said all");
	begin_answer(run);
	if (pump->start == pump->end && run->child.out >= 0 && !httpd_reply_flush(run->conn))
		return leave(run);
	if (!send_document(run))
		return fail_for_document(run);
	return end_answer(run);
}

/* A script that makes the whole answer by itself; its status is for the log only. */
static enum cgi_result answer_raw(struct run *run)
{
	struct cgi_pump *pump = &run->pump;
	unsigned int status = 200;
	const char *line;

	if (!cgi_pump_fill(pump)) {
		(void)cgi_child_wait(&run->child, client_now_msec() + ENDING_MSEC);
		return pump->trouble ? fail_for_trouble(run)
		                     : fail_for_end(run, "without an answer");
	}
	line = pump->out;
	if (pump->end >= 12 && memcmp(line, "HTTP/1.", 7) == 0 && line[8] == ' ')
		status = (unsigned int)strtoul(line + 9, NULL, 10);
	if (status < 200 || status > 599)
		status = 200;
	run->head.length = -1;
	httpd_reply_raw(run->conn, status);
	if (!send_document(run))
		return fail_for_document(run);
	(void)httpd_reply_end(run->conn);
	finish(run);
	return CGI_DONE;
}

static bool is_nph(const char *file)
{
	const char *slash = strrchr(file, '/');

	return strncmp(slash ? slash + 1 : file, "nph-", 4) == 0;
}

/* A client that first says all would not hear us before it has. What it may say is bounded. */
static void hear_out(struct run *run)
{
	struct httpd_conn *conn = run->conn;

	while (!conn->broken && !conn->continue_due && !conn->body_ended)
		if (httpd_body_read(conn, run->pump.in, sizeof run->pump.in, true) < 0)
			break;
}

enum cgi_result cgi_run(struct httpd_conn *conn, const struct cgi_script *script,
                        char location[CGI_LOCATION_MAX + 1])
{
	static struct run run;
	enum cgi_result result;
	uint64_t length;
	unsigned int status;
	int body;

	run.conn = conn;
	run.script = script;
	run.child.pid = 0;
	run.written = 0;
	if (conn->head.length > conn->body_max) {
		conn->keep = false;
		return fail(&run, 413);
	}
	errno = 0;
	body = open_body(conn, &length);
	if (body < 0 && errno) {
		if (errno == ENOSPC || errno == EMFILE || errno == ENFILE)
			return fail(&run, 503);
		return fail_for_body(&run, errno);
	}
	status = start(&run, body, length);
	if (body >= 0)
		close(body);
	if (status)
		return fail(&run, status);
	cgi_pump_start(&run.pump, conn, &run.child, body < 0,
	               client_now_msec() + script->limits->script_msec);
	conn->meanwhile = cgi_pump_meanwhile;
	conn->meanwhile_data = &run.pump;
	result = is_nph(script->file) ? answer_raw(&run) : answer(&run, location);
	conn->meanwhile = NULL;
	cgi_pump_stop(&run.pump);
	if (result == CGI_DONE)
		hear_out(&run);
	return result;
}
