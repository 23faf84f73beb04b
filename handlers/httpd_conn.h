/* httpd_conn.h - httpd's connection: descriptors 0 and 1, what came in, and how long it may take.
 *
 * There is one, in one process. All its memory is in struct httpd_conn: a client can fill that and
 * no more. The head of a request stays in the buffer while it is answered; behind it comes what
 * has been read of the body and of the requests after it.
 *
 * Order, for each request: httpd_conn_head(), then the body by httpd_body_read() and the answer by
 * httpd_reply.h, in any mixture, then httpd_conn_next(). At the end httpd_conn_finish(). */
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

/* How long a client may make us wait within a request: so long, and a second more for each 512
 * bytes that it has moved, but never more than at first. So one that does nothing comes to an end
 * soon, and one that moves a byte now and then, too. */
struct httpd_patience {
	int64_t base_msec, left_msec; /* left is at most base */
};

/* All zero at first, but for the limits. */
struct httpd_conn {
	/* Limits, which the caller sets before the first request. */
	int64_t head_msec;  /* for a whole head */
	int64_t idle_msec;  /* between two requests */
	int64_t body_msec;  /* patience's base, for the body */
	int64_t write_msec; /* ... and for the answer */
	uint64_t body_max;  /* a longer body is EFBIG */

	/* The answer: httpd_reply.c's. */
	unsigned int status; /* 0: none yet */
	uint64_t sent;       /* bytes of its body */
	uint64_t promised;   /* ... that are still to come, or HTTPD_UNKNOWN */
	bool keep;           /* another request may follow; clear it, and the connection ends */
	bool broken;         /* nothing more can be sent: the client left, or is too slow */
	bool begun;          /* the head is complete */
	bool without_body;   /* HEAD, 1xx, 204, 304 */
	bool chunked, raw;
	bool sent_before; /* something of it, or "100 Continue", was sent */
	const char *user; /* who was let in by a password, or NULL: REMOTE_USER */

	/* The request's body: httpd_body_read()'s. */
	uint64_t body_left, body_seen; /* bytes; left with HTTPD_LENGTH only */
	int body_error;                /* an errno, once it has failed */
	bool body_ended;
	bool continue_due; /* "100 Continue" was not sent yet */
	struct httpd_chunk chunk;
	struct httpd_patience reading, writing; /* of this request */
	/* In place of waiting for HTTPD_OUT, where something else has to go on meanwhile: 1 once
	 * more can be sent, 0 once the time is over, or -1. NULL: nothing has. */
	int (*meanwhile)(void *data, int64_t deadline_msec);
	void *meanwhile_data;

	/* Input. */
	bool no_socket;       /* tried by hand: no calls for sockets */
	bool waits_at_once;   /* nothing can be there yet */
	bool nodelay;         /* TCP_NODELAY is set */
	bool waits_in_slices; /* SO_SNDTIMEO is */
	bool whole;           /* the last head was */
	int64_t timeout_msec; /* SO_RCVTIMEO as it is set, 0 if it is not */
	unsigned int requests;
	size_t start, end; /* bytes of input that are not used yet */
	size_t base;       /* behind the head: what the body's bytes may overwrite */

	size_t answer_len;
	struct httpd_head head;
	char answer[HTTPD_ANSWER_HEAD_MAX]; /* its head */
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
 * Sends "100 Continue" first where the client waits for it, unless an answer has begun. After a
 * failure other than EAGAIN conn->keep is false, and the next call fails alike. */
ssize_t httpd_body_read(struct httpd_conn *conn, char *data, size_t size, bool wait);

/* The status for an errno of httpd_body_read(): 400, 408 or 413; 0: nobody is left to tell. */
unsigned int httpd_body_status(int error);

/* After the answer: reads what is left of the body, if that is little, and makes ready for the next
 * request. False: there can be none, and the connection is to be ended. */
bool httpd_conn_next(struct httpd_conn *conn);

/* Before the process ends. Waits for the client's end where it could still be sending, or it might
 * lose the last answer (client_finish()). */
void httpd_conn_finish(struct httpd_conn *conn);

/* For who polls by itself: how long the client may still be waited for (0: it is too slow), that it
 * was waited for, and what it has moved. httpd_body_read() and httpd_reply.h count by themselves
 * what they wait and what they move. */
int64_t httpd_patience_left(const struct httpd_patience *patience);
void httpd_patience_spend(struct httpd_patience *patience, int64_t msec);
void httpd_patience_earn(struct httpd_patience *patience, size_t bytes);

#endif
