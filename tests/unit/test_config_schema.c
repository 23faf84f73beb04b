/* config/schema.h, usherd.conf(5) and etc/usherd.conf: the same options, the same defaults. */
#include "base/calls.h"
#include "config/schema.h"
#include "unit/config_case.h"

static char man[1 << 17], sample[1 << 16];

static void load(const char *name, char *text, size_t size)
{
	const char *top = getenv("USHERD_SRC");
	char path[4096];
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		len = read(fd, text, size - 1);
	close(fd);
	if (len <= 0)
		print_message("# cannot read %s: set USHERD_SRC to the source tree\n", path);
	assert_in_range(len, 1, size - 2);
	text[len] = '\0';
}

static int set_up(void **state)
{
	(void)state;
	load("daemon/config/usherd.conf.5", man, sizeof(man));
	load("etc/usherd.conf", sample, sizeof(sample));
	return 0;
}

/* The line behind this one. */
static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static const char *man_section(const char *title)
{
	char line[100];
	const char *found;

	snprintf(line, sizeof(line), "\n.Sh %s\n", title);
	found = strstr(man, line);
	if (!found)
		print_message("# no section %s\n", title);
	assert_non_null(found);
	return found + 1;
}

/* The item of this option in a section of the page, or NULL. */
static const char *man_item(const char *section, const char *option)
{
	char item[100];

	snprintf(item, sizeof(item), ".It Ic %s", option);
	for (const char *line = next_line(section); *line && !begins(line, ".Sh ");
	     line = next_line(line)) {
		if (begins(line, item) && strchr(" \n", line[strlen(item)]))
			return line;
	}
	return NULL;
}

static bool item_has(const char *item, const char *text)
{
	for (const char *line = next_line(item);
	     *line && !begins(line, ".It ") && !begins(line, ".El") && !begins(line, ".Sh");
	     line = next_line(line)) {
		if (begins(line, text) && line[strlen(text)] == '\n')
			return true;
	}
	return false;
}

static const char *const man_titles[SCHEMA_SECTIONS] = {
    [SCHEMA_TOP] = "OPTIONS OUTSIDE OF SECTIONS",
    [SCHEMA_LOG] = "OPTIONS OF LOG",
    [SCHEMA_SERVICE] = "OPTIONS OF SERVICES",
};

static void check_man_option(enum schema_section kind, const struct schema_option *option)
{
	const char *item = man_item(man_section(man_titles[kind]), option->name);
	char line[100];

	if (!item)
		print_message("# usherd.conf(5) lacks %s\n", option->name);
	assert_non_null(item);
	snprintf(line, sizeof(line), "Default: %s.", option->value ? option->value : "not set");
	if (!item_has(item, line)) {
		print_message("# usherd.conf(5): %s lacks the line: %s\n", option->name, line);
		fail();
	}
}

static void schema__every_option__stands_in_the_man_page_with_its_default(void **state)
{
	(void)state;
	for (int kind = 0; kind < SCHEMA_SECTIONS; kind++) {
		size_t count;
		const struct schema_option *option =
		    schema_options((enum schema_section)kind, &count);

		for (size_t i = 0; man_titles[kind] && i < count; i++)
			check_man_option((enum schema_section)kind, &option[i]);
	}
}

static void check_known(const char *text, enum schema_section kind, const char *where)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789");

	if (!schema_find(kind, text, len))
		print_message("# %s has %.*s, which is no option\n", where, (int)len, text);
	assert_non_null(schema_find(kind, text, len));
}

static void schema__man_page__has_no_other_options(void **state)
{
	size_t items = 0;

	(void)state;
	for (int kind = 0; kind < SCHEMA_SECTIONS; kind++) {
		if (!man_titles[kind])
			continue;
		for (const char *line = next_line(man_section(man_titles[kind]));
		     *line && !begins(line, ".Sh "); line = next_line(line)) {
			if (begins(line, ".It Ic ")) {
				check_known(line + 7, (enum schema_section)kind, "usherd.conf(5)");
				items++;
			}
		}
	}
	assert_in_range(items, 50, 200);
}

/* The names behind the help text of a group, in any order, and no others. */
static void check_group(const struct calls_group *group)
{
	char item[100], word[64];
	const char *at, *end;
	size_t found = 0;
	int len;

	snprintf(item, sizeof(item), "\n.It Li @%s\n", group->name);
	at = strstr(man_section("SYSTEM CALLS"), item);
	if (!at)
		print_message("# usherd.conf(5) lacks the group %s\n", group->name);
	assert_non_null(at);
	at = next_line(next_line(at + 1));
	end = strstr(at, "\n.");
	for (; at < end && sscanf(at, "%63s%n", word, &len) == 1; at += len, found++) {
		bool has = false;

		for (size_t i = 0; i < group->count; i++)
			has = has || strcmp(group->call[i].name, word) == 0;
		if (!has)
			print_message("# usherd.conf(5): %s is not in %s\n", word, group->name);
		assert_true(has);
	}
	assert_int_equal(found, group->count);
}

static void schema__groups_of_system_calls__stand_in_the_man_page(void **state)
{
	(void)state;
	for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++)
		check_group(calls_group(id));
}

