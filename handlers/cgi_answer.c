#include "cgi_answer.h"
#include "client.h"
#include "httpd_reply.h"

#include <stdlib.h>
#include <string.h>

enum {
	MOMENT_MSEC = 5,  /* in which the first of a document mostly follows its head */
	GLIMPSE_MSEC = 1, /* in which a script that has said all mostly ends */
	ENDING_MSEC = 100 /* for a script to end once it has closed its output */
};

/* The script has said all. What it has left behind would be taken for the next one's. */
static void finish(struct cgi_job *job)
{
	if (!cgi_child_finish(&job->child, job->pump.deadline_msec))
		job->conn->keep = false;
}

/* The head is in the pump, and `start` behind it. False: it was not taken; *result. */
static bool gather_head(struct cgi_job *job, enum cgi_result *result)
{
	struct cgi_pump *pump = &job->pump;
	size_t seen = 0, len;

	while ((len = cgi_head_end(pump->out, pump->end, seen)) == 0) {
		seen = pump->end;
		if (pump->end >= CGI_HEAD_MAX) {
			cgi_complain(job, "the script's header is longer than %d bytes",
			             CGI_HEAD_MAX);
			*result = cgi_fail(job, 502);
			return false;
		}
		if (!cgi_pump_fill(pump)) {
			(void)cgi_child_wait(&job->child, client_now_msec() + ENDING_MSEC);
			*result = pump->trouble
			              ? cgi_fail_for_trouble(job)
			              : cgi_fail_for_end(job, "before its header was whole");
			return false;
		}
	}
	pump->start = len;
	if (cgi_head_parse(pump->out, len, &job->head))
		return true;
	cgi_complain(job, "the script's header %s", job->head.why);
	*result = cgi_fail(job, 502);
	return false;
}

/* The rest of what the script says is of no interest. */
static enum cgi_result redirect(struct cgi_job *job, char *location)
{
	struct cgi_pump *pump = &job->pump;
	size_t len = strlen(job->head.local);

	if (len > CGI_LOCATION_MAX) {
		cgi_complain(job, "the script's Location is too long");
		return cgi_fail(job, 502);
	}
	memcpy(location, job->head.local, len + 1);
	do
		pump->start = pump->end = 0;
	while (cgi_pump_fill(pump));
	if (pump->trouble)
		return cgi_fail_for_trouble(job);
	finish(job);
	if (!job->conn->body_ended)
		job->conn->keep = false;
	return CGI_REDIRECT;
}

static bool is_over_the_limit(const struct cgi_job *job, uint64_t bytes)
{
	uint64_t most = job->script->limits->output_max;

	return most && bytes > most;
}

/* A document whose end we know by now needs no chunks, and may keep an HTTP/1.0 connection. */
static void begin_answer(struct cgi_job *job)
{
	struct cgi_head *head = &job->head;
	struct httpd_conn *conn = job->conn;
	struct cgi_pump *pump = &job->pump;

	httpd_reply_start(conn, head->status, *head->reason ? head->reason : NULL);
	for (size_t i = 0; i < head->count; i++)
		if (!httpd_reply_field(conn, head->fields[i].name, head->fields[i].value,
		                       strlen(head->fields[i].value)))
			cgi_complain(job, "the field %s is left out: there is no room for it",
			             head->fields[i].name);
	if (cgi_head_is_bare(head->status))
		head->length = 0;
	else if (head->length < 0 && job->child.out < 0 && !httpd_head_is(&conn->head, "HEAD"))
		head->length = (int64_t)(pump->end - pump->start);
	httpd_reply_begin(conn, head->length < 0 ? HTTPD_UNKNOWN : (uint64_t)head->length);
}

/* Sends what the pump holds. False: the client is gone, or the script says too much. */
static bool send_piece(struct cgi_job *job)
{
	struct cgi_pump *pump = &job->pump;
	size_t len = pump->end - pump->start;
	uint64_t rest = UINT64_MAX;

	if (job->head.length >= 0)
		rest = job->written < (uint64_t)job->head.length
		           ? (uint64_t)job->head.length - job->written
		           : 0;
	job->written += len;
	if (len > rest)
		len = (size_t)rest;
	if (is_over_the_limit(job, job->written))
		return false;
	if (len && !httpd_reply_write(job->conn, pump->out + pump->start, len))
		return false;
	pump->start = pump->end = 0;
	return true;
}

