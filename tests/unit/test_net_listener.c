/* net/listener.h: what is opened is what was asked for, and goes without a trace. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/listener.h"
#include "unit/test.h"

static char dir[] = "/tmp/usherd-test-XXXXXX";
static char path[sizeof dir + 16];
static struct conf_service conf;
static struct conf_listen where;
static struct listener listener = LISTENER_CLOSED;
static const char *why;
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
	                             .keepalive_time_sec = -1,
	                             .keepalive_interval_sec = -1,
	                             .keepalive_probes = -1,
	                             .socket_uid = (uid_t)-1,
	                             .socket_gid = (gid_t)-1,
	                             .socket_mode = 0666};
	where = (struct conf_listen){.text = "test", .type = SOCK_STREAM};
	fds_before = fd_count();
	return 0;
}

/* Whatever a test did, nothing of it may be left. */
static int tear_down(void **state)
{
	(void)state;
	listener_close(&listener);
	unlink(path);
	return fd_count() == fds_before ? 0 : -1;
}

static int open_ip(const char *host)
{
	assert_int_equal(addr_parse_ip(host, 0, &where.addr), 0);
	return listener_open(&listener, &where, &conf, &why);
}

static int open_unix(const char *name)
{
	assert_int_equal(addr_set_unix(name, &where.addr), 0);
	where.kind = where.type == SOCK_DGRAM       ? CONF_UNIX_DGRAM
	             : where.type == SOCK_SEQPACKET ? CONF_UNIX_SEQPACKET
	                                            : CONF_UNIX;
	return listener_open(&listener, &where, &conf, &why);
}

static bool has_ipv6(void)
{
	struct addr addr;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool has;

	assert_int_equal(addr_parse_ip("::1", 0, &addr), 0);
	has = fd >= 0 && bind(fd, &addr.sa, addr.len) == 0;
	fd_close(&fd);
	return has;
}

/* Connects by this address to the listener's port; the descriptor or -1. */
static int connect_by(const char *host)
{
	struct addr addr;
	int fd;

	assert_int_equal(addr_parse_ip(host, addr_port(&listener.local), &addr), 0);
	fd = socket(addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &addr.sa, addr.len) < 0)
		fd_close(&fd);
	return fd;
}

