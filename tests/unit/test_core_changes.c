/* core/changes.h: what differs is said, and nothing else. */
#include <stdio.h>
#include <unistd.h>

#include "config/read.h"
#include "core/changes.h"
#include "unit/test.h"

static struct conf *from, *to;
static struct buf words = BUF_INIT(1 << 16);

static struct conf *read_text(const char *text)
{
	struct conf_options options = {
	    .handler_dir = "/bin", .control = "/tmp/usherd-test-control", .owner = geteuid()};
	struct conf_problems problems = {.item = NULL};
	struct conf *conf = conf_read_text("usherd.conf", text, strlen(text), &options, &problems);

	for (size_t i = 0; !conf && i < problems.count; i++)
		print_message("# %s\n", problems.item[i].text);
	conf_problems_free(&problems);
	assert_non_null(conf);
	return conf;
}

/* One service each, of which these lines differ. */
static bool compare(const char *before, const char *after)
{
	char text[4096];
	static const char form[] = "service \"x\" {\n%s\n}\n";

	snprintf(text, sizeof text, form, before);
	from = read_text(text);
	snprintf(text, sizeof text, form, after);
	to = read_text(text);
	return changes_of_service(from->services[0], to->services[0], &words);
}

static int tear_down(void **state)
{
	(void)state;
	if (from)
		conf_unref(&from);
	if (to)
		conf_unref(&to);
	buf_free(&words);
	words = (struct buf)BUF_INIT(1 << 16);
	return 0;
}

#define BASE "listen = \"127.0.0.1:5\" exec = \"/bin/true\" "

static void service__the_same__has_no_words(void **state)
{
	(void)state;
	assert_false(compare(BASE, BASE "# a comment\n"));
	assert_int_equal(words.len, 0);
}

static void service__option_set_to_its_default__is_no_change(void **state)
{
	(void)state;
	assert_false(compare(BASE, BASE "instances = 512 nodelay = no"));
	assert_int_equal(words.len, 0);
}

static const struct row {
	const char *before, *after, *words;
} rows[] = {
    {BASE, BASE "instances = 3", "instances 512 -> 3"},
    {BASE "instances = 3", BASE, "instances 3 -> 512"},
    {BASE "instances = 3", BASE "instances = 4", "instances 3 -> 4"},
    {BASE "nodelay = yes per_source = 3", BASE "per_source = 4",
     "nodelay yes -> no, per_source 3 -> 4"},
    {"listen = \"127.0.0.1:5\" exec = \"/bin/true\"",
     "listen = {\"127.0.0.1:5\", \"127.0.0.1:6\"} exec = \"/bin/true\"",
     "listen 127.0.0.1:5 -> 127.0.0.1:5 127.0.0.1:6"},
    {"listen = {\"127.0.0.1:6\", \"127.0.0.1:5\"} exec = \"/bin/true\"",
     "listen = {\"127.0.0.1:5\", \"127.0.0.1:6\"} exec = \"/bin/true\"",
     "listen 127.0.0.1:6 127.0.0.1:5 -> 127.0.0.1:5 127.0.0.1:6"},
    {BASE, "listen = \"127.0.0.1:5\" exec = {\"/bin/true\", \"a b\"}",
     "exec /bin/true -> /bin/true a b"},
    {BASE, BASE "only_from = \"127.0.0.0/8\"", "only_from (not set) -> 127.0.0.0/8"},
    {BASE "only_from = {}", BASE "only_from = \"127.0.0.0/8\"", "only_from {} -> 127.0.0.0/8"},
};

static void service__options__each_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(compare(rows[i].before, rows[i].after));
		assert_string_equal(words.data, rows[i].words);
		tear_down(NULL);
	}
}

static void service__long_value__is_cut(void **state)
{
	char before[1024];

	(void)state;
	snprintf(before, sizeof before, BASE "banner = \"%0500d\"", 1);
	assert_true(compare(before, BASE));
	assert_true(words.len < 200);
	assert_non_null(strstr(words.data, "banner 000"));
	assert_non_null(strstr(words.data, " -> (not set)"));
	tear_down(NULL);
	snprintf(before, sizeof before, BASE "env = {\"A=%0100d\", \"B=%0100d\", \"C=1\"}", 1, 2);
	assert_true(compare(before, BASE));
	assert_true(words.len < 300);
	assert_non_null(strstr(words.data, " ... -> (not set)"));
}

static void service__what_names_led_to__is_said_where_no_option_differs(void **state)
{
	struct conf_service other, *one;

	(void)state;
	assert_false(compare(BASE, BASE));
	one = (struct conf_service *)from->services[0];
	other = *one;
	other.path = "/usr/bin/true";
	assert_true(changes_of_service(one, &other, &words));
	assert_string_equal(words.data, "program /bin/true -> /usr/bin/true");
	buf_clear(&words);
	other = *one;
	other.uid = one->uid + 1;
	assert_true(changes_of_service(one, &other, &words));
	assert_non_null(strstr(words.data, "uid "));
	buf_clear(&words);
	other = *one;
	other.groups = (const gid_t[]){77};
	other.group_count = 1;
	assert_true(changes_of_service(one, &other, &words));
	assert_string_equal(words.data, "other groups of the account");
	buf_clear(&words);
	other = *one;
	other.banner = "x";
	other.banner_len = 1;
	assert_true(changes_of_service(one, &other, &words));
	assert_string_equal(words.data, "another text in the file of a banner");
	buf_clear(&words);
	other = *one;
	other.listen = to->services[0]->listen;
	assert_false(changes_of_service(one, &other, &words));
}

static void top__options_of_it_and_of_the_log__are_said(void **state)
{
	(void)state;
	from = read_text("max_sessions = 7 service \"x\" {" BASE "}");
	to = read_text("max_sessions = 8 log { level = \"debug\" } service \"x\" {" BASE "}");
	assert_true(changes_of_top(from, to, &words));
	assert_string_equal(words.data, "max_sessions 7 -> 8, level info -> debug");
	buf_clear(&words);
	assert_false(changes_of_top(to, to, &words));
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(service__the_same__has_no_words),
	    TEST(service__option_set_to_its_default__is_no_change),
	    TEST(service__options__each_is_said),
	    TEST(service__long_value__is_cut),
	    TEST(service__what_names_led_to__is_said_where_no_option_differs),
	    TEST(top__options_of_it_and_of_the_log__are_said),
	};

	return cmocka_run_group_tests_name("core/changes", tests, NULL, NULL);
}
