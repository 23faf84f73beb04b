/* core/handoff.h, core/image.h: what goes over an exec, and where the program is. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "core/carry.h"
#include "core/handoff.h"
#include "core/image.h"
#include "unit/test.h"

static void put(char **envp, const char *name)
{
	size_t len = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			setenv(name, *envp + len + 1, 1);
}

static size_t count_named(char **envp, const char *start)
{
	size_t n = 0;

	for (; *envp; envp++)
		n += strncmp(*envp, start, strlen(start)) == 0;
	return n;
}

static void handoff__environment__is_found_and_taken(void **state)
{
	struct handoff from = {.phase = HANDOFF_BACK, .state_fd = 17, .other_fd = 4242}, to;
	char **envp;

	(void)state;
	handoff_draw(&from.nonce);
	setenv("USHERD_UPGRADE", "an older one", 1);
	setenv("USHERD_UPGRADES", "another name", 1);
	envp = handoff_environment(&from, "it said: a=b");
	assert_non_null(envp);
	assert_int_equal(count_named(envp, "USHERD_UPGRADE="), 1);
	assert_int_equal(count_named(envp, "USHERD_UPGRADES="), 1);
	assert_int_equal(count_named(envp, "PATH="), 1);
	put(envp, "USHERD_UPGRADE");
	put(envp, "USHERD_UPGRADE_WHY");
	free(envp);
	assert_true(handoff_find(&to));
	assert_int_equal(to.phase, HANDOFF_BACK);
	assert_int_equal(to.state_fd, 17);
	assert_int_equal(to.other_fd, 4242);
	assert_memory_equal(&to.nonce, &from.nonce, sizeof to.nonce);
	assert_string_equal(to.why, "it said: a=b");
	assert_null(getenv("USHERD_UPGRADE"));
	assert_null(getenv("USHERD_UPGRADE_WHY"));
	assert_true(handoff_find(&to));
	assert_int_equal(to.phase, HANDOFF_NONE);
	unsetenv("USHERD_UPGRADES");
}

static void handoff__nonsense__is_refused_and_taken(void **state)
{
#define NONCE "0123456789abcdef0123456789abcdef"
	static const char *const rows[] = {
	    "",
	    "5",
	    "5:" NONCE,
	    "5:" NONCE ":exec",
	    "5:" NONCE ":exec:6:",
	    "5:" NONCE ":other:6",
	    "5:" NONCE ":none:6",
	    "5:" NONCE ":exec:5",
	    "2:" NONCE ":exec:6",
	    "5:" NONCE ":exec:0",
	    "-5:" NONCE ":exec:6",
	    "5:0123:exec:6",
	    "5555555555:" NONCE ":exec:6",
	};
	struct handoff handoff;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setenv("USHERD_UPGRADE", rows[i], 1);
		assert_false(handoff_find(&handoff));
		assert_string_not_equal(handoff.why, "");
		assert_null(getenv("USHERD_UPGRADE"));
	}
	setenv("USHERD_UPGRADE", "5:" NONCE ":trial:6", 1);
	assert_true(handoff_find(&handoff));
	assert_int_equal(handoff.phase, HANDOFF_TRIAL);
}

static void handoff__answers__differ_by_nonce(void **state)
{
	struct state_nonce a, b;
	char first[HANDOFF_TEXT_MAX], again[HANDOFF_TEXT_MAX], other[HANDOFF_TEXT_MAX];

	(void)state;
	handoff_draw(&a);
	handoff_draw(&b);
	handoff_answer(&a, "1.2.3", first);
	handoff_answer(&a, "1.2.3", again);
	handoff_answer(&b, "1.2.3", other);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	assert_non_null(strstr(first, " 1.2.3\n"));
}

/* In a child, for what nobody has named is closed. */
static int open_in_child(int (*run)(struct handoff *handoff, int named, int other))
{
	struct handoff handoff = {.phase = HANDOFF_EXEC};
	struct state_writer writer;
	const void *data;
	size_t len;
	int status, named, other;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		return WEXITSTATUS(status);
	}
	named = open("/dev/null", O_RDONLY);
	other = open("/dev/null", O_RDONLY);
	handoff_draw(&handoff.nonce);
	state_begin(&writer);
	state_record(&writer, CARRY_LINGER);
	state_add_fd(&writer, 1, named);
	data = state_finish(&writer, &handoff.nonce, getpid(), &len);
	handoff.state_fd = data ? statefile_make(data, len) : -1;
	handoff.other_fd = open("/dev/null", O_RDONLY);
	_exit(handoff.state_fd < 0 ? 99 : run(&handoff, named, other));
}

