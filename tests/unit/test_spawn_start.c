/* spawn/spawn.h: a program gets exactly what its plan says, by each way of
 * making a child; and what cannot be is reported by step and errno. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/fd.h"
#include "base/signals.h"
#include "spawn/seccomp.h"
#include "unit/start.h"
#include "unit/test.h"

static struct spawner *spawner;
static struct plan *plan;
static const char *why_not;
static unsigned fds_before;

static int set_up(void **state)
{
	const enum spawn_way *way = *state;

	fds_before = fd_count();
	spawner = start_spawner(*way, &why_not);
	plan = start_plan();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (spawner && spawn_in_flight(spawner) > 0)
		return -1;
	spawn_free(&spawner);
	return plan->refs == 1 && fd_count() == fds_before ? 0 : -1;
}

#define NEEDS_WAY()                            \
	do {                                   \
		if (!spawner)                  \
			skip_because(why_not); \
	} while (0)

static void arguments__any_bytes__arrive_as_they_are(void **state)
{
	static const char *const argv[] = {"-odd name", "report",   "",   "a b",
	                                   "#\"'\\$x",  "\xff\xfe", "%n", NULL};
	const char *report;

	(void)state;
	NEEDS_WAY();
	plan->argv = argv;
	report = start_report(spawner, plan);
	assert_int_equal(report_count(report, "arg"), 7);
	assert_non_null(strstr(report, "arg -odd%20name\narg report\narg \narg a%20b\n"
	                               "arg #\"'\\$x\narg %FF%FE\narg %25n\n"));
}

static void environment__plan_and_additions__nothing_else(void **state)
{
	static const char *const env[] = {"PATH=/bin", "ODD=a b", "EMPTY=", NULL};
	const char *report;

	(void)state;
	NEEDS_WAY();
	assert_int_equal(setenv("LEAKED", "1", 1), 0);
	plan->env = env;
	plan->env_count = 3;
	report = start_report(spawner, plan);
	assert_int_equal(report_count(report, "env"), 3);
	assert_non_null(strstr(report, "env PATH=/bin\nenv ODD=a%20b\nenv EMPTY=\n"));
}

static void descriptors__many_open_ones__only_three_arrive(void **state)
{
	char own[256];
	ssize_t n = readlink("/proc/self/fd/2", own, sizeof own - 1);
	const char *report;
	int fd[20];

	(void)state;
	NEEDS_WAY();
	assert_true(n > 0);
	own[n] = '\0';
	/* Inheritable ones on both sides of the client's number. */
	for (int i = 0; i < 20; i++)
		fd[i] = dup(0);
	for (int i = 0; i < 10; i++)
		close(fd[i * 2 + 1]);
	assert_true(dup2(0, 700) == 700);
	report = start_report(spawner, plan);
	assert_int_equal(report_count(report, "fd"), 3);
	assert_non_null(strstr(report, "fd 0%20socket:["));
	assert_non_null(strstr(report, "fd 1%20socket:["));
	assert_true(report_has(report, "fd 2%%20%s%%20blocking%%20kept", own) ||
	            strstr(report, "fd 2%20pipe:") || strstr(report, "fd 2%20socket:"));
	assert_null(strstr(report, "nonblocking"));
	assert_null(strstr(report, "cloexec"));
	for (int i = 0; i < 10; i++)
		close(fd[i * 2]);
	close(700);
}

static void stderr__client__is_the_socket(void **state)
{
	const char *report;

	(void)state;
	NEEDS_WAY();
	plan->stderr_to = PLAN_STDERR_CLIENT;
	report = start_report(spawner, plan);
	assert_int_equal(report_count(report, "fd"), 3);
	assert_non_null(strstr(report, "fd 2%20socket:["));
}

static void stderr__null__is_null(void **state)
{
	const char *report;

	(void)state;
	NEEDS_WAY();
	plan->stderr_to = PLAN_STDERR_NULL;
	report = start_report(spawner, plan);
	assert_int_equal(report_count(report, "fd"), 3);
	assert_non_null(strstr(report, "fd 2%20/dev/null%20blocking"));
}

static void on_signal(int sig)
{
	(void)sig;
}

