/* hello - greets one HTTP client and ends.
 *
 *   hello [SECONDS]    the time that a client has for its request (10)
 *
 * Any GET or HEAD is answered, whatever its target; the rest gets the error
 * that RFC 9110 has for it.  A client that takes too long gets 408, one that
 * leaves without a word gets nothing.  All that a client can do is a success
 * for the exit status: 1 means that descriptors 0 and 1 are no good, 2 usage.
 *
 * The reply is never lost to a reset.  A socket that is closed with unread
 * input, or that gets input after its close, makes the kernel send a reset,
 * and a reset lets the client's kernel throw away what the client has not read
 * yet.  So we end our side first and then read until the client ends its own. */
#include "request.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	READ_SECONDS = 10, /* for the whole head */
	READ_SECONDS_MAX = 86400,
	DRAIN_MSEC = 2000, /* for the client to close, once it was answered */
	DRAIN_BYTES = 1 << 20,
	REPLY_MAX = 512 /* no reply is longer */
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

static int64_t now_msec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* As read(2), but -1 with ETIMEDOUT once the time is over. */
static ssize_t read_until(int64_t deadline, char *data, size_t size)
{
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	int64_t left;
	ssize_t got;

	for (;;) {
		left = deadline - now_msec();
		switch (left > 0 ? poll(&pfd, 1, (int)left) : 0) {
		case 0:
			errno = ETIMEDOUT;
			return -1;
		case -1:
			break;
		default:
			got = read(STDIN_FILENO, data, size);
			if (got >= 0 || errno != EINTR)
				return got;
		}
		if (errno != EINTR)
			return -1;
	}
}

/* REQUEST_MORE: there is nobody to answer; errno is 0 or says why. */
static enum request_verdict receive(int64_t deadline)
{
	struct request request = {0};
	enum request_verdict verdict;
	char data[2048];
	ssize_t got;

	while ((got = read_until(deadline, data, sizeof(data))) > 0) {
		verdict = request_feed(&request, data, (size_t)got);
		if (verdict != REQUEST_MORE)
			return verdict;
	}
	if (got < 0)
		return errno == ETIMEDOUT ? REQUEST_TIMEOUT : REQUEST_MORE;
	errno = 0;
	return request.seen ? REQUEST_BAD : REQUEST_MORE;
}

static char *put(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	return at;
}

static char *put_number(char *at, unsigned int number, unsigned int digits)
{
	for (unsigned int i = digits; i-- > 0; number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + digits;
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
	at = put(at, days[tm.tm_wday]);
	at = put_number(at, (unsigned int)tm.tm_mday, 2);
	at = put(at, months[tm.tm_mon]);
	at = put_number(at, (unsigned int)tm.tm_year + 1900, 4);
	at = put_number(put(at, " "), (unsigned int)tm.tm_hour, 2);
	at = put_number(put(at, ":"), (unsigned int)tm.tm_min, 2);
	at = put_number(put(at, ":"), (unsigned int)tm.tm_sec, 2);
	return put(at, " GMT\r\n");
}

static size_t compose(char *reply, enum request_verdict verdict)
{
	const char *body = replies[verdict].body;
	char *at = put(put(reply, "HTTP/1.1 "), replies[verdict].status);

	at = put_date(put(at, "\r\nDate: "), time(NULL));
	at = put(at, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: ");
	at = put_number(at, (unsigned int)strlen(body), 2);
	at = put(put(at, "\r\n"), replies[verdict].fields);
	at = put(at, "Connection: close\r\n\r\n");
	if (verdict != REQUEST_HEAD)
		at = put(at, body);
	return (size_t)(at - reply);
}

static int send_all(const char *data, size_t len)
{
	while (len) {
		ssize_t sent = write(STDOUT_FILENO, data, len);

		if (sent < 0 && errno != EINTR)
			return -1;
		if (sent > 0) {
			data += sent;
			len -= (size_t)sent;
		}
	}
	return 0;
}

static void drain(int64_t deadline)
{
	char data[2048];
	ssize_t got;

	if (shutdown(STDOUT_FILENO, SHUT_WR) < 0)
		return; /* not a socket, or gone */
	for (size_t all = 0; all < DRAIN_BYTES; all += (size_t)got) {
		got = read_until(deadline, data, sizeof(data));
		if (got <= 0)
			return;
	}
}

static bool client_is_gone(int error)
{
	return error == 0 || error == EPIPE || error == ECONNRESET || error == ETIMEDOUT;
}

/* The argument, or 0 where it is none. */
static long seconds_in(const char *text)
{
	char *end;
	long seconds = strtol(text, &end, 10);

	return *end == '\0' && seconds > 0 && seconds <= READ_SECONDS_MAX ? seconds : 0;
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? seconds_in(argv[1]) : READ_SECONDS;
	char reply[REPLY_MAX];
	enum request_verdict verdict;

	if (argc > 2 || seconds == 0) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return 2;
	}
	/* So that a client's leaving is an errno and not a death by signal. */
	signal(SIGPIPE, SIG_IGN);
	verdict = receive(now_msec() + seconds * 1000);
	if (verdict == REQUEST_MORE)
		return client_is_gone(errno) ? 0 : 1;
	if (send_all(reply, compose(reply, verdict)) < 0)
		return client_is_gone(errno) ? 0 : 1;
	drain(now_msec() + DRAIN_MSEC);
	return 0;
}
