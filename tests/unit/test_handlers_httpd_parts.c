/* The pure parts of httpd: chunks, versions and ranges, dates, types, the log's line, passwords. */
#include "../../handlers/httpd_auth.h"
#include "../../handlers/httpd_chunk.h"
#include "../../handlers/httpd_date.h"
#include "../../handlers/httpd_log.h"
#include "../../handlers/httpd_type.h"
#include "../../handlers/httpd_version.h"

#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

/* What was sent, and how the coding ended. */
static enum httpd_chunk_state dechunk(const char *text, size_t len, size_t piece, char *to,
                                      size_t *used)
{
	struct httpd_chunk chunk = {0};

	*used = 0;
	*to = '\0';
	while (*used < len && chunk.state < HTTPD_CHUNK_END) {
		size_t some = len - *used < piece ? len - *used : piece, body_len;
		const char *body;

		*used += httpd_chunk_feed(&chunk, text + *used, some, &body, &body_len);
		strncat(to, body, body_len);
	}
	return chunk.state;
}

static void chunks__in_any_pieces(void **state)
{
	static const struct {
		const char *coded, *body;
		enum httpd_chunk_state end;
	} rows[] = {
	    {"0\r\n\r\n", "", HTTPD_CHUNK_END},
	    {"3\r\nabc\r\n0\r\n\r\nGET", "abc", HTTPD_CHUNK_END},
	    {"3\r\nabc\r\n1\r\nd\r\n00\r\n\r\n", "abcd", HTTPD_CHUNK_END},
	    {"000000000000A\r\n0123456789\r\n0\r\n\r\n", "0123456789", HTTPD_CHUNK_END},
	    {"1;a=\"b\"\r\nx\r\n0;c\r\nX: y\r\nZ:\r\n\r\n", "x", HTTPD_CHUNK_END},
	    {"3\r\nab", "ab", HTTPD_CHUNK_DATA},
	    {"\r\n", "", HTTPD_CHUNK_BAD},
	    {";a\r\n", "", HTTPD_CHUNK_BAD},
	    {" 3\r\nabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"3 \r\nabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"+3\r\nabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"-3\r\nabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"0x3\r\nabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"3\nabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"3\rabc\r\n", "", HTTPD_CHUNK_BAD},
	    {"3\r\nabcd\r\n", "abc", HTTPD_CHUNK_BAD},
	    {"3\r\nabc\n0\r\n", "abc", HTTPD_CHUNK_BAD},
	    {"3\r\nabc0\r\n", "abc", HTTPD_CHUNK_BAD},
	    {"3;\x01\r\nabc", "", HTTPD_CHUNK_BAD},
	    {"ffffffffffffffff\r\n", "", HTTPD_CHUNK_BAD},
	    {"10000000000000003\r\nabc", "", HTTPD_CHUNK_BAD},
	    {"0\r\nX : y\r\n\r\n", "", HTTPD_CHUNK_BAD},
	    {"0\r\nX: \x01\r\n\r\n", "", HTTPD_CHUNK_BAD},
	    {"0\r\n: y\r\n\r\n", "", HTTPD_CHUNK_BAD},
	    {"0\r\n\n", "", HTTPD_CHUNK_BAD},
	};
	char body[64];
	size_t used;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t piece = 1; piece < 30; piece++) {
			size_t len = strlen(rows[i].coded);

			if (dechunk(rows[i].coded, len, piece, body, &used) != rows[i].end ||
			    strcmp(body, rows[i].body) != 0)
				fail_msg("row %zu in pieces of %zu: %s", i, piece, body);
			if (i == 1)
				assert_string_equal(rows[i].coded + used, "GET");
		}
}

static void chunk_lines_and_trailers__have_bounds(void **state)
{
	char text[HTTPD_CHUNK_TRAILER_MAX + 100] = "1;", body[8];
	size_t used;

	(void)state;
	memset(text + 2, 'a', sizeof(text) - 2);
	assert_int_equal(dechunk(text, sizeof(text), 50, body, &used), HTTPD_CHUNK_BAD);
	assert_true(used <= HTTPD_CHUNK_LINE_MAX + 1);
	memcpy(text, "0\r\nX: ", 6);
	assert_int_equal(dechunk(text, sizeof(text), 50, body, &used), HTTPD_CHUNK_BAD);
	assert_true(used > HTTPD_CHUNK_LINE_MAX);
}

