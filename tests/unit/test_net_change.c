/* net/sockopt.h, net/listener.h: options that change on an open socket, and one socket beside
 * another. What is set back is as on a socket that never had it. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/listener.h"
#include "net/sockopt.h"
#include "unit/test.h"

static struct conf_service plain;
static struct conf_listen where;
static struct listener listener = LISTENER_CLOSED, other = LISTENER_CLOSED;
static const char *why;
static unsigned fds_before;

static int set_up(void **state)
{
	(void)state;
	plain = (struct conf_service){
	    .backlog = 16, .socket_uid = (uid_t)-1, .socket_gid = (gid_t)-1, .socket_mode = 0666};
	fds_before = fd_count();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	listener_close(&listener);
	listener_close(&other);
	return fd_count() == fds_before ? 0 : -1;
}

static void be_at(const char *host, unsigned port, enum conf_kind kind)
{
	where = (struct conf_listen){.text = "test",
	                             .kind = kind,
	                             .type = kind == CONF_UDP4 || kind == CONF_UDP6 ? SOCK_DGRAM
	                                                                            : SOCK_STREAM};
	assert_int_equal(addr_parse_ip(host, (uint16_t)port, &where.addr), 0);
}

static void open_at(struct listener *l, const char *host, unsigned port, enum conf_kind kind)
{
	be_at(host, port, kind);
	if (listener_open(l, &where, &plain, &why) < 0) {
		assert_int_equal(errno, EAFNOSUPPORT);
		skip_because("there is no IPv6");
	}
}

static int value_of(const struct listener *l, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof value;

	assert_int_equal(getsockopt(l->fd, level, name, &value, &len), 0);
	return value;
}

/* Each option alone: where it is seen, and whether only TCP has it. */
static const struct row {
	const char *name;
	struct conf_service conf;
	int level, option, value;
	bool tcp_only;
} rows[] = {
    {"reuse_port", {.reuse_port = true}, SOL_SOCKET, SO_REUSEPORT, 1, false},
    {"freebind", {.freebind = true}, IPPROTO_IP, IP_FREEBIND, 1, false},
    {"transparent", {.transparent = true}, IPPROTO_IP, IP_TRANSPARENT, 1, false},
    {"defer_accept", {.defer_accept_sec = 3}, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3, true},
    {"fast_open", {.fast_open = 5}, IPPROTO_TCP, TCP_FASTOPEN, 5, true},
    {"nodelay", {.nodelay = true}, IPPROTO_TCP, TCP_NODELAY, 1, true},
    {"keepalive", {.keepalive = true}, SOL_SOCKET, SO_KEEPALIVE, 1, true},
    {"keepalive_time",
     {.keepalive = true, .keepalive_time_sec = 77},
     IPPROTO_TCP,
     TCP_KEEPIDLE,
     77,
     true},
    {"keepalive_interval",
     {.keepalive = true, .keepalive_interval_sec = 7},
     IPPROTO_TCP,
     TCP_KEEPINTVL,
     7,
     true},
    {"keepalive_probes",
     {.keepalive = true, .keepalive_probes = 4},
     IPPROTO_TCP,
     TCP_KEEPCNT,
     4,
     true},
    {"user_timeout", {.user_timeout_msec = 7000}, IPPROTO_TCP, TCP_USER_TIMEOUT, 7000, true},
    {"sndbuf", {.sndbuf = 50000}, SOL_SOCKET, SO_SNDBUF, 100000, false},
    {"rcvbuf", {.rcvbuf = 50000}, SOL_SOCKET, SO_RCVBUF, 100000, false},
    {"tos", {.tos = 0xb8}, IPPROTO_IP, IP_TOS, 0xb8, false},
    {"mark", {.mark = 0x80000001}, SOL_SOCKET, SO_MARK, (int)0x80000001, false},
    {"priority", {.priority = 5}, SOL_SOCKET, SO_PRIORITY, 5, false},
};

static int change(const struct conf_service *from, const struct conf_service *to)
{
	int rc = sockopt_change(listener.fd, listener.local.sa.sa_family, &where, from, to, &why);

	if (rc < 0 && errno == EPERM)
		return 1;
	assert_int_equal(rc, 0);
	return 0;
}

static void change_there_and_back(const struct row *row)
{
	int before = value_of(&listener, row->level, row->option);

	if (change(&plain, &row->conf))
		return;
	if (value_of(&listener, row->level, row->option) != row->value)
		fail_msg("%s is not set", row->name);
	assert_int_equal(change(&row->conf, &row->conf), 0);
	assert_int_equal(value_of(&listener, row->level, row->option), row->value);
	assert_int_equal(change(&row->conf, &plain), 0);
	if (value_of(&listener, row->level, row->option) != before)
		fail_msg("%s is not as before", row->name);
}

