/* spawn/seccomp.h, spawn/filters.h: what a filter answers, without loading it. */
#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/arch.h"
#include "spawn/seccomp.h"
#include "unit/test.h"

#ifdef OWN_ARCH

enum {
	ALLOWED = SECCOMP_RET_ALLOW,
	DENIED = SECCOMP_RET_ERRNO | EPERM,
	UNKNOWN = SECCOMP_RET_ERRNO | ENOSYS
};

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
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			at += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > i->k;
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

/* What `syscalls` says in the filters of this test. */
static const uint8_t *said;

static const struct sock_fprog *filter_of(enum conf_filter level, bool no_network)
{
	const struct conf_service service = {
	    .filter = level, .no_network = no_network, .calls = said};
	const struct sock_fprog *program;
	struct filter filter;

	filters_make(&service, &filter);
	program = seccomp_get(&filter);
	assert_non_null(program);
	return program;
}

static uint32_t answer(const struct sock_fprog *filter, long number, uint64_t first,
                       uint64_t second, uint64_t third)
{
	const struct seccomp_data data = {
	    .nr = (int)number, .arch = OWN_ARCH, .args = {first, second, third}};

	return run(filter, &data);
}

struct row {
	long number;
	uint64_t first, second, third;
	uint32_t want;
};

static void expect_rows(enum conf_filter level, bool no_network, const struct row *row,
                        size_t count)
{
	const struct sock_fprog *filter = filter_of(level, no_network);

	for (size_t i = 0; i < count; i++) {
		uint32_t got =
		    answer(filter, row[i].number, row[i].first, row[i].second, row[i].third);

		if (got != row[i].want)
			fail_msg("call %ld (%llx, %llx, %llx): %x", row[i].number,
			         (unsigned long long)row[i].first,
			         (unsigned long long)row[i].second,
			         (unsigned long long)row[i].third, got);
	}
	seccomp_put(&filter);
}

static const struct row both[] = {
    {SYS_read, 0, 0, 0, ALLOWED},
    {SYS_execve, 0, 0, 0, ALLOWED},
    {SYS_setuid, 0, 0, 0, ALLOWED},
    {SYS_ptrace, 0, 0, 0, DENIED},
    {SYS_mount, 0, 0, 0, DENIED},
    {SYS_init_module, 0, 0, 0, DENIED},
    {SYS_syslog, 0, 0, 0, DENIED},
    {SYS_clock_settime, 0, 0, 0, DENIED},
    {SYS_open_by_handle_at, 0, 0, 0, DENIED},
    {SYS_process_vm_readv, 0, 0, 0, DENIED},
    {SYS_perf_event_open, 0, 0, 0, DENIED},
    {SYS_bpf, 0, 0, 0, DENIED},
    {SYS_userfaultfd, 0, 0, 0, DENIED},
    {425 /* io_uring_setup */, 0, 0, 0, DENIED},
    {SYS_keyctl, 0, 0, 0, DENIED},
    {SYS_setns, 0, 0, 0, DENIED},
    {435 /* clone3 */, 0, 0, 0, UNKNOWN},
    {CALLS_LAST, 0, 0, 0, ALLOWED},
    {CALLS_LAST + 1, 0, 0, 0, UNKNOWN},
    {4000, 0, 0, 0, UNKNOWN},
    {0x3fffffff, 0, 0, 0, UNKNOWN},
    {SYS_personality, 0, 0, 0, ALLOWED},
    {SYS_personality, 0xffffffff, 0, 0, ALLOWED},
    {SYS_personality, 1, 0, 0, DENIED},
    {SYS_personality, 0x0040000, 0, 0, DENIED},
    {SYS_ioctl, 0, TIOCSTI, 0, DENIED},
    {SYS_ioctl, 7, TIOCLINUX, 0, DENIED},
    {SYS_ioctl, 0, TIOCGWINSZ, 0, ALLOWED},
    {SYS_ioctl, TIOCSTI, 0, 0, ALLOWED},
    /* The kernel does not see the upper half. */
    {SYS_ioctl, 0, UINT64_C(0xdead00000000) | TIOCSTI, 0, DENIED},
    {SYS_unshare, CLONE_FS | CLONE_FILES, 0, 0, ALLOWED},
    {SYS_unshare, CLONE_FS | CLONE_NEWUSER, 0, 0, DENIED},
    {SYS_unshare, CLONE_NEWNET, 0, 0, DENIED},
    {SYS_unshare, 0x80 /* CLONE_NEWTIME */, 0, 0, DENIED},
    {SYS_clone, CLONE_VM | CLONE_VFORK | 17, 0, 0, ALLOWED},
    {SYS_clone, CLONE_NEWPID | 17, 0, 0, DENIED},
    {SYS_clone, CLONE_NEWUSER, 0, 0, DENIED},
    {SYS_socket, AF_UNIX, SOCK_STREAM, 0, ALLOWED},
#ifdef __x86_64__
    {0x40000000, 0, 0, 0, DENIED},
    {0x40000000 | SYS_read, 0, 0, 0, DENIED},
    {UINT32_MAX, 0, 0, 0, DENIED},
#endif
};