static void date__of_each_form__is_understood(void **state)
{
	static const struct {
		const char *text;
		time_t when;
	} rows[] = {
	    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
	    {"Sun Nov  6 08:49:37 1994", 784111777},
	    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
	    {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
	    {"Tue, 01 Mar 2100 00:00:00 GMT", 4107542400},
	    {"Sun, 06 Nov 1994 08:49:37", -1},
	    {"Sun, 06 Nov 1994 08:49:37 CET", -1},
	    {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
	    {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
	    {"Sun, 06 nov 1994 08:49:37 GMT", -1},
	    {"Sun, 06 anF 1994 08:49:37 GMT", -1},
	    {"Sun, 32 Nov 1994 08:49:37 GMT", -1},
	    {"Sun, 06 Nov 1994 24:49:37 GMT", -1},
	    {"Sun, 06 N", -1},
	    {"784111777", -1},
	    {"", -1},
	    {",", -1},
	};
	char text[HTTPD_DATE_LEN + 1] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (httpd_date_parse(rows[i].text) != rows[i].when)
			fail_msg("%s: %lld", rows[i].text,
			         (long long)httpd_date_parse(rows[i].text));
	for (time_t when = 0; when < 5000000000; when += 12345678) {
		assert_ptr_equal(httpd_date_put(text, when), text + HTTPD_DATE_LEN);
		assert_true(httpd_date_parse(text) == when);
	}
}

/* A head with the lines, each with its CR LF. */
static struct httpd_head *head_with(const char *method, const char *lines)
{
	static struct httpd_head head;
	static char text[4096];

	httpd_head_reset(&head);
	snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", method, lines);
	assert_int_equal(httpd_head_parse(&head, text, strlen(text)), HTTPD_WHOLE);
	return &head;
}

static struct httpd_version version_of(time_t age)
{
	const struct timespec modified = {.tv_sec = 784111777, .tv_nsec = 0x1f};
	struct httpd_version version;

	httpd_version_make(&version, 0x64, &modified, 784111777 + age);
	return version;
}

static void condition__is_judged_in_the_order_of_9110(void **state)
{
#define SAME  "\"64-2ebc98a1-1f\""
#define THEN  "Sun, 06 Nov 1994 08:49:37 GMT"
#define LATER "Sun, 06 Nov 1994 08:49:38 GMT"
#define PAST  "Sun, 06 Nov 1994 08:49:36 GMT"
	static const struct {
		const char *method, *lines;
		unsigned int status;
	} rows[] = {
	    {"GET", "", 200},
	    {"GET", "If-None-Match: " SAME "\r\n", 304},
	    {"HEAD", "If-None-Match: W/" SAME "\r\n", 304},
	    {"DELETE", "If-None-Match: *\r\n", 412},
	    {"GET", "If-None-Match: \"a\", W/\"b,c\" ,, " SAME "\r\n", 304},
	    {"GET", "If-None-Match: \"a\"\r\nIf-None-Match: " SAME "\r\n", 304},
	    {"GET", "If-None-Match: \"a\"\r\nIf-Modified-Since: " LATER "\r\n", 200},
	    {"GET", "If-None-Match: \"64-2ebc98a1-1f\r\n", 200},
	    {"GET", "If-None-Match: 64-2ebc98a1-1f\r\n", 200},
	    {"GET", "If-Modified-Since: " THEN "\r\n", 304},
	    {"GET", "If-Modified-Since: " LATER "\r\n", 304},
	    {"GET", "If-Modified-Since: " PAST "\r\n", 200},
	    {"GET", "If-Modified-Since: yesterday\r\n", 200},
	    {"DELETE", "If-Modified-Since: " THEN "\r\n", 200},
	    {"GET", "If-Match: " SAME "\r\n", 200},
	    {"GET", "If-Match: *\r\n", 200},
	    {"GET", "If-Match: \"a\"\r\n", 412},
	    {"GET", "If-Match: W/" SAME "\r\n", 412},
	    {"GET", "If-Match: " SAME "\r\nIf-Unmodified-Since: " PAST "\r\n", 200},
	    {"GET", "If-Unmodified-Since: " THEN "\r\n", 200},
	    {"GET", "If-Unmodified-Since: " PAST "\r\n", 412},
	    {"GET", "If-Match: " SAME "\r\nIf-None-Match: " SAME "\r\n", 304},
	};
	struct httpd_version version = version_of(100), fresh = version_of(1);

	(void)state;
	assert_string_equal(version.etag, SAME);
	assert_string_equal(fresh.etag, "W/" SAME);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (httpd_version_judge(&version, head_with(rows[i].method, rows[i].lines)) !=
		    rows[i].status)
			fail_msg("row %zu: %s", i, rows[i].lines);
	assert_int_equal(httpd_version_judge(&fresh, head_with("GET", "If-Match: W/" SAME "\r\n")),
	                 412);
	assert_int_equal(
	    httpd_version_judge(&fresh, head_with("GET", "If-None-Match: W/" SAME "\r\n")), 304);
}

static void range__is_one_that_is_there(void **state)
{
	static const struct {
		const char *method, *lines;
		unsigned int status, first, len;
	} rows[] = {
	    {"GET", "", 200, 0, 100},
	    {"GET", "Range: bytes=0-0\r\n", 206, 0, 1},
	    {"GET", "Range: BYTES=10-19\r\n", 206, 10, 10},
	    {"GET", "Range: bytes=90-\r\n", 206, 90, 10},
	    {"GET", "Range: bytes=90-1000\r\n", 206, 90, 10},
	    {"GET", "Range: bytes=90-99999999999999999999999\r\n", 206, 90, 10},
	    {"GET", "Range: bytes=-5\r\n", 206, 95, 5},
	    {"GET", "Range: bytes=-500\r\n", 206, 0, 100},
	    {"GET", "Range: bytes=100-\r\n", 416, 0, 0},
	    {"GET", "Range: bytes=99999999999999999999999-\r\n", 416, 0, 0},
	    {"GET", "Range: bytes=-0\r\n", 416, 0, 0},
	    {"GET", "Range: bytes=5-4\r\n", 200, 0, 100},
	    {"GET", "Range: bytes=-\r\n", 200, 0, 100},
	    {"GET", "Range: bytes=0-1,3-4\r\n", 200, 0, 100},
	    {"GET", "Range: bytes= 0-1\r\n", 200, 0, 100},
	    {"GET", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n", 200, 0, 100},
	    {"GET", "Range: lines=0-1\r\n", 200, 0, 100},
	    {"HEAD", "Range: bytes=0-1\r\n", 200, 0, 100},
	    {"GET", "Range: bytes=0-1\r\nIf-Range: " SAME "\r\n", 206, 0, 2},
	    {"GET", "Range: bytes=0-1\r\nIf-Range: W/" SAME "\r\n", 200, 0, 100},
	    {"GET", "Range: bytes=0-1\r\nIf-Range: \"a\"\r\n", 200, 0, 100},
	    {"GET", "Range: bytes=0-1\r\nIf-Range: " THEN "\r\n", 206, 0, 2},
	    {"GET", "Range: bytes=0-1\r\nIf-Range: " LATER "\r\n", 200, 0, 100},
	};
	struct httpd_version version = version_of(100);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t first, len;
		unsigned int status = httpd_version_range(
		    &version, head_with(rows[i].method, rows[i].lines), &first, &len);

		if (status != rows[i].status ||
		    (status != 416 && (first != rows[i].first || len != rows[i].len)))
			fail_msg("row %zu: %u %llu %llu: %s", i, status, (unsigned long long)first,
			         (unsigned long long)len, rows[i].lines);
	}
	version.size = 0;
	assert_int_equal(httpd_version_range(&version, head_with("GET", "Range: bytes=0-\r\n"),
	                                     &(uint64_t){0}, &(uint64_t){0}),
	                 416);
}

static void type__is_by_the_last_dot(void **state)
{
	static const char *const ends[] = {"html", "7z",  "zst", "yaml",
	                                   "JPG",  "css", "js",  "woff2"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char path[32];

		snprintf(path, sizeof(path), "/a.b/c.%s", ends[i]);
		assert_non_null(httpd_type(path));
	}
	assert_string_equal(httpd_type("/x.tar.gz"), "application/gzip");
	assert_string_equal(httpd_type("/x.HtMl"), "text/html; charset=utf-8");
	assert_null(httpd_type("/a.html/b"));
	assert_null(httpd_type("/a"));
	assert_null(httpd_type("/a."));
	assert_null(httpd_type("/a.htmlx"));
}

static void log_line__is_one_line(void **state)
{
	static struct httpd_conn conn;
	static char line[HTTPD_LOG_LINE_MAX + 1], text[HTTPD_HEAD_MAX];
	size_t len;

	(void)state;
	conn.head = *head_with("GET", "Referer: http://a/\"\\\r\nUser-Agent: x\ty\xff\r\n");
	conn.status = 206;
	conn.sent = 12;
	conn.user = "a b";
	len = httpd_log_line(line, &conn, "192.0.2.7", 784111777);
	line[len] = '\0';
	assert_string_equal(
	    line, "192.0.2.7 - a_b [06/Nov/1994:08:49:37 +0000] \"GET / HTTP/1.1\" 206 12 "
		  "\"http://a/\\\"\\\\\" \"x\\x09y\\xff\"\n");

	/* The most of everything. */
	memset(text, '\\', sizeof(text) - 1);
	conn.head.target = conn.user = text;
	for (size_t i = 0; i < conn.head.fields; i++)
		conn.head.field[i].value = text;
	assert_true(httpd_log_line(line, &conn, text, 784111777) < HTTPD_LOG_LINE_MAX / 2);
	httpd_head_reset(&conn.head);
	conn.user = NULL;
	conn.sent = 0;
	line[httpd_log_line(line, &conn, "-", 784111777)] = '\0';
	assert_string_equal(line, "- - - [06/Nov/1994:08:49:37 +0000] \"-\" 206 - \"-\" \"-\"\n");
}

static void password__is_taken_apart(void **state)
{
	static const struct {
		const char *value, *user, *password;
	} rows[] = {
	    {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
	    {"basic  dGVzdDoxMjPCow==", "test", "123\xc2\xa3"},
	    {"Basic YTpiOmM=", "a", "b:c"},
	    {"Basic YTo=", "a", ""},
	    {"Basic YTpi", "a", "b"},
	    {"Basic OmI=", NULL, NULL},     /* no user */
	    {"Basic YQ==", NULL, NULL},     /* no colon */
	    {"Basic YTpiAGM=", NULL, NULL}, /* NUL */
	    {"Basic YT!i", NULL, NULL},
	    {"Basic YTpi=x", NULL, NULL},
	    {"Basic YTpi===", NULL, NULL},
	    {"Basic", NULL, NULL},
	    {"Bearer YTpi", NULL, NULL},
	};
	char user[HTTPD_USER_MAX + 1], password[HTTPD_PASSWORD_MAX + 1], text[2000] = "Basic ";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool found = httpd_auth_parse(rows[i].value, user, password);

		if (found != (rows[i].user != NULL) ||
		    (found && (strcmp(user, rows[i].user) || strcmp(password, rows[i].password))))
			fail_msg("row %zu", i);
	}
	memset(text + 6, 'Y', sizeof(text) - 7);
	assert_false(httpd_auth_parse(text, user, password));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chunks__in_any_pieces),
	    cmocka_unit_test(chunk_lines_and_trailers__have_bounds),
	    cmocka_unit_test(date__of_each_form__is_understood),
	    cmocka_unit_test(condition__is_judged_in_the_order_of_9110),
	    cmocka_unit_test(range__is_one_that_is_there),
	    cmocka_unit_test(type__is_by_the_last_dot),
	    cmocka_unit_test(log_line__is_one_line),
	    cmocka_unit_test(password__is_taken_apart),
	};

	return cmocka_run_group_tests_name("handlers_httpd_parts", tests, NULL, NULL);
}