static void signals__handlers_here__defaults_there(void **state)
{
	struct sigaction sa = {.sa_handler = on_signal}, now;
	const char *report;
	sigset_t mask;

	(void)state;
	NEEDS_WAY();
	/* As main does: who started us may ignore some. */
	signals_reset();
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGABRT)
			(void)sigaction(sig, &sa, NULL);
	report = start_report(spawner, plan);
	assert_true(report_has(report, "SigBlk 0000000000000000"));
	assert_true(report_has(report, "SigIgn 0000000000000000"));
	assert_true(report_has(report, "SigCgt 0000000000000000"));
	/* And ours are what they were. */
	assert_int_equal(sigaction(SIGUSR1, NULL, &now), 0);
	assert_ptr_equal(now.sa_handler, on_signal);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
	for (int sig = 1; sig < 32; sig++)
		assert_int_equal(sigismember(&mask, sig), 0);
	sa.sa_handler = SIG_DFL;
	for (int sig = 1; sig < 32; sig++)
		if (sig != SIGKILL && sig != SIGSTOP && sig != SIGABRT)
			(void)sigaction(sig, &sa, NULL);
}

static void session__new__has_no_terminal(void **state)
{
	const char *report;
	int pid;

	(void)state;
	NEEDS_WAY();
	report = start_report(spawner, plan);
	assert_int_equal(sscanf(strstr(report, "\npid "), "\npid %d", &pid), 1);
	assert_true(report_has(report, "sid %d", pid));
	assert_true(report_has(report, "pgid %d", pid));
	assert_true(report_has(report, "ppid %d", getpid()));
	assert_true(report_has(report, "tty none"));
}

static void umask__and_directory__are_the_plans(void **state)
{
	const char *report;

	(void)state;
	NEEDS_WAY();
	plan->umask = 0137;
	plan->directory = "/proc";
	report = start_report(spawner, plan);
	assert_true(report_has(report, "umask 137"));
	assert_true(report_has(report, "cwd /proc"));
}

static void nice__set__is_the_plans(void **state)
{
	int own = getpriority(PRIO_PROCESS, 0);

	(void)state;
	NEEDS_WAY();
	assert_true(report_has(start_report(spawner, plan), "nice %d", own));
	plan->nice_set = true;
	plan->nice = own < 15 ? own + 3 : own;
	assert_true(report_has(start_report(spawner, plan), "nice %d", plan->nice));
	assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
}

static int own_score(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	int score = -1;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &score), 1);
	fclose(file);
	return score;
}

static void want_score(int score)
{
	plan->oom_score_adj_len =
	    (size_t)snprintf(plan->oom_score_adj, sizeof plan->oom_score_adj, "%d", score);
	plan->own_memory = true;
}

/* The kernel would give it to all who share a memory: to us, and to our next child. */
static void oom_score_adj__set__is_the_plans_and_not_ours(void **state)
{
	int own = own_score();

	(void)state;
	NEEDS_WAY();
	assert_true(report_has(start_report(spawner, plan), "oom_score_adj %d", own));
	want_score(own + 7);
	assert_true(report_has(start_report(spawner, plan), "oom_score_adj %d", own + 7));
	assert_int_equal(own_score(), own);
	plan = start_plan();
	assert_true(report_has(start_report(spawner, plan), "oom_score_adj %d", own));
}

/* As the supervisor of root is: its files in /proc are root's then. */
static void oom_score_adj__not_dumpable_and_no_root__is_the_plans(void **state)
{
	int own = own_score(), before = prctl(PR_GET_DUMPABLE);

	(void)state;
	NEEDS_WAY();
	assert_int_equal(prctl(PR_SET_DUMPABLE, 0), 0);
	want_score(own + 7);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_true(report_has(start_report(spawner, plan), "oom_score_adj %d", own + 7));
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	assert_int_equal(prctl(PR_SET_DUMPABLE, before), 0);
}

static void cpu_affinity__set__is_the_plans(void **state)
{
	cpu_set_t own, first;
	int cpu = 0;

	(void)state;
	NEEDS_WAY();
	assert_int_equal(sched_getaffinity(0, sizeof own, &own), 0);
	while (!CPU_ISSET(cpu, &own))
		cpu++;
	CPU_ZERO(&first);
	CPU_SET(cpu, &first);
	plan->cpus = &first;
	plan->cpus_size = sizeof first;
	assert_true(report_has(start_report(spawner, plan), "Cpus_allowed_list %d", cpu));
	assert_int_equal(sched_getaffinity(0, sizeof first, &first), 0);
	assert_true(CPU_EQUAL(&own, &first));
}

