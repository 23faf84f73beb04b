/* config/sandbox.h: what `sandbox` and `capabilities` stand for. */
#include <linux/capability.h>

#include "base/calls.h"
#include "base/caps.h"
#include "config/sandbox.h"
#include "unit/config_case.h"

static void expect_format(const char *lines, const char *want)
{
	struct buf out = BUF_INIT(4096);

	sandbox_format(config_only(config_service(lines), false), &out);
	assert_string_equal(out.data, want);
	buf_free(&out);
}

static void sandbox__none__changes_nothing(void **state)
{
	const struct conf_service *s = config_only(config_service("sandbox = none\n"), false);

	(void)state;
	assert_int_equal(s->sandbox, CONF_SANDBOX_NONE);
	assert_true(s->sandbox_required);
	assert_false(s->filter || s->capabilities_set || s->no_new_privs);
}

static void sandbox__unset__is_as_the_user_is(void **state)
{
	const enum conf_sandbox own = geteuid() == 0 ? CONF_SANDBOX_NONE : CONF_SANDBOX_STANDARD;
	const struct conf_service *s = config_only(config_service(""), false);

	(void)state;
	assert_int_equal(s->sandbox, own);
	assert_int_equal(s->filter != CONF_FILTER_NONE, own != CONF_SANDBOX_NONE);
	s = config_only(config_service("no_new_privs = no\n"), false);
	assert_int_equal(s->sandbox, CONF_SANDBOX_NONE);
	s = config_only(config_service("user = nobody\n"), true);
	assert_int_equal(s->sandbox, CONF_SANDBOX_STANDARD);
	assert_true(s->no_new_privs && s->capabilities_set);
	s = config_only(config_service("user = root\n"), true);
	assert_int_equal(s->sandbox, CONF_SANDBOX_NONE);
	assert_false(s->no_new_privs || s->filter);
}

static void sandbox__standard__is_privileges_capabilities_and_filter(void **state)
{
	const struct conf_service *s =
	    config_only(config_service("sandbox = standard\nsandbox_required = no\n"), false);

	(void)state;
	assert_int_equal(s->sandbox, CONF_SANDBOX_STANDARD);
	assert_int_equal(s->filter, CONF_FILTER_STANDARD);
	assert_true(s->capabilities_set && s->no_new_privs && !s->capabilities);
	assert_false(s->sandbox_required);
	s = config_only(config_service("sandbox = standard\ncapabilities = {kill}\n"), false);
	assert_true(s->capabilities == CAPS_BIT(CAP_KILL));
}

static void sandbox__strict__is_all_of_it(void **state)
{
	const struct conf_service *s =
	    config_only(config_service("sandbox = strict\nuser = nobody\n"), true);

	(void)state;
	assert_int_equal(s->filter, CONF_FILTER_STRICT);
	assert_true(s->capabilities_set && s->no_new_privs && !s->capabilities);
	assert_true(s->no_network && s->private_tmp && s->landlock.on);
	assert_true(s->private_pids);
	assert_true(s->landlock.no_tcp && s->landlock.scoped);
	for (size_t i = 0; i < s->landlock.count; i++)
		assert_true(s->landlock.path[i].implied);
}

static void sandbox__strict__gives_way_to_each_option(void **state)
{
	const char *lines = "sandbox = strict\nuser = nobody\nnetwork = yes\nprivate_tmp = no\n"
			    "capabilities = {kill}\nread_paths = {\"/\"}\n";
	const struct conf_service *s = config_only(config_service(lines), true);

	(void)state;
	assert_true(!s->no_network && !s->private_tmp);
	assert_true(s->private_pids);
	assert_true(!s->landlock.no_tcp && s->landlock.scoped);
	assert_true(s->capabilities == CAPS_BIT(CAP_KILL));
	config_expect_in_service("sandbox = strict\nno_new_privs = no\n",
	                         "t:3: service \"s\": no_new_privs: sandbox = \"strict\" "
	                         "implies yes (remove it)\n");
}

static void sandbox__what_it_implies__cannot_be_taken_back(void **state)
{
	(void)state;
	config_expect_in_service("sandbox = standard\nno_new_privs = no\n",
	                         "t:3: service \"s\": no_new_privs: sandbox = \"standard\" "
	                         "implies yes (remove it)\n");
	config_expect_in_service("sandbox = standard\nno_new_privs = yes\n", "");
}

static void sandbox__wrong_words__are_errors(void **state)
{
	(void)state;
	config_expect_in_service("sandbox = standart\n",
	                         "t:2: service \"s\": sandbox: \"standart\" is not one of: none "
	                         "standard strict (did you mean \"standard\"?)\n");
}

static void capabilities__names__in_both_forms(void **state)
{
	const struct conf_service *s = config_only(
	    config_service(
		"sandbox = none\ncapabilities = {net_raw, \"CAP_SETUID\", cap_net_raw}\n"),
	    false);

	(void)state;
	assert_true(s->capabilities_set);
	assert_true(s->capabilities == (CAPS_BIT(CAP_NET_RAW) | CAPS_BIT(CAP_SETUID)));
	s = config_only(config_service("sandbox = none\ncapabilities = {}\n"), false);
	assert_true(s->capabilities_set && !s->capabilities);
	config_expect_in_service("capabilities = {net_row, \"cap_x y\"}\n",
	                         "t:2: service \"s\": capabilities: \"net_row\" is no capability "
	                         "(did you mean \"net_raw\"?)\n"
	                         "t:2: service \"s\": capabilities: \"cap_x y\" is no capability "
	                         "(see capabilities(7))\n");
}

