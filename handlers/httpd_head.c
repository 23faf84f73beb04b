#include "httpd_head.h"
#include "httpd_target.h"

#include <string.h>
#include <strings.h>

enum {
	METHOD_MAX = 16,
	VERSION_LEN = 8,
	/* The longest first line: so that its end must come. */
	FIRST_LINE_MAX = METHOD_MAX + 1 + HTTPD_TARGET_MAX + 1 + VERSION_LEN + 2,
	LENGTH_DIGITS_MAX = 18 /* all numbers of so many digits are below 2^63 */
};

/* CONNECT and TRACE are not here: there is nothing that they could ask of a handler. */
static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};

void httpd_head_reset(struct httpd_head *head)
{
	/* Not the arrays: a page that is not touched costs nothing. */
	memset(head, 0, offsetof(struct httpd_head, field));
	head->method = head->target = head->host = "";
	head->path[0] = '\0';
}

/* RFC 9110, 5.6.2 */
static bool is_token(const char *text, const char *end)
{
	for (const char *at = text; at < end; at++)
		if (*at <= ' ' || *at >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", *at))
			return false;
	return end > text;
}

bool httpd_head_is(const struct httpd_head *head, const char *method)
{
	return strcmp(head->method, method) == 0;
}

const char *httpd_head_field(const struct httpd_head *head, const char *name)
{
	for (size_t i = 0; i < head->fields; i++)
		if (strcasecmp(head->field[i].name, name) == 0)
			return head->field[i].value;
	return NULL;
}

/* "HTTP/1.1", at the end of its line. */
static int take_version(struct httpd_head *head, const char *text, const char *end)
{
	if (end - text != VERSION_LEN || memcmp(text, "HTTP/", 5) != 0 || text[6] != '.' ||
	    text[5] < '0' || text[5] > '9' || text[7] < '0' || text[7] > '9')
		return 400;
	if (text[5] != '1')
		return 505;
	head->minor = text[7] != '0';
	return 0;
}

static int take_method(struct httpd_head *head, const char *text)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strcmp(text, methods[i]) == 0) {
			head->method = methods[i];
			return 0;
		}
	return 501;
}

static int take_target(struct httpd_head *head)
{
	const char *authority, *rest;
	size_t len;
	int refused;

	if (httpd_head_is(head, "OPTIONS") && strcmp(head->target, "*") == 0) {
		memcpy(head->path, "*", 2);
		return 0;
	}
	refused = httpd_target_split(head->target, &authority, &len, &rest);
	return refused ? refused : httpd_target_decode(rest, head->path, &head->query);
}

static int take_first_line(struct httpd_head *head, char *line, char *end)
{
	char *target = memchr(line, ' ', (size_t)(end - line)), *version;
	int refused;

	if (!target || !is_token(line, target))
		return 400;
	*target++ = '\0';
	version = memchr(target, ' ', (size_t)(end - target));
	if (!version || version == target)
		return 400;
	*version++ = '\0';
	for (const char *at = target; *at; at++)
		if (*at <= ' ' || *at >= 0x7f)
			return 400;
	refused = take_version(head, version, end);
	if (refused)
		return refused;
	if (version - 1 - target > HTTPD_TARGET_MAX)
		return 414;
	head->target = target;
	refused = take_method(head, line);
	return refused ? refused : take_target(head);
}

static int take_field(struct httpd_head *head, char *line, char *end)
{
	char *colon = memchr(line, ':', (size_t)(end - line)), *value;

	if (!colon || !is_token(line, colon))
		return 400;
	if (head->fields == HTTPD_FIELDS_MAX)
		return 431;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = '\0';
	head->field[head->fields++] = (struct httpd_field){.name = line, .value = value};
	return 0;
}

static int take_length(struct httpd_head *head, const char *value)
{
	size_t digits = strspn(value, "0123456789");

	if (digits == 0 || value[digits])
		return 400;
	for (; *value == '0' && digits > 1; digits--)
		value++;
	/* Longer than any disk: the same answer as to what is longer than the limit. */
	if (digits > LENGTH_DIGITS_MAX)
		return 413;
	for (head->length = 0; *value; value++)
		head->length = head->length * 10 + (uint64_t)(*value - '0');
	head->framing = HTTPD_LENGTH;
	return 0;
}

static void take_connection(const char *value, bool *close, bool *keep)
{
	while (*value) {
		size_t len;

		value += strspn(value, " \t,");
		len = strcspn(value, " \t,");
		*close |= len == 5 && strncasecmp(value, "close", len) == 0;
		*keep |= len == 10 && strncasecmp(value, "keep-alive", len) == 0;
		value += len;
	}
}

