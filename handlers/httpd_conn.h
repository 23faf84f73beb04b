/* httpd_conn.h - httpd's connection: descriptors 0 and 1, what came in, and how long it may take.
 *
 * There is one, in one process. All its memory is in struct httpd_conn: a client can fill that and
 * no more. The head of a request stays in the buffer while it is answered; behind it comes what
 * has been read of the body and of the requests after it.
 *
 * Order, for each request: httpd_conn_head(), then the body by httpd_body_read() and the answer by
 * httpd_reply.h, in any mixture, then httpd_conn_next(). */
#ifndef HANDLERS_HTTPD_CONN_H
#define HANDLERS_HTTPD_CONN_H

#include "httpd_chunk.h"
#include "httpd_head.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	HTTPD_IN = 0,  /* the client's descriptors: the same socket */
	HTTPD_OUT = 1, /* may be other files where httpd is tried by hand */
	HTTPD_INPUT_MAX = 2 * HTTPD_HEAD_MAX,
	HTTPD_ANSWER_HEAD_MAX = 8192 /* of an answer's head */
};

/* How long a client may make us wait within a request: so long, and longer as it goes on (a second
 * for each 512 bytes), so that one that sends a byte now and then comes to an end, too. */
struct httpd_patience {
	int64_t base_msec;
	int64_t waited_msec;
	uint64_t bytes;
};

struct httpd_conn {
	struct httpd_head head;

	/* The answer: httpd_reply.c's, but for status and sent, which the access log reads. */
	unsigned int status; /* 0: none yet */
	uint64_t sent;       /* bytes of the body */
	bool keep;           /* another request may follow; whoever clears it ends the connection */
	bool broken;         /* nothing more can be sent: the client left, or is too slow */
	bool begun;          /* the head is sent, or is about to be with the first of the body */
	bool without_body;   /* HEAD, 1xx, 204, 304 */
	bool chunked;
	bool raw;
	uint64_t promised; /* bytes of the body still to come, with Content-Length */
	size_t answer_len;
	char answer[HTTPD_ANSWER_HEAD_MAX];
	const char *user; /* who was let in by a password, or NULL: REMOTE_USER */

	/* The body of the request: httpd_body_read()'s. */
	uint64_t body_left; /* with HTTPD_LENGTH */
	uint64_t body_max;  /* a longer one is EFBIG */
	uint64_t body_seen; /* bytes that were delivered */
	bool body_ended;
	bool continue_due; /* "100 Continue" was not sent yet */
	struct httpd_chunk chunk;

	/* Deadlines, in milliseconds. */
	int64_t head_msec, idle_msec, body_msec, write_msec;
	struct httpd_patience reading, writing;

	/* Input. */
	bool no_socket; /* tried by hand: no socket calls */
	bool nodelay;
	bool lazy;            /* nothing can be there yet: wait at once, without a look */
	int64_t timeout_msec; /* SO_RCVTIMEO as it is set, 0 if it is not */
	size_t start, end;    /* bytes of input that are not used yet */
	char input[HTTPD_INPUT_MAX];
};

/* Reads and parses the next head into conn->head: HTTPD_WHOLE, or the status of the refusal (408
 * where one was begun and not ended in time), or HTTPD_MORE where there is no further request:
 * the client ended or was idle for too long. After a refusal conn->keep is false. */
int httpd_conn_head(struct httpd_conn *conn);

/* Body data, without its coding: 1 to size bytes; 0: it has ended, exactly; or -1 with errno:
 *   EAGAIN     nothing there now, and wait is false: poll(2) HTTPD_IN for POLLIN and come again
 *   ETIMEDOUT  the client is too slow (408)
 *   EFBIG      longer than body_max (413); known before the first byte where a length was given
 *   EBADMSG    no chunked coding, or the client ended too early (400)
 *   other      the connection is gone
 * Sends "100 Continue" first where the client waits for it, unless an answer has begun.
 * After a failure other than EAGAIN conn->keep is false, and the next call fails, too. */
ssize_t httpd_body_read(struct httpd_conn *conn, char *data, size_t size, bool wait);

/* The status for an errno of httpd_body_read(): 400, 408 or 413; 0 where nobody is left to tell. */
unsigned int httpd_body_status(int error);

/* After the answer: reads what is left of the body, if that is little, and makes ready for the next
 * request. False: there can be none, and the connection is to be ended by httpd_conn_finish(). */
bool httpd_conn_next(struct httpd_conn *conn);

/* Before the process ends. Waits for the client's end where it could still be sending, or it might
 * lose the last answer. */
void httpd_conn_finish(struct httpd_conn *conn);

/* Blocks for poll(2)'s events on HTTPD_IN or HTTPD_OUT while there is patience; false with errno.
 */
bool httpd_conn_wait(struct httpd_conn *conn, int fd, short events,
                     struct httpd_patience *patience);

#endif
