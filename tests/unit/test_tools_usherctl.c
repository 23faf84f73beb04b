/* usherctl itself, against a server that says what the test wants. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/addr.h"
#include "unit/test.h"

struct place {
	char dir[64], path[96];
	char program[4096];
	int listener;
	char out[65536], err[4096], request[1024];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	const char *tmp = getenv("TMPDIR"), *build = getenv("USHERD_BUILD");
	struct addr addr;

	snprintf(place->program, sizeof place->program, "%s/usherctl", build ? build : ".");
	snprintf(place->dir, sizeof place->dir, "%s/usherd-test-XXXXXX",
	         tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(place->dir))
		return -1;
	snprintf(place->path, sizeof place->path, "%s/control", place->dir);
	place->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*state = place;
	return addr_set_unix(place->path, &addr) == 0 &&
	               bind(place->listener, &addr.sa, addr.len) == 0 &&
	               listen(place->listener, 8) == 0
	           ? 0
	           : -1;
}

static int teardown(void **state)
{
	struct place *place = *state;

	close(place->listener);
	(void)unlink(place->path);
	(void)rmdir(place->dir);
	free(place);
	return 0;
}

static void read_end(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd);
}

static pid_t start(struct place *place, const char *const *argv, int *out, int *err)
{
	int o[2], e[2];
	pid_t pid;

	assert_int_equal(pipe2(o, O_CLOEXEC), 0);
	assert_int_equal(pipe2(e, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(o[1], STDOUT_FILENO);
		dup2(e[1], STDERR_FILENO);
		execv(place->program, (char **)(uintptr_t)argv);
		_exit(99);
	}
	close(o[1]);
	close(e[1]);
	*out = o[0];
	*err = e[0];
	return pid;
}

/* The client's line, as far as it goes within one read; then the answer. */
static void serve(struct place *place, const char *answer, size_t len)
{
	int fd = accept(place->listener, NULL, NULL);
	ssize_t n;

	assert_true(fd >= 0);
	n = recv(fd, place->request, sizeof place->request - 1, 0);
	place->request[n > 0 ? n : 0] = '\0';
	assert_int_equal(send(fd, answer, len, MSG_NOSIGNAL), len);
	close(fd);
}

