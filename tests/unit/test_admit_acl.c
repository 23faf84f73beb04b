/* admit/acl.h: who is let in by which rule. */
#include "admit/acl.h"
#include "unit/test.h"

enum { MOST = 8 };

static struct net only[MOST], no[MOST];
static struct conf_service conf;

static size_t fill(struct net *net, const char *const *text)
{
	size_t count = 0;
	const char *why;

	for (; text[count]; count++) {
		net[count] = (struct net){.note = text[count]};
		assert_int_equal(prefix_parse(text[count], &net[count].prefix, &why), 0);
	}
	nets_sort(net, count);
	return count;
}

/* Lists end with NULL; only_from is set where there is one. */
static void rules(const char *const *only_from, const char *const *no_access)
{
	conf = (struct conf_service){.only_from_set = only_from != NULL};
	if (only_from)
		conf.only_from = (struct conf_nets){only, fill(only, only_from)};
	if (no_access)
		conf.no_access = (struct conf_nets){no, fill(no, no_access)};
}

#define LIST(...)                 \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}
#define EMPTY                 \
	(const char *const[]) \
	{                     \
		NULL          \
	}

/* by: the rule as it was written, or "" if the client is in none. */
static void expect(const char *address, bool refuses, const char *option, const char *by)
{
	struct addr addr;
	struct acl_answer answer;

	assert_int_equal(addr_parse_ip(address, 1, &addr), 0);
	answer = acl_ask(&conf, &addr);
	assert_int_equal(answer.refuses, refuses);
	if (option)
		assert_string_equal(answer.option, option);
	else
		assert_null(answer.option);
	assert_string_equal(answer.net ? answer.net->note : "", by);
}

static void acl__no_lists__lets_everybody_in(void **state)
{
	(void)state;
	rules(NULL, NULL);
	expect("192.0.2.1", false, NULL, "");
	expect("2001:db8::1", false, NULL, "");
}

static void acl__only_from__refuses_all_else(void **state)
{
	(void)state;
	rules(LIST("10.0.0.0/8", "::1"), NULL);
	expect("10.9.8.7", false, "only_from", "10.0.0.0/8");
	expect("::ffff:10.9.8.7", false, "only_from", "10.0.0.0/8");
	expect("::1", false, "only_from", "::1");
	expect("11.0.0.0", true, "only_from", "");
	expect("::2", true, "only_from", "");
	rules(EMPTY, NULL);
	expect("10.9.8.7", true, "only_from", "");
}

static void acl__no_access__refuses_these(void **state)
{
	(void)state;
	rules(NULL, LIST("10.0.0.0/8", "2001:db8::/32"));
	expect("10.9.8.7", true, "no_access", "10.0.0.0/8");
	expect("::ffff:10.9.8.7", true, "no_access", "10.0.0.0/8");
	expect("2001:db8::7", true, "no_access", "2001:db8::/32");
	expect("11.0.0.0", false, NULL, "");
}

static void acl__both__the_longest_prefix_wins(void **state)
{
	(void)state;
	rules(LIST("10.0.0.0/8", "10.1.2.0/24", "10.1.2.3"),
	      LIST("10.1.0.0/16", "10.1.2.3", "10.1.2.128/25"));
	expect("10.2.0.0", false, "only_from", "10.0.0.0/8");
	expect("10.1.9.9", true, "no_access", "10.1.0.0/16");
	expect("10.1.2.4", false, "only_from", "10.1.2.0/24");
	expect("10.1.2.200", true, "no_access", "10.1.2.128/25");
	/* Equal ones refuse. */
	expect("10.1.2.3", true, "no_access", "10.1.2.3");
	expect("192.0.2.1", true, "only_from", "");
}

static struct addr user(uid_t uid, gid_t gid)
{
	struct addr addr = {.len = 2, .uid = uid, .gid = gid};

	addr.sa.sa_family = AF_UNIX;
	return addr;
}

static bool lets_user(uid_t uid, gid_t gid)
{
	struct addr addr = user(uid, gid);

	return !acl_ask(&conf, &addr).refuses;
}

static void acl__unix__is_for_allow_users_alone(void **state)
{
	static const uid_t member[] = {1001, 1002};
	static const struct conf_user users[] = {
	    {.text = "git", .uid = 500},
	    {.text = "@staff", .is_group = true, .gid = 50, .member = member, .member_count = 2}};

	(void)state;
	rules(EMPTY, LIST("0.0.0.0/0", "::/0"));
	assert_true(lets_user(7, 7));
	conf.allow_users_set = true;
	assert_false(lets_user(0, 0));
	conf.allow_users = users;
	conf.allow_users_count = 2;
	assert_true(lets_user(500, 1));
	assert_true(lets_user(501, 50));
	assert_true(lets_user(1002, 1));
	assert_false(lets_user(1003, 1));
	assert_false(lets_user(0, 0));
	assert_false(lets_user((uid_t)-1, (gid_t)-1));
}

/* An unknown peer must not match a rule that was written with that number. */
static void acl__unknown_user__is_nobody_of_the_list(void **state)
{
	static const struct conf_user users[] = {
	    {.text = "x", .uid = (uid_t)-1}, {.text = "@x", .is_group = true, .gid = (gid_t)-1}};

	(void)state;
	rules(NULL, NULL);
	conf.allow_users_set = true;
	conf.allow_users = users;
	conf.allow_users_count = 2;
	assert_false(lets_user((uid_t)-1, (gid_t)-1));
}

static void acl__a_lent_socket__passes(void **state)
{
	struct addr none = {.len = 0};

	(void)state;
	rules(EMPTY, NULL);
	conf.allow_users_set = true;
	assert_false(acl_ask(&conf, &none).refuses);
}

static void acl__vsock__is_not_in_only_from(void **state)
{
	struct addr addr;

	(void)state;
	rules(LIST("0.0.0.0/0", "::/0"), NULL);
	assert_int_equal(addr_parse_vsock("3", 80, &addr), 0);
	assert_true(acl_ask(&conf, &addr).refuses);
	rules(NULL, LIST("0.0.0.0/0"));
	assert_false(acl_ask(&conf, &addr).refuses);
}

static void acl__exempt__is_found(void **state)
{
	struct addr addr;

	(void)state;
	rules(NULL, NULL);
	conf.exempt = (struct conf_nets){only, fill(only, LIST("10.0.0.0/8"))};
	assert_int_equal(addr_parse_ip("10.1.1.1", 1, &addr), 0);
	assert_string_equal(acl_exempt(&conf, &addr)->note, "10.0.0.0/8");
	assert_int_equal(addr_parse_ip("11.1.1.1", 1, &addr), 0);
	assert_null(acl_exempt(&conf, &addr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(acl__no_lists__lets_everybody_in),
	    cmocka_unit_test(acl__only_from__refuses_all_else),
	    cmocka_unit_test(acl__no_access__refuses_these),
	    cmocka_unit_test(acl__both__the_longest_prefix_wins),
	    cmocka_unit_test(acl__unix__is_for_allow_users_alone),
	    cmocka_unit_test(acl__unknown_user__is_nobody_of_the_list),
	    cmocka_unit_test(acl__a_lent_socket__passes),
	    cmocka_unit_test(acl__vsock__is_not_in_only_from),
	    cmocka_unit_test(acl__exempt__is_found),
	};

	return cmocka_run_group_tests_name("admit/acl", tests, NULL, NULL);
}
