/* request.h - the head of one HTTP/1 request, looked at byte by byte.
 *
 * The caller starts with a zeroed struct request and feeds it what it reads,
 * in pieces of any size, until the verdict is no longer REQUEST_MORE; nothing
 * is stored but where we are and the target, so a head that trickles in costs no
 * more than one that comes at once.  What follows the head is not looked at.  Pure:
 * no input, no output, no clock.
 *
 * RFC 9112 with one leniency that it allows (2.2): a line may end in a bare
 * LF, so that a person can type a request into netcat.  A bare CR, folded
 * lines, control characters, a missing or second Host are refused. */
#ifndef HANDLERS_REQUEST_H
#define HANDLERS_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

/* A head of this many bytes is too large; a target of more is for none of our paths. */
enum { REQUEST_MAX = 8192, REQUEST_TARGET_MAX = 255 };

enum request_verdict {
	REQUEST_MORE, /* the head goes on */
	REQUEST_GET,
	REQUEST_HEAD,
	REQUEST_OPTIONS,
	REQUEST_BAD,     /* 400 */
	REQUEST_METHOD,  /* 405, the request is sound but not for us */
	REQUEST_TIMEOUT, /* 408; for the caller to give */
	REQUEST_LARGE,   /* 431 */
	REQUEST_VERSION, /* 505 */
	REQUEST_VERDICTS
};

enum request_state {
	REQUEST_START, /* also between the empty lines before a request */
	REQUEST_IN_METHOD,
	REQUEST_IN_TARGET,
	REQUEST_IN_VERSION,
	REQUEST_LINE, /* at the start of a header line */
	REQUEST_IN_NAME,
	REQUEST_IN_VALUE
};

struct request {
	enum request_state state;
	bool cr;                             /* the last byte was CR: the next must be LF */
	size_t seen;                         /* bytes fed, at most REQUEST_MAX */
	char target[REQUEST_TARGET_MAX + 1]; /* its beginning, as it was sent */
	size_t target_len;                   /* true length, may exceed REQUEST_TARGET_MAX */
	char word[8];                /* the method, version or field name; never terminated */
	size_t word_len;             /* true length, may exceed word's */
	unsigned int hosts;          /* Host fields */
	char major, minor;           /* the version's digits */
	enum request_verdict method; /* one of REQUEST_GET to REQUEST_OPTIONS, or REQUEST_METHOD */
};

enum request_verdict request_feed(struct request *request, const char *data, size_t len);

/* Is this the path that the request asks for? For a request whose head is whole. The target may be
 * an absolute one, with any host, and a query may follow. Nothing is decoded: "/%61" is not "/a".
 */
bool request_is_for(const struct request *request, const char *path);

#endif
