/* config/sockets.h: what goes together in one service, and what the kernel says to it. */
#include <sys/socket.h>

#include "base/sys.h"
#include "unit/config_case.h"

int __wrap_sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __real_sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_sys_socket(int domain, int type, int protocol);
int __real_sys_socket(int domain, int type, int protocol);

static bool no_rights; /* nothing may be set */
static int no_sockets; /* of IP and vsock: this errno */

int __wrap_sys_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (!no_rights)
		return __real_sys_setsockopt(fd, level, name, value, len);
	errno = EPERM;
	return -1;
}

int __wrap_sys_socket(int domain, int type, int protocol)
{
	if (!no_sockets)
		return __real_sys_socket(domain, type, protocol);
	errno = no_sockets;
	return -1;
}

static int set_up(void **state)
{
	(void)state;
	no_rights = false;
	no_sockets = 0;
	return 0;
}

static const char *service_at(const char *listen, const char *lines)
{
	static char text[4096];

	snprintf(text, sizeof(text), "service s {\nlisten = {%s}\nexec = \"" PROGRAM "\"\n%s}\n",
	         listen, lines);
	return text;
}

static void sockets__options__are_in_the_model(void **state)
{
	const struct conf_service *s = config_only(
	    service_at("4000", "reuse_port = yes freebind = yes transparent = yes\n"
	                       "defer_accept = 3s fast_open = 5 sndbuf = 64K rcvbuf = 1M\n"
	                       "tos = 0xb8 mark = 0xffffffff priority = 7 congestion = reno\n"
	                       "banner = \"hi\\n\" banner_fail = \"no\\n\"\n"),
	    false);

	(void)state;
	assert_string_equal(config_case.said, "");
	assert_true(s->reuse_port && s->freebind && s->transparent);
	assert_int_equal(s->defer_accept_sec, 3);
	assert_int_equal(s->fast_open, 5);
	assert_int_equal(s->sndbuf, 65536);
	assert_int_equal(s->rcvbuf, 1 << 20);
	assert_int_equal(s->tos, 0xb8);
	assert_true(s->mark == 0xffffffff);
	assert_int_equal(s->priority, 7);
	assert_string_equal(s->congestion, "reno");
	assert_string_equal(s->banner, "hi\n");
	assert_int_equal(s->banner_len, 3);
	assert_string_equal(s->banner_fail, "no\n");
}

static void sockets__device__is_that_of_addresses_without_one(void **state)
{
	const struct conf_service *s = config_only(
	    "defaults { bind_device = eth0 }\n"
	    "service s { exec = \"" PROGRAM "\"\n"
	    "listen = {\"4000\", \"127.0.0.1:4000%eth1\", \"/run/x\", \"vsock:80\"}\n}\n",
	    false);

	(void)state;
	assert_string_equal(config_case.said, "");
	assert_string_equal(s->listen[0].device, "eth0");
	assert_string_equal(s->listen[1].device, "eth1");
	assert_null(s->listen[2].device);
	assert_null(s->listen[3].device);
	config_expect(service_at("4000", "bind_device = \"a/b\"\n"),
	              "t:4: service \"s\": bind_device: \"a/b\" is no name of a network device\n");
}

static void sockets__types__do_not_mix(void **state)
{
	(void)state;
	config_expect(service_at("\"80\", \"/x\", \"vsock:80\", \"mptcp:81\"", ""), "");
	config_expect(service_at("\"udp:80\", \"unix-dgram:/x\"", "wait = yes\n"), "");
	config_expect(service_at("\"80\",\n\"udp:80\", \"udp:81\"", "wait = yes\n"),
	              "t:3: service \"s\": listen: \"udp:80\" is another type of socket than "
	              "\"80\" (a service has one type: make two services)\n");
	config_expect(service_at("\"/x\", \"unix-seqpacket:/y\"", ""),
	              "t:2: service \"s\": listen: \"unix-seqpacket:/y\" is another type of "
	              "socket than \"/x\" (a service has one type: make two services)\n");
}

