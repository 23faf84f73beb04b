/* core/environ.h: which names a handler finds, for every kind of socket. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/environ.h"
#include "core/service.h"
#include "unit/test.h"

static const char *const plan_env[] = {"PATH=/bin", NULL};
static struct conf_service conf;
static struct conf_listen where;
static struct plan plan;
static struct service service;
static struct port port;
static struct conn conn;
static char slot_text[SLOT_TEXT];
static struct slot slot;

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.name = "probe"};
	where = (struct conf_listen){.type = SOCK_STREAM};
	plan = (struct plan){.env = plan_env, .env_count = 1};
	service = (struct service){.conf = &conf, .plan = &plan};
	port = (struct port){.service = &service, .where = &where};
	memset(&conn, 0, sizeof conn);
	conn.service = &service;
	conn.plan = &plan;
	conn.fd = -1; /* which has no cookie */
	conn.facts.session = 17;
	slot = (struct slot){.text = slot_text};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(slot.envp);
	return 0;
}

/* All of the environment, a line each. */
static void expect(const char *wanted)
{
	char text[SLOT_TEXT] = "";
	size_t len = 0;

	assert_int_equal(environ_build(&slot, &conn), 0);
	for (size_t i = 0; slot.envp[i]; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", slot.envp[i]);
	assert_string_equal(text, wanted);
}

static struct addr ip(const char *host, uint16_t number)
{
	struct addr addr;

	assert_int_equal(addr_parse_ip(host, number, &addr), 0);
	return addr;
}

static struct addr vsock(const char *cid, uint32_t number)
{
	struct addr addr;

	assert_int_equal(addr_parse_vsock(cid, number, &addr), 0);
	return addr;
}

static void environ__tcp__has_both_ends(void **state)
{
	(void)state;
	conn.facts.local = ip("::ffff:192.0.2.1", 80);
	conn.facts.peer = ip("::ffff:192.0.2.7", 4000);
	expect("PATH=/bin\nPROTO=TCP\nTCPLOCALIP=192.0.2.1\nTCPLOCALPORT=80\n"
	       "TCPREMOTEIP=192.0.2.7\nTCPREMOTEPORT=4000\nREMOTE_ADDR=192.0.2.7\n"
	       "REMOTE_PORT=4000\nREMOTE_HOST=192.0.2.7\nUSHERD_SERVICE=probe\n"
	       "USHERD_SESSION=17\n");
}

static void environ__vsock__has_contexts(void **state)
{
	(void)state;
	conn.facts.local = vsock("2", 4000000000);
	conn.facts.peer = vsock("3", 1024);
	expect("PATH=/bin\nPROTO=VSOCK\nVSOCKLOCALCID=2\nVSOCKLOCALPORT=4000000000\n"
	       "VSOCKREMOTECID=3\nVSOCKREMOTEPORT=1024\nREMOTE_ADDR=3\nREMOTE_PORT=1024\n"
	       "REMOTE_HOST=3\nUSHERD_SERVICE=probe\nUSHERD_SESSION=17\n");
}

static void environ__unix__has_ids(void **state)
{
	(void)state;
	assert_int_equal(addr_set_unix("/run/x", &conn.facts.local), 0);
	conn.facts.peer.uid = 5;
	conn.facts.peer.gid = 6;
	expect("PATH=/bin\nPROTO=IPC\nIPCREMOTEEUID=5\nIPCREMOTEEGID=6\n"
	       "USHERD_SERVICE=probe\nUSHERD_SESSION=17\n");
}

static void expect_lent(const struct addr *local, enum conf_kind kind, int type, const char *wanted)
{
	port.listener.local = *local;
	where.kind = kind;
	where.type = type;
	conn.lent = &port;
	expect(wanted);
}

static void environ__lent__has_the_local_end_only(void **state)
{
	struct addr wildcard = ip("::", 53), path, context = vsock("*", 80);

	(void)state;
	expect_lent(&wildcard, CONF_UDP, SOCK_DGRAM,
	            "PATH=/bin\nPROTO=UDP\nUDPLOCALIP=::\nUDPLOCALPORT=53\n"
	            "USHERD_SERVICE=probe\nUSHERD_SESSION=17\n");
	expect_lent(&wildcard, CONF_MPTCP, SOCK_STREAM,
	            "PATH=/bin\nPROTO=TCP\nTCPLOCALIP=::\nTCPLOCALPORT=53\n"
	            "USHERD_SERVICE=probe\nUSHERD_SESSION=17\n");
	expect_lent(&context, CONF_VSOCK, SOCK_STREAM,
	            "PATH=/bin\nPROTO=VSOCK\nVSOCKLOCALCID=*\nVSOCKLOCALPORT=80\n"
	            "USHERD_SERVICE=probe\nUSHERD_SESSION=17\n");
	assert_int_equal(addr_set_unix("/run/x", &path), 0);
	expect_lent(&path, CONF_UNIX_DGRAM, SOCK_DGRAM,
	            "PATH=/bin\nPROTO=IPC\nUSHERD_SERVICE=probe\nUSHERD_SESSION=17\n");
}

static void environ__socket__has_its_cookie(void **state)
{
	char wanted[100];
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	conn.fd = fd;
	assert_int_equal(addr_set_unix("/run/x", &conn.facts.local), 0);
	snprintf(wanted, sizeof wanted, "SO_COOKIE=%llu", (unsigned long long)cookie);
	assert_int_equal(environ_build(&slot, &conn), 0);
	assert_string_equal(slot.envp[4], wanted);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(environ__tcp__has_both_ends),     TEST(environ__vsock__has_contexts),
	    TEST(environ__unix__has_ids),          TEST(environ__lent__has_the_local_end_only),
	    TEST(environ__socket__has_its_cookie),
	};

	return cmocka_run_group_tests_name("core/environ", tests, NULL, NULL);
}
