/* httpd_head.h - the head of one HTTP/1 request, as httpd's parts see it (RFC 9110, RFC 9112).
 *
 * Begin with httpd_head_reset(). httpd_head_parse() is given all bytes that have come so far, and
 * again with more of them until it says something else than HTTPD_MORE. It is strict: lines end in
 * CR LF, nothing else. What could be read in two ways is refused, above all where a body ends: two
 * lengths, even equal ones, a length beside a coding, a coding that is not "chunked" alone, space
 * before a colon, folded lines, NUL, a bare CR or LF.
 *
 * The strings of a head lie in the caller's bytes, which the parser ends with NULs in place: the
 * bytes must not move until the request is done. Pure: no input, no output, no clock. */
#ifndef HANDLERS_HTTPD_HEAD_H
#define HANDLERS_HTTPD_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTPD_HEAD_MAX = 16384,  /* bytes of a head, its last line included; more: 431 */
	HTTPD_TARGET_MAX = 8000, /* bytes of a target as it was sent; more: 414 */
	HTTPD_PATH_MAX = 4095,   /* bytes of a path, decoded; more: 414 */
	HTTPD_HOST_MAX = 255,    /* bytes of a host and its port; more: 400 */
	HTTPD_FIELDS_MAX = 100   /* field lines; more: 431 */
};

/* What httpd_head_parse() found. Else a status: 400, 411, 414, 417, 431, 501, 505. */
enum { HTTPD_MORE = 0, HTTPD_WHOLE = 1 };

enum httpd_framing {
	HTTPD_NO_BODY,
	HTTPD_LENGTH, /* Content-Length, also 0 */
	HTTPD_CHUNKED
};

struct httpd_field {
	const char *name;  /* as the client wrote it: compare without regard to case */
	const char *value; /* without space at either end; of controls there may be HTAB */
};

struct httpd_head {
	const char *method; /* GET HEAD POST PUT DELETE OPTIONS PATCH, no other */
	const char *target; /* as it was sent, visible ASCII only: REQUEST_URI */
	const char *query;  /* after the "?", as it was sent; NULL: there was no "?" */
	const char *host;   /* from the target or Host, in lower case, without port; "" if there is
	                     * none. Letters, digits, ".", "-", "_", or an address in "[]" */
	unsigned int port;  /* that was with it, or 0 */
	unsigned int minor; /* HTTP/1.minor, 1 for all above 1 */
	bool keep;          /* the client would like to go on with the connection */
	bool expects_continue; /* it waits for "100 Continue" before it sends its body */
	enum httpd_framing framing;
	uint64_t length; /* of the body, with HTTPD_LENGTH; below 2^63 */
	size_t len;      /* of the head: what follows is the body, then the next one */
	size_t fields;
	size_t seen, line; /* the parser's: bytes looked at, and where their last line begins */
	struct httpd_field field[HTTPD_FIELDS_MAX];
	char name[HTTPD_HOST_MAX + 1]; /* host points here */
	/* Decoded; begins with "/" (or is "*"). Has no NUL or other control, no segment "." or
	 * "..", no "//", no "/" that was written as "%2F". */
	char path[HTTPD_PATH_MAX + 1];
};

/* So that it can be parsed into, and read even if that never ends. */
void httpd_head_reset(struct httpd_head *head);

/* Looks at data[0..len). HTTPD_MORE (never for len >= HTTPD_HEAD_MAX), HTTPD_WHOLE, or the status
 * of the refusal; then method, target and minor are set as far as they were understood, else they
 * are "", "" and 0. */
int httpd_head_parse(struct httpd_head *head, char *data, size_t len);

/* The value of the first field of this name, or NULL. */
const char *httpd_head_field(const struct httpd_head *head, const char *name);

/* Is the method this one? */
bool httpd_head_is(const struct httpd_head *head, const char *method);

/* Takes a target (a path, perhaps with a query) apart, as if it were sent with a GET: for a
 * redirect within this server. 0, or the status of the refusal. Changes the target; head->target
 * and head->query then point into it. The host and the fields stay, the body is none. */
int httpd_head_retarget(struct httpd_head *head, char *target);

#endif
