/* net/sockopt.h: each option is on the sockets that it is for, and on those they accept. */
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/listener.h"
#include "net/sockopt.h"
#include "unit/test.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct conf_service conf;
static struct conf_listen where;
static struct listener listener = LISTENER_CLOSED;
static const char *why;
static unsigned fds_before;

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.backlog = 16};
	where = (struct conf_listen){.text = "test"};
	fds_before = fd_count();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	listener_close(&listener);
	return fd_count() == fds_before ? 0 : -1;
}

static const struct place {
	enum conf_kind kind;
	int type;
	const char *host;
	bool dual;
} places[] = {
    {CONF_TCP4, SOCK_STREAM, "127.0.0.1", false}, {CONF_TCP6, SOCK_STREAM, "::1", false},
    {CONF_TCP, SOCK_STREAM, "::", true},          {CONF_MPTCP, SOCK_STREAM, "127.0.0.1", false},
    {CONF_MPTCP, SOCK_STREAM, "::", true},        {CONF_UDP4, SOCK_DGRAM, "127.0.0.1", false},
    {CONF_UDP6, SOCK_DGRAM, "::1", false},        {CONF_UDP, SOCK_DGRAM, "::", true},
};

/* 0; -1 with errno; or 1: this machine has no sockets of that kind. */
static int open_place(const struct place *place)
{
	int rc;

	where.kind = place->kind;
	where.type = place->type;
	where.protocol = place->kind == CONF_MPTCP ? IPPROTO_MPTCP : 0;
	where.dual = place->dual;
	assert_int_equal(addr_parse_ip(place->host, 0, &where.addr), 0);
	rc = listener_open(&listener, &where, &conf, &why);
	if (rc < 0 && (strcmp(why, "socket") == 0 || errno == EADDRNOTAVAIL))
		return 1;
	return rc;
}

static int connect_to(const char *host)
{
	struct addr addr;
	int fd;

	assert_int_equal(addr_parse_ip(host, (uint16_t)addr_port(&listener.local), &addr), 0);
	fd = socket(addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, &addr.sa, addr.len), 0);
	assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
	return fd;
}