static void change__each_option__is_set_and_goes_back(void **state)
{
	static const enum conf_kind kinds[] = {CONF_TCP4, CONF_UDP4};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		open_at(&listener, "127.0.0.1", 0, kinds[k]);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (k == 0 || !rows[i].tcp_only)
				change_there_and_back(&rows[i]);
		listener_close(&listener);
	}
}

static void change__ipv6__has_its_own_tos(void **state)
{
	struct conf_service marked = {.tos = 0xb8};

	(void)state;
	open_at(&listener, "::1", 0, CONF_TCP6);
	assert_int_equal(change(&plain, &marked), 0);
	assert_int_equal(value_of(&listener, IPPROTO_IPV6, IPV6_TCLASS), 0xb8);
	assert_int_equal(change(&marked, &plain), 0);
	assert_int_equal(value_of(&listener, IPPROTO_IPV6, IPV6_TCLASS), 0);
}

/* The kernel leaves a size alone that was set by hand, unless it is told. */
static void change__buffer_without_size__is_the_kernels_again(void **state)
{
	struct conf_service sized = {.rcvbuf = 50000, .sndbuf = 50000};
	int locked = -1;
	socklen_t len = sizeof locked;

	(void)state;
	open_at(&listener, "127.0.0.1", 0, CONF_TCP4);
	if (getsockopt(listener.fd, SOL_SOCKET, 72 /* SO_BUF_LOCK */, &locked, &len) < 0)
		skip_because("this kernel does not tell");
	assert_int_equal(locked, 0);
	assert_int_equal(change(&plain, &sized), 0);
	assert_int_equal(value_of(&listener, SOL_SOCKET, 72), 3);
	assert_int_equal(change(&sized, &plain), 0);
	assert_int_equal(value_of(&listener, SOL_SOCKET, 72), 0);
}

static void congestion_is(const char *wanted)
{
	char name[32] = "";
	socklen_t len = sizeof name - 1;

	assert_int_equal(getsockopt(listener.fd, IPPROTO_TCP, TCP_CONGESTION, name, &len), 0);
	assert_string_equal(name, wanted);
}

static void change__congestion__is_set_and_goes_back(void **state)
{
	struct conf_service reno = {.congestion = "reno"};
	char before[32] = "";
	socklen_t len = sizeof before - 1;

	(void)state;
	open_at(&listener, "127.0.0.1", 0, CONF_TCP4);
	assert_int_equal(getsockopt(listener.fd, IPPROTO_TCP, TCP_CONGESTION, before, &len), 0);
	assert_int_equal(change(&plain, &reno), 0);
	congestion_is("reno");
	assert_int_equal(change(&reno, &plain), 0);
	congestion_is(before);
}

