/* config/scan*.c and lex.c: every mistake, its line, and nothing after it. */
#include <time.h>

#include "unit/config_case.h"

static void scan__right_text__says_nothing(void **state)
{
	(void)state;
	config_expect("# one\n// two\n/* three\n*/\n" /* all kinds of comments */
	              "service s { # not closed: {\n"
	              "\tlisten = {\"4000\", 4001,}\r\n"
	              "\texec = { \"" PROGRAM "\", 'a b', \"\\\"\", '' }\n"
	              "\tenv += \"A=1\" env += {\"B=2\"}\n"
	              "}\n",
	              "");
	config_expect("\xef\xbb\xbfservice s {\nlisten = 4000 exec = \"" PROGRAM "\" }\n", "");
}

static void scan__comments_and_blank_lines__do_not_move_lines(void **state)
{
	(void)state;
	config_expect("# a\n\n// b\n/* c\n\n */ wrong1 = 1 /* d */ # e\n\"\n'\nwrong2 = 2\n",
	              "t:6: wrong1: unknown option\n"
	              "t:7: the string is not closed on its line (a \" is missing)\n"
	              "t:8: the string is not closed on its line (a ' is missing)\n"
	              "t:9: wrong2: unknown option\n");
}

static void scan__string_continued_with_backslash__keeps_lines(void **state)
{
	(void)state;
	config_expect_in_service("banner_fail = \"a\\\nb\\\nc\" nice = x\ndirectory = 'a\\\nb'\n",
	                         "t:4: service \"s\": nice: \"x\" is not a number\n"
	                         "t:5: service \"s\": directory: \"ab\" is not a full path\n");
}

static void scan__unclosed_brace__names_its_opening_line(void **state)
{
	(void)state;
	config_expect("\nservice \"s\" {\nlisten = 4000\nexec = \"" PROGRAM "\"\n",
	              "t:2: service \"s\": the section is not closed (a '}' is missing)\n");
	config_expect("service a {\nlisten = 4000\nexec = \"" PROGRAM "\"\n\n"
	              "service b {\nlisten = 4001\nexec = \"" PROGRAM "\"\n}\n",
	              "t:1: service \"a\": the section is not closed (a '}' is missing)\n");
	config_expect("log {\nto = stderr\ndefalts {\n}\n",
	              "t:1: log: the section is not closed (a '}' is missing)\n"
	              "t:3: defalts: unknown section (did you mean \"defaults\"?)\n");
	config_expect("log {\nto = stderr\ninclude(\"x\")\n",
	              "t:1: log: the section is not closed (a '}' is missing)\n"
	              "t:3: include: is not possible here\n");
	config_expect("log {\nto = stderr\ndefaults {\n}\n",
	              "t:1: log: the section is not closed (a '}' is missing)\n");
}

static void scan__unclosed_list__names_its_opening_line(void **state)
{
	(void)state;
	config_expect_in_service(
	    "env = {\"A=1\",\n\"B=2\"\nnice = 1\n",
	    "t:2: service \"s\": env: the list is not closed (a '}' is missing)\n");
	config_expect("service s {\nlisten = {\n4000\n",
	              "t:2: service \"s\": listen: the list is not closed (a '}' is missing)\n");
}

static void scan__unclosed_string__names_its_line_and_ends_there(void **state)
{
	(void)state;
	config_expect_in_service(
	    "directory = \"/\nnice = 'x\nqueue = y\n",
	    "t:2: service \"s\": directory: the string is not closed on its line "
	    "(a \" is missing)\n"
	    "t:3: service \"s\": nice: the string is not closed on its line "
	    "(a ' is missing)\n"
	    "t:4: service \"s\": queue: \"y\" is not a number\n");
	config_expect_in_service(
	    "env = {\"A=1}\nnice = 1\n",
	    "t:2: service \"s\": env: the string is not closed on its line (a \" is "
	    "missing)\n");
	config_expect("service \"s {\nlisten = 4000\nexec = \"" PROGRAM "\"\nnice = x\n}\n",
	              "t:1: service: the string is not closed on its line (a \" is missing)\n"
	              "t:4: service \"\"s {\": nice: \"x\" is not a number\n");
	config_expect("service \"s\" { exec = \"" PROGRAM "\" listen = {\"4000} }\n",
	              "t:1: service \"s\": listen: the string is not closed on its line (a \" is "
	              "missing)\n");
}