static int connect_unix(void)
{
	int fd = socket(AF_UNIX, where.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (connect(fd, &where.addr.sa, where.addr.len) < 0)
		fd_close(&fd);
	return fd;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static int accept_one(void)
{
	int fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void listener__tcp4__serves_that_address_only(void **state)
{
	int client;

	(void)state;
	assert_int_equal(open_ip("127.0.0.1"), 0);
	assert_true(listener.exact);
	assert_false(listener.v4_only);
	assert_int_equal(listener.local.sa.sa_family, AF_INET);
	assert_true(addr_port(&listener.local) > 0);
	assert_int_equal(fcntl(listener.fd, F_GETFD), FD_CLOEXEC);
	assert_true(fcntl(listener.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fd_is_up(listener.fd));
	client = connect_by("127.0.0.1");
	assert_true(client >= 0);
	close(client);
	assert_int_equal(connect_by("127.0.0.2"), -1);
}

static void listener__wildcard__is_not_exact(void **state)
{
	int client;

	(void)state;
	assert_int_equal(open_ip("0.0.0.0"), 0);
	assert_false(listener.exact);
	client = connect_by("127.0.0.2");
	assert_true(client >= 0);
	close(client);
}

static void listener__tcp6__is_for_ipv6_only(void **state)
{
	int client;

	(void)state;
	if (!has_ipv6())
		skip_because("there is no IPv6 here");
	assert_int_equal(open_ip("::"), 0);
	assert_int_equal(option(listener.fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_false(listener.exact);
	assert_int_equal(connect_by("127.0.0.1"), -1);
	client = connect_by("::1");
	assert_true(client >= 0);
	close(client);
}

static void listener__dual__serves_both(void **state)
{
	int four, six;

	(void)state;
	if (!has_ipv6())
		skip_because("there is no IPv6 here");
	where.dual = true;
	assert_int_equal(open_ip("::"), 0);
	assert_false(listener.v4_only);
	assert_int_equal(option(listener.fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	four = connect_by("127.0.0.1");
	six = connect_by("::1");
	assert_true(four >= 0 && six >= 0);
	close(four);
	close(six);
}

static void options__none__are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(open_ip("127.0.0.1"), 0);
	assert_int_equal(option(listener.fd, SOL_SOCKET, SO_REUSEADDR), 1);
	assert_int_equal(option(listener.fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_equal(option(listener.fd, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_equal(option(listener.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

static void expect_options(int fd)
{
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 7000);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 41);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 7);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 5);
}

static void options__all__are_set_and_inherited(void **state)
{
	struct tcp_info info;
	socklen_t len = sizeof info;
	int client, fd;

	(void)state;
	conf.nodelay = conf.keepalive = true;
	conf.keepalive_time_sec = 41;
	conf.keepalive_interval_sec = 7;
	conf.keepalive_probes = 5;
	conf.user_timeout_msec = 7000;
	conf.backlog = 3;
	assert_int_equal(open_ip("127.0.0.1"), 0);
	expect_options(listener.fd);
	assert_int_equal(getsockopt(listener.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	/* Of a listener this is the length of its backlog. */
	assert_int_equal(info.tcpi_sacked, 3);
	client = connect_by("127.0.0.1");
	fd = accept_one();
	expect_options(fd);
	close(fd);
	close(client);
}

static void keepalive__times_without_it__are_not_set(void **state)
{
	(void)state;
	conf.keepalive_time_sec = 41;
	assert_int_equal(open_ip("127.0.0.1"), 0);
	assert_int_equal(option(listener.fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_not_equal(option(listener.fd, IPPROTO_TCP, TCP_KEEPIDLE), 41);
}

static void listener__address_in_use__fails_at_bind(void **state)
{
	struct listener second;

	(void)state;
	assert_int_equal(open_ip("127.0.0.1"), 0);
	where.addr = listener.local;
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_string_equal(why, "bind");
	assert_int_equal(second.fd, -1);
}

static void listener__address_of_nobody__fails_at_bind(void **state)
{
	(void)state;
	assert_int_equal(open_ip("203.0.113.1"), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_string_equal(why, "bind");
}

/* The side that closes first keeps the address in TIME_WAIT. */
static void listener__old_connections__do_not_keep_the_port(void **state)
{
	int client, fd;
	char byte;

	(void)state;
	assert_int_equal(open_ip("127.0.0.1"), 0);
	client = connect_by("127.0.0.1");
	fd = accept_one();
	close(fd);
	assert_int_equal(read(client, &byte, 1), 0);
	close(client);
	where.addr = listener.local;
	listener_close(&listener);
	assert_int_equal(listener_open(&listener, &where, &conf, &why), 0);
}

static void unix__path__has_its_mode_and_goes_at_the_close(void **state)
{
	struct stat st;
	int client;

	(void)state;
	conf.socket_mode = 0620;
	assert_int_equal(open_unix(path), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0620);
	assert_true(listener.exact && listener.own_path);
	client = connect_unix();
	assert_true(client >= 0);
	close(client);
	listener_close(&listener);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(listener.fd, -1);
	listener_close(&listener);
}

static void unix__mode__does_not_change_our_umask(void **state)
{
	mode_t before = umask(027), after;

	(void)state;
	conf.socket_mode = 0;
	assert_int_equal(open_unix(path), 0);
	after = umask(before);
	assert_int_equal(after, 027);
}

static void unix__owner__is_set(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip_because("only root can give a socket away");
	conf.socket_uid = 1;
	conf.socket_gid = 2;
	assert_int_equal(open_unix(path), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(st.st_gid, 2);
}

static void unix__longest_path__is_removed_too(void **state)
{
	char longest[sizeof where.addr.un.sun_path];
	struct stat st;

	(void)state;
	memset(longest, 'x', sizeof longest);
	memcpy(longest, dir, strlen(dir));
	longest[strlen(dir)] = '/';
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(open_unix(longest), 0);
	assert_int_equal(lstat(longest, &st), 0);
	listener_close(&listener);
	assert_int_equal(lstat(longest, &st), -1);
}

static void unix__stale_socket__is_replaced(void **state)
{
	int old = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client;

	(void)state;
	assert_int_equal(addr_set_unix(path, &where.addr), 0);
	assert_int_equal(bind(old, &where.addr.sa, where.addr.len), 0);
	assert_int_equal(listen(old, 1), 0);
	close(old);
	assert_int_equal(open_unix(path), 0);
	client = connect_unix();
	assert_true(client >= 0);
	close(client);
}

static void unix__living_socket__is_left_alone(void **state)
{
	struct listener second;
	int client;

	(void)state;
	assert_int_equal(open_unix(path), 0);
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	client = connect_unix();
	assert_true(client >= 0);
	close(client);
}

/* Who has no time for us is not dead. */
static void unix__living_socket_with_a_full_backlog__is_left_alone(void **state)
{
	struct listener second;
	int client[64], n = 0;

	(void)state;
	conf.backlog = 0;
	assert_int_equal(open_unix(path), 0);
	while (n < 64 && (client[n] = connect_unix()) >= 0)
		n++;
	assert_true(n < 64);
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	while (n > 0)
		close(client[--n]);
}

static void unix__plain_file_in_the_way__is_left_alone(void **state)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(open_unix(path), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_size, 1);
}

static void unix__path_of_somebody_else_by_now__is_left_alone(void **state)
{
	int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char moved[sizeof path];

	(void)state;
	assert_int_equal(open_unix(path), 0);
	/* Before ours goes, so that it cannot get the number of our file. */
	snprintf(moved, sizeof moved, "%s/moved", dir);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(bind(other, &where.addr.sa, where.addr.len), 0);
	listener_close(&listener);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(unlink(moved), 0);
	close(other);
}

static void unix__abstract__has_no_path(void **state)
{
	char name[64];
	int client;

	(void)state;
	snprintf(name, sizeof name, "@usherd-test-%d", getpid());
	assert_int_equal(open_unix(name), 0);
	assert_false(listener.own_path);
	client = connect_unix();
	assert_true(client >= 0);
	close(client);
	listener_close(&listener);
	assert_int_equal(connect_unix(), -1);
}

static void unix_seqpacket__clients__are_accepted(void **state)
{
	char text[8];
	int client, fd;

	(void)state;
	where.type = SOCK_SEQPACKET;
	assert_int_equal(open_unix(path), 0);
	assert_int_equal(option(listener.fd, SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
	client = connect_unix();
	fd = accept_one();
	assert_int_equal(send(client, "one", 3, 0), 3);
	assert_int_equal(send(client, "two", 3, 0), 3);
	assert_int_equal(recv(fd, text, sizeof text, 0), 3);
	close(fd);
	close(client);
}

static void unix_dgram__socket__is_bound_and_does_not_listen(void **state)
{
	struct listener second;
	struct stat st;
	char text[8];
	int client;

	(void)state;
	where.type = SOCK_DGRAM;
	conf.socket_mode = 0640;
	assert_int_equal(open_unix(path), 0);
	assert_int_equal(option(listener.fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	client = connect_unix();
	assert_int_equal(send(client, "one", 3, 0), 3);
	assert_int_equal(recv(listener.fd, text, sizeof text, MSG_DONTWAIT), 3);
	close(client);
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	listener_close(&listener);
	assert_int_equal(lstat(path, &st), -1);
}

static void unix_dgram__stale_socket__is_replaced(void **state)
{
	int old = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	where.type = SOCK_DGRAM;
	assert_int_equal(addr_set_unix(path, &where.addr), 0);
	assert_int_equal(bind(old, &where.addr.sa, where.addr.len), 0);
	close(old);
	assert_int_equal(open_unix(path), 0);
}

/* Somebody of another type lives there: he is no less alive. */
static void unix__living_socket_of_another_type__is_left_alone(void **state)
{
	struct listener second;

	(void)state;
	where.type = SOCK_DGRAM;
	assert_int_equal(open_unix(path), 0);
	where.type = SOCK_STREAM;
	where.kind = CONF_UNIX;
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
}

static void unix__no_directory__fails_at_bind(void **state)
{
	(void)state;
	assert_int_equal(open_unix("/nonexistent/socket"), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(why, "bind");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(listener__tcp4__serves_that_address_only),
	    TEST(listener__wildcard__is_not_exact),
	    TEST(listener__tcp6__is_for_ipv6_only),
	    TEST(listener__dual__serves_both),
	    TEST(options__none__are_the_kernels),
	    TEST(options__all__are_set_and_inherited),
	    TEST(keepalive__times_without_it__are_not_set),
	    TEST(listener__address_in_use__fails_at_bind),
	    TEST(listener__address_of_nobody__fails_at_bind),
	    TEST(listener__old_connections__do_not_keep_the_port),
	    TEST(unix__path__has_its_mode_and_goes_at_the_close),
	    TEST(unix__mode__does_not_change_our_umask),
	    TEST(unix__owner__is_set),
	    TEST(unix__longest_path__is_removed_too),
	    TEST(unix__stale_socket__is_replaced),
	    TEST(unix__living_socket__is_left_alone),
	    TEST(unix__living_socket_with_a_full_backlog__is_left_alone),
	    TEST(unix__plain_file_in_the_way__is_left_alone),
	    TEST(unix__path_of_somebody_else_by_now__is_left_alone),
	    TEST(unix__abstract__has_no_path),
	    TEST(unix_seqpacket__clients__are_accepted),
	    TEST(unix_dgram__socket__is_bound_and_does_not_listen),
	    TEST(unix_dgram__stale_socket__is_replaced),
	    TEST(unix__living_socket_of_another_type__is_left_alone),
	    TEST(unix__no_directory__fails_at_bind),
	};

	return cmocka_run_group_tests_name("net/listener", tests, make_dir, remove_dir);
}
