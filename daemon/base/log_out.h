/* base/log_out.h - where lines of the log go: a stream, or a logger's socket.
 *
 * Called by base/log.c only. Never waits for anybody: what cannot be written now
 * fails with EAGAIN. A stream takes bytes, a socket (unix(7), datagrams) takes one
 * line at a time. A logger that is gone is looked for again at each call; to call
 * not too often is the caller's business. */
#ifndef BASE_LOG_OUT_H
#define BASE_LOG_OUT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/log.h"

struct log_out {
	enum log_to to;
	char *path;   /* NULL: standard error */
	int fd;       /* -1: a socket without a logger */
	int error;    /* why there is none */
	bool regular; /* standard error is a file, which makes nobody wait */
	bool torn;    /* the last line that was written is not whole, and lost */
	uid_t uid;    /* of a file that is made */
	gid_t gid;
};

#define LOG_OUT_INIT                                       \
	{                                                  \
		.to = LOG_TO_STDERR, .path = NULL, .fd = 2 \
	}

/* Fails with errno. A logger that is not there is no failure: out->error tells. */
int log_out_open(struct log_out *out, const struct log_options *options);
/* Opens the same once more, for a rotated file or a new logger. */
int log_out_reopen(struct log_out *out);
void log_out_close(struct log_out *out); /* standard error stays open */

bool log_out_is_socket(const struct log_out *out);

/* How many of these bytes were taken; to a socket they are one datagram. Fails
 * with EAGAIN (later), ENOTCONN (there is no logger), or for good. */
ssize_t log_out_write(struct log_out *out, const char *data, size_t len);

/* Waits until it takes something, at most so long; for the very end only. */
bool log_out_wait(const struct log_out *out, int msec);

#endif
