/* net/listener.h when a call fails: the error arrives, and nothing is left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "net/listener.h"
#include "unit/test.h"

enum call { NO_CALL, SOCKET, SETSOCKOPT, BIND, LISTEN, GETSOCKNAME, CHOWN, CALLS };

static enum call failing; /* once */
static int failing_errno;
static int failing_after; /* so many times it works first */

static bool fails(enum call call)
{
	if (call != failing || failing_after-- > 0)
		return false;
	failing = NO_CALL;
	errno = failing_errno;
	return true;
}

/* clang-format off */
#define WRAP(call, type, name, parameters, arguments)   \
	type __wrap_##name parameters;                  \
	type __real_##name parameters;                  \
	type __wrap_##name parameters                   \
	{                                               \
		return fails(call) ? -1 : __real_##name arguments; \
	}
WRAP(SOCKET, int, sys_socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(SETSOCKOPT, int, sys_setsockopt,
     (int fd, int level, int name, const void *value, socklen_t len),
     (fd, level, name, value, len))
WRAP(BIND, int, sys_bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))
WRAP(LISTEN, int, sys_listen, (int fd, int backlog), (fd, backlog))
WRAP(GETSOCKNAME, int, sys_getsockname, (int fd, struct sockaddr *addr, socklen_t *len),
     (fd, addr, len))
WRAP(CHOWN, int, lchown, (const char *name, uid_t uid, gid_t gid), (name, uid, gid))
/* clang-format on */

static char dir[] = "/tmp/usherd-test-XXXXXX";
static char path[sizeof dir + 16];
static struct conf_service conf;
static struct conf_listen where;
static struct listener listener = LISTENER_CLOSED;
static unsigned fds_before;

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/socket", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.backlog = 16,
	                             .nodelay = true,
	                             .keepalive = true,
	                             .keepalive_time_sec = 41,
	                             .keepalive_interval_sec = 7,
	                             .keepalive_probes = 5,
	                             .user_timeout_msec = 7000,
	                             .socket_uid = geteuid(),
	                             .socket_gid = (gid_t)-1,
	                             .socket_mode = 0600};
	where = (struct conf_listen){.text = "test", .type = SOCK_STREAM};
	failing = NO_CALL;
	failing_after = 0;
	fds_before = fd_count();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	failing = NO_CALL;
	listener_close(&listener);
	unlink(path);
	return fd_count() == fds_before ? 0 : -1;
}

static void expect_failure(enum call call, int error, int after, const char *wanted_why)
{
	const char *why = NULL;

	failing = call;
	failing_errno = error;
	failing_after = after;
	assert_int_equal(listener_open(&listener, &where, &conf, &why), -1);
	assert_int_equal(errno, error);
	assert_string_equal(why, wanted_why);
	assert_int_equal(listener.fd, -1);
	assert_int_equal(fd_count(), fds_before);
}

static void tcp__each_call_that_fails__leaves_nothing(void **state)
{
	static const char *const options[] = {
	    "setsockopt(SO_REUSEADDR)",     "setsockopt(TCP_NODELAY)",   "setsockopt(SO_KEEPALIVE)",
	    "setsockopt(TCP_KEEPIDLE)",     "setsockopt(TCP_KEEPINTVL)", "setsockopt(TCP_KEEPCNT)",
	    "setsockopt(TCP_USER_TIMEOUT)",
	};

	(void)state;
	assert_int_equal(addr_parse_ip("127.0.0.1", 0, &where.addr), 0);
	expect_failure(SOCKET, EMFILE, 0, "socket");
	for (int after = 0; after < (int)ARRAY_LEN(options); after++)
		expect_failure(SETSOCKOPT, ENOPROTOOPT, after, options[after]);
	expect_failure(BIND, EACCES, 0, "bind");
	expect_failure(LISTEN, EADDRINUSE, 0, "listen");
	expect_failure(GETSOCKNAME, ENOBUFS, 0, "getsockname");
}

