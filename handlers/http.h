/* http.h - the frame of the handlers that answer one HTTP request: hello, metrics, status.
 *
 * Reads the head of a request, answers what is none (400, 431), no GET or HEAD (405), too slow
 * (408) or of another version (505) by itself, and leaves the rest to the handler. A client
 * that leaves without a word gets nothing. Every read and write has a deadline. */
#ifndef HANDLERS_HTTP_H
#define HANDLERS_HTTP_H

#include "reply.h"
#include "request.h"

/* Fills in the reply, which is empty, and returns what is to be the exit status: 0, or 1 for what
 * the administrator should look into. */
typedef int http_answer(const struct request *request, struct reply *reply);

/* What a handler answers besides GET and HEAD. OPTIONS is what some ask that only want to know
 * whether there is an answer; it gets that to GET. */
enum http_methods { HTTP_GET, HTTP_GET_AND_OPTIONS };

/* Serves the client, who has so many seconds for the request. For main() to return: the answer's
 * status; else 0 whatever the client did, or 1 where descriptors 0 and 1 are no good. */
int http_serve(long seconds, enum http_methods methods, http_answer *answer);

#endif
