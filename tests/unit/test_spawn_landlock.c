/* spawn/landlock.h: which rights a kernel of each version is asked for, and what rules give. */
#include "spawn/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "unit/test.h"

/* As landlock(7) has them. */
enum {
	EXECUTE = 0x1,
	WRITE_FILE = 0x2,
	READ_FILE = 0x4,
	READ_DIR = 0x8,
	MAKE_CHAR = 0x40,
	MAKE_BLOCK = 0x800,
	REFER = 0x2000,
	TRUNCATE = 0x4000,
	IOCTL_DEV = 0x8000,
	FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
};

static struct landlock_rights handled(int version, bool no_tcp, bool scoped)
{
	struct conf_landlock conf = {
	    .on = true, .version = version, .no_tcp = no_tcp, .scoped = scoped};
	struct landlock_rights rights;

	landlock_handled(&conf, &rights);
	return rights;
}

static void handled__each_version__is_asked_for_what_it_has(void **state)
{
	static const struct landlock_rights want[] = {
	    [1] = {0x1fff, 0, 0}, [2] = {0x3fff, 0, 0}, [3] = {0x7fff, 0, 0}, [4] = {0x7fff, 3, 0},
	    [5] = {0xffff, 3, 0}, [6] = {0xffff, 3, 3}, [7] = {0xffff, 3, 3},
	};

	(void)state;
	for (int version = 1; version < (int)ARRAY_LEN(want); version++) {
		struct landlock_rights all = handled(version, true, true);
		struct landlock_rights files = handled(version, false, false);

		assert_int_equal(all.files, want[version].files);
		assert_int_equal(all.network, want[version].network);
		assert_int_equal(all.scopes, want[version].scopes);
		/* The rest is only taken away where that is wanted. */
		assert_int_equal(files.files, want[version].files);
		assert_int_equal(files.network | files.scopes, 0);
	}
}

static void handled__free_files__nothing_of_them_is_taken_away(void **state)
{
	struct conf_landlock conf = {
	    .on = true, .files_free = true, .version = 7, .no_tcp = true, .scoped = true};
	struct landlock_rights rights;

	(void)state;
	landlock_handled(&conf, &rights);
	assert_int_equal(rights.network, 3);
	assert_int_equal(rights.scopes, 3);
	/* To move files to other directories is denied by each set that does not allow it. */
	assert_int_equal(rights.files, 0x2000);
	assert_int_equal(landlock_allowed(rights.files, CONF_PATH_WRITE, true), 0x2000);
}

static void allowed__each_use__has_its_rights(void **state)
{
	static const struct {
		unsigned use;
		uint64_t directory, file;
	} row[] = {
	    {CONF_PATH_READ, READ_FILE | READ_DIR, READ_FILE},
	    {CONF_PATH_EXEC, READ_FILE | READ_DIR | EXECUTE, READ_FILE | EXECUTE},
	    {CONF_PATH_WRITE, 0xffff & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK), FILE_RIGHTS & ~EXECUTE},
	    {CONF_PATH_WRITE | CONF_PATH_EXEC, 0xffff & ~(MAKE_CHAR | MAKE_BLOCK), FILE_RIGHTS},
	};

	(void)state;
	for (int version = 1; version <= 7; version++) {
		uint64_t has = handled(version, false, false).files;

		for (size_t i = 0; i < ARRAY_LEN(row); i++) {
			assert_int_equal(landlock_allowed(has, row[i].use, true),
			                 row[i].directory & has);
			assert_int_equal(landlock_allowed(has, row[i].use, false),
			                 row[i].file & has);
		}
	}
}

static int kernel_version(void)
{
	return sys_landlock_create_ruleset(NULL, 0, 1);
}

/* Every right of every use, asked of the kernel that is here. */
static struct landlock *make(const struct conf_landlock *conf, const char **why_r)
{
	struct conf_service service = {.landlock = *conf, .uid = geteuid()};

	return landlock_new(&service, -1, why_r);
}

static void new__any_version__is_taken_by_the_kernel(void **state)
{
	static const struct conf_path path[] = {
	    {"/", CONF_PATH_READ, false, false, false},
	    {"/usr", CONF_PATH_EXEC | CONF_PATH_WRITE, false, false, false},
	    {"/bin/sh", CONF_PATH_EXEC | CONF_PATH_WRITE, false, false, false},
	    {"/dev/null", CONF_PATH_WRITE, false, false, false},
	    {"/nonexistent/implied", CONF_PATH_READ, true, false, false},
	    {"/nonexistent/optional", CONF_PATH_READ, false, true, false},
	};
	int have = kernel_version();

	(void)state;
	if (have < 0)
		skip_because("this kernel has no Landlock");
	for (int version = 1; version <= have && version <= 7; version++) {
		struct conf_landlock conf = {.on = true,
		                             .version = version,
		                             .no_tcp = true,
		                             .scoped = true,
		                             .path = path,
		                             .count = ARRAY_LEN(path)};
		const char *why = "x";
		struct landlock *landlock = make(&conf, &why);

		assert_non_null(landlock);
		assert_null(why);
		assert_true(fcntl(landlock->fd, F_GETFD) & FD_CLOEXEC);
		landlock_free(&landlock);
		assert_null(landlock);
	}
}

static void new__path_that_is_gone__is_the_reason(void **state)
{
	static const struct conf_path path = {"/nonexistent/x", CONF_PATH_READ, false, false,
	                                      false};
	struct conf_landlock conf = {.on = true, .version = 1, .path = &path, .count = 1};
	const char *why = NULL;

	(void)state;
	if (kernel_version() < 0)
		skip_because("this kernel has no Landlock");
	assert_null(make(&conf, &why));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(why, path.text);
}