static void expect_unix_failure(enum call call, const char *why)
{
	where.kind = CONF_UNIX;
	assert_int_equal(addr_set_unix(path, &where.addr), 0);
	expect_failure(call, ENOMEM, 0, why);
	assert_int_equal(access(path, F_OK), -1);
}

/* Which one it was is said: it is mostly a right that lacks. */
static void option__device_and_congestion_that_fail__are_named(void **state)
{
	(void)state;
	conf = (struct conf_service){.backlog = 16, .congestion = "reno"};
	where.device = "lo";
	assert_int_equal(addr_parse_ip("127.0.0.1", 0, &where.addr), 0);
	expect_failure(SETSOCKOPT, EPERM, 1, "setsockopt(SO_BINDTODEVICE)");
	expect_failure(SETSOCKOPT, EPERM, 2, "setsockopt(TCP_CONGESTION)");
}

static void unix__bind_fails__leaves_no_path(void **state)
{
	(void)state;
	expect_unix_failure(BIND, "bind");
}

static void unix__chown_fails__leaves_no_path(void **state)
{
	(void)state;
	expect_unix_failure(CHOWN, "chown");
}

static void unix__listen_fails__leaves_no_path(void **state)
{
	(void)state;
	expect_unix_failure(LISTEN, "listen");
}

static void unix__getsockname_fails__leaves_no_path(void **state)
{
	(void)state;
	expect_unix_failure(GETSOCKNAME, "getsockname");
}

/* Who cannot ask whether somebody lives there must not take the path away. */
static void unix__no_socket_to_ask_with__takes_nothing_away(void **state)
{
	struct listener second;
	const char *why;

	(void)state;
	where.kind = CONF_UNIX;
	assert_int_equal(addr_set_unix(path, &where.addr), 0);
	assert_int_equal(listener_open(&listener, &where, &conf, &why), 0);
	failing = SOCKET;
	failing_errno = EMFILE;
	failing_after = 1;
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
}

static void expect_v4(enum call call, int error)
{
	const char *why;

	where.dual = true;
	assert_int_equal(addr_parse_ip("::", 0, &where.addr), 0);
	failing = call;
	failing_errno = error;
	assert_int_equal(listener_open(&listener, &where, &conf, &why), 0);
	assert_true(listener.v4_only);
	assert_false(listener.exact);
	assert_int_equal(listener.local.sa.sa_family, AF_INET);
}

static void dual__no_ipv6_in_the_kernel__serves_ipv4(void **state)
{
	(void)state;
	expect_v4(SOCKET, EAFNOSUPPORT);
}

static void dual__ipv6_switched_off__serves_ipv4(void **state)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (fd < 0)
		skip_because("there are no IPv6 sockets here");
	close(fd);
	expect_v4(BIND, EADDRNOTAVAIL);
}

/* What is no lack of IPv6 does not make a service lose half of its clients. */
static void dual__another_failure__is_reported(void **state)
{
	(void)state;
	where.dual = true;
	assert_int_equal(addr_parse_ip("::", 0, &where.addr), 0);
	expect_failure(SOCKET, EMFILE, 0, "socket");
	where.dual = false;
	expect_failure(SOCKET, EAFNOSUPPORT, 0, "socket");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(tcp__each_call_that_fails__leaves_nothing),
	    TEST(option__device_and_congestion_that_fail__are_named),
	    TEST(unix__bind_fails__leaves_no_path),
	    TEST(unix__chown_fails__leaves_no_path),
	    TEST(unix__listen_fails__leaves_no_path),
	    TEST(unix__getsockname_fails__leaves_no_path),
	    TEST(unix__no_socket_to_ask_with__takes_nothing_away),
	    TEST(dual__no_ipv6_in_the_kernel__serves_ipv4),
	    TEST(dual__ipv6_switched_off__serves_ipv4),
	    TEST(dual__another_failure__is_reported),
	};

	return cmocka_run_group_tests_name("net/failures", tests, make_dir, remove_dir);
}
