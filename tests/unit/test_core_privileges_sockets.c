/* core/privileges.h: each option costs the capability that it needs, and no other. */
#include "base/caps.h"
#include "core/privileges.h"

#include <sys/capability.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/sockfilter.h"
#include "unit/test.h"

static struct conf_service conf;
static struct conf_listen where;

static int set_up(void **state)
{
	(void)state;
	conf = (struct conf_service){.enabled = true,
	                             .listen = &where,
	                             .listen_count = 1,
	                             .socket_uid = (uid_t)-1,
	                             .socket_gid = (gid_t)-1};
	where = (struct conf_listen){.type = SOCK_STREAM};
	assert_int_equal(addr_parse_ip("127.0.0.1", 65000, &where.addr), 0);
	return 0;
}

static void expect(const char *wanted)
{
	const struct conf_service plain = {
	    .enabled = true, .socket_uid = (uid_t)-1, .socket_gid = (gid_t)-1};
	const struct conf_service *services[] = {&conf, &plain};
	struct conf model = {.services = services, .service_count = 2};
	struct buf text = BUF_INIT(4096);

	caps_format(privileges_needed(&model), &text);
	assert_string_equal(text.data, wanted);
	buf_free(&text);
}

static void privileges__plain_service__needs_none(void **state)
{
	(void)state;
	conf.reuse_port = conf.freebind = true;
	conf.sndbuf = conf.rcvbuf = 1 << 20;
	conf.tos = 0xb8;
	conf.priority = 6;
	conf.congestion = "reno";
	where.device = "lo";
	expect("none");
	conf.enabled = false;
	conf.mark = 1;
	expect("none");
}

static void privileges__transparent__needs_net_raw(void **state)
{
	(void)state;
	conf.transparent = true;
	expect("cap_net_raw");
}

static void privileges__mark_priority_congestion__need_net_admin(void **state)
{
	(void)state;
	conf.mark = 0x80000000;
	expect("cap_net_admin");
	conf.mark = 0;
	conf.priority = 7;
	expect("cap_net_admin");
	conf.priority = 0;
	conf.congestion = "none-such";
	expect("cap_net_admin");
}

/* Some kernels let everybody, some only those with the capability. */
static bool filter_is_free(void)
{
	const struct prefix nobody = {.family = AF_INET, .len = 32};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status = 0;
	pid_t pid;

	assert_true(fd >= 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(2);
		_exit(sockfilter_set(fd, &nobody, 1) < 0);
	}
	close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_in_range(status, 0, 1 << 8);
	return status == 0;
}

static void privileges__filter__needs_net_admin_where_the_kernel_wants_it(void **state)
{
	cap_t before = cap_get_proc(), after;

	(void)state;
	conf.drop_early = true;
	where.kind = CONF_UDP4;
	expect("none");
	where.kind = CONF_TCP4;
	expect(filter_is_free() ? "none" : "cap_net_admin");
	after = cap_get_proc();
	assert_int_equal(cap_compare(before, after), 0);
	cap_free(before);
	cap_free(after);
}

static void privileges__lower_score__needs_sys_resource(void **state)
{
	(void)state;
	conf.oom_score_adj = 1000;
	conf.oom_score_adj_set = true;
	expect("none");
	conf.oom_score_adj = -1000;
	expect("cap_sys_resource");
	conf.oom_score_adj_set = false;
	expect("none");
}

static void privileges__low_port__needs_net_bind_service(void **state)
{
	(void)state;
	assert_int_equal(addr_parse_vsock("*", 1023, &where.addr), 0);
	expect("cap_net_bind_service");
	assert_int_equal(addr_parse_vsock("*", 1024, &where.addr), 0);
	expect("none");
	assert_int_equal(addr_set_unix("/x", &where.addr), 0);
	expect("none");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(privileges__plain_service__needs_none),
	    TEST(privileges__transparent__needs_net_raw),
	    TEST(privileges__mark_priority_congestion__need_net_admin),
	    TEST(privileges__filter__needs_net_admin_where_the_kernel_wants_it),
	    TEST(privileges__lower_score__needs_sys_resource),
	    TEST(privileges__low_port__needs_net_bind_service),
	};

	return cmocka_run_group_tests_name("core/privileges", tests, NULL, NULL);
}