static void limits__set__are_the_plans(void **state)
{
	struct rlimit before, after;
	const char *report;

	(void)state;
	NEEDS_WAY();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	/* Fewer than the numbers that the descriptors have on their way. */
	plan->rlimit[0] = (struct plan_rlimit){RLIMIT_NOFILE, {5, 6}};
	plan->rlimit[1] = (struct plan_rlimit){RLIMIT_CORE, {0, 0}};
	plan->rlimit[2] = (struct plan_rlimit){RLIMIT_CPU, {100, 200}};
	plan->rlimit_count = 3;
	report = start_report(spawner, plan);
	assert_true(report_has(report, "rlimit files%%205%%206"));
	assert_true(report_has(report, "rlimit core%%200%%200"));
	assert_true(report_has(report, "rlimit cpu%%20100%%20200"));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_memory_equal(&before, &after, sizeof before);
}

static void no_new_privs__only_where_wanted(void **state)
{
	int own = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

	(void)state;
	NEEDS_WAY();
	assert_true(report_has(start_report(spawner, plan), "NoNewPrivs %d", own));
	plan->no_new_privs = true;
	assert_true(report_has(start_report(spawner, plan), "NoNewPrivs 1"));
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), own);
}

static void expect_caps(const char *report, unsigned long long set)
{
	static const char *const sets[] = {"CapPrm", "CapEff", "CapInh", "CapAmb"};

	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		assert_true(report_has(report, "%s %016llx", sets[i], set));
}

static void capabilities__exact__are_the_plans_in_every_set(void **state)
{
	const uint64_t raw = CAPS_BIT(CAP_NET_RAW);

	(void)state;
	NEEDS_WAY();
	privs_prepare(&plan->privs, 0, geteuid() == 0, true);
	expect_caps(start_report(spawner, plan), 0);
	if (geteuid() != 0)
		skip_because("only root has capabilities to give");
	privs_prepare(&plan->privs, raw, true, true);
	expect_caps(start_report(spawner, plan), raw);
	privs_prepare(&plan->privs, raw, true, false);
	expect_caps(start_report(spawner, plan), raw);
	plan->change_user = true;
	plan->uid = plan->gid = 65534;
	privs_prepare(&plan->privs, raw, false, false);
	expect_caps(start_report(spawner, plan), raw);
	privs_prepare(&plan->privs, raw, false, true);
	expect_caps(start_report(spawner, plan), raw);
	assert_true(
	    report_has(start_report(spawner, plan), "CapBnd %016llx", (unsigned long long)raw));
	assert_true(caps_permitted() & ~raw);
}

static void expect_failure(enum spawn_step step, int error);

static void capabilities__unknown_to_the_kernel__are_privs_einval(void **state)
{
	(void)state;
	NEEDS_WAY();
	privs_prepare(&plan->privs, CAPS_BIT(62), false, false);
	expect_failure(SPAWN_PRIVS, EINVAL);
}

static bool has_seccomp(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 && errno == EFAULT;
}

static void filter__set__holds_in_the_child_only(void **state)
{
	const struct conf_service service = {.filter = CONF_FILTER_STRICT};
	struct filter filter;
	int own = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	(void)state;
	NEEDS_WAY();
	plan->no_new_privs = true;
	filters_make(&service, &filter);
	plan->filter = seccomp_get(&filter);
	if (!plan->filter || !has_seccomp())
		skip_because("there are no filters of system calls here");
	assert_true(report_has(start_report(spawner, plan), "Seccomp 2"));
	assert_int_equal(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), own);
	seccomp_put(&plan->filter);
}

static void filter__bad__is_seccomp_einval(void **state)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_A, 0);
	const struct sock_fprog filter = {.len = 0, .filter = &code};

	(void)state;
	NEEDS_WAY();
	if (!has_seccomp())
		skip_because("there are no filters of system calls here");
	plan->no_new_privs = true;
	plan->filter = &filter;
	expect_failure(SPAWN_SECCOMP, EINVAL);
}

static void user__changed__keeps_nothing_of_root(void **state)
{
	static const char *const set[] = {"CapPrm", "CapEff", "CapInh", "CapAmb"};
	static const gid_t groups[] = {7, 8};
	const char *report;

	(void)state;
	NEEDS_WAY();
	if (geteuid() != 0)
		skip_because("only root can change the user");
	plan->change_user = true;
	plan->uid = 65534;
	plan->gid = 65533;
	plan->groups = groups;
	plan->group_count = 2;
	report = start_report(spawner, plan);
	assert_true(report_has(report, "uid 65534%%2065534%%2065534"));
	assert_true(report_has(report, "gid 65533%%2065533%%2065533"));
	assert_int_equal(report_count(report, "group"), 2);
	assert_true(report_has(report, "group 7") && report_has(report, "group 8"));
	for (size_t i = 0; i < ARRAY_LEN(set); i++)
		assert_true(report_has(report, "%s 0000000000000000", set[i]));
	assert_int_equal(geteuid(), 0);
}

