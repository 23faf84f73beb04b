/* core/reap.h on a small supervisor with real children: nobody who has ended is
 * missed, whatever fails on the way. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "config/read.h"
#include "core/service.h"
#include "core/session.h"
#include "core/supervisor.h"
#include "unit/start.h"
#include "unit/test.h"

enum { CLIENTS = 150, POLL_MSEC = 5, DEADLINE_MSEC = 20000 };

static char dir[] = "/tmp/usherd-test-XXXXXX";
static char path[sizeof dir + 16];
static struct supervisor *sup;
static struct service *service;
static int client[CLIENTS];
static unsigned fds_before;
static char failing; /* the first letter of the call that fails next, or 0 */
static int failing_times;

/* clang-format off */
#define WRAP(letter, error, name, parameters, arguments)              \
	int __wrap_##name parameters;                                 \
	int __real_##name parameters;                                 \
	int __wrap_##name parameters                                  \
	{                                                             \
		if (failing == (letter) && failing_times > 0) {       \
			failing_times--;                              \
			errno = (error);                              \
			return -1;                                    \
		}                                                     \
		return __real_##name arguments;                       \
	}
/* clang-format on */

WRAP('w', ENOMEM, sys_waitid,
     (idtype_t type, id_t id, siginfo_t *info, int options, struct rusage *usage),
     (type, id, info, options, usage))

int __wrap_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int __real_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
int __wrap_sys_epoll_wait(int epfd, struct epoll_event *events, int max, int msec);
int __real_sys_epoll_wait(int epfd, struct epoll_event *events, int max, int msec);

/* These two only where it is the reaper's set. */
int __wrap_sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	if (failing == 'c' && sup && epfd == sup->reaper.epoll_fd && op == EPOLL_CTL_ADD) {
		errno = ENOSPC;
		return -1;
	}
	return __real_sys_epoll_ctl(epfd, op, fd, event);
}

int __wrap_sys_epoll_wait(int epfd, struct epoll_event *events, int max, int msec)
{
	if (failing == 'e' && sup && epfd == sup->reaper.epoll_fd && failing_times > 0) {
		failing_times--;
		errno = EINTR;
		return -1;
	}
	return __real_sys_epoll_wait(epfd, events, max, msec);
}

static int make_dir(void **state)
{
	struct log_options options = {.level = LOG_EMERG};

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/socket", dir);
	return log_open(&options);
}

static int remove_dir(void **state)
{
	(void)state;
	log_close();
	return rmdir(dir);
}

static struct conf *read_conf(const char *arguments, const char *more)
{
	struct conf_problems problems = {.item = NULL};
	struct conf_options options = {.handler_dir = dir, .control = path, .root = geteuid() == 0};
	char text[8192];
	struct conf *conf;

	snprintf(text, sizeof text,
	         "service \"test\" {\n listen = {\"unix:%s\"}\n exec = {\"%s\", %s}\n %s\n %s\n}\n",
	         path, start_probe(), arguments, geteuid() == 0 ? "user = \"root\"" : "", more);
	conf = conf_read_text("test", text, strlen(text), &options, &problems);
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.item[i].warning)
			print_message("# %s\n", problems.item[i].text);
	conf_problems_free(&problems);
	return conf;
}

static void open_supervisor(const char *arguments, const char *more)
{
	struct supervisor_options options;
	struct conf *conf;

	fds_before = fd_count();
	conf = read_conf(arguments, more);
	assert_non_null(conf);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &options.original_files), 0);
	sup = supervisor_new(conf, &options);
	assert_non_null(sup);
	conf_unref(&conf);
	supervisor_start(sup);
	service = sup->services[0];
	assert_string_equal(service_state_name(service), "running");
}

static int tear_down(void **state)
{
	(void)state;
	failing = 0;
	for (int i = 0; i < CLIENTS; i++)
		fd_close(&client[i]);
	supervisor_free(&sup);
	return fd_count() == fds_before ? 0 : -1;
}

static int set_up(void **state)
{
	(void)state;
	memset(client, -1, sizeof client);
	failing = 0;
	failing_times = 0;
	return 0;
}

