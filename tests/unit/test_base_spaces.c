/* base/spaces.h: namespaces that outlive who made them. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/spaces.h"
#include "unit/test.h"

static struct spaces_ids own_ids(void)
{
	return (struct spaces_ids){.uid = geteuid(), .gid = getegid()};
}

/* Root needs no user namespace, and others cannot do without. */
static unsigned some_kinds(void)
{
	return geteuid() == 0 ? SPACES(NET) | SPACES(IPC) : SPACES(USER) | SPACES(NET);
}

static void make(struct spaces *spaces)
{
	struct spaces_ids ids = own_ids();
	const char *call;

	if (spaces_make(spaces, some_kinds(), &ids, &call) < 0)
		skip_because("there are no namespaces for us here");
}

static ino_t inode(int fd)
{
	struct stat st;

	assert_return_code(fstat(fd, &st), errno);
	return st.st_ino;
}

static ino_t own_network(void)
{
	struct stat st;

	assert_return_code(stat("/proc/self/ns/net", &st), errno);
	return st.st_ino;
}

static void spaces__none__are_none(void **state)
{
	struct spaces spaces;

	(void)state;
	spaces_init(&spaces);
	for (int i = 0; i < SPACES_KINDS; i++)
		assert_int_equal(spaces.fd[i], -1);
	spaces_close(&spaces);
}

static void spaces__made__are_new_and_open(void **state)
{
	struct spaces one, other;

	(void)state;
	make(&one);
	make(&other);
	for (int i = 0; i < SPACES_KINDS; i++)
		assert_int_equal(one.fd[i] >= 0, (some_kinds() & 1U << i) != 0);
	assert_int_equal(fcntl(one.fd[SPACES_NET], F_GETFD), FD_CLOEXEC);
	assert_int_not_equal(inode(one.fd[SPACES_NET]), own_network());
	assert_int_not_equal(inode(one.fd[SPACES_NET]), inode(other.fd[SPACES_NET]));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	spaces_close(&one);
	spaces_close(&other);
	assert_int_equal(one.fd[SPACES_NET], -1);
}

/* As a child of usherd does it. */
static void spaces__made__can_be_entered(void **state)
{
	struct spaces spaces;
	int status;
	pid_t pid;

	(void)state;
	make(&spaces);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < SPACES_KINDS; i++)
			if (spaces.fd[i] >= 0 && setns(spaces.fd[i], 0) < 0)
				_exit(1);
		_exit(own_network() != inode(spaces.fd[SPACES_NET]));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	spaces_close(&spaces);
}

static void spaces__ids__are_taken_once_and_must_be_few(void **state)
{
	enum { MANY = 1000 };
	static gid_t groups[MANY];
	struct spaces_ids ids = own_ids();
	struct spaces spaces;
	const char *call = "";

	(void)state;
	if (geteuid() != 0)
		skip_because("only root gives others in");
	ids.uid = ids.gid = 65534;
	groups[0] = groups[2] = 65534;
	groups[1] = groups[3] = 4;
	ids.groups = groups;
	ids.group_count = 4;
	if (spaces_make(&spaces, SPACES(USER), &ids, &call) < 0)
		skip_because("there are no user namespaces here");
	spaces_close(&spaces);
	for (size_t i = 0; i < MANY; i++)
		groups[i] = (gid_t)(1000 + i);
	ids.group_count = MANY;
	assert_int_equal(spaces_make(&spaces, SPACES(USER), &ids, &call), -1);
	assert_int_equal(errno, E2BIG);
	assert_string_equal(call, "gid_map");
	assert_int_equal(spaces.fd[SPACES_USER], -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void spaces__no_descriptors__leave_nothing(void **state)
{
	struct rlimit now, few;
	struct spaces_ids ids = own_ids();
	struct spaces spaces;
	const char *call;
	unsigned before = fd_count();

	(void)state;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &now), errno);
	few = (struct rlimit){before + 1, now.rlim_max};
	assert_return_code(setrlimit(RLIMIT_NOFILE, &few), errno);
	assert_int_equal(spaces_make(&spaces, some_kinds(), &ids, &call), -1);
	assert_int_equal(errno, EMFILE);
	assert_return_code(setrlimit(RLIMIT_NOFILE, &now), errno);
	assert_int_equal(fd_count(), before);
}

static void spaces__tried__says_what_is_in_the_way(void **state)
{
	const char *call = "?";
	int r = spaces_try(true, &call);

	(void)state;
	assert_true(r == 0 ? !*call : *call && errno != 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spaces__none__are_none),
	    cmocka_unit_test(spaces__made__are_new_and_open),
	    cmocka_unit_test(spaces__made__can_be_entered),
	    cmocka_unit_test(spaces__ids__are_taken_once_and_must_be_few),
	    cmocka_unit_test(spaces__no_descriptors__leave_nothing),
	    cmocka_unit_test(spaces__tried__says_what_is_in_the_way),
	};

	return cmocka_run_group_tests_name("base/spaces", tests, NULL, NULL);
}