/* A coding that we do not know is 501, one that nobody can mean is 400. */
static int take_coding(struct httpd_head *head, const char *value)
{
	if (strcasecmp(value, "chunked") != 0)
		return strchr(value, ',') || *value == '\0' || strncasecmp(value, "chunked", 7) == 0
		           ? 400
		           : 501;
	head->framing = HTTPD_CHUNKED;
	return head->minor ? 0 : 400;
}

struct counts {
	unsigned int hosts, lengths, codings, expects;
	bool close, keep;
};

static int take_meaning(struct httpd_head *head, const struct httpd_field *field,
                        struct counts *counts)
{
	if (strcasecmp(field->name, "Host") == 0) {
		head->host = field->value;
		return ++counts->hosts > 1 ? 400 : 0;
	}
	if (strcasecmp(field->name, "Content-Length") == 0)
		return ++counts->lengths > 1 ? 400 : take_length(head, field->value);
	if (strcasecmp(field->name, "Transfer-Encoding") == 0)
		return ++counts->codings > 1 ? 400 : take_coding(head, field->value);
	if (strcasecmp(field->name, "Connection") == 0)
		take_connection(field->value, &counts->close, &counts->keep);
	if (strcasecmp(field->name, "Expect") == 0 && head->minor) {
		head->expects_continue = strcasecmp(field->value, "100-continue") == 0;
		return ++counts->expects > 1 || !head->expects_continue ? 417 : 0;
	}
	return 0;
}

/* The target's host counts, and not the field's, where it has one (RFC 9112, 3.2.2). */
static int take_host(struct httpd_head *head)
{
	const char *host = head->host, *rest;
	size_t len = strlen(host);

	if (*head->target != '*' && *head->target != '/' &&
	    httpd_target_split(head->target, &host, &len, &rest))
		return 400;
	if (len > HTTPD_HOST_MAX)
		return 400;
	memcpy(head->name, host, len);
	head->name[len] = '\0';
	head->host = head->name;
	return httpd_target_host(head->name, &head->port);
}

/* The fields together: what they say of the body and of the connection. */
static int judge(struct httpd_head *head)
{
	struct counts counts = {0};
	int refused = 0;

	for (size_t i = 0; i < head->fields; i++) {
		int found = take_meaning(head, &head->field[i], &counts);

		/* That it makes no sense is said before that it is too much for us. */
		if (found && (!refused || found == 400))
			refused = found;
	}
	if ((counts.hosts == 0 && head->minor) || (counts.lengths && counts.codings))
		return 400;
	if (refused)
		return refused;
	head->keep = !counts.close && (head->minor || counts.keep);
	if (head->framing == HTTPD_NO_BODY && *head->method == 'P')
		return 411;
	head->expects_continue &= head->framing == HTTPD_CHUNKED || head->length > 0;
	return take_host(head);
}

/* A line without its end. HTTPD_MORE to go on. */
static int take_line(struct httpd_head *head, char *line, char *end)
{
	if (*head->method)
		return end == line ? HTTPD_WHOLE : take_field(head, line, end);
	/* One empty line is what some send after a body (RFC 9112, 2.2). */
	if (end == line)
		return head->line ? 400 : HTTPD_MORE;
	return take_first_line(head, line, end);
}

static int finish(struct httpd_head *head)
{
	int refused = judge(head);

	head->len = head->seen;
	return refused ? refused : HTTPD_WHOLE;
}

int httpd_head_parse(struct httpd_head *head, char *data, size_t len)
{
	while (head->seen < len && head->seen < HTTPD_HEAD_MAX) {
		size_t at = head->seen++;
		unsigned char c = (unsigned char)data[at];
		bool after_cr = at > head->line && data[at - 1] == '\r';
		int found;

		if ((c == '\n') != after_cr || (c < ' ' && c != '\n' && c != '\r' && c != '\t') ||
		    c == 0x7f)
			return 400;
		if (c == '\n') {
			found = take_line(head, data + head->line, data + at - 1);
			head->line = head->seen;
			if (found)
				return found == HTTPD_WHOLE ? finish(head) : found;
		} else if (!*head->method && head->seen - head->line > FIRST_LINE_MAX) {
			return 414;
		}
	}
	return head->seen < HTTPD_HEAD_MAX ? HTTPD_MORE : 431;
}

int httpd_head_retarget(struct httpd_head *head, char *target)
{
	const char *query;
	int refused;

	for (const char *at = target; *at; at++)
		if (*at <= ' ' || *at >= 0x7f)
			return 400;
	if (*target != '/')
		return 400;
	refused = httpd_target_decode(target, head->path, &query);
	if (refused)
		return refused;
	head->method = methods[0];
	head->target = target;
	head->query = query;
	head->framing = HTTPD_NO_BODY;
	head->length = 0;
	return 0;
}
