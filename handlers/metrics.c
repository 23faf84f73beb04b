/* metrics - answers GET /metrics with usherd's numbers, for Prometheus.
 *
 *   metrics [-s PATH] [SECONDS]
 *
 * PATH is the control socket and SECONDS the time that a client has for its request (10). What
 * usherd says is passed on as it is: text format 0.0.4. While it cannot be asked the answer is
 * 503, the reason is in the log, and the exit status 1. */
#include "ask.h"
#include "client.h"
#include "http.h"

#include <stdio.h>

enum {
	ASK_MSEC = 5000,
	ANSWER_MAX = 32 << 20, /* thousands of services */
};

static const char *control; /* -s */

static int answer_metrics(struct reply *reply)
{
	static struct buf text = BUF_INIT(ANSWER_MAX);
	struct ask question;

	ask_init(&question, control, client_now_msec() + ASK_MSEC);
	if (!ask(&question, "metrics", &text)) {
		fprintf(stderr, "metrics: %s\n", question.why);
		reply_set_text(reply, "503 Service Unavailable",
		               "usherd cannot be asked; its log says why.\n");
		return 1;
	}
	*reply = (struct reply){.status = "200 OK",
	                        .type = "text/plain; version=0.0.4; charset=utf-8",
	                        .fields = "Cache-Control: no-store\r\n",
	                        .body = text.data,
	                        .len = text.len};
	return 0;
}

static int answer(const struct request *request, struct reply *reply)
{
	if (request_is_for(request, "/metrics"))
		return answer_metrics(reply);
	reply_set_text(reply, "404 Not Found", "There is only /metrics.\n");
	return 0;
}

int main(int argc, char **argv)
{
	long seconds = ask_options(argc, argv, &control);

	if (seconds == 0) {
		fputs("usage: metrics [-s socket] [seconds]\n", stderr);
		return 2;
	}
	return http_serve(seconds, HTTP_GET, answer);
}
