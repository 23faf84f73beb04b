#include "http.h"
#include "client.h"

#include <errno.h>
#include <signal.h>

enum { SEND_MSEC = 30000 };

static const struct {
	const char *status, *text, *fields;
} refusals[REQUEST_VERDICTS] = {
    [REQUEST_BAD] = {"400 Bad Request", "This is no HTTP request.\n", NULL},
    [REQUEST_METHOD] = {"405 Method Not Allowed", "Only GET and HEAD.\n", "Allow: GET, HEAD\r\n"},
    [REQUEST_TIMEOUT] = {"408 Request Timeout", "The request took too long.\n", NULL},
    [REQUEST_LARGE] = {"431 Request Header Fields Too Large", "The request is too long.\n", NULL},
    [REQUEST_VERSION] = {"505 HTTP Version Not Supported", "Only HTTP/1.0 and HTTP/1.1.\n", NULL},
};

/* REQUEST_MORE: there is nobody to answer; errno is 0 or says why. */
static enum request_verdict receive(struct request *request, int64_t deadline)
{
	enum request_verdict verdict;
	char data[2048];
	ssize_t got;

	while ((got = client_read(deadline, data, sizeof(data))) > 0) {
		verdict = request_feed(request, data, (size_t)got);
		if (verdict != REQUEST_MORE)
			return verdict;
	}
	if (got < 0)
		return errno == ETIMEDOUT ? REQUEST_TIMEOUT : REQUEST_MORE;
	errno = 0;
	return request->seen ? REQUEST_BAD : REQUEST_MORE;
}

int http_serve(long seconds, enum http_methods methods, http_answer *answer)
{
	struct request request = {0};
	struct reply reply = {0};
	enum request_verdict verdict;
	int status = 0;

	/* So that a client's leaving is an errno and not a death by signal. */
	signal(SIGPIPE, SIG_IGN);
	verdict = receive(&request, client_now_msec() + seconds * 1000);
	if (verdict == REQUEST_MORE)
		return client_is_gone(errno) ? 0 : 1;
	if (verdict == REQUEST_OPTIONS && methods == HTTP_GET)
		verdict = REQUEST_METHOD;
	if (refusals[verdict].status) {
		reply_set_text(&reply, refusals[verdict].status, refusals[verdict].text);
		reply.fields = refusals[verdict].fields;
	} else {
		status = answer(&request, &reply);
	}
	if (!reply_send(&reply, verdict != REQUEST_HEAD, client_now_msec() + SEND_MSEC))
		return client_is_gone(errno) ? status : 1;
	client_finish();
	return status;
}