static void user__without_groups__has_none(void **state)
{
	const char *report;

	(void)state;
	NEEDS_WAY();
	if (geteuid() != 0)
		skip_because("only root can change the user");
	plan->change_user = true;
	plan->uid = plan->gid = 65534;
	report = start_report(spawner, plan);
	assert_int_equal(report_count(report, "group"), 0);
}

/* As after an upgrade in place, which hands them on as ambient ones. */
static int raise_ambient(int cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return -1;
	data[0].inheritable |= 1U << cap;
	if (syscall(SYS_capset, &head, data) < 0)
		return -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
}

static void user__changed_with_kept_capabilities__has_none(void **state)
{
	const char *report;

	(void)state;
	NEEDS_WAY();
	if (geteuid() != 0)
		skip_because("only root can change the user");
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || raise_ambient(CAP_KILL) < 0)
		skip_because("there are no ambient capabilities here");
	plan->change_user = true;
	plan->uid = plan->gid = 65534;
	report = start_report(spawner, plan);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	assert_true(report_has(report, "CapEff 0000000000000000"));
	assert_true(report_has(report, "CapPrm 0000000000000000"));
	assert_true(report_has(report, "CapAmb 0000000000000000"));
}

static void expect_failure(enum spawn_step step, int error)
{
	struct start start;

	start_begin(&start, spawner, plan, 0);
	assert_true(plan->refs == 2 || spawn_in_flight(spawner) == 0);
	start_settle(&start, spawner);
	assert_int_equal(start.result.step, step);
	assert_int_equal(start.result.error, error);
	assert_false(start.result.killed);
	assert_int_equal(start_end(&start).si_status, 127);
}

static void failure__program_missing__is_exec_enoent(void **state)
{
	(void)state;
	NEEDS_WAY();
	plan->path = "/nonexistent/program";
	expect_failure(SPAWN_EXEC, ENOENT);
}

static void failure__not_executable__is_exec_eacces(void **state)
{
	(void)state;
	NEEDS_WAY();
	plan->path = "/etc/passwd";
	expect_failure(SPAWN_EXEC, EACCES);
	plan->path = "/";
	expect_failure(SPAWN_EXEC, EACCES);
}

static void failure__no_directory__is_directory_enoent(void **state)
{
	(void)state;
	NEEDS_WAY();
	plan->directory = "/nonexistent";
	expect_failure(SPAWN_DIRECTORY, ENOENT);
	plan->directory = "/etc/passwd";
	expect_failure(SPAWN_DIRECTORY, ENOTDIR);
}

static void failure__impossible_limit__is_limits_einval(void **state)
{
	(void)state;
	NEEDS_WAY();
	plan->rlimit[0] = (struct plan_rlimit){RLIMIT_CPU, {20, 10}};
	plan->rlimit_count = 1;
	expect_failure(SPAWN_LIMITS, EINVAL);
}

static void failure__too_many_groups__is_groups_einval(void **state)
{
	(void)state;
	NEEDS_WAY();
	if (geteuid() != 0)
		skip_because("only root can change the user");
	plan->change_user = true;
	plan->uid = plan->gid = 65534;
	plan->group_count = 1 << 20;
	expect_failure(SPAWN_GROUPS, EINVAL);
}

static void failure__user_without_being_root__is_groups_eperm(void **state)
{
	(void)state;
	NEEDS_WAY();
	if (geteuid() == 0)
		skip_because("root may change the user");
	plan->change_user = true;
	plan->uid = plan->gid = 1;
	expect_failure(SPAWN_GROUPS, EPERM);
}

static void failure__higher_priority_without_being_root__is_nice(void **state)
{
	struct rlimit rl;

	(void)state;
	NEEDS_WAY();
	if (geteuid() == 0)
		skip_because("root may raise the priority");
	if (getrlimit(RLIMIT_NICE, &rl) < 0 || rl.rlim_cur > 0)
		skip_because("RLIMIT_NICE lets us raise the priority");
	plan->nice_set = true;
	plan->nice = -20;
	expect_failure(SPAWN_NICE, EACCES);
}

