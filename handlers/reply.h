/* reply.h - the answer to one HTTP/1 request, on descriptor 1. */
#ifndef HANDLERS_REPLY_H
#define HANDLERS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More bytes of further fields than this are not sent at all. */
enum { REPLY_FIELDS_MAX = 1024 };

struct reply {
	const char *status; /* "200 OK" */
	const char *type;   /* NULL: plain text */
	const char *fields; /* header lines of its own, each with CR LF; or NULL */
	const char *body;
	size_t len; /* of the body */
};

/* A text as the whole body. */
void reply_set_text(struct reply *reply, const char *status, const char *text);

/* Sends it, and says that the connection ends there. Without the body all else is the same, as HEAD
 * wants it. False with errno; ETIMEDOUT once the time is over. */
bool reply_send(const struct reply *reply, bool with_body, int64_t deadline_msec);

#endif
