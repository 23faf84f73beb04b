/* config/paths.h and config/interpreter.h: what of the file system a service names, and needs. */
#include "config/paths.h"

#include "config/interpreter.h"
#include "unit/config_case.h"

static const char *dir;

static int set_up(void **state)
{
	(void)state;
	dir = config_make_dir();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_return_code(chdir("/"), errno);
	config_remove_dir(dir, 0);
	return config_case_end(state);
}

static const struct conf_path *find(const struct conf_service *s, const char *text, bool implied)
{
	for (size_t i = 0; i < s->landlock.count; i++)
		if (strcmp(s->landlock.path[i].text, text) == 0 &&
		    s->landlock.path[i].implied == implied)
			return &s->landlock.path[i];
	return NULL;
}

static unsigned use_of(const struct conf_service *s, const char *text, bool implied)
{
	const struct conf_path *path = find(s, text, implied);

	return path ? path->use : 0;
}

static void paths__none_set__nothing_is_confined(void **state)
{
	const struct conf_service *s = config_only(config_service("sandbox = \"none\""), false);

	(void)state;
	assert_false(s->landlock.on || s->landlock.lacks || s->no_new_privs);
	assert_int_equal(s->landlock.count, 0);
}

static void paths__any_set__confines_to_what_is_named_and_needed(void **state)
{
	static const char *const lines[] = {"read_paths = {}\n", "write_paths = {}\n",
	                                    "exec_paths = {}\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		const struct conf_service *s = config_only(config_service(lines[i]), false);
		bool listed = i == 2;

		assert_true(s->landlock.on && s->no_new_privs);
		assert_false(s->landlock.no_tcp || s->landlock.scoped);
		assert_int_equal(use_of(s, "/usr", true),
		                 CONF_PATH_READ | (listed ? 0 : CONF_PATH_EXEC));
		assert_int_equal(use_of(s, "/dev/null", true), CONF_PATH_READ | CONF_PATH_WRITE);
		assert_int_equal(use_of(s, PROGRAM, true), CONF_PATH_READ | CONF_PATH_EXEC);
		/* What would be worth a look. */
		assert_null(find(s, "/etc", true));
		assert_null(find(s, "/proc", true));
		assert_null(find(s, "/tmp", true));
	}
}

static void paths__options__each_with_its_use(void **state)
{
	const struct conf_service *s = config_only(
	    config_service("read_paths = {/r, /r2}\nwrite_paths = {/w}\nexec_paths = {/x}\n"),
	    false);

	(void)state;
	assert_int_equal(use_of(s, "/r", false), CONF_PATH_READ);
	assert_int_equal(use_of(s, "/r2", false), CONF_PATH_READ);
	assert_int_equal(use_of(s, "/w", false), CONF_PATH_READ | CONF_PATH_WRITE);
	assert_int_equal(use_of(s, "/x", false), CONF_PATH_READ | CONF_PATH_EXEC);
	assert_false(find(s, "/r", false)->optional);
	s = config_only(config_service("read_paths = {\"-/r\"}\n"), false);
	assert_true(find(s, "/r", false)->optional);
	s = config_only(config_service("read_paths = {/r}\nsandbox_required = no\n"), false);
	assert_true(find(s, "/r", false)->optional);
}

static void paths__arguments__are_files_that_the_program_may_use(void **state)
{
	const struct conf_service *s =
	    config_only("service s { listen = 4000 read_paths = {} argv0 = \"/zero\"\n"
	                "exec = {\"" PROGRAM "\", /script, \"-x\", \"--f=/other\"} }\n",
	                false);

	(void)state;
	assert_int_equal(use_of(s, "/script", true), CONF_PATH_READ | CONF_PATH_EXEC);
	assert_true(find(s, "/script", true)->regular);
	assert_null(find(s, "/zero", true));
	assert_null(find(s, "/other", true));
	s = config_only("service s { listen = 4000 exec_paths = {}\n"
	                "exec = {\"" PROGRAM "\", /script} }\n",
	                false);
	assert_int_equal(use_of(s, "/script", true), CONF_PATH_READ);
}

static void paths__wrong__are_errors(void **state)
{
	(void)state;
	config_expect_in_service("write_paths = {\"srv\", \"\", \"-srv\"}\n",
	                         "t:2: service \"s\": write_paths: \"srv\" is not a full path\n"
	                         "t:2: service \"s\": write_paths: \"\" is not a full path\n"
	                         "t:2: service \"s\": write_paths: \"-srv\" is not a full path\n");
	config_expect_in_service("exec_paths = {}\nno_new_privs = no\n",
	                         "t:3: service \"s\": no_new_privs: exec_paths implies yes "
	                         "(remove it)\n");
}

static void expect_format(const struct conf_landlock *landlock, const char *want)
{
	struct buf out = BUF_INIT(4096);

	buf_adds(&out, "-");
	paths_format(landlock, &out);
	assert_string_equal(out.data, want);
	buf_free(&out);
}