/* Every example of the page, in a service of its own, may only miss things of this machine. */
static void schema__examples_of_the_man_page__can_be_read(void **state)
{
	size_t examples = 0;

	(void)state;
	for (const char *line = man_section(man_titles[SCHEMA_SERVICE]);
	     !begins(line, ".Sh SYSTEM CALLS"); line = next_line(line)) {
		char text[200], *out = text;

		if (!begins(line, ".Dl ") || strstr(line, "use(") == line + 4)
			continue;
		for (const char *at = line + 4; *at != '\n' && out < text + sizeof(text) - 2;
		     at++) {
			if (begins(at, "\\(dq")) {
				*out++ = '"';
				at += 3;
			} else if (begins(at, "\\e")) {
				*out++ = '\\';
				at++;
			} else {
				*out++ = *at;
			}
		}
		*out++ = '\n';
		*out = '\0';
		config_read(config_service(text), true);
		if (config_case.errors && !strstr(config_case.said, "there is no ") &&
		    !strstr(config_case.said, "No such file") &&
		    !strstr(config_case.said, "is set already")) {
			print_message("# %s# %s", text, config_case.said);
			fail();
		}
		examples++;
	}
	assert_in_range(examples, 40, 200);
}

/* A line of the sample with the option it shows, or NULL. */
static const char *sample_option(const char *line)
{
	line += strspn(line, "\t");
	if (*line != '#')
		return NULL;
	line++;
	line += strspn(line, "\t");
	return *line >= 'a' && *line <= 'z' ? line : NULL;
}

static const char *find_in_sample(const char *name, bool indented)
{
	char begin[100];

	snprintf(begin, sizeof(begin), strcmp(name, "use") == 0 ? "%s(" : "%s =", name);
	for (const char *line = sample; *line; line = next_line(line)) {
		const char *option = sample_option(line);

		if (option && begins(option, begin) &&
		    indented == (line[0] == '\t' || line[1] == '\t'))
			return line;
	}
	return NULL;
}

static bool line_has(const char *line, const char *text)
{
	const char *found = strstr(line, text);

	return found && found < next_line(line);
}

static void schema__every_option__stands_in_the_sample(void **state)
{
	(void)state;
	for (int kind = 0; kind < SCHEMA_SECTIONS; kind++) {
		size_t count;
		const struct schema_option *option =
		    schema_options((enum schema_section)kind, &count);

		for (size_t i = 0; man_titles[kind] && i < count; i++) {
			const char *line = find_in_sample(option[i].name, kind != SCHEMA_TOP);

			if (!line)
				print_message("# etc/usherd.conf lacks %s\n", option[i].name);
			assert_non_null(line);
			assert_int_equal(line_has(line, "# not set"), !option[i].value);
		}
	}
}

static void schema__sample__has_no_other_options(void **state)
{
	(void)state;
	for (const char *line = sample; *line; line = next_line(line)) {
		const char *option = sample_option(line);
		size_t len = option ? strcspn(option, " ({") : 0;

		if (!option || begins(option, "service ") || begins(option, "template "))
			continue;
		if (!schema_find(SCHEMA_TOP, option, len) && !schema_find(SCHEMA_LOG, option, len))
			check_known(option, SCHEMA_SERVICE, "etc/usherd.conf");
	}
}

/* Without its comment signs a default is still the default. */
static void schema__defaults_of_the_sample__are_the_defaults(void **state)
{
	static char text[sizeof(sample) + 200];
	struct buf before = BUF_INIT(1 << 16), after = BUF_INIT(1 << 16);
	const char *smallest = "service s { listen = 4000 exec = \"" PROGRAM "\"\n"
			       "sandbox = \"none\" }\n"; /* it depends on the user */
	size_t len = 0, shown = 0;

	(void)state;
	for (const char *line = sample; *line; line = next_line(line)) {
		const char *option = sample_option(line);
		size_t line_len = (size_t)(next_line(line) - line);

		if (begins(line, "include("))
			continue;
		if (option && line[1] != '\t' && strchr(option, '=') < next_line(line) &&
		    !line_has(line, "# not ")) {
			line_len -= (size_t)(option - line);
			line = option;
			shown++;
		}
		memcpy(text + len, line, line_len);
		len += line_len;
	}
	strcpy(text + len, smallest);
	assert_in_range(shown, 20, 100);
	config_only(smallest, false);
	conf_print(config_case.conf, &before);
	config_only(text, false);
	conf_print(config_case.conf, &after);
	assert_string_equal(after.data, before.data);
	buf_free(&before);
	buf_free(&after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(schema__every_option__stands_in_the_man_page_with_its_default),
	    cmocka_unit_test(schema__man_page__has_no_other_options),
	    cmocka_unit_test(schema__groups_of_system_calls__stand_in_the_man_page),
	    cmocka_unit_test(schema__examples_of_the_man_page__can_be_read),
	    cmocka_unit_test(schema__every_option__stands_in_the_sample),
	    cmocka_unit_test(schema__sample__has_no_other_options),
	    cmocka_unit_test(schema__defaults_of_the_sample__are_the_defaults),
	};

	return cmocka_run_group_tests_name("config/schema", tests, set_up, config_case_end);
}
