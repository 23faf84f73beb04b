#include "reply.h"
#include "client.h"
#include "text.h"

#include <string.h>
#include <time.h>

/* Status, date, type and length besides the fields. */
enum { HEAD_MAX = REPLY_FIELDS_MAX + 512 };

void reply_set_text(struct reply *reply, const char *status, const char *text)
{
	*reply = (struct reply){.status = status, .body = text, .len = strlen(text)};
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

static size_t compose_head(char head[HEAD_MAX], const struct reply *reply)
{
	char *at = text_put(text_put(head, "HTTP/1.1 "), reply->status);

	at = put_date(text_put(at, "\r\nDate: "), time(NULL));
	at = text_put(text_put(at, "Content-Type: "),
	              reply->type ? reply->type : "text/plain; charset=utf-8");
	at = text_decimal(text_put(at, "\r\nContent-Length: "), reply->len);
	at = text_put(at, "\r\n");
	if (reply->fields && strlen(reply->fields) <= REPLY_FIELDS_MAX)
		at = text_put(at, reply->fields);
	return (size_t)(text_put(at, "Connection: close\r\n\r\n") - head);
}

bool reply_send(const struct reply *reply, bool with_body, int64_t deadline_msec)
{
	char head[HEAD_MAX];
	struct iovec part[] = {
	    {.iov_base = head, .iov_len = compose_head(head, reply)},
	    {.iov_base = (char *)reply->body, .iov_len = reply->len},
	};

	return client_send_by(deadline_msec, part, with_body ? 2 : 1);
}