static void both__what_they_have_in_common__is_answered_so(void **state)
{
	(void)state;
	expect_rows(CONF_FILTER_STANDARD, false, both, ARRAY_LEN(both));
	expect_rows(CONF_FILTER_STRICT, false, both, ARRAY_LEN(both));
}

static void standard__calls_of_few_programs__are_allowed(void **state)
{
	static const struct row rows[] = {
	    {SYS_memfd_create, 0, 0, 0, ALLOWED},
	    {SYS_shmget, 0, 0, 0, ALLOWED},
	    {SYS_mbind, 0, 0, 0, ALLOWED},
	    {SYS_io_setup, 0, 0, 0, ALLOWED},
	    {SYS_mmap, 0, 0, PROT_READ | PROT_WRITE | PROT_EXEC, ALLOWED},
	    {SYS_mprotect, 0, 0, PROT_EXEC, ALLOWED},
	    {SYS_socket, AF_PACKET, SOCK_RAW, 0, ALLOWED},
	    {SYS_prctl, PR_SET_PTRACER, 0, 0, ALLOWED},
	};

	(void)state;
	expect_rows(CONF_FILTER_STANDARD, false, rows, ARRAY_LEN(rows));
}

static void strict__calls_of_few_programs__are_refused(void **state)
{
	static const struct row rows[] = {
	    {SYS_memfd_create, 0, 0, 0, DENIED},
	    {SYS_shmget, 0, 0, 0, DENIED},
	    {SYS_shmat, 0, 0, 0, DENIED},
	    {SYS_mbind, 0, 0, 0, DENIED},
	    {SYS_io_setup, 0, 0, 0, DENIED},
	    {SYS_fanotify_init, 0, 0, 0, DENIED},
	    {SYS_remap_file_pages, 0, 0, 0, DENIED},
	    {400, 0, 0, 0, UNKNOWN},
	};

	(void)state;
	expect_rows(CONF_FILTER_STRICT, false, rows, ARRAY_LEN(rows));
}

static void strict__memory__is_not_writable_and_executable(void **state)
{
	static const struct row rows[] = {
	    {SYS_mmap, 0, 0, PROT_READ | PROT_WRITE, ALLOWED},
	    {SYS_mmap, 0, 0, PROT_READ | PROT_EXEC, ALLOWED},
	    {SYS_mmap, PROT_WRITE, PROT_WRITE, PROT_EXEC, ALLOWED},
	    {SYS_mmap, 0, 0, PROT_WRITE | PROT_EXEC, DENIED},
	    {SYS_mmap, 0, 0, PROT_READ | PROT_WRITE | PROT_EXEC | 0x10, DENIED},
	    {SYS_mprotect, 0, 0, PROT_READ | PROT_WRITE, ALLOWED},
	    {SYS_mprotect, PROT_EXEC, PROT_EXEC, PROT_NONE, ALLOWED},
	    {SYS_mprotect, 0, 0, PROT_READ | PROT_EXEC, DENIED},
	    {SYS_mprotect, 0, 0, PROT_EXEC, DENIED},
	    {SYS_pkey_mprotect, 0, 0, PROT_READ | PROT_EXEC, DENIED},
	    {SYS_pkey_mprotect, 0, 0, PROT_READ, ALLOWED},
	};

	(void)state;
	expect_rows(CONF_FILTER_STRICT, false, rows, ARRAY_LEN(rows));
}