/* Runs usherctl with these arguments; its exit status. NULL: nobody answers. */
static int run_with(struct place *place, const char *const *argv, const char *answer, size_t len)
{
	int out, err, status;
	pid_t pid = start(place, argv, &out, &err);

	if (answer)
		serve(place, answer, len);
	read_end(out, place->out, sizeof place->out);
	read_end(err, place->err, sizeof place->err);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(place, answer, ...)                                                               \
	run_with(place, (const char *[]){"usherctl", "-s", (place)->path, __VA_ARGS__, NULL}, \
	         answer, strlen(answer))
#define RUN_ALONE(place, ...) \
	run_with(place, (const char *[]){"usherctl", __VA_ARGS__, NULL}, NULL, 0)

static void usherctl__answer__is_shown_in_its_form(void **state)
{
	struct place *place = *state;

	assert_int_equal(RUN(place, "ok table\nA\tLONG\nxyz\t1\n.\n", "services"), 0);
	assert_string_equal(place->request, "services\n");
	assert_string_equal(place->out, "A    LONG\nxyz     1\n");
	assert_string_equal(place->err, "");
	assert_int_equal(RUN(place, "ok fields\npid\t1\n.\n", "status"), 0);
	assert_string_equal(place->out, "pid  1\n");
	assert_int_equal(RUN(place, "ok text\n# HELP x\nx 1\n.\n", "metrics"), 0);
	assert_string_equal(place->out, "# HELP x\nx 1\n");
	assert_int_equal(RUN(place, "ok fields\n.\n", "stop"), 0);
	assert_string_equal(place->out, "");
}

static void usherctl__with_j__asks_for_json(void **state)
{
	struct place *place = *state;

	assert_int_equal(RUN(place, "ok json\n{\"a\":\"\xc3\xa4\"}\n.\n", "-j", "sessions", "x"),
	                 0);
	assert_string_equal(place->request, "-j sessions x\n");
	assert_string_equal(place->out, "{\"a\":\"\xc3\xa4\"}\n");
	assert_int_equal(RUN(place, "ok json\n{}\n.\n", "status", "--json"), 0);
	assert_string_equal(place->request, "-j status\n");
}

static void usherctl__refused__says_why(void **state)
{
	static const struct {
		const char *answer, *err;
		int status;
	} row[] = {
	    {"error there is no service \"x\"\n", "usherctl: sessions: there is no service \"x\"\n",
	     1},
	    {"denied stop is for root\n", "usherctl: sessions: stop is for root\n", 1},
	    {"usage sessions [SERVICE]\n", "usherctl: sessions: sessions [SERVICE]\n", 2},
	    {"error \033[2J\n", "usherctl: sessions: \\x1b[2J\n", 1},
	    {"HTTP/1.1 400 Bad Request\n", "usherctl: what answers there is no usherd\n", 1},
	    {"okay\n.\n", "usherctl: what answers there is no usherd\n", 1},
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(RUN(place, row[i].answer, "sessions", "x"), row[i].status);
		assert_string_equal(place->err, row[i].err);
		assert_string_equal(place->out, "");
	}
}

static void usherctl__answer_cut_off__is_a_failure(void **state)
{
	static const char *const answer[] = {
	    "ok text\nhalf",
	    "ok text\nhalf\n",
	    "ok text\nhalf.\n",
	    "ok text\n",
	    "ok text",
	    "",
	    "o",
	    "ok text\nhalf\n.",
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LEN(answer); i++) {
		assert_int_equal(RUN(place, answer[i], "metrics"), 1);
		assert_string_equal(place->out, "");
		assert_string_not_equal(place->err, "");
	}
}

static void usherctl__without_a_daemon__is_3(void **state)
{
	struct place *place = *state;
	char none[128];

	snprintf(none, sizeof none, "%s/none", place->dir);
	assert_int_equal(RUN_ALONE(place, "-s", none, "status"), 3);
	assert_non_null(strstr(place->err, "no usherd runs"));
	snprintf(none, sizeof none, "%s/none/control", place->dir);
	assert_int_equal(RUN_ALONE(place, "-s", none, "status"), 3);
	close(place->listener);
	place->listener = -1;
	assert_int_equal(RUN_ALONE(place, "-s", place->path, "status"), 3);
}

static void usherctl__wrong_use__is_2(void **state)
{
	struct place *place = *state;

	assert_int_equal(run_with(place, (const char *[]){"usherctl", NULL}, NULL, 0), 2);
	assert_int_equal(RUN_ALONE(place, "-Z", "status"), 2);
	assert_int_equal(RUN_ALONE(place, "-s"), 2);
	assert_int_equal(RUN_ALONE(place, "bogus"), 2);
	assert_int_equal(RUN_ALONE(place, ""), 2);
	assert_int_equal(RUN_ALONE(place, "status", "surplus"), 2);
	assert_int_equal(RUN_ALONE(place, "sessions", "a", "b"), 2);
	assert_int_equal(RUN_ALONE(place, "sessions", "a\nstop"), 2);
	assert_int_equal(RUN_ALONE(place, "sessions", "a b"), 2);
	assert_int_equal(RUN_ALONE(place, "sessions", ""), 2);
	assert_int_equal(RUN_ALONE(place, "--dry-run", "status"), 2);
	assert_int_equal(RUN_ALONE(place, "reload", "--dry-run", "x"), 2);
	assert_int_equal(RUN_ALONE(place, "convert"), 2);
	assert_int_equal(RUN_ALONE(place, "convert", "inetd"), 2);
	assert_int_equal(RUN_ALONE(place, "convert", "bogus", "/dev/null"), 2);
}

static void usherctl__help_and_version__go_to_standard_output(void **state)
{
	struct place *place = *state;

	assert_int_equal(RUN_ALONE(place, "--help"), 0);
	assert_non_null(strstr(place->out, "\n  sessions [SERVICE] "));
	assert_non_null(strstr(place->out, "\n  convert FORM FILE... "));
	assert_int_equal(RUN_ALONE(place, "-V"), 0);
	assert_string_equal(place->out, "usherctl " PACKAGE_VERSION "\n");
	assert_string_equal(place->err, "");
}

/* What is under /tmp in our name may have been put there by somebody else. */
static void usherctl__default_directory_of_others__is_not_trusted(void **state)
{
	struct place *place = *state;
	char run[128], sub[160];

	if (geteuid() == 0)
		skip_because("root's default directory does not depend on the environment");
	snprintf(run, sizeof run, "%s/xdg", place->dir);
	snprintf(sub, sizeof sub, "%s/usherd", run);
	assert_int_equal(mkdir(run, 0700), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", run, 1), 0);
	assert_int_equal(RUN_ALONE(place, "status"), 3);
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(RUN_ALONE(place, "status"), 3);
	assert_int_equal(chmod(sub, 0777), 0);
	assert_int_equal(RUN_ALONE(place, "status"), 1);
	assert_non_null(strstr(place->err, "not to be trusted"));
	assert_int_equal(rmdir(sub), 0);
	assert_int_equal(rmdir(run), 0);
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    TEST(usherctl__answer__is_shown_in_its_form),
	    TEST(usherctl__with_j__asks_for_json),
	    TEST(usherctl__refused__says_why),
	    TEST(usherctl__answer_cut_off__is_a_failure),
	    TEST(usherctl__without_a_daemon__is_3),
	    TEST(usherctl__wrong_use__is_2),
	    TEST(usherctl__help_and_version__go_to_standard_output),
	    TEST(usherctl__default_directory_of_others__is_not_trusted),
#undef TEST
	};

	return cmocka_run_group_tests_name("tools/usherctl", tests, NULL, NULL);
}