static int accept_one(void)
{
	struct pollfd wait = {.fd = listener.fd, .events = POLLIN};
	int fd;

	assert_int_equal(poll(&wait, 1, 10000), 1);
	fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static int value_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

enum { HERE = 1, INHERITED = 2, BOTH = HERE | INHERITED };
#define STREAMS (CONF_ANY_TCP | CONF_KIND(CONF_MPTCP))

/* What is asked for, and where which value is then to be found. */
static const struct row {
	const char *name;
	struct conf_service conf;
	int level, option, value;
	unsigned kinds;
	int sockets;
	int family; /* 0: of any family */
} rows[] = {
    {"reuse_port", {.reuse_port = true}, SOL_SOCKET, SO_REUSEPORT, 1, CONF_ANY_IP, HERE, 0},
    {"freebind", {.freebind = true}, IPPROTO_IP, IP_FREEBIND, 1, CONF_ANY_IP, HERE, 0},
    {"transparent", {.transparent = true}, IPPROTO_IP, IP_TRANSPARENT, 1, CONF_ANY_IP, HERE, 0},
    {"defer_accept", {.defer_accept_sec = 3}, IPPROTO_TCP, TCP_DEFER_ACCEPT, 3, STREAMS, HERE, 0},
    {"fast_open", {.fast_open = 5}, IPPROTO_TCP, TCP_FASTOPEN, 5, STREAMS, HERE, 0},
    {"nodelay", {.nodelay = true}, IPPROTO_TCP, TCP_NODELAY, 1, STREAMS, BOTH, 0},
    {"keepalive", {.keepalive = true}, SOL_SOCKET, SO_KEEPALIVE, 1, STREAMS, BOTH, 0},
    {"user_timeout",
     {.user_timeout_msec = 7000},
     IPPROTO_TCP,
     TCP_USER_TIMEOUT,
     7000,
     CONF_ANY_TCP,
     BOTH,
     0},
    /* The kernel counts its own overhead in. */
    {"sndbuf", {.sndbuf = 50000}, SOL_SOCKET, SO_SNDBUF, 100000, CONF_ANY_IP, BOTH, 0},
    {"rcvbuf", {.rcvbuf = 50000}, SOL_SOCKET, SO_RCVBUF, 100000, CONF_ANY_IP, BOTH, 0},
    {"tos", {.tos = 0xb8}, IPPROTO_IP, IP_TOS, 0xb8, CONF_ANY_IP, BOTH, AF_INET},
    {"tos of IPv6",
     {.tos = 0xb8},
     IPPROTO_IPV6,
     IPV6_TCLASS,
     0xb8,
     CONF_ANY_TCP | CONF_ANY_UDP,
     BOTH,
     AF_INET6},
    {"mark", {.mark = 0x80000001}, SOL_SOCKET, SO_MARK, (int)0x80000001, CONF_ANY_IP, BOTH, 0},
    {"priority", {.priority = 5}, SOL_SOCKET, SO_PRIORITY, 5, CONF_ANY_IP, BOTH, 0},
    {"priority for root",
     {.priority = 70000},
     SOL_SOCKET,
     SO_PRIORITY,
     70000,
     CONF_ANY_IP,
     BOTH,
     0},
    {"tos with priority",
     {.tos = 0x10, .priority = 3},
     SOL_SOCKET,
     SO_PRIORITY,
     3,
     CONF_ANY_IP,
     HERE,
     0},
};

static void check_value(const struct row *row, const struct place *place, int fd)
{
	int value = value_of(fd, row->level, row->option);

	if (value != row->value)
		print_message("# %s at %s, kind %d%s\n", row->name, place->host, place->kind,
		              fd == listener.fd ? "" : ", accepted");
	assert_int_equal(value, row->value);
}

/* An IPv4 client of a dual-stack socket has an IPv6 socket, but IPv4 packets. */
static void check_accepted(const struct row *row, const struct place *place)
{
	const char *host = place->dual || place->kind != CONF_TCP6 ? "127.0.0.1" : "::1";
	int client = connect_to(host), fd = accept_one();

	assert_int_equal(listener.options_due, row->conf.priority > 0);
	if (listener.options_due)
		sockopt_accepted(fd, &where, &conf);
	if (row->family != AF_INET6 || strchr(host, ':'))
		check_value(row, place, fd);
	close(fd);
	close(client);
}

static bool has_ipv6_option(const struct row *row, const struct place *place)
{
	return row->family != AF_INET6 || strchr(place->host, ':');
}

static bool check_place(const struct row *row, const struct place *place)
{
	conf = row->conf;
	conf.backlog = 16;
	switch (open_place(place)) {
	case 1:
		return true;
	case 0:
		break;
	default:
		if (errno == EPERM)
			return false;
		print_message("# %s: %s: %s\n", place->host, why, strerror(errno));
		fail();
	}
	if ((row->kinds & CONF_KIND(place->kind)) && has_ipv6_option(row, place)) {
		check_value(row, place, listener.fd);
		if ((row->sockets & INHERITED) && place->type == SOCK_STREAM)
			check_accepted(row, place);
	}
	listener_close(&listener);
	return true;
}

static void option__on_each_kind__is_read_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t j = 0; j < ARRAY_LEN(places); j++) {
			if (check_place(&rows[i], &places[j]))
				continue;
			print_message("# %s needs a capability that is lacking\n", rows[i].name);
			break;
		}
	}
}