static void strict__prctl__is_about_itself(void **state)
{
	static const struct row rows[] = {
	    {SYS_prctl, PR_SET_NAME, 0, 0, ALLOWED},
	    {SYS_prctl, PR_SET_PDEATHSIG, 0, 0, ALLOWED},
	    {SYS_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, ALLOWED},
	    {SYS_prctl, PR_GET_THP_DISABLE, 0, 0, ALLOWED},
	    {SYS_prctl, PR_CAP_AMBIENT, 0, 0, ALLOWED},
	    {SYS_prctl, 0x53564d41 /* PR_SET_VMA */, 0, 0, ALLOWED},
	    {SYS_prctl, 0x41555856 /* PR_GET_AUXV */, 0, 0, ALLOWED},
	    {SYS_prctl, PR_SET_MM, 0, 0, DENIED},
	    {SYS_prctl, PR_SET_PTRACER, 0, 0, DENIED},
	    {SYS_prctl, PR_GET_THP_DISABLE + 1, 0, 0, DENIED},
	    {SYS_prctl, 59 /* PR_SET_SYSCALL_USER_DISPATCH */, 0, 0, DENIED},
	};

	(void)state;
	expect_rows(CONF_FILTER_STRICT, false, rows, ARRAY_LEN(rows));
}

static void socket__families_and_types__as_the_network_says(void **state)
{
	static const struct {
		int family, type;
		bool strict, local, standard; /* allowed by strict with a network, without but
		                               * with +@sockets, and by standard without */
	} row[] = {
	    {AF_UNIX, SOCK_STREAM, true, true, true},
	    {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, true, true, true},
	    {AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, true, true, true},
	    {AF_UNIX, SOCK_RAW, false, false, true},
	    {AF_INET, SOCK_STREAM | SOCK_CLOEXEC, true, false, true},
	    {AF_INET6, SOCK_DGRAM, true, false, true},
	    {AF_INET, SOCK_RAW, false, false, true},
	    {AF_INET6, SOCK_RAW | SOCK_CLOEXEC, false, false, true},
	    {AF_INET, 10 /* SOCK_PACKET */, false, false, true},
	    {AF_PACKET, SOCK_RAW, false, false, true},
	    {AF_PACKET, SOCK_DGRAM, false, false, true},
	    {AF_NETLINK, SOCK_DGRAM, false, false, true},
	    {AF_VSOCK, SOCK_STREAM, false, false, false},
	    {AF_ALG, SOCK_SEQPACKET, false, false, false},
	    {0, SOCK_STREAM, false, false, false},
	    {AF_INET + 256, SOCK_STREAM, false, false, false},
	};
	const struct sock_fprog *net = filter_of(CONF_FILTER_STRICT, false);
	const struct sock_fprog *none = filter_of(CONF_FILTER_STRICT, true);
	const struct sock_fprog *standard = filter_of(CONF_FILTER_STANDARD, true), *some;
	const uint8_t sockets[CALLS_LAST + 1] = {
	    [SYS_socket] = CONF_CALL_GROUP, [SYS_connect] = CONF_CALL_GROUP};

	(void)state;
	said = sockets;
	some = filter_of(CONF_FILTER_STRICT, true);
	said = NULL;
	assert_int_equal(answer(net, SYS_connect, 0, 0, 0), ALLOWED);
	assert_int_equal(answer(none, SYS_connect, 0, 0, 0), DENIED);
	assert_int_equal(answer(standard, SYS_connect, 0, 0, 0), ALLOWED);
	assert_int_equal(answer(some, SYS_connect, 0, 0, 0), ALLOWED);
	assert_int_equal(answer(none, SYS_socketpair, AF_UNIX, SOCK_STREAM, 0), ALLOWED);
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		uint64_t family = (uint64_t)row[i].family, type = (uint64_t)row[i].type;
		assert_int_equal(answer(net, SYS_socket, family, type, 0),
		                 row[i].strict ? ALLOWED : DENIED);
		assert_int_equal(answer(none, SYS_socket, family, type, 0), DENIED);
		assert_int_equal(answer(some, SYS_socket, family, type, 0),
		                 row[i].local ? ALLOWED : DENIED);
		assert_int_equal(answer(standard, SYS_socket, family, type, 0),
		                 row[i].standard ? ALLOWED : DENIED);
	}
	seccomp_put(&net);
	seccomp_put(&none);
	seccomp_put(&some);
	seccomp_put(&standard);
}

