/* unit/config_case.h - reads a configuration from a string and tells what was said.
 *
 * Every test sees its problems as lines, as an administrator would. */
#ifndef UNIT_CONFIG_CASE_H
#define UNIT_CONFIG_CASE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/print.h"
#include "config/read.h"
#include "unit/test.h"

/* A program that is there on any machine. */
#define PROGRAM "/bin/sh"

struct config_case {
	struct conf_options options;
	struct conf *conf;  /* NULL: there was an error */
	char said[1 << 17]; /* every problem on a line */
	size_t errors, warnings;
	bool incomplete;
};

static struct config_case config_case;

static void config_case_take(struct conf_problems *problems)
{
	struct config_case *c = &config_case;
	size_t len = 0;

	c->said[0] = '\0';
	c->errors = problems->errors;
	c->warnings = 0;
	c->incomplete = problems->incomplete;
	for (size_t i = 0; i < problems->count && len < sizeof(c->said) - 1000; i++) {
		len += conf_problem_format(&problems->item[i], c->said + len,
		                           sizeof(c->said) - len - 1);
		c->said[len++] = '\n';
		c->said[len] = '\0';
		c->warnings += problems->item[i].warning;
	}
	conf_problems_free(problems);
}

static inline const struct conf_options *config_case_options(bool root)
{
	config_case.options = (struct conf_options){.handler_dir = "/nonexistent",
	                                            .control = "/run/usherd/control",
	                                            .root = root,
	                                            .owner = geteuid()};
	return &config_case.options;
}

/* Reads the text as the file "t". */
static inline struct conf *config_read(const char *text, bool root)
{
	struct conf_problems problems = {0};

	conf_unref(&config_case.conf);
	config_case.conf =
	    conf_read_text("t", text, strlen(text), config_case_options(root), &problems);
	config_case_take(&problems);
	return config_case.conf;
}

static inline struct conf *config_read_file(const char *file, const struct conf_options *options)
{
	struct conf_problems problems = {0};

	conf_unref(&config_case.conf);
	config_case.conf = conf_read(file, options, &problems);
	config_case_take(&problems);
	return config_case.conf;
}

/* The text, as an ordinary user, must lead to exactly these lines. */
static inline void config_expect(const char *text, const char *said)
{
	config_read(text, false);
	assert_string_equal(config_case.said, said);
	assert_int_equal(config_case.conf == NULL, config_case.errors > 0);
}

/* A service around these lines, each of which ends with a newline, from line 2 on. */
static inline const char *config_service(const char *lines)
{
	static char text[8192];

	snprintf(text, sizeof(text),
	         "service \"s\" {\n%slisten = 4000\nexec = \"" PROGRAM "\"\n}\n", lines);
	return text;
}

/* Within such a service the lines must lead to exactly these words, each behind
 * "t:LINE: service "s": ". */
static inline void config_expect_in_service(const char *lines, const char *said)
{
	config_expect(config_service(lines), said);
}

/* The only service of a text that must be right. */
static inline const struct conf_service *config_only(const char *text, bool root)
{
	struct conf *conf = config_read(text, root);

	if (!conf)
		print_message("# said: %s\n", config_case.said);
	assert_non_null(conf);
	assert_int_equal(conf->service_count, 1);
	return conf->services[0];
}

static inline int config_case_end(void **state)
{
	(void)state;
	conf_unref(&config_case.conf);
	return 0;
}

/* A folder for one test, removed with its files by config_remove_dir(). */
static inline const char *config_make_dir(void)
{
	static char dir[100];

	snprintf(dir, sizeof(dir), "%s/usherd-config-XXXXXX",
	         access("/tmp", W_OK) == 0 ? "/tmp" : ".");
	assert_non_null(mkdtemp(dir));
	assert_return_code(chdir(dir), errno);
	return dir;
}

static inline void config_write(const char *name, const void *data, size_t len, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_return_code(fd, errno);
	assert_int_equal(write(fd, data, len), len);
	assert_return_code(fchmod(fd, mode), errno);
	close(fd);
}

static inline void config_write_text(const char *name, const char *text)
{
	config_write(name, text, strlen(text), 0600);
}

/* At most two levels of folders are made by these tests. */
static inline void config_remove_dir(const char *dir, int depth)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[800];

	while (d && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%.400s/%s", dir, entry->d_name);
		if (unlink(path) < 0 && depth > 0)
			config_remove_dir(path, depth - 1);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

static inline int config_open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

#endif