static void format__each_version__says_what_it_lacks(void **state)
{
	static const char *const gaps[] = {
	    [1] = ", moves no file to another directory, may truncate what its user may write",
	    [2] = ", may truncate what its user may write",
	};
	struct conf_path path[] = {{"/usr", CONF_PATH_READ, true, true, false},
	                           {"/w\n", CONF_PATH_READ | CONF_PATH_WRITE, false, false, false}};
	struct conf_landlock landlock = {.on = true, .path = path, .count = 2};
	char want[300];

	(void)state;
	for (landlock.version = 1; landlock.version <= PATHS_LANDLOCK; landlock.version++) {
		size_t len = (size_t)snprintf(
		    want, sizeof want, "-, reads the system's, writes /w\\x0a, executes itself%s",
		    landlock.version < 3 ? gaps[landlock.version] : "");

		if (landlock.version < 6)
			snprintf(want + len, sizeof want - len,
			         " (this kernel's Landlock is version %d)", landlock.version);
		expect_format(&landlock, want);
	}
	landlock.no_tcp = landlock.scoped = true;
	path[0].use |= CONF_PATH_EXEC;
	landlock.version = 3;
	landlock.count = 1;
	expect_format(&landlock,
	              "-, reads the system's, writes nothing, executes the system's, TCP is left "
	              "to other walls, signals of its user's processes are left to other walls "
	              "(this kernel's Landlock is version 3)");
	landlock = (struct conf_landlock){.lacks = true};
	expect_format(&landlock, "-, all files (they cannot be confined here)");
}

static void expect_interpreter(const char *content, size_t len, const char *want)
{
	char path[PATH_MAX];
	bool found;

	config_write("file", content, len, 0755);
	found = interpreter_find(NULL, "file", path);
	assert_int_equal(found, want != NULL);
	if (found)
		assert_string_equal(path, want);
}

static void interpreter__script__is_in_its_first_line(void **state)
{
	static const struct {
		const char *content, *want;
	} row[] = {
	    {"#!/bin/sh\n", "/bin/sh"},
	    {"#! \t/usr/bin/env python3\n", "/usr/bin/env"},
	    {"#!/bin/sh\t-e\nx", "/bin/sh"},
	    {"#!/bin/sh", NULL},
	    {"#!\n", NULL},
	    {"#!  \n", NULL},
	    {"#!sh\n", NULL},
	    {"# !/bin/sh\n", NULL},
	    {"", NULL},
	    {"#!", NULL},
	};
	char line[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		expect_interpreter(row[i].content, strlen(row[i].content), row[i].want);
	memset(line, 'x', sizeof line);
	memcpy(line, "#!/", 3);
	expect_interpreter(line, sizeof line, NULL);
}

/* A header may say anything. */
static void interpreter__damaged_programs__have_none(void **state)
{
	char program[4096], path[PATH_MAX];
	uint64_t random = 7;
	int fd = open(PROGRAM, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, program, sizeof program);
	int before = config_open_descriptors();

	(void)state;
	if (len < 200 || !interpreter_find(NULL, PROGRAM, path))
		skip_because("the shell has no loader");
	assert_int_equal(path[0], '/');
	expect_interpreter(program, (size_t)len, path);
	for (int i = 0; i < 2000; i++) {
		char damaged[sizeof program];
		char found[PATH_MAX];

		memcpy(damaged, program, (size_t)len);
		for (int n = 0; n < 4; n++)
			damaged[4 + test_random(&random) % 196] = (char)test_random(&random);
		config_write("file", damaged, (size_t)len, 0755);
		if (interpreter_find(NULL, "file", found))
			assert_int_equal(found[0], '/');
	}
	for (size_t cut = 0; cut < 64; cut++)
		expect_interpreter(program, cut, NULL);
	assert_int_equal(config_open_descriptors(), before);
	close(fd);
}

static void interpreter__no_regular_file__has_none(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_return_code(mkfifo("fifo", 0600), errno);
	assert_false(interpreter_find(NULL, "fifo", path));
	assert_false(interpreter_find(NULL, ".", path));
	assert_false(interpreter_find(NULL, "nothing", path));
	assert_false(interpreter_find(NULL, "/dev/zero", path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths__none_set__nothing_is_confined),
	    cmocka_unit_test(paths__any_set__confines_to_what_is_named_and_needed),
	    cmocka_unit_test(paths__options__each_with_its_use),
	    cmocka_unit_test(paths__arguments__are_files_that_the_program_may_use),
	    cmocka_unit_test(paths__wrong__are_errors),
	    cmocka_unit_test(format__each_version__says_what_it_lacks),
	    cmocka_unit_test(interpreter__script__is_in_its_first_line),
	    cmocka_unit_test(interpreter__damaged_programs__have_none),
	    cmocka_unit_test(interpreter__no_regular_file__has_none),
	};

	return cmocka_run_group_tests_name("config/paths", tests, set_up, tear_down);
}
