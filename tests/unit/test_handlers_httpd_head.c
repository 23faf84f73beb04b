/* The head of a request to httpd: what is refused, whole and byte by byte, and what is understood.
 */
#include "../../handlers/httpd_head.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

static struct httpd_head head;

/* In pieces, as a client may send it; the bytes stay where they are. */
static int parse(const char *text, size_t len, size_t piece)
{
	static char data[2 * HTTPD_HEAD_MAX];
	int found = HTTPD_MORE;

	memcpy(data, text, len);
	httpd_head_reset(&head);
	for (size_t at = piece; found == HTTPD_MORE; at += piece) {
		found = httpd_head_parse(&head, data, at < len ? at : len);
		if (at >= len)
			break;
	}
	return found;
}

#define H   "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define END "\r\n\r\n"

static const struct {
	const char *head;
	int found;
} cases[] = {
    {GET H "\r\n", HTTPD_WHOLE},
    {"\r\n" GET H "\r\n", HTTPD_WHOLE}, /* an empty line after the last body */
    {"GET / HTTP/1.0\r\n\r\n", HTTPD_WHOLE},
    {"GET / HTTP/1.7\r\n" H "\r\n", HTTPD_WHOLE},
    {GET "Host:\r\n\r\n", HTTPD_WHOLE},
    {GET "hOsT:\t a \t\r\n\r\n", HTTPD_WHOLE},
    {GET H "X: \xc3\xa9\ta\r\n\r\n", HTTPD_WHOLE},
    {GET H "X:\r\n\r\n", HTTPD_WHOLE},
    {"OPTIONS * HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},
    {"GET http://b:80/x HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},
    {"GET HTTPS://b HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n", HTTPD_WHOLE},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 0005\r\n\r\n", HTTPD_WHOLE},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n", HTTPD_WHOLE},
    {GET, HTTPD_MORE},
    {GET H, HTTPD_MORE},
    {GET H "\r", HTTPD_MORE},
    {"\r\n", HTTPD_MORE},

    /* Where does the body end? */
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: chunked" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5, 5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: -5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: +5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 0x5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5 5" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length:" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5.0" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 9999999999999999999" END, 413},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 18446744073709551621" END, 413},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, identity" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked" END, 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: identity" END, 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"" END, 501},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked;q=1" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding:" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding:\x0b"
     "chunked" END,
     400},
    {"POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked" END, 400},
    {"POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked" END, 400},
    {"POST / HTTP/1.1\r\n" H "Content-Length : 5" END, 400},
    {"POST / HTTP/1.1\r\n" H "\r\n", 411},
    {"PUT / HTTP/1.1\r\n" H "\r\n", 411},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nExpect: 200-ok" END, 417},

    /* Where does a line end, and what is on it? */
    {"GET / HTTP/1.1\nHost: a\n\n", 400},
    {GET "Host: a\n\r\n", 400},
    {GET "Host: a\rX: b\r\n\r\n", 400},
    {GET "Host: a\r\r\n\r\n", 400},
    {GET H "X: a\r\n b\r\n\r\n", 400}, /* folded */
    {GET H "X: a\r\n\tb\r\n\r\n", 400},
    {GET " Host: a\r\n\r\n", 400},
    {GET "Host : a\r\n\r\n", 400},
    {GET H "X\r\n\r\n", 400},
    {GET H ": a\r\n\r\n", 400},
    {GET H "X Y: a\r\n\r\n", 400},
    {GET H "X\xc3\xa9: a\r\n\r\n", 400},
    {GET H "X: \x01\r\n\r\n", 400},
    {GET H "X: \x7f\r\n\r\n", 400},
    {"\r\n\r\n" GET H "\r\n", 400},
    {"\n" GET H "\r\n", 400},
    {" " GET H "\r\n", 400},
    {"GET  / HTTP/1.1\r\n", 400},
    {"GET /  HTTP/1.1\r\n", 400},
    {"GET / HTTP/1.1 \r\n", 400},
    {"GET\t/ HTTP/1.1\r\n", 400},
    {"GET /a b HTTP/1.1\r\n", 400},
    {"GET /\r\n", 400}, /* HTTP/0.9 */
    {"GET\r\n", 400},
    {"/ HTTP/1.1\r\n", 400},
    {"GET / http/1.1\r\n", 400},
    {"GET / HTTP/1.1.1\r\n", 400},
    {"GET / HTTP/11\r\n", 400},
    {"GET / HTTP/1.x\r\n", 400},
    {"GET / HTTP/0.9\r\n", 505},
    {"GET / HTTP/2.0\r\n", 505},
    {"PRI * HTTP/2.0\r\n", 505},
    {"\x16\x03\x01\x02\x00\x01", 400}, /* TLS */
    {"SSH-2.0-OpenSSH_9.2\r\n", 400},
    {"G{T / HTTP/1.1\r\n", 400},
    {"GETS / HTTP/1.1\r\n", 501},
    {"get / HTTP/1.1\r\n", 501},
    {"TRACE / HTTP/1.1\r\n", 501},
    {"CONNECT a:80 HTTP/1.1\r\n", 501},

    /* Which host? */
    {GET "\r\n", 400},
    {GET H H "\r\n", 400},
    {"GET / HTTP/1.0\r\n" H H "\r\n", 400},
    {GET "Host: a, b\r\n\r\n", 400},
    {GET "Host: a b\r\n\r\n", 400},
    {GET "Host: a/b\r\n\r\n", 400},
    {GET "Host: u@a\r\n\r\n", 400},
    {GET "Host: a:\r\n\r\n", HTTPD_WHOLE},
    {GET "Host: a:65535\r\n\r\n", HTTPD_WHOLE},
    {GET "Host: a:65536\r\n\r\n", 400},
    {GET "Host: a:8x\r\n\r\n", 400},
    {GET "Host: a:-1\r\n\r\n", 400},
    {GET "Host: ..\r\n\r\n", 400},
    {GET "Host: .a\r\n\r\n", 400},
    {GET "Host: a..b\r\n\r\n", 400},
    {GET "Host: %61\r\n\r\n", 400},
    {GET "Host: [::1]:80\r\n\r\n", HTTPD_WHOLE},
    {GET "Host: [::1\r\n\r\n", 400},
    {GET "Host: ::1\r\n\r\n", 400},
    {GET "Host: [..]\r\n\r\n", 400},

    /* Which path? */
    {"GET a HTTP/1.1\r\n", 400},
    {"GET a:80 HTTP/1.1\r\n", 400},
    {"GET * HTTP/1.1\r\n", 400},
    {"OPTIONS ** HTTP/1.1\r\n", 400},
    {"GET ftp://a/ HTTP/1.1\r\n", 400},
    {"GET http:///a HTTP/1.1\r\n", 400},
    {"GET http://u@a/ HTTP/1.1\r\n" H "\r\n", 400},
    {"GET http://..:80/ HTTP/1.1\r\n" H "\r\n", 400},
    {"GET /#a HTTP/1.1\r\n", 400},
    {"GET /?a#b HTTP/1.1\r\n", 400},
    {"GET /\xc3\xa9 HTTP/1.1\r\n", 400},
    {"GET /%00 HTTP/1.1\r\n", 400},
    {"GET /a%00.html HTTP/1.1\r\n", 400},
    {"GET /%0a HTTP/1.1\r\n", 400},
    {"GET /%7f HTTP/1.1\r\n", 400},
    {"GET /% HTTP/1.1\r\n", 400},
    {"GET /%4 HTTP/1.1\r\n", 400},
    {"GET /%4g HTTP/1.1\r\n", 400},
    {"GET /%%41 HTTP/1.1\r\n", 400},
    {"GET /.. HTTP/1.1\r\n", 400},
    {"GET /../a HTTP/1.1\r\n", 400},
    {"GET /a/.. HTTP/1.1\r\n", 400},
    {"GET /a/../b HTTP/1.1\r\n", 400},
    {"GET /a/./b HTTP/1.1\r\n", 400},
    {"GET /a/. HTTP/1.1\r\n", 400},
    {"GET /%2e%2e/a HTTP/1.1\r\n", 400},
    {"GET /%2E./a HTTP/1.1\r\n", 400},
    {"GET /.%2e/a HTTP/1.1\r\n", 400},
    {"GET /a/%2e%2e HTTP/1.1\r\n", 400},
    {"GET /..%2fa HTTP/1.1\r\n", 400},
    {"GET /%2e%2e%2fa HTTP/1.1\r\n", 400},
    {"GET /a%2Fb HTTP/1.1\r\n", 400},
    {"GET //../a HTTP/1.1\r\n", 400},
    {"GET http://a/../b HTTP/1.1\r\n", 400},
    {"GET http://a/%2e%2e/b HTTP/1.1\r\n", 400},
    {"GET /... HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},
    {"GET /a..b/..c/d.. HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},
    {"GET /%252e%252e/ HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE}, /* decoded once, no more */
    {"GET /?a=/../%00 HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},  /* the query is not ours */
    {"GET /\\..\\ HTTP/1.1\r\n" H "\r\n", HTTPD_WHOLE},
};

static void each_head__has_its_answer__in_any_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].head);

		for (size_t piece = 1; piece <= len; piece++) {
			int found = parse(cases[i].head, len, piece);

			if (found != cases[i].found)
				fail_msg("case %zu in pieces of %zu: %d, not %d: %s", i, piece,
				         found, cases[i].found, cases[i].head);
		}
	}
}

