/* cgi_head.h - what a CGI script says before its document (RFC 3875, 6).
 *
 * The caller gathers the script's output until cgi_head_end() has found the empty line, at most
 * CGI_HEAD_MAX bytes, and has cgi_head_parse() take the head apart, in place: all texts point into
 * the caller's buffer, and end with NUL. Pure: no input, no output.
 *
 * Lines end with LF or CR LF. What a client could take for another message than we do is refused:
 * control bytes, folded lines, names that are no tokens, a second Status or Content-Length, a
 * status that is none or an interim one. What is the server's to say is left out of the fields:
 * Connection, Transfer-Encoding and their like, Date and Server. */
#ifndef HANDLERS_CGI_HEAD_H
#define HANDLERS_CGI_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CGI_HEAD_MAX = 32768, CGI_HEAD_FIELDS_MAX = 128 };

enum cgi_kind {
	CGI_DOCUMENT, /* also a redirection of the client: Location is among the fields then */
	CGI_LOCAL     /* the server is to answer with what is at another path */
};

struct cgi_field {
	const char *name, *value;
};

struct cgi_head {
	enum cgi_kind kind;
	unsigned int status; /* 200 to 599 */
	const char *reason;  /* may be empty */
	const char *local; /* with CGI_LOCAL: the path, and perhaps a query, that begins with "/" */
	int64_t length;    /* of the document, or -1 where the script does not say */
	struct cgi_field fields[CGI_HEAD_FIELDS_MAX]; /* for the client, in their order */
	size_t count;
	const char *why; /* it was refused, for the log */
};

/* How many bytes the head has, with its empty line, or 0: it is not whole yet. The first `seen`
 * bytes were looked at before; what was found in them does not matter. */
size_t cgi_head_end(const char *data, size_t len, size_t seen);

/* Exactly the head. False with `why`. */
bool cgi_head_parse(char *data, size_t len, struct cgi_head *head);

/* A response with such a status has no content (RFC 9110, 6.4.1). */
bool cgi_head_is_bare(unsigned int status);

#endif
