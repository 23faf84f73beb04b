#include "cgi.h"
#include "cgi_answer.h"
#include "cgi_meta.h"
#include "cgi_spool.h"
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What the script reads: a file, or -1 for a pipe. False: conn->body_error, or errno if it is ours.
 */
static bool open_body(struct httpd_conn *conn, int *body, uint64_t *length)
{
	*body = -1;
	*length = conn->head.length;
	if (conn->head.framing == HTTPD_LENGTH && conn->head.length > 0)
		return true;
	*body = conn->head.framing == HTTPD_CHUNKED ? cgi_spool_body(conn, length)
	                                            : open("/dev/null", O_RDONLY | O_CLOEXEC);
	return *body >= 0;
}

/* 0, or the status of the answer. */
static unsigned int start(struct cgi_job *job, int body, uint64_t length)
{
	char *const *env = cgi_meta(&job->env, job->conn, job->script, length);

	if (!env) {
		cgi_complain(job, "the environment is too large");
		return 500;
	}
	if (cgi_child_start(&job->child, job->script->file, env, body))
		return 0;
	cgi_complain(job, "%s cannot be started: %s", job->script->file, strerror(errno));
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

/* A client that first says all would not hear us before it has. What it may say is bounded. */
static void hear_out(struct cgi_job *job)
{
	struct httpd_conn *conn = job->conn;

	while (!conn->broken && !conn->continue_due && !conn->body_ended)
		if (httpd_body_read(conn, job->pump.in, sizeof job->pump.in, true) < 0)
			break;
}

static enum cgi_result run(struct cgi_job *job, char *location)
{
	struct httpd_conn *conn = job->conn;
	enum cgi_result result;
	unsigned int status;
	uint64_t length;
	int body;

	if (!open_body(conn, &body, &length)) {
		if (conn->body_error)
			return cgi_fail_for_body(job, conn->body_error);
		cgi_complain(job, "the body cannot be kept: %s", strerror(errno));
		return cgi_fail(job, 503);
	}
	status = start(job, body, length);
	if (body >= 0)
		close(body);
	if (status)
		return cgi_fail(job, status);
	cgi_pump_start(&job->pump, conn, &job->child, body < 0,
	               client_now_msec() + job->script->limits->script_msec);
	conn->meanwhile = cgi_pump_meanwhile;
	conn->meanwhile_data = &job->pump;
	result = cgi_answer(job, location);
	conn->meanwhile = NULL;
	cgi_pump_stop(&job->pump);
	return result;
}

enum cgi_result cgi_run(struct httpd_conn *conn, const struct cgi_script *script,
                        char location[CGI_LOCATION_MAX + 1])
{
	static struct cgi_job job;
	enum cgi_result result;

	job.conn = conn;
	job.script = script;
	job.child.pid = 0;
	job.written = 0;
	if (conn->head.length > conn->body_max) {
		conn->keep = false;
		return cgi_fail(&job, 413);
	}
	result = run(&job, location);
	if (result == CGI_DONE)
		hear_out(&job);
	return result;
}
