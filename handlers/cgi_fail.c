#include "cgi_fail.h"
#include "httpd_reply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void __attribute__((format(printf, 2, 3)))
cgi_complain(const struct cgi_job *job, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	fprintf(stderr, "httpd: %s: %s\n", job->script->name, text);
}

enum cgi_result cgi_fail(struct cgi_job *job, unsigned int status)
{
	struct httpd_conn *conn = job->conn;

	cgi_child_end(&job->child);
	/* A head that is not sent yet is none. */
	if (conn->begun && conn->answer_len) {
		conn->begun = false;
		conn->answer_len = 0;
	}
	(void)httpd_reply_status(conn, status);
	return CGI_DONE;
}

enum cgi_result cgi_leave(struct cgi_job *job)
{
	cgi_child_end(&job->child);
	job->conn->keep = false;
	job->conn->broken = true;
	return CGI_DONE;
}

enum cgi_result cgi_fail_for_body(struct cgi_job *job, int error)
{
	unsigned int status = httpd_body_status(error);

	return status ? cgi_fail(job, status) : cgi_leave(job);
}

enum cgi_result cgi_fail_for_trouble(struct cgi_job *job)
{
	int64_t seconds = job->script->limits->script_msec / 1000;

	switch (job->pump.trouble) {
	case CGI_LATE:
		cgi_complain(job, "the script was ended, for it took longer than %lld s",
		             (long long)seconds);
		return cgi_fail(job, 504);
	case CGI_BODY:
		return cgi_fail_for_body(job, job->conn->body_error);
	case CGI_FAILED:
		cgi_complain(job, "the script was ended: %s", strerror(errno));
		return cgi_fail(job, 503);
	case CGI_GONE:
	case CGI_NONE:
		break;
	}
	return cgi_leave(job);
}

bool cgi_was_killed(const struct cgi_job *job)
{
	return job->child.status >= 0 && WIFSIGNALED(job->child.status);
}

enum cgi_result cgi_fail_for_end(struct cgi_job *job, const char *when)
{
	if (cgi_was_killed(job))
		cgi_complain(job, "the script was ended by signal %d %s",
		             WTERMSIG(job->child.status), when);
	else
		cgi_complain(job, "the script ended %s", when);
	return cgi_fail(job, 502);
}
