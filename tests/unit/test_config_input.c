/* config/input.h and slurp.h: which files are read, and how what is wrong with them is said. */
#include "unit/config_case.h"

#define SERVICE(name, port) "service " name " {\nlisten = " #port "\nexec = \"" PROGRAM "\"\n}\n"

static const char *dir;
static struct conf_options options;

static int set_up(void **state)
{
	(void)state;
	options = *config_case_options(false);
	dir = config_make_dir();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	conf_unref(&config_case.conf);
	assert_return_code(chdir("/"), errno);
	config_remove_dir(dir, 2);
	return 0;
}

static void expect_file(const char *file, const char *said)
{
	int before = config_open_descriptors();

	config_read_file(file, &options);
	assert_string_equal(config_case.said, said);
	assert_int_equal(config_case.conf == NULL, config_case.errors > 0);
	assert_int_equal(config_open_descriptors(), before);
}

static void input__include__takes_sorted_files_relative_to_the_including_one(void **state)
{
	(void)state;
	assert_return_code(mkdir("conf.d", 0700), errno);
	assert_return_code(mkdir("conf.d/more", 0700), errno);
	config_write_text("main",
	                  SERVICE("a", 4000) "include(\"conf.d/*.conf\")\n" SERVICE("z", 4009));
	config_write_text("conf.d/2.conf", SERVICE("c", 4002));
	config_write_text("conf.d/1.conf", SERVICE("b", 4001) "include(\"more/3.conf\")\n");
	config_write_text("conf.d/more/3.conf", SERVICE("d", 4003));
	config_write_text("conf.d/.hidden.conf", "wrong");
	config_write_text("conf.d/2.conf~", "wrong");
	for (int absolute = 0; absolute < 2; absolute++) {
		char path[200];
		const struct conf *conf;

		snprintf(path, sizeof(path), "%s%smain", absolute ? dir : "", absolute ? "/" : "");
		conf = config_read_file(path, &options);
		assert_string_equal(config_case.said, "");
		assert_non_null(conf);
		assert_int_equal(conf->service_count, 5);
		assert_string_equal(conf->services[0]->name, "a");
		assert_string_equal(conf->services[1]->name, "b");
		assert_string_equal(conf->services[2]->name, "d");
		assert_string_equal(conf->services[3]->name, "c");
		assert_string_equal(conf->services[4]->name, "z");
		assert_int_equal(conf->services[3]->where.line, 1);
		assert_non_null(strstr(conf->services[3]->where.file, "conf.d/2.conf"));
		assert_non_null(conf->files[3]);
		assert_null(conf->files[4]);
	}
}

static void input__folder_with_special_characters__is_taken_as_it_is(void **state)
{
	(void)state;
	assert_return_code(mkdir("a[b]*", 0700), errno);
	config_write_text("a[b]*/main", "include(\"*.conf\")\n" SERVICE("a", 4000));
	config_write_text("a[b]*/x.conf", SERVICE("b", 4001));
	expect_file("a[b]*/main", "");
	assert_int_equal(config_case.conf->service_count, 2);
}

static void input__pattern_without_match__is_fine_and_a_missing_file_is_not(void **state)
{
	(void)state;
	config_write_text("main", SERVICE("a", 4000) "include(\"none/*.conf\", \"*.gone\")\n"
	                                             "include(\"gone\")\ninclude(\"\")\n"
	                                             "include(\"a\\x41\")\n");
	expect_file("main", "main:6: include: gone: there is no such file\n"
	                    "main:7: include: the name must be plain text in quotes\n"
	                    "main:8: include: the name must be plain text in quotes\n");
	expect_file("gone", "gone: the file cannot be read: No such file or directory\n");
}

static void input__what_is_no_file__is_refused_without_waiting(void **state)
{
	(void)state;
	assert_return_code(mkfifo("fifo", 0600), errno);
	config_write_text("main", SERVICE("a", 4000) "include(\".\")\ninclude(\"fifo\")\n"
	                                             "include(\"/dev/zero\")\n");
	expect_file("main", "main:5: include: . is a directory (only regular files are read)\n"
	                    "main:6: include: fifo is no regular file (only such are read)\n"
	                    "main:7: include: /dev/zero is no regular file (only such are read)\n");
}

static void input__main_file_that_is_no_file__is_refused(void **state)
{
	(void)state;
	assert_return_code(mkdir("d", 0700), errno);
	expect_file("d", "d: the file is a directory (only regular files are read)\n");
	expect_file("/dev/null", "/dev/null: the file is no regular file (only such are read)\n");
}