static void scan__unclosed_comment__names_its_line(void **state)
{
	(void)state;
	config_expect("service s {\n listen = 4000 /* open\n exec = x\n}\n",
	              "t:2: service \"s\": the comment is not closed (*/ is missing)\n");
	config_expect("log { to = /* ", "t:1: log: the comment is not closed (*/ is missing)\n");
	config_expect("defaults { env = {a, /* ",
	              "t:1: defaults: the comment is not closed (*/ is missing)\n");
}

static void scan__stray_characters__are_each_named_once(void **state)
{
	(void)state;
	config_expect("}\n", "t:1: a '}' that closes nothing\n");
	config_expect("=\n", "t:1: unexpected =\n");
	config_expect("{ a { b } }\nx = 1\n", "t:1: unexpected {\nt:2: x: unknown option\n");
	config_expect("\"user\" = \"x\"\n", "t:1: unexpected \"user\"\n");
	config_expect("log { to = stderr, level = debug }\n",
	              "t:1: log: unexpected comma (several values are written {a, b})\n");
	config_expect("log { to == stderr }\n", "t:1: log: to: unexpected = instead of a value\n");
	config_expect("max_sessions = 5;\n",
	              "t:1: max_sessions: 5; ends with ';' (a value ends by itself, remove it)\n");
	config_expect(
	    "max_sessions = \"5\";\n",
	    "t:1: unexpected ; after the value (a value with blanks must stand in quotes)\n");
	config_expect("a\001b = 1\n", "t:1: a\\x01b has a control character in it\n");
}

static void scan__words_that_libconfuse_would_cut__must_be_quoted(void **state)
{
	(void)state;
	config_expect_in_service(
	    "nice = *5\ndirectory = a+b\nsocket_user = /*c*/ x*\nargv0 = x${HOME}\n",
	    "t:2: service \"s\": nice: *5 must stand in quotes\n"
	    "t:3: service \"s\": directory: a+b must stand in quotes\n"
	    "t:4: service \"s\": socket_user: x* must stand in quotes\n"
	    "t:5: service \"s\": argv0: x${HOME} must stand in quotes\n");
}

static void scan__variables__must_be_set(void **state)
{
	(void)state;
	unsetenv("USHERD_TEST_UNSET");
	setenv("USHERD_TEST_NICE", "7", 1);
	config_expect_in_service(
	    "nice = \"${USHERD_TEST_UNSET}\"\n",
	    "t:2: service \"s\": nice: ${USHERD_TEST_UNSET} is not set in the environment "
	    "(${NAME:-default} gives a default)\n");
	config_expect_in_service(
	    "argv0 = \"${A B}\"\nnice = \"${X\"\n",
	    "t:2: service \"s\": argv0: ${A B} is not ${NAME} or ${NAME:-default}\n"
	    "t:3: service \"s\": nice: ${ has no '}' (write \\${ for these "
	    "characters themselves)\n");
	assert_int_equal(
	    config_only(config_service("nice = \"${USHERD_TEST_NICE}\"\n"), false)->nice, 7);
	assert_int_equal(config_only(config_service("nice = ${USHERD_TEST_NICE}\n"), false)->nice,
	                 7);
	assert_int_equal(
	    config_only(config_service("nice = \"${USHERD_TEST_UNSET:-9}\"\n"), false)->nice, 9);
	assert_string_equal(
	    config_only(config_service("argv0 = '${USHERD_TEST_NICE}'\n"), false)->argv[0],
	    "${USHERD_TEST_NICE}");
}

static void scan__escapes__mean_what_they_say_or_are_refused(void **state)
{
	(void)state;
	assert_string_equal(
	    config_only(config_service("argv0 = \"\\x41\\102\\n\\t\\\\\\\"\\${\\e\"\n"), false)
		->argv[0],
	    "AB\n\t\\\"${\033");
	assert_string_equal(
	    config_only(config_service("argv0 = 'a\\'b\\\\c\\n'\n"), false)->argv[0], "a'b\\c\\n");
	config_expect_in_service(
	    "argv0 = \"\\0\"\n",
	    "t:2: service \"s\": argv0: \\0 is a NUL, which no text can hold\n");
	config_expect_in_service(
	    "argv0 = \"\\x00\"\n",
	    "t:2: service \"s\": argv0: \\x00 is a NUL, which no text can hold\n");
	config_expect_in_service(
	    "argv0 = \"\\400\"\ngroup = \"\\d\"\n",
	    "t:2: service \"s\": argv0: \\400 is no escape (\\\\ is a backslash)\n"
	    "t:3: service \"s\": group: \\d is no escape (\\\\ is a backslash)\n");
}