static void nul__anywhere__is_bad(void **state)
{
	static const char text[] = GET H "X: a\r\n\r\n";
	char copy[sizeof(text)];

	(void)state;
	for (size_t at = 0; at < sizeof(text) - 1; at++) {
		memcpy(copy, text, sizeof(text));
		copy[at] = '\0';
		assert_int_equal(parse(copy, sizeof(text) - 1, 1), 400);
	}
}

static void head__is_understood(void **state)
{
	static const char text[] =
	    "POST http://Ex-1.org.:8080//a%20b/%C3%A9%2b//?q=%20&r HTTP/1.1\r\n"
	    "Host: other:1\r\nX-One:  1\t\r\nx-one: 2\r\n"
	    "CONTENT-LENGTH: 12\r\nExpect: 100-Continue\r\n\r\nbody";

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, 7), HTTPD_WHOLE);
	assert_true(httpd_head_is(&head, "POST"));
	assert_string_equal(head.target, "http://Ex-1.org.:8080//a%20b/%C3%A9%2b//?q=%20&r");
	assert_string_equal(head.path, "/a b/\xc3\xa9+/");
	assert_string_equal(head.query, "q=%20&r");
	assert_string_equal(head.host, "ex-1.org");
	assert_int_equal(head.port, 8080);
	assert_int_equal(head.length, 12);
	assert_int_equal(head.framing, HTTPD_LENGTH);
	assert_true(head.keep);
	assert_true(head.expects_continue);
	assert_int_equal(head.len, sizeof(text) - 1 - strlen("body"));
	assert_string_equal(httpd_head_field(&head, "X-ONE"), "1");
	assert_null(httpd_head_field(&head, "X-On"));
	assert_int_equal(head.fields, 5);
}

