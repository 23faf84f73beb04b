/* httpd - serves files and CGI scripts to one HTTP client, as long as that likes.
 *
 *   httpd -r DIRECTORY [OPTION...]
 *
 * All options are in httpd_options.c and in usherd-httpd(8). One process is one connection, with
 * any number of requests in it, one after the other. The way of a request: httpd_conn.c reads
 * it, httpd_head.c takes it apart, this file decides, httpd_file.c or cgi.c answers by
 * httpd_reply.c, and httpd_log.c writes it down.
 *
 * Exit status: 0 whatever the client does, 1 where the root, the log or the descriptors are no
 * good, 2 for usage. */
#include "cgi.h"
#include "client.h"
#include "httpd_auth.h"
#include "httpd_conn.h"
#include "httpd_file.h"
#include "httpd_log.h"
#include "httpd_options.h"
#include "httpd_reply.h"
#include "httpd_site.h"
#include "text.h"

#include <signal.h>
#include <string.h>
#include <time.h>

enum {
	REDIRECTS_MAX = 5, /* from script to script, within one request */
	FAILURES_MAX = 3,  /* wrong passwords on one connection */
	FAILURE_PAUSE_SECONDS = 1
};

static struct httpd_options options;
static struct httpd_site site;
static struct httpd_conn conn;

static void ask_for_password(void)
{
	static char text[512];
	char *at = text_put(text, "Basic realm=\"");

	/* Of the administrator, not of the client; it has no quotes (httpd_options.c). */
	if (strlen(options.realm) < sizeof(text) - 64)
		at = text_put(at, options.realm);
	at = text_put(at, "\", charset=\"UTF-8\"");
	httpd_reply_start(&conn, 401, NULL);
	(void)httpd_reply_field(&conn, "WWW-Authenticate", text, (size_t)(at - text));
	(void)httpd_reply_status(&conn, 401);
}

/* False: it is answered. */
static bool let_in(void)
{
	const struct timespec pause = {.tv_sec = FAILURE_PAUSE_SECONDS};
	static unsigned int failures;

	if (!options.passwords || !httpd_site_is_below(conn.head.path, options.protected))
		return true;
	switch (httpd_auth(options.passwords, &conn.head, &conn.user)) {
	case HTTPD_AUTH_OK:
		return true;
	case HTTPD_AUTH_BROKEN:
		(void)httpd_reply_status(&conn, 500);
		return false;
	case HTTPD_AUTH_WRONG:
		nanosleep(&pause, NULL);
		if (++failures >= FAILURES_MAX)
			conn.keep = false;
		break;
	case HTTPD_AUTH_NONE:
		break;
	}
	ask_for_password();
	return false;
}

/* Of the server as a whole: "OPTIONS *". */
static void answer_server(void)
{
	httpd_reply_start(&conn, 204, NULL);
	(void)httpd_reply_field_text(&conn, "Allow",
	                             "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
	httpd_reply_begin(&conn, 0);
	(void)httpd_reply_end(&conn);
}

/* True: a script has sent us to another place, which is in conn.head now. */
static bool run_script(const struct httpd_script *script)
{
	static char location[2][CGI_LOCATION_MAX + 1]; /* the head points into the last one */
	static unsigned int turn;
	const struct cgi_script run = {
	    .root = site.path,
	    .file = script->file,
	    .name = script->name,
	    .path_info = script->path_info,
	    .limits = &options.cgi,
	};

	turn ^= 1;
	if (cgi_run(&conn, &run, location[turn]) == CGI_DONE)
		return false;
	if (httpd_head_retarget(&conn.head, location[turn]) == 0)
		return true;
	(void)httpd_reply_status(&conn, 502);
	return false;
}

/* As above. */
static bool answer_once(void)
{
	static struct httpd_script script;
	unsigned int status;

	if (!let_in())
		return false;
	if (!options.dot_files && httpd_site_is_hidden(conn.head.path)) {
		(void)httpd_reply_status(&conn, 404);
		return false;
	}
	switch (httpd_site_script(&site, conn.head.path, &script, &status)) {
	case HTTPD_SCRIPT:
		return run_script(&script);
	case HTTPD_SCRIPT_STATUS:
		(void)httpd_reply_status(&conn, status);
		return false;
	case HTTPD_NO_SCRIPT:
		break;
	}
	httpd_file(&conn, &site);
	return false;
}

static void answer(void)
{
	if (*conn.head.path == '*') {
		answer_server();
		return;
	}
	if (conn.head.length > options.body_max) {
		conn.keep = false;
		(void)httpd_reply_status(&conn, 413);
		return;
	}
	if (!httpd_site_enter(&site, conn.head.host)) {
		(void)httpd_reply_status(&conn, 404);
		return;
	}
	for (int i = 0; answer_once(); i++)
		if (i == REDIRECTS_MAX) {
			(void)httpd_reply_status(&conn, 502);
			return;
		}
}

static void serve(void)
{
	int found;

	do {
		found = httpd_conn_head(&conn);
		if (found == HTTPD_MORE)
			break;
		if (conn.requests + 1 >= options.requests_max)
			conn.keep = false;
		if (found == HTTPD_WHOLE)
			answer();
		else
			(void)httpd_reply_status(&conn, (unsigned int)found);
		httpd_log(&conn);
	} while (httpd_conn_next(&conn));
	httpd_conn_finish(&conn);
}

int main(int argc, char **argv)
{
	int status = httpd_options_read(&options, argc, argv);

	if (status >= 0)
		return status;
	if (!httpd_site_open(&site, &options) || (options.log && !httpd_log_open(options.log)))
		return 1;
	/* So that a client's leaving is an errno and not a death by signal. */
	signal(SIGPIPE, SIG_IGN);
	conn.head_msec = options.head_msec;
	conn.idle_msec = options.idle_msec;
	conn.body_msec = options.body_msec;
	conn.write_msec = options.write_msec;
	conn.body_max = options.body_max;
	serve();
	return 0;
}