static void syscalls__said__goes_before_the_level(void **state)
{
	static const struct row rows[] = {
	    {SYS_shmget, 0, 0, 0, ALLOWED},
	    {SYS_shmat, 0, 0, 0, ALLOWED},
	    {SYS_shmat, 0, 0, SHM_RDONLY | SHM_EXEC, DENIED},
	    {SYS_mmap, 0, 0, PROT_WRITE | PROT_EXEC, ALLOWED},
	    {SYS_mprotect, 0, 0, PROT_EXEC, DENIED},
	    {SYS_read, 0, 0, 0, DENIED},
	    {SYS_socket, AF_INET, SOCK_RAW, 0, DENIED},
	    {435 /* clone3 */, 0, 0, 0, ALLOWED},
	};
	uint8_t calls[CALLS_LAST + 1] = {
	    [SYS_shmget] = CONF_CALL_GROUP, [SYS_shmat] = CONF_CALL_GROUP,
	    [SYS_mmap] = CONF_CALL_ALLOW,   [SYS_mprotect] = CONF_CALL_GROUP,
	    [SYS_read] = CONF_CALL_DENY,    [SYS_socket] = CONF_CALL_GROUP,
	    [435] = CONF_CALL_ALLOW};

	(void)state;
	said = calls;
	expect_rows(CONF_FILTER_STRICT, false, rows, ARRAY_LEN(rows));
	said = NULL;
}

static void open__nothing_said__is_allowed(void **state)
{
	static const struct row rows[] = {
	    {SYS_ptrace, 0, 0, 0, ALLOWED},
	    {SYS_mount, 0, 0, 0, ALLOWED},
	    {SYS_unshare, CLONE_NEWUSER, 0, 0, ALLOWED},
	    {SYS_bpf, 0, 0, 0, DENIED},
	    {435 /* clone3 */, 0, 0, 0, ALLOWED},
	};
	uint8_t calls[CALLS_LAST + 1] = {[SYS_bpf] = CONF_CALL_DENY};

	(void)state;
	said = calls;
	expect_rows(CONF_FILTER_OPEN, false, rows, ARRAY_LEN(rows));
	said = NULL;
}

static void any__foreign_machines__are_refused(void **state)
{
	const struct sock_fprog *filter = filter_of(CONF_FILTER_STRICT, false);
	struct seccomp_data data = {.nr = SYS_read, .arch = AUDIT_ARCH_I386};

	(void)state;
	assert_int_equal(run(filter, &data), DENIED);
	data.arch = AUDIT_ARCH_ARM;
	assert_int_equal(run(filter, &data), DENIED);
	seccomp_put(&filter);
}

static void any__service__has_an_answer_in_every_place(void **state)
{
	const struct sock_fprog *filter;

	(void)state;
	for (enum conf_filter level = CONF_FILTER_STANDARD; level <= CONF_FILTER_STRICT; level++) {
		filter = filter_of(level, false);
		assert_in_range(filter->len, 50, 1000);
		for (enum calls_group_id id = 0; id < CALLS_GROUPS; id++) {
			const struct calls_group *group = calls_group(id);

			for (size_t i = 0; i < group->count; i++) {
				int number = call_number(&group->call[i]);
				uint32_t got = number < 0 ? 0 : answer(filter, number, 0, 0, 0);

				if (number >= 0 && strcmp(group->call[i].name, "clone3") != 0)
					assert_int_not_equal(got, UNKNOWN);
				if (id >= CALLS_MOUNT && number >= 0)
					assert_int_equal(got, DENIED);
			}
		}
		seccomp_put(&filter);
	}
}