static void connection__goes_on__as_version_and_field_say(void **state)
{
	static const struct {
		const char *head;
		bool keep;
	} rows[] = {
	    {GET H "\r\n", true},
	    {GET H "Connection: close\r\n\r\n", false},
	    {GET H "Connection: te, CLOSE\r\n\r\n", false},
	    {GET H "Connection: keep-alive,close\r\n\r\n", false},
	    {GET H "Connection: closed\r\n\r\n", true},
	    {GET H "Connection: keep-alive\r\nConnection: close\r\n\r\n", false},
	    {"GET / HTTP/1.0\r\n\r\n", false},
	    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(parse(rows[i].head, strlen(rows[i].head), 1000), HTTPD_WHOLE);
		if (head.keep != rows[i].keep)
			fail_msg("%s", rows[i].head);
	}
}

/* So many bytes of filler between two texts. */
static int parse_long(const char *before, size_t fill, const char *after)
{
	static char text[2 * HTTPD_HEAD_MAX];
	size_t len = strlen(before);

	memcpy(text, before, len);
	memset(text + len, 'a', fill);
	memcpy(text + len + fill, after, strlen(after));
	return parse(text, len + fill + strlen(after), 1000);
}

static void what_is_too_long__has_its_status(void **state)
{
	size_t rest = HTTPD_HEAD_MAX - strlen(GET H "X: " END);

	(void)state;
	assert_int_equal(parse_long("GET /", HTTPD_PATH_MAX - 1, " HTTP/1.1\r\n" H "\r\n"),
	                 HTTPD_WHOLE);
	assert_int_equal(strlen(head.path), HTTPD_PATH_MAX);
	assert_int_equal(parse_long("GET /", HTTPD_PATH_MAX, " HTTP/1.1\r\n" H "\r\n"), 414);
	assert_int_equal(parse_long("GET /?", HTTPD_TARGET_MAX - 2, " HTTP/1.1\r\n" H "\r\n"),
	                 HTTPD_WHOLE);
	assert_int_equal(parse_long("GET /?", HTTPD_TARGET_MAX - 1, " HTTP/1.1\r\n" H "\r\n"), 414);
	assert_int_equal(parse_long("GET /?", HTTPD_TARGET_MAX + 100, ""), 414);
	assert_int_equal(parse_long(GET H "X: ", rest - 1, END), HTTPD_WHOLE);
	assert_int_equal(parse_long(GET H "X: ", rest + 1, END), 431);
	assert_int_equal(parse_long(GET H "X: ", HTTPD_HEAD_MAX, ""), 431);
	assert_int_equal(parse_long(GET "Host: ", HTTPD_HOST_MAX, END), HTTPD_WHOLE);
	assert_int_equal(parse_long(GET "Host: ", HTTPD_HOST_MAX + 1, END), 400);
}

