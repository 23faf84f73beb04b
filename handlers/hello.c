/* hello - greets one HTTP client and ends.
 *
 *   hello [SECONDS]    the time that a client has for its request (10)
 *
 * Any GET or HEAD is answered, whatever its target; the rest gets the error
 * that RFC 9110 has for it.  A client that takes too long gets 408, one that
 * leaves without a word gets nothing.  All that a client can do is a success
 * for the exit status: 1 means that descriptors 0 and 1 are no good, 2 usage. */
#include "client.h"
#include "http.h"

#include <unistd.h>

enum { READ_SECONDS = 10 }; /* for the whole head */

static const char usage[] = "usage: hello [SECONDS]\n";

static int greet(const struct request *request, struct reply *reply)
{
	(void)request;
	reply_set_text(reply, "200 OK", "Hello, World!\n");
	return 0;
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? client_seconds(argv[1]) : READ_SECONDS;

	if (argc > 2 || seconds == 0) {
		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return 2;
	}
	return http_serve(seconds, HTTP_GET, greet);
}
