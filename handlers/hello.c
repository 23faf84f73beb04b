/* hello - greets one HTTP client and ends.
 *
 *   hello [SECONDS]    the time that a client has for its request (10)
 *
 * Any GET or HEAD is answered, whatever its target; the rest gets the error
 * that RFC 9110 has for it.  A client that takes too long gets 408, one that
 * leaves without a word gets nothing.  All that a client can do is a success
 * for the exit status: 1 means that descriptors 0 and 1 are no good, 2 usage. */
#include "client.h"
#include "request.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_SECONDS = 10, /* for the whole head */
	REPLY_MAX = 512    /* no reply is longer */
};

static const char usage[] = "usage: hello [SECONDS]\n";
static const char greeting[] = "Hello, World!\n";

static const struct {
	const char *status, *fields, *body;
} replies[REQUEST_VERDICTS] = {
    [REQUEST_GET] = {"200 OK", "", greeting},
    [REQUEST_HEAD] = {"200 OK", "", greeting},
    [REQUEST_BAD] = {"400 Bad Request", "", "This is no HTTP request.\n"},
    [REQUEST_METHOD] = {"405 Method Not Allowed", "Allow: GET, HEAD\r\n", "Only GET and HEAD.\n"},
    [REQUEST_TIMEOUT] = {"408 Request Timeout", "", "The request took too long.\n"},
    [REQUEST_LARGE] = {"431 Request Header Fields Too Large", "", "The request is too long.\n"},
    [REQUEST_VERSION] = {"505 HTTP Version Not Supported", "", "Only HTTP/1.0 and HTTP/1.1.\n"},
};

/* REQUEST_MORE: there is nobody to answer; errno is 0 or says why. */
static enum request_verdict receive(int64_t deadline)
{
	struct request request = {0};
	enum request_verdict verdict;
	char data[2048];
	ssize_t got;

	while ((got = client_read(deadline, data, sizeof(data))) > 0) {
		verdict = request_feed(&request, data, (size_t)got);
		if (verdict != REQUEST_MORE)
			return verdict;
	}
	if (got < 0)
		return errno == ETIMEDOUT ? REQUEST_TIMEOUT : REQUEST_MORE;
	errno = 0;
	return request.seen ? REQUEST_BAD : REQUEST_MORE;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).  By hand: strftime would
 * obey a locale, and drag it in. */
static char *put_date(char *at, time_t now)
{
	static const char *const days[] = {"Sun, ", "Mon, ", "Tue, ", "Wed, ",
	                                   "Thu, ", "Fri, ", "Sat, "};
	static const char *const months[] = {" Jan ", " Feb ", " Mar ", " Apr ", " May ", " Jun ",
	                                     " Jul ", " Aug ", " Sep ", " Oct ", " Nov ", " Dec "};
	struct tm tm = {0};

	gmtime_r(&now, &tm);
	at = text_put(at, days[tm.tm_wday]);
	at = text_number(at, (unsigned int)tm.tm_mday, 2);
	at = text_put(at, months[tm.tm_mon]);
	at = text_number(at, (unsigned int)tm.tm_year + 1900, 4);
	at = text_number(text_put(at, " "), (unsigned int)tm.tm_hour, 2);
	at = text_number(text_put(at, ":"), (unsigned int)tm.tm_min, 2);
	at = text_number(text_put(at, ":"), (unsigned int)tm.tm_sec, 2);
	return text_put(at, " GMT\r\n");
}

static size_t compose(char *reply, enum request_verdict verdict)
{
	const char *body = replies[verdict].body;
	char *at = text_put(text_put(reply, "HTTP/1.1 "), replies[verdict].status);

	at = put_date(text_put(at, "\r\nDate: "), time(NULL));
	at = text_put(at, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: ");
	at = text_number(at, (unsigned int)strlen(body), 2);
	at = text_put(text_put(at, "\r\n"), replies[verdict].fields);
	at = text_put(at, "Connection: close\r\n\r\n");
	if (verdict != REQUEST_HEAD)
		at = text_put(at, body);
	return (size_t)(at - reply);
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? client_seconds(argv[1]) : READ_SECONDS;
	char reply[REPLY_MAX];
	enum request_verdict verdict;

	if (argc > 2 || seconds == 0) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return 2;
	}
	/* So that a client's leaving is an errno and not a death by signal. */
	signal(SIGPIPE, SIG_IGN);
	verdict = receive(client_now_msec() + seconds * 1000);
	if (verdict == REQUEST_MORE)
		return client_is_gone(errno) ? 0 : 1;
	if (!client_send(reply, compose(reply, verdict)))
		return client_is_gone(errno) ? 0 : 1;
	client_finish();
	return 0;
}
