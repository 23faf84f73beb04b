/* spawn/seccomp.h: what a filter answers, held against its rules, without loading it. */
#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "base/arch.h"
#include "spawn/seccomp.h"
#include "unit/test.h"

#ifdef OWN_ARCH

enum { DENIED = SECCOMP_RET_ERRNO | EPERM, UNKNOWN = SECCOMP_RET_ERRNO | ENOSYS };

/* As the kernel runs it: only the instructions that a filter of ours has. */
static uint32_t run(const struct sock_fprog *filter, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < filter->len; at++) {
		const struct sock_filter *i = &filter->filter[at];
		bool yes = false;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_in_range(i->k, 0, sizeof *data - sizeof a);
			memcpy(&a, (const char *)data + i->k, sizeof a);
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & i->k) != 0;
			break;
		default:
			fail_msg("instruction %x", i->code);
		}
		at += yes ? i->jt : i->jf;
	}
	fail_msg("no answer");
	return 0;
}

static uint32_t answer(uint32_t number, uint64_t first, uint64_t second)
{
	const struct seccomp_data data = {
	    .nr = (int)number, .arch = OWN_ARCH, .args = {first, second}};
	const struct sock_fprog *filter = seccomp_standard();

	assert_non_null(filter);
	return run(filter, &data);
}

static enum filter_action rule_of(uint32_t number)
{
	size_t count;
	const struct filter_rule *rule = filters_standard(&count);

	for (size_t i = 0; i < count; i++)
		if (rule[i].number == number)
			return rule[i].action;
	return number > filters_last ? FILTER_UNKNOWN : FILTER_ALLOW;
}