static void sockets__datagrams__need_wait(void **state)
{
	(void)state;
	config_expect(service_at("\"udp:80\"", ""),
	              "t:2: service \"s\": wait: datagrams have no connections, so the handler "
	              "of \"udp:80\" gets the socket itself (set wait = yes)\n");
	config_expect(service_at("\"unix-dgram:/x\"", "wait = no\n"),
	              "t:4: service \"s\": wait: datagrams have no connections, so the handler "
	              "of \"unix-dgram:/x\" gets the socket itself (set wait = yes)\n");
	assert_true(config_only(service_at("\"udp:80\"", "wait = yes\n"), false)->wait);
	assert_true(config_only(service_at("80", "wait = yes\n"), false)->wait);
	config_expect(service_at("\"udp:80\"", "wait = perhaps\n"),
	              "t:4: service \"s\": wait: \"perhaps\" is neither yes nor no\n");
}

static void sockets__listen_fds__needs_wait(void **state)
{
	(void)state;
	assert_true(
	    config_only(service_at("80", "wait = yes listen_fds = yes\n"), false)->listen_fds);
	config_expect(service_at("80", "listen_fds = yes\n"),
	              "t:4: service \"s\": listen_fds: only a service that gets the listening "
	              "socket can have it (set wait = yes)\n");
}

static void sockets__sensor__needs_connections_that_we_see(void **state)
{
	(void)state;
	assert_true(config_only(service_at("80", "sensor = yes\n"), false)->sensor);
	assert_int_equal(config_case.conf->services[0]->ban_time_msec, 3600 * 1000);
	config_expect(service_at("\"udp:80\"", "wait = yes\nsensor = yes\n"),
	              "t:5: service \"s\": sensor: datagrams can be sent in the name of others, "
	              "who would be banned (only services with connections can be sensors)\n");
	config_expect(service_at("80", "wait = yes\nsensor = yes\n"),
	              "t:5: service \"s\": sensor: is not possible with wait = yes: usherd does "
	              "not see who connects\n");
	config_expect(service_at("/run/x", "sensor = yes\n"),
	              "t:4: warning: service \"s\": sensor: has no effect on \"/run/x\" (remove "
	              "it)\n");
}

static void sockets__option_of_another_kind__is_a_slip_in_a_service_only(void **state)
{
	(void)state;
	config_expect(service_at("\"/x\"", "nodelay = yes\ncongestion = reno\nmark = 0\n"
	                                   "socket_mode = 0600\n"),
	              "t:4: warning: service \"s\": nodelay: has no effect on \"/x\" (remove "
	              "it)\n"
	              "t:5: warning: service \"s\": congestion: has no effect on \"/x\" (remove "
	              "it)\n");
	config_expect(service_at("\"/x\", 80", "nodelay = yes\nsocket_mode = 0600\n"), "");
	config_expect("defaults { nodelay = yes socket_mode = 0600 }\n"
	              "service s { listen = \"udp:80\" wait = yes exec = \"" PROGRAM "\" }\n",
	              "");
	config_expect(service_at("\"udp:80\"", "wait = yes\nbanner = x\nbanner_fail = x\n"),
	              "t:5: warning: service \"s\": banner: has no effect with wait = yes\n"
	              "t:6: warning: service \"s\": banner_fail: has no effect with wait = yes\n");
}

static void sockets__congestion__is_a_name(void **state)
{
	(void)state;
	config_expect(service_at("80", "congestion = \"\"\n"),
	              "t:4: service \"s\": congestion: \"\" is no name of a congestion control "
	              "(like cubic)\n");
	config_expect(service_at("80", "congestion = \"sixteen--letters\"\n"),
	              "t:4: service \"s\": congestion: \"sixteen--letters\" is no name of a "
	              "congestion control (like cubic)\n");
}