static void failure__no_such_processor__is_cpu_affinity_einval(void **state)
{
	static const unsigned long none[16];

	(void)state;
	NEEDS_WAY();
	plan->cpus = none;
	plan->cpus_size = sizeof none;
	expect_failure(SPAWN_CPU_AFFINITY, EINVAL);
}

static void failure__score_in_shared_memory__is_refused(void **state)
{
	(void)state;
	NEEDS_WAY();
	want_score(own_score() + 7);
	plan->own_memory = false;
	expect_failure(SPAWN_OOM_SCORE_ADJ, EINVAL);
}

static void failure__no_client__is_stdio_ebadf(void **state)
{
	struct slot *slot;
	struct start start = {.client = -1, .peer = -1};

	(void)state;
	NEEDS_WAY();
	slot = spawn_slot(spawner);
	assert_int_equal(slot_env_begin(slot, plan), 0);
	assert_int_equal(slot_env_end(slot), 0);
	start.pid = spawn_start(spawner, slot, plan, 900, -1, &start, 0, &start.pidfd);
	assert_true(start.pid > 0);
	start_settle(&start, spawner);
	assert_int_equal(start.result.step, SPAWN_STDIO);
	assert_int_equal(start.result.error, EBADF);
	start_end(&start);
}

/* A build for faults has a handle on each step. */
#ifdef USHERD_FAULTS
static const char *wanted_fault;

bool __wrap_fault_wanted(const char *call);

bool __wrap_fault_wanted(const char *call)
{
	if (!wanted_fault || strcmp(call, wanted_fault) != 0)
		return false;
	errno = ENOSPC;
	return true;
}

static void failure__each_step__reports_itself(void **state)
{
	char name[32];

	(void)state;
	NEEDS_WAY();
	for (int step = SPAWN_NONE + 1; step < SPAWN_STEPS; step++) {
		snprintf(name, sizeof name, "step-%s", spawn_step_name((enum spawn_step)step));
		wanted_fault = name;
		expect_failure((enum spawn_step)step, ENOSPC);
		wanted_fault = NULL;
	}
}
#else
static void failure__each_step__reports_itself(void **state)
{
	(void)state;
	skip_because("needs a build with --enable-faults");
}
#endif

/* Thread-local storage is shared with a child that shares our memory: its
 * failures must not be seen in our errno. Reads nothing that could set it. */
static void errno__children_that_fail__is_untouched(void **state)
{
	(void)state;
	NEEDS_WAY();
	plan->path = "/nonexistent/program";
	for (int i = 0; i < 20; i++) {
		struct start start;
		msec_t until = clock_msec() + 5;
		int seen = EXFULL;

		start_begin(&start, spawner, plan, 0);
		errno = EXFULL;
		while (clock_msec() < until && seen == EXFULL)
			seen = *(volatile int *)&errno;
		assert_int_equal(seen, EXFULL);
		start_settle(&start, spawner);
		assert_int_equal(start.result.error, ENOENT);
		start_end(&start);
	}
}

static void plan__in_flight__is_held(void **state)
{
	struct start start;

	(void)state;
	NEEDS_WAY();
	start_begin(&start, spawner, plan, 0);
	assert_int_equal(plan->refs, 2);
	assert_int_equal(spawn_in_flight(spawner), 1);
	start_settle(&start, spawner);
	assert_int_equal(plan->refs, 1);
	assert_int_equal(spawn_in_flight(spawner), 0);
	start_end(&start);
}

/* No descriptor is left for a pidfd, or for the pipe of a fork. */
static void shortage__no_descriptors__no_child_and_a_free_slot(void **state)
{
	struct rlimit before, none;
	struct slot *slot;
	int pidfd = 0, error;
	pid_t pid;

	(void)state;
	NEEDS_WAY();
	slot = spawn_slot(spawner);
	assert_int_equal(slot_env_begin(slot, plan), 0);
	assert_int_equal(slot_env_end(slot), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){0, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	pid = spawn_start(spawner, slot, plan, 0, -1, NULL, 0, &pidfd);
	error = errno;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(pid, -1);
	assert_int_equal(error, EMFILE);
	assert_int_equal(pidfd, -1);
	assert_int_equal(spawn_in_flight(spawner), 0);
	assert_int_equal(plan->refs, 1);
	assert_int_equal(waitid(P_ALL, 0, NULL, WEXITED | WNOHANG), -1);
}

static void shortage__is_not_a_bad_plan(void **state)
{
	static const int shortage[] = {EAGAIN, ENOMEM, EMFILE, ENFILE};
	static const int other[] = {0, ENOENT, EACCES, EPERM, E2BIG, ENOEXEC, ETXTBSY};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shortage); i++)
		assert_true(spawn_is_shortage(shortage[i]));
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_false(spawn_is_shortage(other[i]));
}

