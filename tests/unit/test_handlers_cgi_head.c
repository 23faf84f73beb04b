/* What a CGI script says before its document. */
#include "../../handlers/cgi_head.h"

#include "unit/test.h"

#include <stdio.h>

static char data[2 * CGI_HEAD_MAX];

/* The fields as one text, "Name=value|..."; NULL: refused. */
static const char *parse(const char *text, size_t len, struct cgi_head *head)
{
	static char fields[sizeof data];
	size_t at = 0;

	memcpy(data, text, len);
	if (!cgi_head_parse(data, len, head))
		return NULL;
	fields[0] = '\0';
	for (size_t i = 0; i < head->count; i++)
		at += (size_t)snprintf(fields + at, sizeof fields - at, "%s=%s|",
		                       head->fields[i].name, head->fields[i].value);
	return fields;
}

static void each_head__is_what_the_rfc_says(void **state)
{
	static const struct {
		const char *text, *fields, *reason, *local;
		unsigned int status;
		int64_t length;
	} cases[] = {
	    {"Content-Type: text/plain\n\n", "Content-Type=text/plain|", "OK", NULL, 200, -1},
	    {"Content-type:text/plain\r\n\r\n", "Content-type=text/plain|", "OK", NULL, 200, -1},
	    {"content-type: a\r\nX: \t b c\t \n\r\n", "content-type=a|X=b c|", "OK", NULL, 200, -1},
	    {"Status: 404 Not Found\n\n", "", "Not Found", NULL, 404, -1},
	    {"STATUS: 200\n\n", "", "", NULL, 200, -1},
	    {"Status: 599 \xc3\xa9\n\n", "", "\xc3\xa9", NULL, 599, -1},
	    {"Content-Type: a\nContent-Length: 000012\n\n", "Content-Type=a|", "OK", NULL, 200, 12},
	    {"Content-Type: a\nSet-Cookie: x\nSet-Cookie: y\n\n",
	     "Content-Type=a|Set-Cookie=x|Set-Cookie=y|", "OK", NULL, 200, -1},
	    {"Content-Type:\n\n", "Content-Type=|", "OK", NULL, 200, -1},
	    {"Location: http://a/b\n\n", "Location=http://a/b|", "Found", NULL, 302, -1},
	    {"Location: b.html\n\n", "Location=b.html|", "Found", NULL, 302, -1},
	    {"Location: http://a/\nStatus: 301 Moved\nContent-Type: t\n\n",
	     "Content-Type=t|Location=http://a/|", "Moved", NULL, 301, -1},
	    {"Location: /there?x\n\n", "", "OK", "/there?x", 200, -1},
	    {"Status: 303 See Other\nLocation: /there\n\n", "Location=/there|", "See Other", NULL,
	     303, -1},
	    {"Content-Type: t\nConnection: close\nTransfer-Encoding: chunked\nDate: x\nServer: "
	     "s\nupgrade: y\n"
	     "Trailer: z\nTE: z\nKeep-Alive: 1\nProxy-Connection: 2\n\n",
	     "Content-Type=t|", "OK", NULL, 200, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct cgi_head head;
		const char *fields = parse(cases[i].text, strlen(cases[i].text), &head);

		if (!fields)
			fail_msg("case %zu is refused: %s", i, head.why);
		assert_string_equal(fields, cases[i].fields);
		assert_int_equal(head.status, cases[i].status);
		assert_string_equal(head.reason, cases[i].reason);
		assert_int_equal(head.length, cases[i].length);
		assert_int_equal(head.kind, cases[i].local ? CGI_LOCAL : CGI_DOCUMENT);
		if (cases[i].local)
			assert_string_equal(head.local, cases[i].local);
	}
}

static void each_fault__is_refused_in_words(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"\n", "neither"},
	    {"X-Y: z\n\n", "neither"},
	    {"HTTP/1.1 200 OK\n\n", "colon"},
	    {"<html>: \n\n", "name"},
	    {"Content-Type : a\n\n", "name"},
	    {": a\n\n", "name"},
	    {"Content-Type: a\n b: c\n\n", "name"},
	    {"Content-Type: a\n\tfolded\n\n", "colon"},
	    {"Content-Type: a\rSet-Cookie: b\n\n", "control"},
	    {"Content-Type: a\x7f\n\n", "control"},
	    {"Content-Type: a\x1b[2J\n\n", "control"},
	    {"Content-Type: a\nContent-Type: a\n\n", "Content-Type twice"},
	    {"Status: 200\nStatus: 200\n\n", "Status twice"},
	    {"Location: /a\nLocation: /a\n\n", "Location twice"},
	    {"Content-Type: a\nContent-Length: 1\nContent-Length: 1\n\n", "Content-Length twice"},
	    {"Content-Type: a\nContent-Length: -1\n\n", "no number"},
	    {"Content-Type: a\nContent-Length: 1 1\n\n", "no number"},
	    {"Content-Type: a\nContent-Length:\n\n", "no number"},
	    {"Content-Type: a\nContent-Length: 9223372036854775808\n\n", "no number"},
	    {"Status: 20\n\n", "three digits"},
	    {"Status: 2000\n\n", "three digits"},
	    {"Status: OK\n\n", "three digits"},
	    {"Status:\n\n", "three digits"},
	    {"Status: 100 Continue\n\n", "between"},
	    {"Status: 101 Switching\n\n", "between"},
	    {"Status: 600\n\n", "between"},
	    {"Location:\n\n", "no address"},
	    {"Location: /a b\n\n", "no address"},
	};
	struct cgi_head head;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (parse(cases[i].text, strlen(cases[i].text), &head))
			fail_msg("case %zu is taken", i);
		if (!strstr(head.why, cases[i].why))
			fail_msg("case %zu: %s", i, head.why);
	}
	assert_null(parse("Content-Type: a\0b\n\n", 19, &head));
	assert_null(parse("Content-Type: a", 15, &head));
}

