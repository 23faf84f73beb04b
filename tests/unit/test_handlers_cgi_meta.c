/* The meta-variables of a request. */
#include "../../handlers/cgi_meta.h"

#include "unit/test.h"

#include <stdlib.h>

static struct cgi_env env;
static struct httpd_conn conn;
static struct cgi_script script;

static const char *const connection[] = {
    "TCPLOCALIP", "TCPLOCALPORT", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_PORT", "HTTPS",
};

static int reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(connection); i++)
		unsetenv(connection[i]);
	httpd_head_reset(&conn.head);
	conn.head.method = "GET";
	conn.head.target = "/cgi-bin/a";
	conn.user = NULL;
	script = (struct cgi_script){
	    .root = "/srv", .file = "/srv/cgi-bin/a", .name = "/cgi-bin/a", .path_info = ""};
	return 0;
}

static const char *value(const char *name, uint64_t length)
{
	size_t len = strlen(name);

	for (char *const *at = cgi_meta(&env, &conn, &script, length); at && *at; at++)
		if (strncmp(*at, name, len) == 0 && (*at)[len] == '=')
			return *at + len + 1;
	return NULL;
}

static void a_request__names_its_server(void **state)
{
	(void)state;
	assert_string_equal(value("SERVER_NAME", 0), "localhost");
	assert_string_equal(value("SERVER_PORT", 0), "80");
	setenv("TCPLOCALIP", "2001:db8::1", 1);
	setenv("TCPLOCALPORT", "8080", 1);
	assert_string_equal(value("SERVER_NAME", 0), "[2001:db8::1]");
	assert_string_equal(value("SERVER_ADDR", 0), "2001:db8::1");
	assert_string_equal(value("SERVER_PORT", 0), "8080");
	setenv("TCPLOCALIP", "192.0.2.1", 1);
	assert_string_equal(value("SERVER_NAME", 0), "192.0.2.1");
	conn.head.host = "example.org";
	assert_string_equal(value("SERVER_NAME", 0), "example.org");
	assert_string_equal(value("SERVER_PROTOCOL", 0), "HTTP/1.0");
	conn.head.minor = 1;
	assert_string_equal(value("SERVER_PROTOCOL", 0), "HTTP/1.1");
}

static void https__is_what_the_service_says(void **state)
{
	(void)state;
	assert_null(value("HTTPS", 0));
	assert_string_equal(value("REQUEST_SCHEME", 0), "http");
	setenv("HTTPS", "off", 1);
	assert_null(value("HTTPS", 0));
	setenv("HTTPS", "on", 1);
	assert_string_equal(value("HTTPS", 0), "on");
	assert_string_equal(value("REQUEST_SCHEME", 0), "https");
	assert_string_equal(value("SERVER_PORT", 0), "443");
}

static void a_client__on_a_unix_socket_has_no_address(void **state)
{
	(void)state;
	assert_string_equal(value("REMOTE_ADDR", 0), "unix:");
	assert_null(value("REMOTE_PORT", 0));
	assert_null(value("REMOTE_HOST", 0));
	setenv("REMOTE_ADDR", "192.0.2.7", 1);
	assert_string_equal(value("REMOTE_ADDR", 0), "192.0.2.7");
	assert_string_equal(value("REMOTE_HOST", 0), "192.0.2.7");
	assert_null(value("REMOTE_USER", 0));
	assert_null(value("AUTH_TYPE", 0));
	conn.user = "ada";
	assert_string_equal(value("REMOTE_USER", 0), "ada");
	assert_string_equal(value("AUTH_TYPE", 0), "Basic");
}

static void a_body__has_a_length_and_a_type(void **state)
{
	(void)state;
	conn.head.fields = 1;
	conn.head.field[0] = (struct httpd_field){"content-type", "a/b"};
	assert_null(value("CONTENT_LENGTH", 7));
	assert_null(value("CONTENT_TYPE", 7));
	conn.head.framing = HTTPD_CHUNKED;
	assert_string_equal(value("CONTENT_LENGTH", 7), "7");
	conn.head.framing = HTTPD_LENGTH;
	assert_string_equal(value("CONTENT_LENGTH", 0), "0");
	assert_string_equal(value("CONTENT_TYPE", 0), "a/b");
	assert_null(value("HTTP_CONTENT_TYPE", 0));
}

static void a_path__behind_the_script_is_its_info(void **state)
{
	(void)state;
	assert_null(value("PATH_INFO", 0));
	assert_null(value("PATH_TRANSLATED", 0));
	assert_string_equal(value("QUERY_STRING", 0), "");
	script.path_info = "/b c";
	conn.head.query = "x=%20";
	assert_string_equal(value("PATH_INFO", 0), "/b c");
	assert_string_equal(value("PATH_TRANSLATED", 0), "/srv/b c");
	assert_string_equal(value("QUERY_STRING", 0), "x=%20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_request__names_its_server, reset),
	    cmocka_unit_test_setup(https__is_what_the_service_says, reset),
	    cmocka_unit_test_setup(a_client__on_a_unix_socket_has_no_address, reset),
	    cmocka_unit_test_setup(a_body__has_a_length_and_a_type, reset),
	    cmocka_unit_test_setup(a_path__behind_the_script_is_its_info, reset),
	};

	return cmocka_run_group_tests_name("handlers/cgi_meta", tests, NULL, NULL);
}
