/* cgi_pump.h - the bytes between a client and its CGI script, both ways at once.
 *
 * The body of the request goes to the script as it comes. The caller takes what the script says by
 * cgi_pump_fill() and sends it; while that waits for the client, the body still moves, by
 * cgi_pump_meanwhile(). So nobody can be held up by who first says all and only then listens: what
 * such a client does not take yet while its own body is on the way is spooled, within bounds. All
 * other memory is this structure.
 *
 * A client that has ended its side, and hears nothing for a while, is asked whether it still
 * listens, by bytes that mean nothing: many end it because they have said all, others are gone, and
 * TCP tells them apart only by their answer to that. */
#ifndef HANDLERS_CGI_PUMP_H
#define HANDLERS_CGI_PUMP_H

#include "cgi_child.h"
#include "cgi_head.h"
#include "httpd_conn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGI_PUMP_BYTES = 2 * CGI_HEAD_MAX };

enum cgi_trouble {
	CGI_NONE,
	CGI_LATE,  /* the deadline */
	CGI_GONE,  /* the client */
	CGI_BODY,  /* the client's body failed: conn->body_error */
	CGI_FAILED /* something of ours: errno */
};

struct cgi_pump {
	struct httpd_conn *conn;
	struct cgi_child *child;
	int64_t deadline_msec;
	int64_t half_msec; /* since when it has ended its side */
	enum cgi_trouble trouble;
	bool with_body;             /* there is still some to come, through us */
	bool dry;                   /* the client has sent nothing more yet */
	bool half;                  /* it has ended its side */
	bool asked;                 /* ... and was asked whether it listens */
	bool sendable;              /* it takes more */
	int spool;                  /* -1: nothing had to be spooled yet */
	int64_t spooled, unspooled; /* bytes in and out of it */
	size_t in_start, in_end;
	size_t start, end; /* what the script said, for the caller */
	char in[CGI_PUMP_BYTES];
	char out[CGI_PUMP_BYTES];
};

/* with_body: the body goes to child->in. */
void cgi_pump_start(struct cgi_pump *pump, struct httpd_conn *conn, struct cgi_child *child,
                    bool with_body, int64_t deadline_msec);

/* More of what the script says, behind `end`, where there must be room. False at its end, and with
 * trouble. */
bool cgi_pump_fill(struct cgi_pump *pump);

/* The same, but only for a moment: true also if nothing came. */
bool cgi_pump_try(struct cgi_pump *pump, int64_t msec);

/* Waits until the client takes more: 1, or 0 once the time is over, or -1. For conn->meanwhile. */
int cgi_pump_meanwhile(void *pump, int64_t deadline_msec);

void cgi_pump_stop(struct cgi_pump *pump);

#endif