static void scan__unknown_names__get_a_suggestion(void **state)
{
	(void)state;
	config_expect_in_service(
	    "lisen = 1\nexce = 2\nqueue_per_sources = 1\nfrobnicate = 1\n",
	    "t:2: service \"s\": lisen: unknown option (did you mean \"listen\"?)\n"
	    "t:3: service \"s\": exce: unknown option (did you mean \"exec\"?)\n"
	    "t:4: service \"s\": queue_per_sources: unknown option (did you mean "
	    "\"queue_per_source\"?)\n"
	    "t:5: service \"s\": frobnicate: unknown option\n");
	config_expect("servcie x { nice = y }\nfoo { nice = y }\nfoo2 \"x\"\n{ a }\n",
	              "t:1: servcie: unknown section (did you mean \"service\"?)\n"
	              "t:1: service \"x\": nice: \"y\" is not a number\n"
	              "t:2: foo: unknown section\n"
	              "t:3: foo2: unknown section\n");
}

static void scan__option_in_the_wrong_place__is_told_the_right_one(void **state)
{
	(void)state;
	config_expect(
	    "instances = 5\ninclude = \"x\"\n",
	    "t:1: instances: is an option of services (put it into defaults { } or service "
	    "\"name\" { })\n"
	    "t:2: include: is written include(\"file\")\n");
	config_expect_in_service(
	    "max_sessions = 5\n\tinclude(\"x\")\n",
	    "t:2: service \"s\": max_sessions: stands outside of all sections\n"
	    "t:3: service \"s\": include: stands outside of all sections\n");
}

static void scan__scalar_set_twice__names_the_first(void **state)
{
	(void)state;
	config_expect_in_service("nice = 1\nnice = 2\nenv = {}\nenv = {}\nenv += {}\n",
	                         "t:3: service \"s\": nice: is set already (on line 2)\n"
	                         "t:5: service \"s\": env: is set already (on line 4)\n");
	config_expect_in_service(
	    "nice += 1\n", "t:2: service \"s\": nice: takes one value (write = instead of +=)\n");
}

static void scan__same_name_twice__names_the_first(void **state)
{
	(void)state;
	config_expect(
	    "service a { exec = \"" PROGRAM "\" listen = 4000 }\n"
	    "service a { exec = \"" PROGRAM "\" listen = 4001 }\n"
	    "template a { }\ntemplate a { }\ndefaults { }\ndefaults { }\nlog { }\nlog { }\n",
	    "t:2: service \"a\": this name is taken (first on line 1)\n"
	    "t:4: template \"a\": this name is taken (first on line 3)\n"
	    "t:6: defaults: this section may stand once (first on line 5)\n"
	    "t:8: log: this section may stand once (first on line 7)\n");
}

static void scan__names_of_sections__are_checked(void **state)
{
	(void)state;
	config_expect("service { nice = x }\n",
	              "t:1: service: the name is missing (write service \"name\" {)\n"
	              "t:1: service \"?\": nice: \"x\" is not a number\n");
	config_expect("log \"x\" { }\n", "t:1: log: this section takes no name\n");
	config_expect(
	    "service \"-a\" { }\nservice \"a b\" { }\nservice 9 { }\n",
	    "t:1: service: \"-a\" is no name (at most 64 letters, digits and _.-, first a "
	    "letter or _)\n"
	    "t:2: service: \"a b\" is no name (at most 64 letters, digits and _.-, first a "
	    "letter or _)\n"
	    "t:3: service: 9 is no name (at most 64 letters, digits and _.-, first a letter "
	    "or _)\n");
}

static void scan__missing_pieces__are_one_problem_each(void **state)
{
	(void)state;
	config_expect_in_service(
	    "nice =\nqueue 5\nbacklog = 10 parsecs\nuser_timeout = {5s}\n"
	    "env = {\"A=1\" \"B=2\"}\nenv += {,}\nenv += {{a}}\nuse\n",
	    "t:2: service \"s\": nice: the value is missing\n"
	    "t:3: service \"s\": queue: '=' is missing\n"
	    "t:4: service \"s\": unexpected parsecs after the value (a value with "
	    "blanks must stand in quotes)\n"
	    "t:5: service \"s\": user_timeout: takes one value, not a list\n"
	    "t:6: service \"s\": env: a comma is missing before \"B=2\"\n"
	    "t:7: service \"s\": env: unexpected , in a list\n"
	    "t:8: service \"s\": env: unexpected { in a list\n"
	    "t:9: service \"s\": use: '=' is missing\n");
	config_expect("log { to = format = text }\n", "t:1: log: to: the value is missing\n");
	config_expect("log { to = }\nlog",
	              "t:1: log: to: the value is missing\nt:2: log: '=' is missing\n");
}

