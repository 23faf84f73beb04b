/* The environment of a CGI script. */
#include "../../handlers/cgi_env.h"

#include "unit/test.h"

#include <stdio.h>

static struct cgi_env env;

static const char *value(const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;

	for (char *const *at = cgi_env_end(&env); at && *at; at++) {
		if (strncmp(*at, name, len) != 0 || (*at)[len] != '=')
			continue;
		if (found)
			fail_msg("%s is there twice", name);
		found = *at + len + 1;
	}
	return found;
}

static void what_is_ours__goes_to_the_script_but_for_cgis_names(void **state)
{
	char path[] = "PATH=/bin", root[] = "GIT_PROJECT_ROOT=/srv", proxy[] = "HTTP_PROXY=evil",
	     user[] = "REMOTE_USER=root", users[] = "REMOTE_USERS=2", odd[] = "odd";
	char *list[] = {path, root, proxy, user, users, odd, NULL};

	(void)state;
	cgi_env_begin(&env, list);
	cgi_env_set(&env, "REMOTE_USER", NULL);
	cgi_env_set(&env, "QUERY_STRING", "");
	cgi_env_set(&env, "SERVER_NAME", "example.org");
	assert_string_equal(value("PATH"), "/bin");
	assert_string_equal(value("GIT_PROJECT_ROOT"), "/srv");
	assert_string_equal(value("REMOTE_USERS"), "2");
	assert_string_equal(value("QUERY_STRING"), "");
	assert_string_equal(value("SERVER_NAME"), "example.org");
	assert_null(value("HTTP_PROXY"));
	assert_null(value("REMOTE_USER"));
	assert_int_equal(env.count, 6);
}

static void each_field__becomes_a_variable_or_none(void **state)
{
	static const struct httpd_field fields[] = {
	    {"Accept", "a/b"},       {"aCCEPT", "c/d"},     {"X-1-y", " as it is "},
	    {"X_1_y", "forged"},     {"X.1", "no letter"},  {"Proxy", "evil"},
	    {"Content-Length", "5"}, {"cookie", "a=1"},     {"Authorization", "Basic x"},
	    {"Cookie", "b=2"},       {"Connection", "TE"},  {"Transfer-Encoding", "chunked"},
	    {"Empty", ""},           {"content-type", "t"}, {"Proxy-Connection", "x"},
	    {"Expect", "100"},
	};
	char *none[] = {NULL};

	(void)state;
	cgi_env_begin(&env, none);
	cgi_env_fields(&env, fields, ARRAY_LEN(fields));
	assert_string_equal(value("HTTP_ACCEPT"), "a/b, c/d");
	assert_string_equal(value("HTTP_X_1_Y"), " as it is ");
	assert_string_equal(value("HTTP_COOKIE"), "a=1; b=2");
	assert_string_equal(value("HTTP_EMPTY"), "");
	assert_int_equal(env.count, 4);
}

/* Whatever the room is filled with: there is a whole list, or none. */
static void what_does_not_fit__leaves_no_list(void **state)
{
	static char text[CGI_ENV_ROOM + 1];
	char *none[] = {NULL};
	size_t most = CGI_ENV_ROOM - sizeof "A=" - sizeof "B=b";

	(void)state;
	for (size_t len = most - 2; len < most + 3; len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		cgi_env_begin(&env, none);
		cgi_env_set(&env, "A", text);
		cgi_env_set(&env, "B", "b");
		assert_true((cgi_env_end(&env) != NULL) == (len <= most));
	}
	cgi_env_begin(&env, none);
	for (size_t i = 0; i <= CGI_ENV_MAX; i++) {
		assert_non_null(cgi_env_end(&env));
		cgi_env_set(&env, "A", "b");
	}
	assert_null(cgi_env_end(&env));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_ours__goes_to_the_script_but_for_cgis_names),
	    cmocka_unit_test(each_field__becomes_a_variable_or_none),
	    cmocka_unit_test(what_does_not_fit__leaves_no_list),
	};

	return cmocka_run_group_tests_name("handlers/cgi_env", tests, NULL, NULL);
}