static bool send_document(struct cgi_job *job)
{
	do
		if (!send_piece(job))
			return false;
	while (cgi_pump_fill(&job->pump));
	return job->pump.trouble == CGI_NONE;
}

static enum cgi_result fail_for_document(struct cgi_job *job)
{
	if (!job->pump.trouble && is_over_the_limit(job, job->written)) {
		cgi_complain(job, "the script was ended, for it wrote more than %llu bytes",
		             (unsigned long long)job->script->limits->output_max);
		return cgi_fail(job, 502);
	}
	return cgi_fail_for_trouble(job);
}

/* The answer must not look whole if the script was killed. */
static enum cgi_result end_answer(struct cgi_job *job)
{
	struct cgi_head *head = &job->head;
	bool bare = job->conn->without_body || cgi_head_is_bare(head->status);

	(void)cgi_child_wait(&job->child, client_now_msec() + ENDING_MSEC);
	if (cgi_was_killed(job))
		return cgi_fail_for_end(job, "before it had said all");
	if (!bare && head->length >= 0 && job->written != (uint64_t)head->length)
		cgi_complain(job, "the script said Content-Length: %lld, and wrote %llu bytes",
		             (long long)head->length, (unsigned long long)job->written);
	(void)httpd_reply_end(job->conn);
	finish(job);
	return CGI_DONE;
}

static enum cgi_result answer_parsed(struct cgi_job *job, char *location)
{
	struct cgi_pump *pump = &job->pump;
	enum cgi_result result;

	if (!gather_head(job, &result))
		return result;
	if (job->head.kind == CGI_LOCAL)
		return redirect(job, location);
	if (job->head.length > 0 && is_over_the_limit(job, (uint64_t)job->head.length)) {
		job->written = (uint64_t)job->head.length;
		return fail_for_document(job);
	}
	if (!cgi_pump_try(pump, pump->start == pump->end ? MOMENT_MSEC : GLIMPSE_MSEC))
		return cgi_fail_for_trouble(job);
	if (job->child.out < 0 && cgi_child_wait(&job->child, client_now_msec() + ENDING_MSEC) &&
	    cgi_was_killed(job))
		return cgi_fail_for_end(job, "before it had said all");
	begin_answer(job);
	if (pump->start == pump->end && job->child.out >= 0 && !httpd_reply_flush(job->conn))
		return cgi_leave(job);
	if (!send_document(job))
		return fail_for_document(job);
	return end_answer(job);
}

/* A script that makes the whole answer by itself; its status is for the log only. */
static enum cgi_result answer_raw(struct cgi_job *job)
{
	struct cgi_pump *pump = &job->pump;
	unsigned int status = 200;
	const char *line;

	if (!cgi_pump_fill(pump)) {
		(void)cgi_child_wait(&job->child, client_now_msec() + ENDING_MSEC);
		return pump->trouble ? cgi_fail_for_trouble(job)
		                     : cgi_fail_for_end(job, "without an answer");
	}
	line = pump->out;
	if (pump->end >= 12 && memcmp(line, "HTTP/1.", 7) == 0 && line[8] == ' ')
		status = (unsigned int)strtoul(line + 9, NULL, 10);
	if (status < 200 || status > 599)
		status = 200;
	job->head.length = -1;
	httpd_reply_raw(job->conn, status);
	if (!send_document(job))
		return fail_for_document(job);
	(void)httpd_reply_end(job->conn);
	finish(job);
	return CGI_DONE;
}

static bool is_nph(const char *file)
{
	const char *slash = strrchr(file, '/');

	return strncmp(slash ? slash + 1 : file, "nph-", 4) == 0;
}

enum cgi_result cgi_answer(struct cgi_job *job, char location[CGI_LOCATION_MAX + 1])
{
	return is_nph(job->script->file) ? answer_raw(job) : answer_parsed(job, location);
}