static int all_there(struct handoff *handoff, int named, int other)
{
	if (!handoff_open(handoff) || handoff->fd_count != 1 || handoff->fd[0] != named)
		return 1;
	if (fcntl(named, F_GETFD) != FD_CLOEXEC ||
	    fcntl(handoff->state_fd, F_GETFD) != FD_CLOEXEC ||
	    fcntl(handoff->other_fd, F_GETFD) != FD_CLOEXEC)
		return 2;
	return fcntl(other, F_GETFD) < 0 && fcntl(STDERR_FILENO, F_GETFD) >= 0 ? 0 : 3;
}

static int one_is_missing(struct handoff *handoff, int named, int other)
{
	(void)other;
	close(named);
	return !handoff_open(handoff) && strstr(handoff->why, "is not there") ? 0 : 1;
}

static int other_nonce(struct handoff *handoff, int named, int other)
{
	(void)named;
	(void)other;
	handoff->nonce.word[1]++;
	return handoff_open(handoff) ? 1 : 0;
}

/* A trial has nothing of what is named, and whose child it is counts. */
static int of_another(struct handoff *handoff, int named, int other)
{
	(void)named;
	(void)other;
	handoff->phase = HANDOFF_TRIAL;
	return handoff_open(handoff) ? 1 : 0;
}

static void handoff__opened__keeps_what_is_named_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(open_in_child(all_there), 0);
	assert_int_equal(open_in_child(one_is_missing), 0);
	assert_int_equal(open_in_child(other_nonce), 0);
	assert_int_equal(open_in_child(of_another), 0);
}

static void image__name__is_made_absolute_and_links_stay(void **state)
{
	char dir[] = "/tmp/test-image-XXXXXX", link[PATH_MAX], here[PATH_MAX], path[PATH_MAX];
	struct image image;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(chdir(dir), 0);
	snprintf(link, sizeof link, "%s/program", dir);
	assert_int_equal(symlink("/bin/true", link), 0);
	image_find(&image, link);
	assert_string_equal(image.path, link);
	assert_true(image.fd >= 0);
	fd_close(&image.fd);
	image_find(&image, "./program");
	snprintf(path, sizeof path, "%s/./program", dir);
	assert_string_equal(image.path, path);
	fd_close(&image.fd);
	setenv("PATH", "/nonexistent::relative", 1);
	image_find(&image, "program");
	assert_string_equal(image.path, "");
	fd_close(&image.fd);
	snprintf(path, sizeof path, "/nonexistent:%s:/bin", dir);
	setenv("PATH", path, 1);
	image_find(&image, "program");
	assert_string_equal(image.path, link);
	fd_close(&image.fd);
	image_find(&image, NULL);
	assert_string_equal(image.path, "");
	fd_close(&image.fd);
	assert_int_equal(chdir(here), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(handoff__environment__is_found_and_taken),
	    cmocka_unit_test(handoff__nonsense__is_refused_and_taken),
	    cmocka_unit_test(handoff__answers__differ_by_nonce),
	    cmocka_unit_test(handoff__opened__keeps_what_is_named_and_no_more),
	    cmocka_unit_test(image__name__is_made_absolute_and_links_stay),
	};

	return cmocka_run_group_tests_name("core/handoff", tests, NULL, NULL);
}