static int in_set(const struct landlock *landlock, const char *readable, const char *refused)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (landlock_enter(landlock) < 0)
			_exit(1);
		if (open(readable, O_RDONLY) < 0)
			_exit(2);
		if (open(refused, O_RDONLY) >= 0 || errno != EACCES)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void new__regular__leaves_out_all_else(void **state)
{
	static const struct conf_path path[] = {
	    {"/usr/bin/env", CONF_PATH_READ, true, true, true},
	    {"/etc", CONF_PATH_READ, true, true, true},
	};
	struct conf_landlock conf = {
	    .on = true, .version = 1, .path = path, .count = ARRAY_LEN(path)};
	struct landlock *landlock;
	const char *why;

	(void)state;
	if (kernel_version() < 0)
		skip_because("this kernel has no Landlock");
	landlock = make(&conf, &why);
	assert_non_null(landlock);
	assert_int_equal(in_set(landlock, "/usr/bin/env", "/etc/passwd"), 0);
	landlock_free(&landlock);
}

static void enter__any_number_of_children__are_confined(void **state)
{
	static const struct conf_path path = {"/usr", CONF_PATH_READ, false, false, false};
	struct conf_landlock conf = {.on = true, .version = 1, .path = &path, .count = 1};
	struct landlock *landlock;
	const char *why = NULL;

	(void)state;
	if (kernel_version() < 0)
		skip_because("this kernel has no Landlock");
	landlock = make(&conf, &why);
	assert_non_null(landlock);
	for (int i = 0; i < 3; i++)
		assert_int_equal(in_set(landlock, "/usr/bin/env", "/etc/passwd"), 0);
	landlock_free(&landlock);
	/* Nothing of it holds for us. */
	assert_return_code(access("/etc/passwd", R_OK), errno);
}

/* What the last of a confined child's attempts came to; 0: it succeeded. */
static int attempt(const struct landlock *landlock, int (*try)(const void *), const void *argument)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (landlock && landlock_enter(landlock) < 0)
			_exit(255);
		_exit(try(argument) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct address {
	struct sockaddr_storage addr;
	socklen_t len;
};

static int try_connect(const void *argument)
{
	const struct address *to = argument;
	int fd = socket(to->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&to->addr, to->len);
}

static int try_bind(const void *argument)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)argument;
	return bind(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), (const struct sockaddr *)&any,
	            sizeof any);
}

static int try_signal(const void *argument)
{
	(void)argument;
	return kill(getppid(), 0);
}

static int try_own_child(const void *argument)
{
	pid_t pid = fork();

	(void)argument;
	if (pid == 0)
		pause();
	return kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) < 0 ? -1 : 0;
}

/* A socket that listens at a free address of this kind. */
static int listen_at(struct address *at, int family)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&at->addr;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct address){.addr.ss_family = (sa_family_t)family, .len = sizeof at->addr};
	in->sin_addr.s_addr = family == AF_INET ? htonl(INADDR_LOOPBACK) : 0;
	/* A unix socket without a name gets one in the abstract. */
	if (bind(fd, (const struct sockaddr *)&at->addr,
	         family == AF_INET ? sizeof *in : sizeof(sa_family_t)) < 0 ||
	    listen(fd, 16) < 0 || getsockname(fd, (struct sockaddr *)&at->addr, &at->len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void enter__scoped_and_no_tcp__reaches_nobody_else(void **state)
{
	static const struct conf_path path = {"/", CONF_PATH_READ, false, false, false};
	struct address tcp, local;
	int tcp_fd = listen_at(&tcp, AF_INET), local_fd = listen_at(&local, AF_UNIX);
	int have = kernel_version();

	(void)state;
	if (have < 4 || tcp_fd < 0 || local_fd < 0)
		skip_because("this needs version 4 of Landlock, and loopback");
	for (int version = 3; version <= have && version <= 7; version++) {
		struct conf_landlock conf = {.on = true,
		                             .version = version,
		                             .no_tcp = true,
		                             .scoped = true,
		                             .path = &path,
		                             .count = 1};
		const char *why;
		struct landlock *all = make(&conf, &why), *files;
		int tcp_error = version >= 4 ? EACCES : 0, error = version >= 6 ? EPERM : 0;

		conf.no_tcp = conf.scoped = false;
		files = make(&conf, &why);
		assert_non_null(all);
		assert_non_null(files);
		assert_int_equal(attempt(all, try_connect, &tcp), tcp_error);
		assert_int_equal(attempt(all, try_bind, NULL), tcp_error);
		assert_int_equal(attempt(all, try_connect, &local), error);
		assert_int_equal(attempt(all, try_signal, NULL), error);
		assert_int_equal(attempt(all, try_own_child, NULL), 0);
		assert_int_equal(attempt(files, try_connect, &tcp), 0);
		assert_int_equal(attempt(files, try_bind, NULL), 0);
		assert_int_equal(attempt(files, try_connect, &local), 0);
		assert_int_equal(attempt(files, try_signal, NULL), 0);
		landlock_free(&all);
		landlock_free(&files);
	}
	close(tcp_fd);
	close(local_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(handled__each_version__is_asked_for_what_it_has),
	    cmocka_unit_test(handled__free_files__nothing_of_them_is_taken_away),
	    cmocka_unit_test(allowed__each_use__has_its_rights),
	    cmocka_unit_test(new__any_version__is_taken_by_the_kernel),
	    cmocka_unit_test(new__path_that_is_gone__is_the_reason),
	    cmocka_unit_test(new__regular__leaves_out_all_else),
	    cmocka_unit_test(enter__any_number_of_children__are_confined),
	    cmocka_unit_test(enter__scoped_and_no_tcp__reaches_nobody_else),
	};

	return cmocka_run_group_tests_name("spawn/landlock", tests, NULL, NULL);
}