static void standard__each_number__is_answered_by_its_rule(void **state)
{
	static const uint32_t plain[] = {
	    [FILTER_ALLOW] = SECCOMP_RET_ALLOW, [FILTER_DENY] = DENIED, [FILTER_UNKNOWN] = UNKNOWN};

	(void)state;
	for (uint32_t number = 0; number < 5000; number++) {
		enum filter_action action = rule_of(number);

		if (action < ARRAY_LEN(plain))
			assert_int_equal(answer(number, 0, 0), plain[action]);
	}
	assert_int_equal(answer(SYS_read, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(answer(SYS_ptrace, 0, 0), DENIED);
	assert_int_equal(answer(0x3fffffff, 0, 0), UNKNOWN);
}

static void standard__rules__name_each_number_once(void **state)
{
	size_t count;
	const struct filter_rule *rule = filters_standard(&count);

	(void)state;
	assert_in_range(count, 50, 128);
	for (size_t i = 0; i < count; i++) {
		assert_in_range(rule[i].number, 0, filters_last);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(rule[i].number, rule[j].number);
	}
}

static void standard__arguments__are_looked_at(void **state)
{
	static const struct {
		long number;
		uint64_t first, second;
		uint32_t want;
	} row[] = {
	    {SYS_personality, 0, 0, SECCOMP_RET_ALLOW},
	    {SYS_personality, 0xffffffff, 0, SECCOMP_RET_ALLOW},
	    {SYS_personality, 1, 0, DENIED},
	    {SYS_personality, 0x0040000, 0, DENIED},
	    {SYS_ioctl, 0, TIOCSTI, DENIED},
	    {SYS_ioctl, 7, TIOCLINUX, DENIED},
	    {SYS_ioctl, 0, TIOCGWINSZ, SECCOMP_RET_ALLOW},
	    {SYS_ioctl, TIOCSTI, 0, SECCOMP_RET_ALLOW},
	    /* The kernel does not see the upper half. */
	    {SYS_ioctl, 0, UINT64_C(0xdead00000000) | TIOCSTI, DENIED},
	    {SYS_unshare, CLONE_FS | CLONE_FILES, 0, SECCOMP_RET_ALLOW},
	    {SYS_unshare, CLONE_FS | CLONE_NEWUSER, 0, DENIED},
	    {SYS_unshare, CLONE_NEWNET, 0, DENIED},
	    {SYS_unshare, 0x80 /* CLONE_NEWTIME */, 0, DENIED},
	    {SYS_clone, CLONE_VM | CLONE_VFORK | 17, 0, SECCOMP_RET_ALLOW},
	    {SYS_clone, CLONE_NEWPID | 17, 0, DENIED},
	    {SYS_clone, CLONE_NEWUSER, 0, DENIED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_int_equal(answer((uint32_t)row[i].number, row[i].first, row[i].second),
		                 row[i].want);
}

static void standard__foreign_machines__are_refused(void **state)
{
	struct seccomp_data data = {.nr = SYS_read, .arch = AUDIT_ARCH_I386};

	(void)state;
	assert_int_equal(run(seccomp_standard(), &data), DENIED);
	data.arch = AUDIT_ARCH_ARM;
	assert_int_equal(run(seccomp_standard(), &data), DENIED);
#ifdef __x86_64__
	assert_int_equal(answer(0x40000000, 0, 0), DENIED);
	assert_int_equal(answer(0x40000000 | SYS_read, 0, 0), DENIED);
	assert_int_equal(answer(UINT32_MAX, 0, 0), DENIED);
#endif
}

/* Rules at random, against a plain look into them. */
static void compile__any_rules__answers_as_they_say(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct filter_rule rule[64];
		struct sock_filter code[512];
		bool denied[512] = {false};
		size_t count = 0, len;

		for (size_t wanted = test_random(&seed) % 64; count < wanted;) {
			uint32_t number = (uint32_t)(test_random(&seed) % filters_last);

			if (denied[number])
				continue;
			denied[number] = true;
			rule[count++] = (struct filter_rule){number, FILTER_DENY};
		}
		len = seccomp_compile(rule, count, code, ARRAY_LEN(code));
		assert_in_range(len, 6, ARRAY_LEN(code));
		for (uint32_t number = 0; number <= filters_last; number++) {
			const struct sock_fprog filter = {(unsigned short)len, code};
			const struct seccomp_data data = {.nr = (int)number, .arch = OWN_ARCH};

			assert_int_equal(run(&filter, &data),
			                 denied[number] ? DENIED : SECCOMP_RET_ALLOW);
		}
	}
}

static void compile__too_little_room_or_too_long_jumps__is_no_filter(void **state)
{
	struct filter_rule rule[200];
	struct sock_filter code[2000];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_LEN(rule); i++)
		rule[i] = (struct filter_rule){2 * i, FILTER_DENY};
	assert_int_equal(seccomp_compile(rule, 10, code, 20), 0);
	assert_int_equal(seccomp_compile(rule, ARRAY_LEN(rule), code, ARRAY_LEN(code)), 0);
	for (uint32_t i = 0; i < 120; i++)
		rule[i].action = FILTER_NAMESPACES;
	assert_int_equal(seccomp_compile(rule, 120, code, ARRAY_LEN(code)), 0);
	assert_true(seccomp_compile(rule, 60, code, ARRAY_LEN(code)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(standard__each_number__is_answered_by_its_rule),
	    cmocka_unit_test(standard__rules__name_each_number_once),
	    cmocka_unit_test(standard__arguments__are_looked_at),
	    cmocka_unit_test(standard__foreign_machines__are_refused),
	    cmocka_unit_test(compile__any_rules__answers_as_they_say),
	    cmocka_unit_test(compile__too_little_room_or_too_long_jumps__is_no_filter),
	};

	return cmocka_run_group_tests_name("spawn/seccomp", tests, NULL, NULL);
}

#else

static void standard__other_machine__has_none(void **state)
{
	(void)state;
	assert_null(seccomp_standard());
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(standard__other_machine__has_none)};

	return cmocka_run_group_tests_name("spawn/seccomp", tests, NULL, NULL);
}

#endif
