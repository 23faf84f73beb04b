#include "cgi_head.h"

#include <string.h>
#include <strings.h>

/* One head while it is taken apart. */
struct parse {
	struct cgi_head *head;
	const char *location;
	bool type, status;
};

static bool refuse(struct parse *parse, const char *why)
{
	parse->head->why = why;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9110, 5.6.2. */
static bool is_token(const char *text)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	const char *at = text;

	while (is_digit(*at) || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
	       (*at && strchr(marks, *at)))
		at++;
	return at > text && *at == '\0';
}

/* A value may hold bytes of any encoding, but nothing that ends a line or is cut off by a client.
 */
static bool is_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool take_status(struct parse *parse, const char *value)
{
	if (parse->status)
		return refuse(parse, "has Status twice");
	parse->status = true;
	if (!is_digit(value[0]) || !is_digit(value[1]) || !is_digit(value[2]) ||
	    (value[3] != ' ' && value[3] != '\0'))
		return refuse(parse, "has a Status that does not begin with three digits");
	parse->head->status =
	    (unsigned int)((value[0] - '0') * 100 + (value[1] - '0') * 10 + value[2] - '0');
	if (parse->head->status < 200 || parse->head->status > 599)
		return refuse(parse, "has a Status that is not between 200 and 599");
	parse->head->reason = value + 3 + strspn(value + 3, " \t");
	return true;
}

static bool take_location(struct parse *parse, const char *value)
{
	if (parse->location)
		return refuse(parse, "has Location twice");
	if (*value == '\0' || strpbrk(value, " \t"))
		return refuse(parse, "has a Location that is no address");
	parse->location = value;
	return true;
}

/* A length that is said differently twice would be two documents. */
static bool take_length(struct parse *parse, const char *value)
{
	int64_t length = 0;
	size_t digits = strspn(value, "0123456789");

	if (parse->head->length >= 0)
		return refuse(parse, "has Content-Length twice");
	if (digits == 0 || digits > 18 || value[digits] != '\0')
		return refuse(parse, "has a Content-Length that is no number");
	for (; is_digit(*value); value++)
		length = length * 10 + (*value - '0');
	parse->head->length = length;
	return true;
}

static bool is_servers(const char *name)
{
	static const char *const names[] = {
	    "Connection", "Date",    "Keep-Alive",        "Proxy-Connection", "Server",
	    "TE",         "Trailer", "Transfer-Encoding", "Upgrade",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool keep(struct parse *parse, const char *name, const char *value)
{
	struct cgi_head *head = parse->head;

	if (head->count == CGI_HEAD_FIELDS_MAX)
		return refuse(parse, "has too many fields");
	head->fields[head->count++] = (struct cgi_field){name, value};
	return true;
}

static bool take_field(struct parse *parse, const char *name, const char *value)
{
	if (strcasecmp(name, "Status") == 0)
		return take_status(parse, value);
	if (strcasecmp(name, "Location") == 0)
		return take_location(parse, value);
	if (strcasecmp(name, "Content-Length") == 0)
		return take_length(parse, value);
	if (strcasecmp(name, "Content-Type") == 0) {
		if (parse->type)
			return refuse(parse, "has Content-Type twice");
		parse->type = true;
	}
	return is_servers(name) || keep(parse, name, value);
}

static bool take_line(struct parse *parse, char *line, size_t len)
{
	char *colon = memchr(line, ':', len), *value;

	if (!is_clean(line, len))
		return refuse(parse, "has a control character");
	if (!colon)
		return refuse(parse, "has a line without a colon");
	*colon = '\0';
	if (!is_token(line))
		return refuse(parse, "has a name that is none");
	while (line[len - 1] == ' ' || line[len - 1] == '\t')
		len--;
	line[len] = '\0';
	value = colon + 1;
	return take_field(parse, line, value + strspn(value, " \t"));
}

/* With a Status it is the client that is sent elsewhere, whatever the Location looks like. */
static bool judge(struct parse *parse)
{
	struct cgi_head *head = parse->head;

	if (!parse->type && !parse->status && !parse->location)
		return refuse(parse, "has neither Content-Type nor Status nor Location");
	if (!parse->location)
		return true;
	if (*parse->location == '/' && !parse->status) {
		head->kind = CGI_LOCAL;
		head->local = parse->location;
		return true;
	}
	if (!parse->status) {
		head->status = 302;
		head->reason = "Found";
	}
	return keep(parse, "Location", parse->location);
}

size_t cgi_head_end(const char *data, size_t len, size_t seen)
{
	size_t from = seen > 2 ? seen - 2 : 0;

	if (len >= 1 && data[0] == '\n')
		return 1;
	if (len >= 2 && data[0] == '\r' && data[1] == '\n')
		return 2;
	while (from < len) {
		const char *newline = memchr(data + from, '\n', len - from);

		if (!newline)
			return 0;
		from = (size_t)(newline - data) + 1;
		if (from < len && data[from] == '\n')
			return from + 1;
		if (len - from >= 2 && data[from] == '\r' && data[from + 1] == '\n')
			return from + 2;
	}
	return 0;
}

bool cgi_head_parse(char *data, size_t len, struct cgi_head *head)
{
	struct parse parse = {.head = head};
	char *end = data + len, *newline;

	*head = (struct cgi_head){.status = 200, .reason = "OK", .length = -1};
	for (; data < end; data = newline + 1) {
		size_t line;

		newline = memchr(data, '\n', (size_t)(end - data));
		if (!newline)
			return refuse(&parse, "has a line without an end");
		line = (size_t)(newline - data);
		if (line > 0 && data[line - 1] == '\r')
			line--;
		if (line > 0 && !take_line(&parse, data, line))
			return false;
	}
	return judge(&parse);
}

bool cgi_head_is_bare(unsigned int status)
{
	return status == 204 || status == 205 || status == 304;
}