static void listener_change__what_fails_late__leaves_the_old(void **state)
{
	struct conf_service wrong = plain, nodelay = plain;

	(void)state;
	nodelay.nodelay = true;
	wrong.keepalive = true;
	wrong.tos = 0x10;
	wrong.congestion = "no-such-thing";
	open_at(&listener, "127.0.0.1", 0, CONF_TCP4);
	assert_int_equal(listener_change(&listener, &where, &plain, &nodelay, &why), 0);
	assert_int_equal(listener_change(&listener, &where, &nodelay, &wrong, &why), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(why, "setsockopt(TCP_CONGESTION)");
	assert_int_equal(value_of(&listener, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_equal(value_of(&listener, IPPROTO_IP, IP_TOS), 0);
	assert_int_equal(value_of(&listener, IPPROTO_TCP, TCP_NODELAY), 1);
}

/* Of a listening socket tcpi_sacked is the longest that its accept queue may be. */
static unsigned backlog(void)
{
	struct tcp_info info = {.tcpi_sacked = 0};
	socklen_t len = sizeof info;

	assert_int_equal(getsockopt(listener.fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_sacked;
}

static void listener_change__backlog__is_changed(void **state)
{
	struct conf_service longer = plain;

	(void)state;
	longer.backlog = 17;
	open_at(&listener, "127.0.0.1", 0, CONF_TCP4);
	assert_int_equal(backlog(), 16);
	assert_int_equal(listener_change(&listener, &where, &plain, &longer, &why), 0);
	assert_int_equal(backlog(), 17);
}

static void listener_change__what_is_known_of_it__follows(void **state)
{
	struct conf_service transparent = plain, important = plain;

	(void)state;
	important.priority = 5;
	open_at(&listener, "127.0.0.1", 0, CONF_TCP4);
	assert_true(listener.exact);
	assert_false(listener.options_due);
	assert_int_equal(listener_change(&listener, &where, &plain, &important, &why), 0);
	assert_true(listener.options_due);
	assert_int_equal(listener_change(&listener, &where, &important, &plain, &why), 0);
	assert_false(listener.options_due);
	transparent.transparent = true;
	if (listener_change(&listener, &where, &plain, &transparent, &why) == 0)
		assert_false(listener.exact);
	else
		assert_int_equal(errno, EPERM);
}

static void listener_change__mode_of_a_path__is_changed_while_it_is_ours(void **state)
{
	char dir[] = "/tmp/usherd-test-XXXXXX", path[64];
	struct conf_service narrow = plain;
	struct stat st;
	int rc[2];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	narrow.socket_mode = 0600;
	where = (struct conf_listen){.text = "test", .kind = CONF_UNIX, .type = SOCK_STREAM};
	assert_int_equal(addr_set_unix(path, &where.addr), 0);
	rc[0] = listener_open(&listener, &where, &plain, &why);
	if (rc[0] == 0)
		rc[0] = listener_change(&listener, &where, &plain, &narrow, &why);
	rc[1] = stat(path, &st);
	unlink(path);
	/* A file of somebody else by now. */
	close(creat(path, 0644));
	assert_int_equal(listener_change(&listener, &where, &narrow, &plain, &why), 0);
	assert_int_equal(rc[0] | rc[1], 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	unlink(path);
	rmdir(dir);
}

/* A port that nobody has on any address, so that the wildcard can be had, too. */
static unsigned free_port(void)
{
	unsigned port;

	open_at(&other, "0.0.0.0", 0, CONF_TCP4);
	port = addr_port(&other.local);
	listener_close(&other);
	return port;
}

static void connect_reaches(const char *host, const struct listener *l)
{
	struct addr addr;
	int fd, client;

	assert_int_equal(addr_parse_ip(host, (uint16_t)addr_port(&listener.local), &addr), 0);
	fd = socket(addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &addr.sa, addr.len), 0);
	client = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(client >= 0);
	close(client);
	close(fd);
}

static void beside__wildcard__both_take_clients_and_nobody_else_may_come(void **state)
{
	struct listener third = LISTENER_CLOSED;

	(void)state;
	open_at(&listener, "127.0.0.1", free_port(), CONF_TCP4);
	be_at("0.0.0.0", addr_port(&listener.local), CONF_TCP4);
	assert_int_equal(listener_open(&other, &where, &plain, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(listener_open_beside(&other, &where, &plain, &listener, &why), 0);
	connect_reaches("127.0.0.1", &listener);
	connect_reaches("127.0.0.2", &other);
	assert_int_equal(value_of(&listener, SOL_SOCKET, SO_REUSEPORT), 0);
	assert_int_equal(value_of(&other, SOL_SOCKET, SO_REUSEPORT), 0);
	be_at("127.0.0.3", addr_port(&listener.local), CONF_TCP4);
	assert_int_equal(listener_open(&third, &where, &plain, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
}

static void beside__those_that_share__go_on_to(void **state)
{
	struct conf_service sharing = plain;

	(void)state;
	sharing.reuse_port = true;
	be_at("127.0.0.1", free_port(), CONF_TCP4);
	assert_int_equal(listener_open(&listener, &where, &sharing, &why), 0);
	be_at("0.0.0.0", addr_port(&listener.local), CONF_TCP4);
	assert_int_equal(listener_open_beside(&other, &where, &sharing, &listener, &why), 0);
	assert_int_equal(value_of(&listener, SOL_SOCKET, SO_REUSEPORT), 1);
	assert_int_equal(value_of(&other, SOL_SOCKET, SO_REUSEPORT), 1);
}

static void beside__another_is_in_the_way__all_is_as_before(void **state)
{
	struct listener third = LISTENER_CLOSED;

	(void)state;
	open_at(&listener, "127.0.0.1", free_port(), CONF_TCP4);
	open_at(&third, "127.0.0.2", addr_port(&listener.local), CONF_TCP4);
	be_at("0.0.0.0", addr_port(&listener.local), CONF_TCP4);
	assert_int_equal(listener_open_beside(&other, &where, &plain, &listener, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(other.fd, -1);
	assert_int_equal(value_of(&listener, SOL_SOCKET, SO_REUSEPORT), 0);
	connect_reaches("127.0.0.1", &listener);
	listener_close(&third);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(change__each_option__is_set_and_goes_back),
	    TEST(change__ipv6__has_its_own_tos),
	    TEST(change__buffer_without_size__is_the_kernels_again),
	    TEST(change__congestion__is_set_and_goes_back),
	    TEST(listener_change__what_fails_late__leaves_the_old),
	    TEST(listener_change__backlog__is_changed),
	    TEST(listener_change__what_is_known_of_it__follows),
	    TEST(listener_change__mode_of_a_path__is_changed_while_it_is_ours),
	    TEST(beside__wildcard__both_take_clients_and_nobody_else_may_come),
	    TEST(beside__those_that_share__go_on_to),
	    TEST(beside__another_is_in_the_way__all_is_as_before),
	};

	return cmocka_run_group_tests_name("net/change", tests, NULL, NULL);
}