static void option__buffers_of_unix_sockets__are_set_on_each(void **state)
{
	static const enum conf_kind kinds[] = {CONF_UNIX, CONF_UNIX_SEQPACKET};
	static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@usherd-test-%d", getpid());
	assert_int_equal(addr_set_unix(name, &where.addr), 0);
	conf.sndbuf = 50000;
	conf.rcvbuf = 60000;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int client = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0), fd;

		where.kind = kinds[i];
		where.type = types[i];
		assert_int_equal(listener_open(&listener, &where, &conf, &why), 0);
		assert_true(listener.options_due);
		assert_int_equal(connect(client, &where.addr.sa, where.addr.len), 0);
		fd = accept_one();
		sockopt_accepted(fd, &where, &conf);
		assert_int_equal(value_of(fd, SOL_SOCKET, SO_SNDBUF), 100000);
		assert_int_equal(value_of(fd, SOL_SOCKET, SO_RCVBUF), 120000);
		close(fd);
		close(client);
		listener_close(&listener);
	}
}

/* An option for sockets of another kind does not keep an address from being opened. */
static void option__of_another_kind__is_left_out(void **state)
{
	static const enum conf_kind kinds[] = {CONF_UNIX, CONF_UNIX_SEQPACKET, CONF_UNIX_DGRAM};
	static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@usherd-test-%d", getpid());
	assert_int_equal(addr_set_unix(name, &where.addr), 0);
	conf = (struct conf_service){.backlog = 16,
	                             .reuse_port = true,
	                             .freebind = true,
	                             .transparent = true,
	                             .defer_accept_sec = 3,
	                             .fast_open = 5,
	                             .nodelay = true,
	                             .keepalive = true,
	                             .sndbuf = 50000,
	                             .tos = 0xb8,
	                             .mark = 7,
	                             .priority = 7,
	                             .congestion = "reno"};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		where.kind = kinds[i];
		where.type = types[i];
		assert_int_equal(listener_open(&listener, &where, &conf, &why), 0);
		assert_int_equal(value_of(listener.fd, SOL_SOCKET, SO_SNDBUF) == 100000,
		                 types[i] == SOCK_DGRAM);
		listener_close(&listener);
	}
}

static void option__congestion__is_read_back(void **state)
{
	char text[16] = "";
	socklen_t len = sizeof text;
	int client, fd;

	(void)state;
	conf.congestion = "reno";
	assert_int_equal(open_place(&places[0]), 0);
	client = connect_to("127.0.0.1");
	fd = accept_one();
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, text, &len), 0);
	assert_string_equal(text, "reno");
	close(fd);
	close(client);
	listener_close(&listener);
	conf.congestion = "none-such";
	assert_int_equal(open_place(&places[0]), -1);
	assert_string_equal(why, "setsockopt(TCP_CONGESTION)");
	assert_int_equal(errno, ENOENT);
}

static void option__device__is_read_back(void **state)
{
	char text[IFNAMSIZ] = "";
	socklen_t len = sizeof text;

	(void)state;
	where.device = "lo";
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		int rc = open_place(&places[i]);

		if (rc < 0 && errno == EPERM)
			skip_because("this kernel lets only root bind to a device");
		if (rc != 0)
			continue;
		len = sizeof text;
		assert_int_equal(getsockopt(listener.fd, SOL_SOCKET, SO_BINDTODEVICE, text, &len),
		                 0);
		assert_string_equal(text, "lo");
		listener_close(&listener);
	}
	where.device = "none-such";
	assert_int_equal(open_place(&places[0]), -1);
	assert_string_equal(why, "setsockopt(SO_BINDTODEVICE)");
	assert_int_equal(errno, ENODEV);
}

