/* core/privileges.h: what is needed, and that nothing else is left. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caps.h"
#include "core/privileges.h"
#include "unit/test.h"

#define BIT(cap) ((uint64_t)1 << (cap))

static struct conf_listen where;
static struct conf_service service, other;
static const struct conf_service *services[] = {&service, &other};
static struct conf conf;

static int set_up(void **state)
{
	(void)state;
	where = (struct conf_listen){.text = "test"};
	service = (struct conf_service){.name = "one",
	                                .enabled = true,
	                                .listen = &where,
	                                .listen_count = 1,
	                                .socket_uid = (uid_t)-1,
	                                .socket_gid = (gid_t)-1,
	                                .uid = 65533,
	                                .gid = 65533,
	                                .no_new_privs = true};
	other = service;
	other.name = "two";
	other.listen_count = 0;
	conf = (struct conf){.services = services, .service_count = 2};
	return addr_parse_ip("0.0.0.0", 8080, &where.addr);
}

static unsigned first_free_port(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	unsigned port = 1024;

	if (file && fscanf(file, "%u", &port) != 1)
		port = 1024;
	if (file)
		fclose(file);
	return port;
}

static void needed__ordinary_services__nothing(void **state)
{
	(void)state;
	assert_true(privileges_needed(&conf) == 0);
	service.nice_set = true;
	service.nice = 10;
	assert_int_equal(addr_set_unix("/run/x", &where.addr), 0);
	assert_true(privileges_needed(&conf) == 0);
}

/* A reload could not bring the first one otherwise. */
static void needed__no_service__what_the_first_one_will_need(void **state)
{
	(void)state;
	service.enabled = other.enabled = false;
	assert_true(privileges_needed(&conf) == (geteuid() == 0
	                                             ? BIT(CAP_SETUID) | BIT(CAP_SETGID) |
	                                                   BIT(CAP_KILL) | BIT(CAP_NET_BIND_SERVICE)
	                                             : 0));
	other.enabled = true;
	assert_true(privileges_needed(&conf) == 0);
}

static void needed__low_port__bind(void **state)
{
	static const char *const host[] = {"0.0.0.0", "::", "::ffff:127.0.0.1"};

	(void)state;
	if (first_free_port() <= 80)
		skip_because("anybody may bind port 80 here");
	for (size_t i = 0; i < ARRAY_LEN(host); i++) {
		assert_int_equal(addr_parse_ip(host[i], 80, &where.addr), 0);
		assert_true(privileges_needed(&conf) == BIT(CAP_NET_BIND_SERVICE));
	}
	assert_int_equal(addr_parse_ip("::", (uint16_t)first_free_port(), &where.addr), 0);
	assert_true(privileges_needed(&conf) == 0);
	assert_int_equal(addr_parse_ip("::", (uint16_t)(first_free_port() - 1), &where.addr), 0);
	assert_true(privileges_needed(&conf) == BIT(CAP_NET_BIND_SERVICE));
}

static void needed__owner_of_a_socket__chown(void **state)
{
	(void)state;
	service.socket_uid = 0;
	assert_true(privileges_needed(&conf) == BIT(CAP_CHOWN));
	service.socket_uid = (uid_t)-1;
	service.socket_gid = 5;
	assert_true(privileges_needed(&conf) == BIT(CAP_CHOWN));
}

static void needed__other_user__set_ids_and_kill(void **state)
{
	(void)state;
	service.change_user = true;
	assert_true(privileges_needed(&conf) ==
	            (BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_KILL)));
}

static void needed__higher_priority__nice(void **state)
{
	(void)state;
	service.nice_set = true;
	service.nice = -1;
	assert_true(privileges_needed(&conf) == BIT(CAP_SYS_NICE));
	service.nice_set = false;
	assert_true(privileges_needed(&conf) == 0);
}