static void format__says_it_in_words(void **state)
{
	(void)state;
	expect_format("sandbox = none\n", "none");
	expect_format("sandbox = none\nno_new_privs = yes\n", "none: no new privileges");
	expect_format("sandbox = none\ncapabilities = {}\n", "none: capabilities none");
	expect_format("sandbox = none\ncapabilities = {kill}\nno_new_privs = yes\n",
	              "none: no new privileges, capabilities cap_kill");
	expect_format("sandbox = standard\n",
	              "standard: no new privileges, capabilities none, no system calls that "
	              "administer the kernel");
	expect_format("sandbox = none\nsyscalls = \"-ptrace\"\n",
	              "none: no new privileges, all system calls (and what syscalls says)");
}

static unsigned said(const struct conf_service *s, const char *name)
{
	return s->calls[call_number(calls_find(name))];
}

static void syscalls__entries__hold_in_their_order(void **state)
{
	const struct conf_service *s = config_only(
	    config_service(
		"sandbox = standard\n"
		"syscalls = {\"+@debug\", \"-ptrace\", keyctl, \"-@ipc\", \"+shmget\"}\n"),
	    false);

	(void)state;
	assert_int_equal(s->filter, CONF_FILTER_STANDARD);
	assert_int_equal(said(s, "kcmp"), CONF_CALL_GROUP);
	assert_int_equal(said(s, "ptrace"), CONF_CALL_DENY);
	assert_int_equal(said(s, "keyctl"), CONF_CALL_ALLOW);
	assert_int_equal(said(s, "semget"), CONF_CALL_DENY);
	assert_int_equal(said(s, "shmget"), CONF_CALL_ALLOW);
	assert_int_equal(said(s, "read"), CONF_CALL_UNSAID);
	s = config_only(config_service("sandbox = standard\nsyscalls = {}\n"), false);
	assert_null(s->calls);
}

static void syscalls__without_a_sandbox__only_refuses(void **state)
{
	const struct conf_service *s =
	    config_only(config_service("sandbox = none\nsyscalls = {\"-ptrace\"}\n"), false);

	(void)state;
	assert_int_equal(s->filter, CONF_FILTER_OPEN);
	assert_true(s->no_new_privs && !s->capabilities_set);
	s = config_only(config_service("sandbox = none\nsyscalls = {ptrace}\n"), false);
	assert_int_equal(s->filter, CONF_FILTER_NONE);
	assert_true(!s->no_new_privs && !s->calls);
	config_expect_in_service("sandbox = none\nsyscalls = {\"+@io\"}\n",
	                         "t:3: warning: service \"s\": syscalls: changes nothing: without "
	                         "a sandbox all calls are allowed\n");
	config_expect_in_service("syscalls = {\"-ptrace\"}\nno_new_privs = no\n",
	                         "t:3: service \"s\": no_new_privs: syscalls implies yes (remove "
	                         "it)\n");
}

static void syscalls__wrong_names__are_errors_with_a_hint(void **state)
{
	static const struct {
		const char *entry, *said;
	} row[] = {
	    {"-ptrce", "there is no such system call (did you mean \"ptrace\"?)"},
	    {"+nonsense", "there is no such system call (see syscalls(2))"},
	    {"", "there is no such system call (see syscalls(2))"},
	    {"-", "there is no such system call (see syscalls(2))"},
	    {"sockets", "there is no such system call (write \"@sockets\" for the group)"},
	    {"+@socket", "there is no such group of system calls (did you mean \"@sockets\"?)"},
	    {"@", "there is no such group of system calls (see SYSTEM CALLS in usherd.conf(5))"},
	    {"-+read", "there is no such system call (did you mean \"read\"?)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		char lines[200], want[400];

		snprintf(lines, sizeof lines, "sandbox = standard\nsyscalls = {read, \"%s\"}\n",
		         row[i].entry);
		snprintf(want, sizeof want, "t:3: service \"s\": syscalls: \"%s\": %s\n",
		         row[i].entry, row[i].said);
		config_expect_in_service(lines, want);
	}
}

static void syscalls__without_what_starts_a_handler__is_an_error(void **state)
{
	(void)state;
	config_expect_in_service("sandbox = standard\nsyscalls = \"-@process\"\n",
	                         "t:3: service \"s\": syscalls: without execve no handler can be "
	                         "started (add \"+execve\" at the end)\n");
	config_expect_in_service(
	    "sandbox = standard\nsyscalls = {\"-@process\", \"+execve\", \"+exit_group\"}\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sandbox__none__changes_nothing),
	    cmocka_unit_test(sandbox__unset__is_as_the_user_is),
	    cmocka_unit_test(sandbox__standard__is_privileges_capabilities_and_filter),
	    cmocka_unit_test(sandbox__strict__is_all_of_it),
	    cmocka_unit_test(sandbox__strict__gives_way_to_each_option),
	    cmocka_unit_test(sandbox__what_it_implies__cannot_be_taken_back),
	    cmocka_unit_test(sandbox__wrong_words__are_errors),
	    cmocka_unit_test(capabilities__names__in_both_forms),
	    cmocka_unit_test(syscalls__entries__hold_in_their_order),
	    cmocka_unit_test(syscalls__without_a_sandbox__only_refuses),
	    cmocka_unit_test(syscalls__wrong_names__are_errors_with_a_hint),
	    cmocka_unit_test(syscalls__without_what_starts_a_handler__is_an_error),
	    cmocka_unit_test(format__says_it_in_words),
	};

	return cmocka_run_group_tests_name("config/sandbox", tests, NULL, config_case_end);
}