static void connect_clients(int count)
{
	struct addr addr;

	assert_int_equal(addr_set_unix(path, &addr), 0);
	for (int i = 0; i < count; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

		client[i] = fd_up(fd);
		assert_int_equal(connect(client[i], &addr.sa, addr.len), 0);
	}
}

/* Runs the supervisor until the condition holds, and then to its end. */
static bool (*condition)(void);
static struct loop_timer poll_timer;
static msec_t until;
static bool met;

static void on_poll(struct loop_timer *timer)
{
	met = condition();
	if (met || clock_msec() > until)
		supervisor_stop(sup);
	else
		loop_timer_set(sup->loop, timer, loop_now(sup->loop) + POLL_MSEC);
}

static void run_until(bool (*wanted)(void))
{
	condition = wanted;
	met = false;
	until = clock_msec() + DEADLINE_MSEC;
	assert_int_equal(loop_timer_init(sup->loop, &poll_timer, on_poll), 0);
	loop_timer_set(sup->loop, &poll_timer, clock_msec());
	assert_int_equal(supervisor_run(sup), 0);
	loop_timer_free(sup->loop, &poll_timer);
	assert_true(met);
}

static unsigned wanted_ends;

static bool all_have_ended(void)
{
	return sup->reaper.reaped == wanted_ends && sup->session_count == 0 && sup->conn_count == 0;
}

static uint64_t ends(int signal, int status)
{
	for (size_t i = 0; i < service->stats.exit_count; i++) {
		const struct stats_exit *exit = &service->stats.exit[i];

		if (exit->signal == signal && exit->status == status)
			return exit->count;
	}
	return 0;
}

/* Nobody is left, and nothing is counted as there that is gone. */
static void expect_nobody(void)
{
	siginfo_t info;

	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(sup->session_count, 0);
	assert_int_equal(sup->conn_count, 0);
	assert_int_equal(sup->admit.running, 0);
	assert_int_equal(service->admit.running, 0);
	assert_int_equal(service->in_flight, 0);
	assert_int_equal(sup->reaper.blind, 0);
	assert_int_equal(spawn_in_flight(sup->spawner), 0);
}

static void run_clients(int count)
{
	wanted_ends = (unsigned)count;
	connect_clients(count);
	run_until(all_have_ended);
	expect_nobody();
}

static void reap__many_ends__none_is_missed(void **state)
{
	(void)state;
	open_supervisor("\"exit\", \"3\"", "");
	run_clients(CLIENTS);
	assert_int_equal(ends(0, 3), CLIENTS);
	assert_int_equal(service->stats.exit_count, 1);
	assert_int_equal(service->stats.started, CLIENTS);
	assert_int_equal(service->stats.connections, CLIENTS);
	assert_int_equal(service->stats.session.count, CLIENTS);
	assert_int_equal(service->stats.queue.count, CLIENTS);
}

static bool all_are_held(void)
{
	return sup->session_count == CLIENTS && spawn_in_flight(sup->spawner) == 0 &&
	       sup->conn_count == 0;
}

static bool held_then_let_go(void)
{
	static bool let_go;

	if (!let_go && all_are_held()) {
		/* All of them end in the same moment, while the loop is busy here. */
		let_go = true;
		service_signal(service, SIGKILL);
		poll(NULL, 0, 100);
	}
	return let_go && all_have_ended();
}

static void reap__all_at_once__none_is_missed(void **state)
{
	(void)state;
	open_supervisor("\"sleep\", \"60\"", "per_source = 1000");
	wanted_ends = CLIENTS;
	connect_clients(CLIENTS);
	run_until(held_then_let_go);
	expect_nobody();
	assert_int_equal(ends(SIGKILL, 0), CLIENTS);
}

static void reap__by_signal__is_told_from_exit(void **state)
{
	(void)state;
	open_supervisor("\"crash\", \"15\"", "");
	run_clients(3);
	assert_int_equal(ends(SIGTERM, 0), 3);
	assert_int_equal(service->stats.exit_count, 1);
}

/* More than may run: each end lets the next one in. */
static void reap__full_service__the_end_starts_the_next(void **state)
{
	(void)state;
	open_supervisor("\"exit\", \"0\"", "instances = 2");
	run_clients(60);
	assert_int_equal(ends(0, 0), 60);
}

