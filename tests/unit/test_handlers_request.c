/* The head of a request, whole and byte by byte. */
#include "../../handlers/request.h"

#include "unit/test.h"

#include <stdio.h>

static enum request_verdict feed(const char *head, size_t len, size_t piece)
{
	struct request request = {0};
	enum request_verdict verdict = REQUEST_MORE;

	for (size_t at = 0; at < len && verdict == REQUEST_MORE; at += piece)
		verdict = request_feed(&request, head + at, len - at < piece ? len - at : piece);
	return verdict;
}

static void each_head__has_its_verdict(void **state)
{
	static const struct {
		const char *head;
		enum request_verdict verdict;
	} cases[] = {
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", REQUEST_GET},
	    {"HEAD /hello HTTP/1.1\r\nhOsT:a\r\nX-Y:\t\xc3\xa9 \r\n\r\n", REQUEST_HEAD},
	    {"\r\n\r\nGET / HTTP/1.0\r\n\r\n", REQUEST_GET},
	    {"GET / HTTP/1.0\n\n", REQUEST_GET},
	    {"GET / HTTP/1.7\r\nHost:\r\n\r\n", REQUEST_GET},
	    {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n rest \x01", REQUEST_GET},
	    {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", REQUEST_METHOD},
	    {"OPTIONS / HTTP/1.0\r\n\r\n", REQUEST_OPTIONS},
	    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", REQUEST_OPTIONS},
	    {"OPTION / HTTP/1.0\r\n\r\n", REQUEST_METHOD},
	    {"get / HTTP/1.0\r\n\r\n", REQUEST_METHOD},
	    {"GETS / HTTP/1.0\r\n\r\n", REQUEST_METHOD},
	    {"PROPPATCHES / HTTP/1.0\r\n\r\n", REQUEST_METHOD},
	    {"GET / HTTP/2.0\r\n\r\n", REQUEST_VERSION},
	    {"GET / HTTP/1.1\r\n", REQUEST_MORE},
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r", REQUEST_MORE},
	    {"", REQUEST_MORE},
	    {"GET / HTTP/1.1\r\n\r\n", REQUEST_BAD},                       /* no Host */
	    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", REQUEST_BAD}, /* two */
	    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", REQUEST_BAD}, /* also there */
	    {"GET / HTTP/1.1\r\nHosts: a\r\n\r\n", REQUEST_BAD},           /* not a Host */
	    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", REQUEST_BAD},           /* space */
	    {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", REQUEST_BAD},      /* folded */
	    {"GET / HTTP/1.1\r\n: a\r\n\r\n", REQUEST_BAD},                /* no name */
	    {"GET / HTTP/1.1\r\nHost\r\n\r\n", REQUEST_BAD},               /* no colon */
	    {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", REQUEST_BAD},         /* bare CR */
	    {"GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", REQUEST_BAD},        /* control */
	    {"GET / HTTP/1.1\r\nHost: a\r\n\r \n", REQUEST_BAD},           /* CR, no LF */
	    {"GET /\r\n", REQUEST_BAD},                                    /* HTTP/0.9 */
	    {"GET / HTTP/1.10\r\n\r\n", REQUEST_BAD},                      /* too long */
	    {"GET / HTTP/1.\r\n\r\n", REQUEST_BAD},                        /* too short */
	    {"GET / http/1.1\r\n\r\n", REQUEST_BAD},                       /* case */
	    {"GET / HTTP/x.1\r\n\r\n", REQUEST_BAD},                       /* no digit */
	    {"GET  HTTP/1.0\r\n\r\n", REQUEST_BAD},                        /* no target */
	    {"GET / a HTTP/1.0\r\n\r\n", REQUEST_BAD},                     /* two targets */
	    {"GET /\xff HTTP/1.0\r\n\r\n", REQUEST_BAD},                   /* not ASCII */
	    {" GET / HTTP/1.0\r\n\r\n", REQUEST_BAD},                      /* space */
	    {"\x16\x03\x01\x02", REQUEST_BAD},                             /* TLS */
	    {"SSH-2.0-OpenSSH_9.2\r\n", REQUEST_BAD},                      /* SSH */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t len = strlen(cases[i].head);

		for (size_t piece = 1; piece <= len + 1; piece++)
			if (feed(cases[i].head, len, piece) != cases[i].verdict)
				fail_msg("case %zu, in pieces of %zu: %s", i, piece, cases[i].head);
	}
}

static void nul__anywhere__is_bad(void **state)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	for (size_t at = 0; at < sizeof(head) - 1; at++) {
		char copy[sizeof(head)];

		memcpy(copy, head, sizeof(head));
		copy[at] = '\0';
		assert_int_equal(feed(copy, sizeof(head) - 1, sizeof(head)), REQUEST_BAD);
	}
}

static void head__of_the_greatest_size__is_taken(void **state)
{
	static const char start[] = "GET / HTTP/1.0\r\nX:", end[] = "\r\n\r\n";
	char head[REQUEST_MAX];

	(void)state;
	memset(head, 'x', sizeof(head));
	memcpy(head, start, strlen(start));
	memcpy(head + sizeof(head) - strlen(end), end, strlen(end));
	assert_int_equal(feed(head, sizeof(head), 1000), REQUEST_GET);
}

static void endless_line__is_too_large(void **state)
{
	static const char *const starts[] = {"", "GET /", "GET / HTTP/1.0\r\n",
	                                     "GET / HTTP/1.0\r\nX:", "\n"};
	char head[REQUEST_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		memset(head, i == 4 ? '\n' : 'x', sizeof(head));
		memcpy(head, starts[i], strlen(starts[i]));
		assert_int_equal(feed(head, sizeof(head) - 1, 100), REQUEST_MORE);
		assert_int_equal(feed(head, sizeof(head), 100), REQUEST_LARGE);
	}
}

static void target__is_compared_by_its_path(void **state)
{
	static const struct {
		const char *head;
		bool wanted;
	} cases[] = {
	    {"GET /a/b HTTP/1.0\n\n", true},
	    {"GET /a/b?c HTTP/1.0\n\n", true},
	    {"GET /a/b? HTTP/1.0\n\n", true},
	    {"HEAD http://x:1/a/b HTTP/1.0\n\n", true},
	    {"GET HTTP:///a/b?/c HTTP/1.0\n\n", true},
	    {"GET /a/b/ HTTP/1.0\n\n", false},
	    {"GET /a/bc HTTP/1.0\n\n", false},
	    {"GET /a HTTP/1.0\n\n", false},
	    {"GET /A/b HTTP/1.0\n\n", false},
	    {"GET /a/%62 HTTP/1.0\n\n", false},
	    {"GET http://x HTTP/1.0\n\n", false},
	    {"GET http://x?/a/b HTTP/1.0\n\n", false},
	    {"GET * HTTP/1.0\n\n", false},
	    {"GET //a/b HTTP/1.0\n\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct request request = {0};

		(void)request_feed(&request, cases[i].head, strlen(cases[i].head));
		if (request_is_for(&request, "/a/b") != cases[i].wanted)
			fail_msg("case %zu: %s", i, cases[i].head);
	}
}

static void target__that_is_too_long__is_for_nothing(void **state)
{
	char head[REQUEST_TARGET_MAX + 32], path[REQUEST_TARGET_MAX + 2];
	struct request request = {0};

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	snprintf(head, sizeof(head), "GET %s HTTP/1.0\n\n", path);
	assert_int_equal(request_feed(&request, head, strlen(head)), REQUEST_GET);
	path[REQUEST_TARGET_MAX] = '\0';
	assert_false(request_is_for(&request, path));

	request = (struct request){0};
	snprintf(head, sizeof(head), "GET %s HTTP/1.0\n\n", path);
	assert_int_equal(request_feed(&request, head, strlen(head)), REQUEST_GET);
	assert_true(request_is_for(&request, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_head__has_its_verdict),
	    cmocka_unit_test(nul__anywhere__is_bad),
	    cmocka_unit_test(head__of_the_greatest_size__is_taken),
	    cmocka_unit_test(endless_line__is_too_large),
	    cmocka_unit_test(target__is_compared_by_its_path),
	    cmocka_unit_test(target__that_is_too_long__is_for_nothing),
	};

	return cmocka_run_group_tests_name("handlers_request", tests, NULL, NULL);
}