static void scan__unknown_option_with_a_list__does_not_cascade(void **state)
{
	(void)state;
	config_expect_in_service("foo = { a, \"b\",\n c }\nbar = 10 parsecs, 5\nnice = x\n",
	                         "t:2: service \"s\": foo: unknown option\n"
	                         "t:4: service \"s\": bar: unknown option\n"
	                         "t:5: service \"s\": nice: \"x\" is not a number\n");
}

static void scan__calls__are_only_include_and_use(void **state)
{
	(void)state;
	config_expect(
	    "include()\ninclude(\"a\" \"b\")\ninclude\nnice(\"x\")\nuser(\"x\")\ninclude(a\n",
	    "t:1: include: is written include(\"name\")\n"
	    "t:2: include: is written include(\"name\")\n"
	    "t:3: include: '=' is missing\n"
	    "t:4: unexpected ( after nice (write nice = value)\n"
	    "t:5: unexpected ( after user (write user = value)\n"
	    "t:6: include: is written include(\"name\")\n");
	config_expect("include(\"x\")\n", "t:1: include: is not possible here\n");
}

static char *repeat(const char *piece, size_t total)
{
	size_t len = strlen(piece), n = total / len;
	char *text = malloc(n * len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * len, piece, len);
	text[n * len] = '\0';
	return text;
}

/* No more than so many problems, and in a few seconds under any sanitizer. */
static void expect_few(const char *piece, size_t most)
{
	char *text = repeat(piece, 1 << 20);
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	config_read(text, false);
	clock_gettime(CLOCK_MONOTONIC, &end);
	free(text);
	assert_null(config_case.conf);
	assert_in_range(config_case.errors, 1, most);
	assert_in_range(end.tv_sec - begin.tv_sec, 0, 60);
}

static void scan__a_megabyte_of_braces__is_one_clear_error(void **state)
{
	(void)state;
	expect_few("{", 1);
	assert_string_equal(config_case.said, "t:1: unexpected {\n");
	expect_few("{\n", 1);
	expect_few("a {", 1);
	expect_few("a = {", 2);
	expect_few("service s { env = {", 3000);
}

static void scan__a_megabyte_of_mistakes__ends_with_one_line(void **state)
{
	const char *last;

	(void)state;
	expect_few("}\n", 1002);
	assert_true(config_case.incomplete);
	last = strrchr(config_case.said, '\n');
	while (last > config_case.said && last[-1] != '\n')
		last--;
	assert_string_equal(last, "there are more problems; only 1000 are shown\n");
	expect_few("x = 1\n", 1002);
	expect_few("a \" ' /", 1002);
	expect_few("service a{}\n", 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scan__right_text__says_nothing),
	    cmocka_unit_test(scan__comments_and_blank_lines__do_not_move_lines),
	    cmocka_unit_test(scan__string_continued_with_backslash__keeps_lines),
	    cmocka_unit_test(scan__unclosed_brace__names_its_opening_line),
	    cmocka_unit_test(scan__unclosed_list__names_its_opening_line),
	    cmocka_unit_test(scan__unclosed_string__names_its_line_and_ends_there),
	    cmocka_unit_test(scan__unclosed_comment__names_its_line),
	    cmocka_unit_test(scan__stray_characters__are_each_named_once),
	    cmocka_unit_test(scan__words_that_libconfuse_would_cut__must_be_quoted),
	    cmocka_unit_test(scan__variables__must_be_set),
	    cmocka_unit_test(scan__escapes__mean_what_they_say_or_are_refused),
	    cmocka_unit_test(scan__unknown_names__get_a_suggestion),
	    cmocka_unit_test(scan__option_in_the_wrong_place__is_told_the_right_one),
	    cmocka_unit_test(scan__scalar_set_twice__names_the_first),
	    cmocka_unit_test(scan__same_name_twice__names_the_first),
	    cmocka_unit_test(scan__names_of_sections__are_checked),
	    cmocka_unit_test(scan__missing_pieces__are_one_problem_each),
	    cmocka_unit_test(scan__unknown_option_with_a_list__does_not_cascade),
	    cmocka_unit_test(scan__calls__are_only_include_and_use),
	    cmocka_unit_test(scan__a_megabyte_of_braces__is_one_clear_error),
	    cmocka_unit_test(scan__a_megabyte_of_mistakes__ends_with_one_line),
	};

	return cmocka_run_group_tests_name("config/scan", tests, NULL, config_case_end);
}