static void reap__wait_fails_for_a_moment__is_not_lost(void **state)
{
	(void)state;
	open_supervisor("\"exit\", \"0\"", "");
	failing = 'w';
	failing_times = 1;
	/* Only one, so that no other's signal comes to the rescue. */
	run_clients(1);
	assert_int_equal(failing_times, 0);
	assert_int_equal(ends(0, 0), 1);
}

static void reap__epoll_fails_for_a_moment__is_not_lost(void **state)
{
	(void)state;
	open_supervisor("\"exit\", \"0\"", "");
	failing = 'e';
	failing_times = 1;
	/* Only one, so that no other's signal comes to the rescue. */
	run_clients(1);
	assert_int_equal(failing_times, 0);
	assert_int_equal(ends(0, 0), 1);
}

/* A session that no pidfd watches is looked for. */
static void reap__pidfd_not_watched__is_found(void **state)
{
	(void)state;
	open_supervisor("\"exit\", \"0\"", "");
	failing = 'c';
	run_clients(20);
	assert_int_equal(ends(0, 0), 20);
}

static int held_pidfd;

static bool first_has_ended(void)
{
	struct epoll_event event;

	if (held_pidfd < 0 && sup->session_count > 0) {
		struct list *first = list_first(&service->sessions);

		/* As a sibling does that makes its cut in the wrong moment. */
		held_pidfd = dup(list_entry(first, struct session, link)->pidfd);
	}
	if (!all_have_ended())
		return false;
	/* The one that is gone, and its memory, must not be named again. */
	assert_int_equal(epoll_wait(sup->reaper.epoll_fd, &event, 1, 0), 0);
	return true;
}

static void reap__pidfd_held_elsewhere__is_not_seen_again(void **state)
{
	(void)state;
	held_pidfd = -1;
	open_supervisor("\"sleep\", \"0.1\"", "");
	wanted_ends = 1;
	connect_clients(1);
	run_until(first_has_ended);
	expect_nobody();
	if (held_pidfd < 0)
		skip_because("there are no pidfds here");
	fd_close(&held_pidfd);
}

static pid_t stranger;

static bool stranger_is_gone(void)
{
	return kill(stranger, 0) < 0 && errno == ESRCH;
}

/* An orphan may be given to a subreaper; it is nobody's session. */
static void reap__stranger__is_reaped_too(void **state)
{
	(void)state;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		skip_because("this process cannot be a subreaper");
	open_supervisor("\"exit\", \"0\"", "");
	stranger = fork();
	if (stranger == 0)
		_exit(0);
	assert_true(stranger > 0);
	run_until(stranger_is_gone);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	assert_int_equal(sup->reaper.reaped, 0);
	expect_nobody();
}

static bool has_failed(void)
{
	return service->failing && sup->session_count == 0 && sup->conn_count == 0;
}

/* The program went after the configuration was read. */
static void start__program_gone__backs_off_and_gives_all_back(void **state)
{
	(void)state;
	open_supervisor("\"exit\", \"0\"", "");
	service->plan->path = "/nonexistent/program";
	connect_clients(3);
	run_until(has_failed);
	expect_nobody();
	assert_int_equal(service->stats.refused[REASON_SPAWN], 3);
	assert_int_equal(service->stats.spawn_failures[SPAWN_EXEC], 3);
	assert_int_equal(service->stats.started, 0);
	assert_int_equal(service->stats.exit_count, 0);
	assert_int_equal(service->backoff.failures, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reap__many_ends__none_is_missed),
	    TEST(reap__all_at_once__none_is_missed),
	    TEST(reap__by_signal__is_told_from_exit),
	    TEST(reap__full_service__the_end_starts_the_next),
	    TEST(reap__wait_fails_for_a_moment__is_not_lost),
	    TEST(reap__epoll_fails_for_a_moment__is_not_lost),
	    TEST(reap__pidfd_not_watched__is_found),
	    TEST(reap__pidfd_held_elsewhere__is_not_seen_again),
	    TEST(reap__stranger__is_reaped_too),
	    TEST(start__program_gone__backs_off_and_gives_all_back),
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* As usherd has it: a child may take its standard error from there. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return 1;
	close(null);
	return cmocka_run_group_tests_name("core/reap", tests, make_dir, remove_dir);
}