static void fields__more_than_there_is_room_for__are_refused(void **state)
{
	static char text[CGI_HEAD_FIELDS_MAX * 8 + 8];
	struct cgi_head head;
	size_t len = 0;

	(void)state;
	len += (size_t)sprintf(text, "Status: 200\n");
	for (size_t i = 0; i < CGI_HEAD_FIELDS_MAX; i++)
		len += (size_t)sprintf(text + len, "X: y\n");
	assert_non_null(parse(text, len, &head));
	assert_int_equal(head.count, CGI_HEAD_FIELDS_MAX);
	len += (size_t)sprintf(text + len, "X: y\n");
	assert_null(parse(text, len, &head));
	assert_string_equal(head.why, "has too many fields");
}

static void the_end__is_found_in_pieces_of_any_size(void **state)
{
	static const struct {
		const char *text;
		size_t end;
	} cases[] = {
	    {"A: b\n\nrest\n\n", 6},
	    {"A: b\r\n\r\nrest", 8},
	    {"A: b\n\r\nrest", 7},
	    {"A: b\r\n\nrest", 7},
	    {"A\nB\nC\n\nD", 7},
	    {"\nrest", 1},
	    {"\r\nrest", 2},
	    {"A: b\r\n\r", 0},
	    {"A: b\n\rC\n", 0},
	    {"A: b\n", 0},
	    {"", 0},
	    {"\r", 0},
	    {"\rA\n\n", 4},
	    {"no line at all", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].text), end = 0;

		assert_int_equal(cgi_head_end(cases[i].text, len, 0), cases[i].end);
		for (size_t seen = 0; seen < len && end == 0; seen++)
			end = cgi_head_end(cases[i].text, seen + 1, seen);
		assert_int_equal(end, cases[i].end);
	}
}

static void some_statuses__have_no_content(void **state)
{
	(void)state;
	assert_true(cgi_head_is_bare(204));
	assert_true(cgi_head_is_bare(205));
	assert_true(cgi_head_is_bare(304));
	assert_false(cgi_head_is_bare(200));
	assert_false(cgi_head_is_bare(302));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_head__is_what_the_rfc_says),
	    cmocka_unit_test(each_fault__is_refused_in_words),
	    cmocka_unit_test(fields__more_than_there_is_room_for__are_refused),
	    cmocka_unit_test(the_end__is_found_in_pieces_of_any_size),
	    cmocka_unit_test(some_statuses__have_no_content),
	};

	return cmocka_run_group_tests_name("handlers/cgi_head", tests, NULL, NULL);
}
