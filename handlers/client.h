/* client.h - what handlers do with the client on descriptors 0 and 1.
 *
 * Whoever writes to a client ignores SIGPIPE first, so that its leaving is an
 * errno and not a death by signal. Where a function fails it leaves errno;
 * client_is_gone() then tells the client's doing, which is no failure of ours,
 * from descriptors that are no good. EINTR is never the answer. */
#ifndef HANDLERS_CLIENT_H
#define HANDLERS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The argument SECONDS, at most a day, or 0 where it is none. */
long client_seconds(const char *text);
/* The same in milliseconds; takes a fraction, such as 0.25, too. */
long client_msec(const char *text);

/* What deadlines are made of: CLOCK_MONOTONIC. */
int64_t client_now_msec(void);

/* Waits for poll(2)'s events on any descriptor: 1, or 0 once the time is over, or -1. */
int client_poll(int fd, short events, int64_t deadline_msec);

/* The same for the client's input. */
int client_wait(int64_t deadline_msec);

/* As read(2), but -1 with ETIMEDOUT once the time is over. */
ssize_t client_read(int64_t deadline_msec, char *data, size_t size);

/* Blocks until all has been written. */
bool client_send(const void *data, size_t len);

/* Sends all parts, whose fields it changes; false with ETIMEDOUT once the time is over. */
bool client_send_by(int64_t deadline_msec, struct iovec *part, size_t parts);

/* Of a writev(2) that has sent so much: what is left. Parts that are empty go, too. */
void client_skip_sent(struct iovec **part, size_t *parts, size_t sent);

/* After the last words: ends our side and then reads until the client ends
 * its own, for 2 s or 1 MiB at most.  A socket that is closed with unread
 * input, or that gets input after its close, makes the kernel send a reset,
 * and a reset lets the client's kernel throw away what the client has not
 * read yet. */
void client_finish(void);

bool client_is_gone(int error);

#endif
