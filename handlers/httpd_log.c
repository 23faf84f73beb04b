#include "httpd_log.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes of what a client wrote; one becomes four at most. */
enum { TARGET_MAX = 512, FIELD_MAX = 128, NAME_MAX_SHOWN = 64 };

static int log_fd = -1;

bool httpd_log_open(const char *file)
{
	if (strcmp(file, "-") == 0)
		log_fd = STDERR_FILENO;
	else
		log_fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
	if (log_fd < 0)
		fprintf(stderr, "httpd: --log: \"%s\" cannot be opened: %s\n", file,
		        strerror(errno));
	return log_fd >= 0;
}

/* As Apache has it: a backslash before quotes and itself, "\x" for what is not to be printed. */
static char *put_escaped(char *at, const char *text, size_t most)
{
	for (; *text && most > 0; text++, most--) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f) {
			if (c == '"' || c == '\\')
				*at++ = '\\';
			*at++ = (char)c;
			continue;
		}
		at = text_put(at, "\\x");
		*at++ = "0123456789abcdef"[c >> 4];
		*at++ = "0123456789abcdef"[c & 15];
	}
	return *text ? text_put(at, "...") : at;
}

static char *put_time(char *at, time_t now)
{
	static const char months[] = "Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec";
	struct tm tm = {0};

	gmtime_r(&now, &tm);
	at = text_put(text_number(text_put(at, "["), (unsigned int)tm.tm_mday, 2), "/");
	at = text_put(text_put(at, months + (size_t)tm.tm_mon * 4), "/");
	at = text_put(text_number(at, (unsigned int)tm.tm_year + 1900, 4), ":");
	at = text_put(text_number(at, (unsigned int)tm.tm_hour, 2), ":");
	at = text_put(text_number(at, (unsigned int)tm.tm_min, 2), ":");
	return text_put(text_number(at, (unsigned int)tm.tm_sec, 2), " +0000] ");
}

static char *put_field(char *at, const struct httpd_head *head, const char *name)
{
	const char *value = httpd_head_field(head, name);

	at = put_escaped(text_put(at, " \""), value && *value ? value : "-", FIELD_MAX);
	return text_put(at, "\"");
}

/* A space would make one field two; "-" alone would be nobody. */
static char *put_user(char *at, const char *user)
{
	char *from = at;

	at = put_escaped(at, user ? user : "-", NAME_MAX_SHOWN);
	for (; from < at; from++)
		if (*from == ' ')
			*from = '_';
	return at;
}

size_t httpd_log_line(char line[HTTPD_LOG_LINE_MAX], const struct httpd_conn *conn,
                      const char *client, time_t now)
{
	const struct httpd_head *head = &conn->head;
	char *at = put_escaped(line, client, NAME_MAX_SHOWN);

	at = text_put(put_user(text_put(at, " - "), conn->user), " ");
	at = text_put(put_time(at, now), "\"");
	if (*head->method) {
		at = text_put(text_put(at, head->method), " ");
		at = put_escaped(at, head->target, TARGET_MAX);
		at = text_decimal(text_put(at, " HTTP/1."), head->minor);
	} else {
		at = text_put(at, "-");
	}
	at = text_put(text_number(text_put(at, "\" "), conn->status, 3), " ");
	at = conn->sent ? text_decimal(at, conn->sent) : text_put(at, "-");
	at = put_field(put_field(at, head, "Referer"), head, "User-Agent");
	return (size_t)(text_put(at, "\n") - line);
}

void httpd_log(const struct httpd_conn *conn)
{
	const char *client = getenv("REMOTE_ADDR");
	char line[HTTPD_LOG_LINE_MAX];

	if (log_fd < 0)
		return;
	/* A log that cannot be written is no reason to stop; nobody could be told but by it. */
	(void)!write(log_fd, line,
	             httpd_log_line(line, conn, client && *client ? client : "-", time(NULL)));
}