/* Root can only be kept from more by who may cut the bounding set. */
static void needed__capabilities_of_handlers__are_theirs(void **state)
{
	(void)state;
	service.capabilities = BIT(CAP_NET_RAW);
	assert_true(privileges_needed(&conf) == 0);
	service.capabilities_set = true;
	assert_true(privileges_needed(&conf) == BIT(CAP_NET_RAW));
	service.no_new_privs = false;
	assert_true(privileges_needed(&conf) == BIT(CAP_NET_RAW));
	service.change_user = true;
	assert_true(
	    (privileges_needed(&conf) & ~(BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_KILL))) ==
	    (BIT(CAP_NET_RAW) | BIT(CAP_SETPCAP)));
	service.no_new_privs = true;
	assert_false(privileges_needed(&conf) & BIT(CAP_SETPCAP));
	service.uid = 0;
	assert_true(privileges_needed(&conf) & BIT(CAP_SETPCAP));
}

static void needed__higher_limit__resource(void **state)
{
	struct conf_rlimit *rl = &service.rlimit[CONF_RLIMIT_FILES];
	struct rlimit now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
	*rl = (struct conf_rlimit){true, RLIMIT_NOFILE, now.rlim_cur, now.rlim_max};
	assert_true(privileges_needed(&conf) == 0);
	if (now.rlim_max == RLIM_INFINITY)
		return;
	rl->hard++;
	assert_true(privileges_needed(&conf) == BIT(CAP_SYS_RESOURCE));
	rl->set = false;
	assert_true(privileges_needed(&conf) == 0);
}

static void needed__several_services__the_union_of_the_enabled(void **state)
{
	(void)state;
	service.socket_gid = 5;
	other.nice_set = true;
	other.nice = -5;
	assert_true(privileges_needed(&conf) == (BIT(CAP_CHOWN) | BIT(CAP_SYS_NICE)));
	other.enabled = false;
	assert_true(privileges_needed(&conf) == BIT(CAP_CHOWN));
}

static void expect_format(uint64_t set, const char *want)
{
	struct buf out = BUF_INIT(4096);

	caps_format(set, &out);
	assert_string_equal(out.data, want);
	buf_free(&out);
}

static void format__sets__are_names(void **state)
{
	(void)state;
	expect_format(0, "none");
	expect_format(BIT(CAP_KILL), "cap_kill");
	expect_format(BIT(CAP_SETUID) | BIT(CAP_CHOWN) | BIT(CAP_NET_BIND_SERVICE),
	              "cap_chown cap_setuid cap_net_bind_service");
}

static bool has_exactly(uint64_t set)
{
	cap_t caps = cap_get_proc();
	bool same = caps != NULL;

	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		cap_flag_value_t value[3] = {CAP_CLEAR, CAP_CLEAR, CAP_CLEAR};
		cap_flag_value_t want = set & BIT(cap) ? CAP_SET : CAP_CLEAR;

		if (cap_get_flag(caps, cap, CAP_PERMITTED, &value[0]) < 0)
			continue;
		(void)cap_get_flag(caps, cap, CAP_EFFECTIVE, &value[1]);
		(void)cap_get_flag(caps, cap, CAP_INHERITABLE, &value[2]);
		same &= value[0] == want && value[1] == want && value[2] == CAP_CLEAR;
	}
	cap_free(caps);
	return same;
}

/* Runs in a child, since there is no way back; the line that failed, or 0. */
static int in_child(int (*act)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(act());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define MUST(condition)                         \
	do {                                    \
		if (!(condition))               \
			return __COUNTER__ + 1; \
	} while (0)

static int drop_to_user(void)
{
	struct privileges now;
	const char *why;
	gid_t group[4];

	MUST(privileges_drop(&conf, &now, &why) == 0);
	MUST(getuid() == 65534 && geteuid() == 65534 && getgid() == 65533);
	MUST(getgroups(4, group) == 1 && group[0] == 4242);
	MUST(now.kept == (BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_KILL)));
	MUST(now.missing == 0);
	MUST(has_exactly(now.kept));
	MUST(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	MUST(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0) == 0);
	if (!now.filtered)
		return 0;
	MUST(now.unfiltered_why == NULL);
	/* With the capabilities it has, only the filter keeps it from this. */
	MUST(setresuid((uid_t)-1, 0, (uid_t)-1) == -1 && errno == EPERM);
	MUST(setresgid(0, (gid_t)-1, (gid_t)-1) == -1 && errno == EPERM);
	MUST(setuid(0) == -1 && errno == EPERM);
	MUST(setreuid(0, 0) == -1 && errno == EPERM);
	MUST(setresuid(65533, 65533, 65533) == 0);
	return 0;
}