static void fields__are_counted(void **state)
{
	char text[HTTPD_HEAD_MAX] = GET H;
	char *at = text + strlen(text);

	(void)state;
	for (size_t i = 1; i < HTTPD_FIELDS_MAX; i++)
		at += sprintf(at, "X%zu: a\r\n", i);
	strcpy(at, "\r\n");
	assert_int_equal(parse(text, strlen(text), 1000), HTTPD_WHOLE);
	strcpy(at, "Y: a\r\n\r\n");
	assert_int_equal(parse(text, strlen(text), 1000), 431);
}

static void retarget__is_as_strict(void **state)
{
	char good[] = "/b%20c?d", bad[] = "/../b", control[] = "/a\nb", absolute[] = "http://b/";

	(void)state;
	assert_int_equal(parse(GET H END, strlen(GET H END), 1000), HTTPD_WHOLE);
	assert_int_equal(httpd_head_retarget(&head, bad), 400);
	assert_int_equal(httpd_head_retarget(&head, control), 400);
	assert_int_equal(httpd_head_retarget(&head, absolute), 400);
	assert_int_equal(httpd_head_retarget(&head, good), 0);
	assert_string_equal(head.path, "/b c");
	assert_string_equal(head.query, "d");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_head__has_its_answer__in_any_pieces),
	    cmocka_unit_test(nul__anywhere__is_bad),
	    cmocka_unit_test(head__is_understood),
	    cmocka_unit_test(connection__goes_on__as_version_and_field_say),
	    cmocka_unit_test(what_is_too_long__has_its_status),
	    cmocka_unit_test(fields__are_counted),
	    cmocka_unit_test(retarget__is_as_strict),
	};

	return cmocka_run_group_tests_name("handlers_httpd_head", tests, NULL, NULL);
}