/* Answers at random, against a plain look at them. */
static void compile__any_answers__are_what_it_says(void **state)
{
	static const uint32_t want[] = {
	    [FILTER_ALLOW] = ALLOWED, [FILTER_DENY] = DENIED, [FILTER_UNKNOWN] = UNKNOWN};
	static struct sock_filter code[BPF_MAXINSNS];
	uint64_t seed = 42;

	(void)state;
	for (unsigned round = 1; round <= 100; round++) {
		struct sock_fprog program = {.filter = code};
		struct filter filter;
		size_t len;

		for (uint32_t n = 0; n <= CALLS_LAST; n++)
			filter.answer[n] = n > 0 && test_random(&seed) % 100 > round
			                       ? filter.answer[n - 1]
			                       : (uint8_t)(test_random(&seed) % 3);
		len = seccomp_compile(&filter, code, ARRAY_LEN(code));
		assert_in_range(len, 6, ARRAY_LEN(code));
		assert_int_equal(seccomp_compile(&filter, NULL, 0), len);
		program.len = (unsigned short)len;
		for (uint32_t n = 0; n <= CALLS_LAST; n++)
			assert_int_equal(answer(&program, n, 0, 0, 0), want[filter.answer[n]]);
	}
}

/* Jumps that are too long for a test, and all rules. */
static void compile__longest__holds(void **state)
{
	static struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog program = {.filter = code};
	struct filter filter;

	(void)state;
	for (uint32_t n = 0; n <= CALLS_LAST; n++)
		filter.answer[n] = (uint8_t)(n % FILTER_ANSWERS);
	program.len = (unsigned short)seccomp_compile(&filter, code, ARRAY_LEN(code));
	assert_in_range(program.len, CALLS_LAST, BPF_MAXINSNS);
	for (uint32_t n = 0; n <= CALLS_LAST; n++) {
		uint32_t got = answer(&program, n, 1, TIOCSTI, PROT_READ);

		switch ((enum filter_answer)(n % FILTER_ANSWERS)) {
		case FILTER_UNKNOWN:
			assert_int_equal(got, UNKNOWN);
			break;
		case FILTER_ALLOW:
		case FILTER_NAMESPACES:
		case FILTER_MAP:
		case FILTER_PROTECT:
		case FILTER_ATTACH:
		case FILTER_OPTIONS:
		case FILTER_APART:
		case FILTER_LOCAL:
		case FILTER_INTERNET:
			assert_int_equal(got, ALLOWED);
			break;
		case FILTER_DENY:
		case FILTER_PERSONALITY:
		case FILTER_TERMINAL:
		case FILTER_ANSWERS:
			assert_int_equal(got, DENIED);
			break;
		}
	}
}

static void get__same_answers__are_one_filter(void **state)
{
	const struct sock_fprog *one = filter_of(CONF_FILTER_STRICT, false);
	const struct sock_fprog *same = filter_of(CONF_FILTER_STRICT, false);
	const struct sock_fprog *other = filter_of(CONF_FILTER_STRICT, true);
	const struct sock_fprog *none = NULL;

	(void)state;
	assert_ptr_equal(one, same);
	assert_ptr_not_equal(one, other);
	seccomp_put(&one);
	assert_null(one);
	assert_int_equal(answer(same, SYS_ptrace, 0, 0, 0), DENIED);
	seccomp_put(&same);
	seccomp_put(&other);
	seccomp_put(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both__what_they_have_in_common__is_answered_so),
	    cmocka_unit_test(standard__calls_of_few_programs__are_allowed),
	    cmocka_unit_test(strict__calls_of_few_programs__are_refused),
	    cmocka_unit_test(strict__memory__is_not_writable_and_executable),
	    cmocka_unit_test(strict__prctl__is_about_itself),
	    cmocka_unit_test(socket__families_and_types__as_the_network_says),
	    cmocka_unit_test(syscalls__said__goes_before_the_level),
	    cmocka_unit_test(open__nothing_said__is_allowed),
	    cmocka_unit_test(any__foreign_machines__are_refused),
	    cmocka_unit_test(any__service__has_an_answer_in_every_place),
	    cmocka_unit_test(compile__any_answers__are_what_it_says),
	    cmocka_unit_test(compile__longest__holds),
	    cmocka_unit_test(get__same_answers__are_one_filter),
	};

	return cmocka_run_group_tests_name("spawn/seccomp", tests, NULL, NULL);
}

#else

static void get__other_machine__has_none(void **state)
{
	static const struct filter filter;

	(void)state;
	assert_null(seccomp_get(&filter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(get__other_machine__has_none)};

	return cmocka_run_group_tests_name("spawn/seccomp", tests, NULL, NULL);
}

#endif