static void names__each_step__has_one(void **state)
{
	(void)state;
	assert_string_equal(spawn_step_name(SPAWN_USER), "user");
	assert_string_equal(spawn_step_call(SPAWN_USER), "setresuid");
	assert_string_equal(spawn_step_name(SPAWN_EXEC), "exec");
	assert_string_equal(spawn_step_call(SPAWN_NONE), "clone");
	for (int step = 0; step < SPAWN_STEPS; step++)
		for (int other = 0; other < step; other++)
			assert_string_not_equal(spawn_step_name((enum spawn_step)step),
			                        spawn_step_name((enum spawn_step)other));
	assert_string_equal(spawn_way_name(SPAWN_BY_CLONE3), "clone3");
	assert_string_equal(spawn_way_name(SPAWN_BY_FORK), "fork");
}

#define TEST(name, way)                                          \
	{                                                        \
#name " by " #way, name, set_up, tear_down, &way \
	}
#define TESTS(way)                                                                              \
	TEST(arguments__any_bytes__arrive_as_they_are, way),                                    \
	    TEST(environment__plan_and_additions__nothing_else, way),                           \
	    TEST(descriptors__many_open_ones__only_three_arrive, way),                          \
	    TEST(stderr__client__is_the_socket, way), TEST(stderr__null__is_null, way),         \
	    TEST(signals__handlers_here__defaults_there, way),                                  \
	    TEST(session__new__has_no_terminal, way),                                           \
	    TEST(umask__and_directory__are_the_plans, way), TEST(nice__set__is_the_plans, way), \
	    TEST(limits__set__are_the_plans, way), TEST(no_new_privs__only_where_wanted, way),  \
	    TEST(capabilities__exact__are_the_plans_in_every_set, way),                         \
	    TEST(capabilities__unknown_to_the_kernel__are_privs_einval, way),                   \
	    TEST(filter__set__holds_in_the_child_only, way),                                    \
	    TEST(filter__bad__is_seccomp_einval, way),                                          \
	    TEST(user__changed__keeps_nothing_of_root, way),                                    \
	    TEST(user__without_groups__has_none, way),                                          \
	    TEST(user__changed_with_kept_capabilities__has_none, way),                          \
	    TEST(failure__program_missing__is_exec_enoent, way),                                \
	    TEST(failure__not_executable__is_exec_eacces, way),                                 \
	    TEST(failure__no_directory__is_directory_enoent, way),                              \
	    TEST(failure__impossible_limit__is_limits_einval, way),                             \
	    TEST(failure__too_many_groups__is_groups_einval, way),                              \
	    TEST(failure__user_without_being_root__is_groups_eperm, way),                       \
	    TEST(failure__higher_priority_without_being_root__is_nice, way),                    \
	    TEST(oom_score_adj__set__is_the_plans_and_not_ours, way),                           \
	    TEST(oom_score_adj__not_dumpable_and_no_root__is_the_plans, way),                   \
	    TEST(cpu_affinity__set__is_the_plans, way),                                         \
	    TEST(failure__no_such_processor__is_cpu_affinity_einval, way),                      \
	    TEST(failure__score_in_shared_memory__is_refused, way),                             \
	    TEST(failure__no_client__is_stdio_ebadf, way),                                      \
	    TEST(failure__each_step__reports_itself, way),                                      \
	    TEST(errno__children_that_fail__is_untouched, way),                                 \
	    TEST(plan__in_flight__is_held, way),                                                \
	    TEST(shortage__no_descriptors__no_child_and_a_free_slot, way)

int main(void)
{
	static enum spawn_way clone3 = SPAWN_BY_CLONE3, clone = SPAWN_BY_CLONE,
			      fork = SPAWN_BY_FORK;
	/* In this order: see start_spawner(). */
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shortage__is_not_a_bad_plan),
	    cmocka_unit_test(names__each_step__has_one),
	    TESTS(clone3),
	    TESTS(clone),
	    TESTS(fork),
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* As usherd has it: a child may take its standard error from there. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return 1;
	close(null);
	return cmocka_run_group_tests_name("spawn/start", tests, NULL, NULL);
}