/* As above, but from a file: then the kernel is asked, too. */
static void ask_kernel(const char *text)
{
	const char *dir = config_make_dir();

	config_write_text("t", text);
	config_read_file("t", config_case_options(false));
	assert_return_code(chdir("/"), errno);
	config_remove_dir(dir, 0);
}

static void expect_of_kernel(const char *text, const char *said)
{
	ask_kernel(text);
	assert_string_equal(config_case.said, said);
}

static void kernel__nothing_special__is_not_asked(void **state)
{
	(void)state;
	no_rights = true;
	no_sockets = EMFILE;
	expect_of_kernel(service_at("80, \"/x\"", "nodelay = yes\n"), "");
}

static void kernel__without_the_right__is_an_error(void **state)
{
	(void)state;
	no_rights = true;
	expect_of_kernel(service_at("80", "transparent = yes\nmark = 1\npriority = 7\n"
	                                  "congestion = reno\n"),
	                 "t:4: service \"s\": transparent: usherd may not set it (it needs "
	                 "CAP_NET_RAW)\n"
	                 "t:5: service \"s\": mark: usherd may not set it (it needs "
	                 "CAP_NET_ADMIN)\n"
	                 "t:6: service \"s\": priority: usherd may not set it (it needs "
	                 "CAP_NET_ADMIN above 6)\n"
	                 "t:7: service \"s\": congestion: usherd may not set it (it needs "
	                 "CAP_NET_ADMIN, or net.ipv4.tcp_allowed_congestion_control)\n");
}

static void kernel__what_it_does_not_have_now__is_a_warning(void **state)
{
	(void)state;
	expect_of_kernel(service_at("\"80%none-such\"", "congestion = none-such\n"),
	                 "t:2: warning: service \"s\": listen: \"80%none-such\": there is no "
	                 "network device none-such now (it is tried again while usherd runs)\n"
	                 "t:4: warning: service \"s\": congestion: this kernel has no none-such "
	                 "now (net.ipv4.tcp_available_congestion_control tells what it has)\n");
	no_sockets = EAFNOSUPPORT;
	expect_of_kernel(service_at("\"vsock:80\", \"mptcp:80\"", ""),
	                 "t:2: warning: service \"s\": listen: \"vsock:80\": this kernel does not "
	                 "have such sockets now (it is tried again while usherd runs)\n"
	                 "t:2: warning: service \"s\": listen: \"mptcp:80\": this kernel does not "
	                 "have such sockets now (it is tried again while usherd runs)\n");
}

static void kernel__buffer_that_is_too_large__is_a_warning(void **state)
{
	(void)state;
	expect_of_kernel(service_at("80", "sndbuf = 4096\nrcvbuf = 4096\n"), "");
	ask_kernel(service_at("80", "sndbuf = 1G\n"));
	assert_non_null(strstr(config_case.said, "sndbuf: the kernel cuts it to "));
	assert_non_null(strstr(config_case.said, " (net.core.wmem_max)\n"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(sockets__options__are_in_the_model),
	    TEST(sockets__device__is_that_of_addresses_without_one),
	    TEST(sockets__types__do_not_mix),
	    TEST(sockets__datagrams__need_wait),
	    TEST(sockets__listen_fds__needs_wait),
	    TEST(sockets__sensor__needs_connections_that_we_see),
	    TEST(sockets__option_of_another_kind__is_a_slip_in_a_service_only),
	    TEST(sockets__congestion__is_a_name),
	    TEST(kernel__nothing_special__is_not_asked),
	    TEST(kernel__without_the_right__is_an_error),
	    TEST(kernel__what_it_does_not_have_now__is_a_warning),
	    TEST(kernel__buffer_that_is_too_large__is_a_warning),
	};

	return cmocka_run_group_tests_name("config/sockets", tests, NULL, config_case_end);
}
