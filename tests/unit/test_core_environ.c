/* core/environ.h: exactly these names, with exactly these values. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/environ.h"
#include "core/service.h"
#include "unit/handler.h"
#include "unit/test.h"

static const char *const env[] = {"PATH=/bin", "USER=nobody", NULL};
static struct conf_service conf;
static struct plan plan;
static struct service service;
static struct conn conn;
static struct slots *slots;
static int peer = -1;

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.name = "my-service"};
	plan = (struct plan){.refs = 1, .env = env, .env_count = 2};
	service = (struct service){.conf = &conf, .plan = &plan};
	conn = (struct conn){.service = &service,
	                     .plan = &plan,
	                     .fd = -1,
	                     .facts = {.session = 18446744073709551615U}};
	slots = calloc(1, sizeof *slots);
	return slots ? slots_init(slots) : -1;
}

static int tear_down(void **state)
{
	(void)state;
	slots_free(slots);
	free(slots);
	if (conn.fd >= 0)
		close(conn.fd);
	if (peer >= 0)
		close(peer);
	peer = -1;
	return 0;
}

static void use(void (*pair)(int fds[2]))
{
	int fds[2];

	pair(fds);
	conn.fd = fds[0];
	peer = fds[1];
}

static void set_ip(const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	assert_int_equal(addr_parse_ip(from, from_port, &conn.facts.peer), 0);
	assert_int_equal(addr_parse_ip(to, to_port, &conn.facts.local), 0);
}

/* The plan's part, then these, then the cookie and the last two; nothing else. */
static void expect(const char *const *want)
{
	struct slot *slot = slots_get(slots);
	const char *const *got;
	uint64_t cookie;
	socklen_t len = sizeof cookie;
	char text[64];

	assert_int_equal(environ_build(slot, &conn), 0);
	got = slot->envp;
	for (size_t i = 0; env[i]; i++)
		assert_ptr_equal(*got++, env[i]);
	while (*want)
		assert_string_equal(*got++, *want++);
	if (getsockopt(conn.fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0) {
		snprintf(text, sizeof text, "SO_COOKIE=%llu", (unsigned long long)cookie);
		assert_string_equal(*got++, text);
	}
	assert_string_equal(*got++, "USHERD_SERVICE=my-service");
	assert_string_equal(*got++, "USHERD_SESSION=18446744073709551615");
	assert_null(*got);
}

static void environ__tcp4__tells_both_ends(void **state)
{
	static const char *const want[] = {"PROTO=TCP",
	                                   "TCPLOCALIP=192.0.2.80",
	                                   "TCPLOCALPORT=80",
	                                   "TCPREMOTEIP=192.0.2.1",
	                                   "TCPREMOTEPORT=65535",
	                                   "REMOTE_ADDR=192.0.2.1",
	                                   "REMOTE_PORT=65535",
	                                   "REMOTE_HOST=192.0.2.1",
	                                   NULL};

	(void)state;
	use(tcp_pair);
	set_ip("192.0.2.1", 65535, "192.0.2.80", 80);
	expect(want);
}

static void environ__mapped__looks_like_ipv4(void **state)
{
	static const char *const want[] = {"PROTO=TCP",
	                                   "TCPLOCALIP=192.0.2.80",
	                                   "TCPLOCALPORT=80",
	                                   "TCPREMOTEIP=192.0.2.1",
	                                   "TCPREMOTEPORT=1",
	                                   "REMOTE_ADDR=192.0.2.1",
	                                   "REMOTE_PORT=1",
	                                   "REMOTE_HOST=192.0.2.1",
	                                   NULL};

	(void)state;
	use(tcp_pair);
	set_ip("::ffff:192.0.2.1", 1, "::ffff:192.0.2.80", 80);
	expect(want);
}

static void environ__tcp6__is_in_the_short_form(void **state)
{
	static const char *const want[] = {"PROTO=TCP",
	                                   "TCPLOCALIP=2001:db8::80",
	                                   "TCPLOCALPORT=8080",
	                                   "TCPREMOTEIP=2001:db8::1",
	                                   "TCPREMOTEPORT=40000",
	                                   "REMOTE_ADDR=2001:db8::1",
	                                   "REMOTE_PORT=40000",
	                                   "REMOTE_HOST=2001:db8::1",
	                                   NULL};

	(void)state;
	use(tcp_pair);
	set_ip("2001:db8:0:0:0:0:0:1", 40000, "2001:db8::80", 8080);
	expect(want);
}

static void environ__unix__tells_who_it_is(void **state)
{
	static const char *const want[] = {"PROTO=IPC", "IPCREMOTEEUID=1234",
	                                   "IPCREMOTEEGID=4294967295", NULL};

	(void)state;
	use(unix_pair);
	assert_int_equal(addr_set_unix("/run/test", &conn.facts.local), 0);
	conn.facts.peer = (struct addr){.len = sizeof(sa_family_t)};
	conn.facts.peer.sa.sa_family = AF_UNIX;
	conn.facts.peer.uid = 1234;
	conn.facts.peer.gid = (gid_t)-1;
	expect(want);
}

static void environ__again_in_the_same_slot__begins_anew(void **state)
{
	struct slot *slot = slots_get(slots);
	size_t first = 0, second = 0;

	(void)state;
	use(tcp_pair);
	set_ip("192.0.2.1", 1, "192.0.2.2", 2);
	assert_int_equal(environ_build(slot, &conn), 0);
	while (slot->envp[first])
		first++;
	assert_int_equal(environ_build(slot, &conn), 0);
	while (slot->envp[second])
		second++;
	assert_int_equal(first, second);
}

static void environ__longest_name__fits(void **state)
{
	static char name[3000];
	struct slot *slot = slots_get(slots);

	(void)state;
	use(tcp_pair);
	set_ip("2001:db8:1111:2222:3333:4444:5555:6666", 65535,
	       "2001:db8:1111:2222:3333:4444:5555:7777", 65535);
	memset(name, 'n', sizeof name - 1);
	conf.name = name;
	assert_int_equal(environ_build(slot, &conn), 0);
}

static void environ__too_long__is_e2big(void **state)
{
	static char name[SLOT_TEXT];
	struct slot *slot = slots_get(slots);

	(void)state;
	use(tcp_pair);
	set_ip("192.0.2.1", 1, "192.0.2.2", 2);
	memset(name, 'n', sizeof name - 1);
	conf.name = name;
	assert_int_equal(environ_build(slot, &conn), -1);
	assert_int_equal(errno, E2BIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(environ__tcp4__tells_both_ends),
	    TEST(environ__mapped__looks_like_ipv4),
	    TEST(environ__tcp6__is_in_the_short_form),
	    TEST(environ__unix__tells_who_it_is),
	    TEST(environ__again_in_the_same_slot__begins_anew),
	    TEST(environ__longest_name__fits),
	    TEST(environ__too_long__is_e2big),
	};

	return cmocka_run_group_tests_name("core/environ", tests, NULL, NULL);
}