static void drop__root_with_a_user__keeps_what_is_needed(void **state)
{
	static const gid_t groups[] = {4242};

	(void)state;
	if (geteuid() != 0)
		skip_because("only root has something to drop");
	conf.user = "nobody";
	conf.uid = 65534;
	conf.gid = 65533;
	conf.groups = groups;
	conf.group_count = 1;
	service.change_user = true;
	assert_int_equal(in_child(drop_to_user), 0);
}

static int drop_all(void)
{
	struct privileges now;
	const char *why;

	MUST(privileges_drop(&conf, &now, &why) == 0);
	MUST(now.kept == 0 && has_exactly(0));
	MUST(geteuid() == (conf.user ? conf.uid : getuid()));
	MUST(setresuid(0, 0, 0) == (getuid() == 0 ? 0 : -1));
	return 0;
}

static void drop__nothing_needed__nothing_kept(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		conf.user = "nobody";
		conf.uid = conf.gid = 65534;
	}
	assert_int_equal(in_child(drop_all), 0);
}

static int drop_unfiltered(void)
{
	struct privileges now;
	const char *why;

	MUST(privileges_drop(&conf, &now, &why) == 0);
	MUST(!now.filtered && now.unfiltered_why != NULL);
	MUST(setresuid(0, 0, 0) == 0);
	return 0;
}

/* A service that runs as root, or may become it, must not be kept from that. */
static void drop__a_service_needs_root__no_filter(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip_because("only root has something to drop");
	conf.user = "nobody";
	conf.uid = conf.gid = 65534;
	service.change_user = true;
	service.uid = service.gid = 0;
	assert_int_equal(in_child(drop_unfiltered), 0);
	service.uid = service.gid = 65533;
	service.no_new_privs = false;
	assert_int_equal(in_child(drop_unfiltered), 0);
}

/* Nor must the supervisor be kept from staying what it is. */
static void drop__the_supervisor_is_root__no_filter(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip_because("only root has something to drop");
	conf.user = "root";
	service.change_user = service.no_new_privs = true;
	service.uid = service.gid = 65533;
	assert_int_equal(in_child(drop_unfiltered), 0);
}

static int drop_missing(void)
{
	struct privileges now;
	const char *why;

	MUST(privileges_drop(&conf, &now, &why) == 0);
	MUST(now.kept == 0 && now.missing == BIT(CAP_CHOWN));
	return 0;
}

static void drop__not_permitted__is_said(void **state)
{
	(void)state;
	if (geteuid() == 0)
		skip_because("root is permitted all");
	service.socket_uid = 1;
	assert_int_equal(in_child(drop_missing), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(needed__ordinary_services__nothing, set_up),
	    cmocka_unit_test_setup(needed__no_service__what_the_first_one_will_need, set_up),
	    cmocka_unit_test_setup(needed__low_port__bind, set_up),
	    cmocka_unit_test_setup(needed__owner_of_a_socket__chown, set_up),
	    cmocka_unit_test_setup(needed__other_user__set_ids_and_kill, set_up),
	    cmocka_unit_test_setup(needed__higher_priority__nice, set_up),
	    cmocka_unit_test_setup(needed__capabilities_of_handlers__are_theirs, set_up),
	    cmocka_unit_test_setup(needed__higher_limit__resource, set_up),
	    cmocka_unit_test_setup(needed__several_services__the_union_of_the_enabled, set_up),
	    cmocka_unit_test_setup(format__sets__are_names, set_up),
	    cmocka_unit_test_setup(drop__root_with_a_user__keeps_what_is_needed, set_up),
	    cmocka_unit_test_setup(drop__nothing_needed__nothing_kept, set_up),
	    cmocka_unit_test_setup(drop__a_service_needs_root__no_filter, set_up),
	    cmocka_unit_test_setup(drop__the_supervisor_is_root__no_filter, set_up),
	    cmocka_unit_test_setup(drop__not_permitted__is_said, set_up),
	};

	return cmocka_run_group_tests_name("core/privileges", tests, NULL, NULL);
}