static void input__cycles_and_repetitions__are_named(void **state)
{
	(void)state;
	config_write_text("main", "include(\"a\")\ninclude(\"a\")\n" SERVICE("x", 4000));
	config_write_text("a", "include(\"b\")\n");
	config_write_text("b", "\ninclude(\"main\")\ninclude(\"b\")\n");
	assert_return_code(link("b", "same"), errno);
	expect_file("main", "main:2: include: a is included already (at main:1)\n"
	                    "b:2: include: main includes itself\n"
	                    "b:3: include: b includes itself\n");
	config_write_text("main", "include(\"same\")\n");
	config_write_text("b", "include(\"b\")\n");
	expect_file("main", "same:1: include: same includes itself\n");
}

static void input__depth_and_size__are_bounded(void **state)
{
	char name[20], text[40];
	char *large = calloc(1, (1 << 20) + 1);

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "include(\"f%d\")\n", i + 1);
		config_write_text(name, text);
	}
	expect_file("f0", "f16:1: include: more than 16 files deep\n");
	assert_non_null(large);
	memset(large, '\n', (1 << 20) + 1);
	config_write("large", large, (1 << 20) + 1, 0600);
	expect_file("large", "large: the file is too large (at most 1024 KiB)\n");
	config_write("large", large, 1 << 20, 0600);
	expect_file("large", "large: warning: no service is enabled\n");
	free(large);
}

static void input__nul_byte__is_named_with_its_line_only(void **state)
{
	(void)state;
	config_write("main", "service x {\n\n\0oo", 16, 0600);
	expect_file("main",
	            "main:3: a NUL byte (is this a text file? the rest of it is not looked at)\n");
	config_write("main", "\xff\xfes\0e\0", 6, 0600);
	expect_file("main",
	            "main:1: a NUL byte (is this a text file? the rest of it is not looked at)\n");
}

static void input__empty_file_and_missing_newline__are_fine(void **state)
{
	(void)state;
	config_write_text("main", "");
	expect_file("main", "main: warning: no service is enabled\n");
	config_write_text("main", "service s { listen = 4000 exec = \"" PROGRAM "\" }");
	expect_file("main", "");
	config_write_text("main", "service s { listen = 4000 exec = \"" PROGRAM "\" } # end");
	expect_file("main", "");
}

static void input__file_that_others_can_write__is_refused_for_root(void **state)
{
	(void)state;
	options.root = true;
	config_write("main", "include(\"g\")\ninclude(\"o\")\n", 26, 0644);
	config_write("g", "", 0, 0664);
	config_write("o", "", 0, 0602);
	config_read_file("main", &options);
	assert_null(config_case.conf);
	assert_non_null(
	    strstr(config_case.said,
	           "g: the file can be written by others than its owner (chmod go-w)\n"));
	assert_non_null(
	    strstr(config_case.said,
	           "o: the file can be written by others than its owner (chmod go-w)\n"));
	assert_int_equal(config_case.errors, 2);
	options.root = false;
	config_read_file("main", &options);
	assert_int_equal(config_case.errors, 0);
}

static void input__file_of_somebody_else__is_refused_for_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip_because("only root can give a file away");
	options.root = true;
	config_write("main", "", 0, 0644);
	if (chown("main", 12345, 0) < 0)
		skip_because("this root cannot give a file away");
	config_read_file("main", &options);
	assert_non_null(strstr(config_case.said,
	                       "main: the file belongs to uid 12345 (it must belong to root)\n"));
	assert_int_equal(config_case.errors, 1);
}

static void input__file_that_cannot_be_opened__is_named_at_the_include(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip_because("root can open every file");
	config_write_text("main", "include(\"*.conf\")\n" SERVICE("s", 4000));
	config_write("a.conf", "", 0, 0);
	expect_file("main", "main:1: include: a.conf cannot be read: Permission denied\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(input__include__takes_sorted_files_relative_to_the_including_one),
	    TEST(input__folder_with_special_characters__is_taken_as_it_is),
	    TEST(input__pattern_without_match__is_fine_and_a_missing_file_is_not),
	    TEST(input__what_is_no_file__is_refused_without_waiting),
	    TEST(input__main_file_that_is_no_file__is_refused),
	    TEST(input__cycles_and_repetitions__are_named),
	    TEST(input__depth_and_size__are_bounded),
	    TEST(input__nul_byte__is_named_with_its_line_only),
	    TEST(input__empty_file_and_missing_newline__are_fine),
	    TEST(input__file_that_others_can_write__is_refused_for_root),
	    TEST(input__file_of_somebody_else__is_refused_for_root),
	    TEST(input__file_that_cannot_be_opened__is_named_at_the_include),
	};

	return cmocka_run_group_tests_name("config/input", tests, NULL, NULL);
}
