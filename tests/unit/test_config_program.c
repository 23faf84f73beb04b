/* config/program.h, and the files that a service names: they must be what they are meant to be. */
#include "unit/config_case.h"

static const char *dir;
static struct conf_options options;

static int set_up(void **state)
{
	(void)state;
	options = *config_case_options(false);
	dir = config_make_dir();
	options.handler_dir = dir;
	config_write("hello", "#!/bin/sh\n", 10, 0755);
	config_write("notes", "x", 1, 0644);
	assert_return_code(mkdir("folder", 0755), errno);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conf_unref(&config_case.conf);
	assert_return_code(chdir("/"), errno);
	config_remove_dir(dir, 1);
	return 0;
}

/* The words behind `t:LINE: service "s": OPTION: `, in which %D stands for the folder. */
static void expect(const char *lines, const char *said)
{
	struct conf_problems problems = {0};
	char text[2000], want[2000], *out = want;

	snprintf(text, sizeof(text), "service s {\n%s\nlisten = 4000\n}\n", lines);
	conf_unref(&config_case.conf);
	config_case.conf = conf_read_text("t", text, strlen(text), &options, &problems);
	config_case_take(&problems);
	if (*said)
		out += sprintf(out, "t:2: service \"s\": ");
	for (; *said; said++) {
		if (said[0] == '%' && said[1] == 'D') {
			out += sprintf(out, "%s", dir);
			said++;
		} else {
			*out++ = *said;
		}
	}
	*out = '\0';
	if (out != want)
		strcpy(out, "\n");
	assert_string_equal(config_case.said, want);
}

static void program__bare_name__is_a_handler(void **state)
{
	char path[200];

	(void)state;
	expect("exec = {\"hello\", \"x\"}", "");
	snprintf(path, sizeof(path), "%s/hello", dir);
	assert_string_equal(config_case.conf->services[0]->path, path);
	assert_string_equal(config_case.conf->services[0]->argv[0], "hello");
	options.handler_dir = ".";
	expect("exec = {\"hello\"}", "");
	assert_int_equal(config_case.conf->services[0]->path[0], '/');
	assert_int_equal(access(config_case.conf->services[0]->path, X_OK), 0);
	options.handler_dir = dir;
	expect("exec = {\"helo\"}",
	       "exec: there is no handler \"helo\" in %D (did you mean \"hello\"?)");
	expect("exec = {\"cat\"}",
	       "exec: there is no handler \"cat\" in %D (other programs are named by "
	       "their full path)");
	expect("exec = {\"notes\"}", "exec: %D/notes cannot be executed (chmod +x)");
	expect("exec = {\"folder\"}", "exec: %D/folder is a directory, not a program");
}

static void program__path__is_full(void **state)
{
	(void)state;
	expect("exec = {\"./hello\"}",
	       "exec: \"./hello\" is no program (give a full path, or the bare name of a handler)");
	expect(
	    "exec = {\"folder/x\"}",
	    "exec: \"folder/x\" is no program (give a full path, or the bare name of a handler)");
	expect("exec = {\"..\"}",
	       "exec: \"..\" is no program (give a full path, or the bare name of a handler)");
	expect("exec = {\"\"}",
	       "exec: \"\" is no program (give a full path, or the bare name of a handler)");
	expect("exec = {\"/nonexistent/x\"}", "exec: /nonexistent/x: No such file or directory");
	expect("exec = {\"/dev/null\"}", "exec: /dev/null is no regular file, not a program");
}

static void directory__must_be_one(void **state)
{
	(void)state;
	expect("exec = \"hello\" directory = \"/\"", "");
	expect("exec = \"hello\" directory = \"folder\"",
	       "directory: \"folder\" is not a full path");
	expect("exec = \"hello\" directory = \"/nonexistent\"",
	       "directory: /nonexistent: No such file or directory");
	expect("exec = \"hello\" directory = \"/dev/null\"",
	       "directory: /dev/null is not a directory");
}

static void banner_fail__is_text_or_a_bounded_file(void **state)
{
	static char large[(64 << 10) + 1];
	char lines[300], path[200];

	(void)state;
	expect("exec = \"hello\" banner_fail = \"go\\n\"", "");
	assert_int_equal(config_case.conf->services[0]->banner_fail_len, 3);
	config_write("banner", "a\0b", 3, 0600);
	snprintf(path, sizeof(path), "%s/banner", dir);
	snprintf(lines, sizeof(lines), "exec = \"hello\" banner_fail = \"@%s\"", path);
	expect(lines, "");
	assert_int_equal(config_case.conf->services[0]->banner_fail_len, 3);
	assert_memory_equal(config_case.conf->services[0]->banner_fail, "a\0b", 3);
	memset(large, 'x', sizeof(large));
	config_write("banner", large, sizeof(large) - 1, 0600);
	expect(lines, "");
	assert_int_equal(config_case.conf->services[0]->banner_fail_len, sizeof(large) - 1);
	config_write("banner", large, sizeof(large), 0600);
	expect(lines, "banner_fail: %D/banner is too large (at most 64 KiB)");
	expect("exec = \"hello\" banner_fail = \"@x\"",
	       "banner_fail: @ must be followed by the full path of a file");
	expect("exec = \"hello\" banner_fail = \"@/dev/zero\"",
	       "banner_fail: /dev/zero is no regular file (only such are read)");
	expect("exec = \"hello\" banner_fail = \"@/nonexistent\"",
	       "banner_fail: /nonexistent cannot be read: No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(program__bare_name__is_a_handler),
	    TEST(program__path__is_full),
	    TEST(directory__must_be_one),
	    TEST(banner_fail__is_text_or_a_bounded_file),
	};

	return cmocka_run_group_tests_name("config/program", tests, NULL, NULL);
}