static void option__freebind__binds_what_is_not_there(void **state)
{
	static const struct place away[] = {{CONF_TCP4, SOCK_STREAM, "203.0.113.1", false},
	                                    {CONF_TCP6, SOCK_STREAM, "2001:db8::1", false},
	                                    {CONF_UDP4, SOCK_DGRAM, "203.0.113.1", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(away); i++) {
		conf.freebind = false;
		assert_int_not_equal(open_place(&away[i]), 0);
		conf.freebind = true;
		if (open_place(&away[i]) == 0)
			assert_true(listener.exact);
		else
			assert_int_equal(away[i].kind, CONF_TCP6); /* there is no IPv6 here */
		listener_close(&listener);
	}
}

static void option__transparent__any_local_address_may_be_a_clients(void **state)
{
	(void)state;
	conf.transparent = true;
	if (open_place(&places[0]) < 0)
		skip_because("needs CAP_NET_RAW");
	assert_false(listener.exact);
}

static void option__reuse_port__shares_the_port(void **state)
{
	struct listener second = LISTENER_CLOSED;

	(void)state;
	conf.reuse_port = true;
	assert_int_equal(open_place(&places[0]), 0);
	where.addr = listener.local;
	assert_int_equal(listener_open(&second, &where, &conf, &why), 0);
	listener_close(&second);
}

/* Two sockets of datagrams on one port would take each other's. */
static void udp__port_in_use__fails_at_bind(void **state)
{
	struct listener second;

	(void)state;
	assert_int_equal(open_place(&places[5]), 0);
	assert_int_equal(value_of(listener.fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_int_equal(value_of(listener.fd, SOL_SOCKET, SO_REUSEADDR), 0);
	where.addr = listener.local;
	assert_int_equal(listener_open(&second, &where, &conf, &why), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_string_equal(why, "bind");
}

static void udp__dual__serves_both(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "::1"};

	(void)state;
	if (open_place(&places[7]) != 0 || listener.v4_only)
		skip_because("there is no IPv6 here");
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct pollfd wait = {.fd = listener.fd, .events = POLLIN};
		struct addr addr;
		char byte;
		int fd;

		assert_int_equal(
		    addr_parse_ip(hosts[i], (uint16_t)addr_port(&listener.local), &addr), 0);
		fd = socket(addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(sendto(fd, "x", 1, 0, &addr.sa, addr.len), 1);
		assert_int_equal(poll(&wait, 1, 10000), 1);
		assert_int_equal(recv(listener.fd, &byte, 1, 0), 1);
		close(fd);
	}
}

static void mptcp__listener__is_of_mptcp(void **state)
{
	(void)state;
	if (open_place(&places[3]) != 0)
		skip_because("this kernel has no MPTCP");
	assert_int_equal(value_of(listener.fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_MPTCP);
	listener_close(&listener);
	assert_int_equal(open_place(&places[0]), 0);
	assert_int_equal(value_of(listener.fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
}

static void vsock__any_context__is_bound(void **state)
{
	(void)state;
	where.kind = CONF_VSOCK;
	where.type = SOCK_STREAM;
	assert_int_equal(addr_parse_vsock("*", 70000 + (uint32_t)getpid(), &where.addr), 0);
	if (listener_open(&listener, &where, &conf, &why) < 0) {
		assert_string_equal(why, "socket");
		skip_because("this kernel has no vsock");
	}
	assert_int_equal(listener.local.sa.sa_family, AF_VSOCK);
	assert_true(addr_equal(&listener.local, &where.addr));
	assert_false(listener.exact);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(option__on_each_kind__is_read_back),
	    TEST(option__buffers_of_unix_sockets__are_set_on_each),
	    TEST(option__of_another_kind__is_left_out),
	    TEST(option__congestion__is_read_back),
	    TEST(option__device__is_read_back),
	    TEST(option__freebind__binds_what_is_not_there),
	    TEST(option__transparent__any_local_address_may_be_a_clients),
	    TEST(option__reuse_port__shares_the_port),
	    TEST(udp__port_in_use__fails_at_bind),
	    TEST(udp__dual__serves_both),
	    TEST(mptcp__listener__is_of_mptcp),
	    TEST(vsock__any_context__is_bound),
	};

	return cmocka_run_group_tests_name("net/sockopt", tests, NULL, NULL);
}
