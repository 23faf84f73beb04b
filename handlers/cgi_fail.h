/* cgi_fail.h - one script on its way, and the ways in which that can go wrong.
 *
 * Each failure ends the script with all that it has started, says why in the log where that is not
 * the client's doing, and answers the client as well as that is still possible. */
#ifndef HANDLERS_CGI_FAIL_H
#define HANDLERS_CGI_FAIL_H

#include "cgi.h"
#include "cgi_child.h"
#include "cgi_env.h"
#include "cgi_head.h"
#include "cgi_pump.h"

/* One script on its way. There is one at a time, and its memory is not touched before. */
struct cgi_job {
	struct httpd_conn *conn;
	const struct cgi_script *script;
	struct cgi_child child;
	uint64_t written; /* of the document */
	struct cgi_env env;
	struct cgi_head head;
	struct cgi_pump pump;
};

/* A line in the log. */
void __attribute__((format(printf, 2, 3)))
cgi_complain(const struct cgi_job *job, const char *format, ...);

/* All return CGI_DONE. */
enum cgi_result cgi_fail(struct cgi_job *job, unsigned int status);

/* Nobody is left to be answered. */
enum cgi_result cgi_leave(struct cgi_job *job);

/* errno of httpd_body_read(). */
enum cgi_result cgi_fail_for_body(struct cgi_job *job, int error);

/* What the pump found. CGI_NONE: the client did not take what it was sent. */
enum cgi_result cgi_fail_for_trouble(struct cgi_job *job);

/* How the script has ended, which is known from cgi_child_wait(). */
bool cgi_was_killed(const struct cgi_job *job);
enum cgi_result cgi_fail_for_end(struct cgi_job *job, const char *when);

#endif
