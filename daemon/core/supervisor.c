#include "core/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/sys.h"
#include "core/conn.h"
#include "core/fold.h"
#include "core/machine.h"
#include "core/reload.h"
#include "core/service.h"
#include "core/start.h"
#include "core/upgrade.h"

enum {
	RESERVE_FDS = 16,
	LINGER_MOST = 1024,
	SOURCES_MOST = 1 << 16,
	KILLED_MSEC = 5000, /* for the kernel to end those that were killed */
	FLIGHT_MSEC = 1,    /* longest sleep while starts are in flight */
};

const char *supervisor_state_name(enum supervisor_state state)
{
	static const char *const name[] = {"running", "draining", "stopping", "done"};

	return name[state];
}

unsigned supervisor_fds(const struct supervisor *sup)
{
	return sup->fixed_fds + sup->port_count + sup->conn_count + sup->session_count +
	       sup->control_fds + linger_count(sup->linger) + sup->stderr_pool.fds;
}

/* A client takes its own descriptor and, when it starts, a pidfd. */
bool supervisor_has_fds(const struct supervisor *sup)
{
	return supervisor_fds(sup) + 2 + RESERVE_FDS <= fd_limit();
}

/* What keeps other processes of this user, or of this group, from starting is
 * not ours to use up. 0: no limit. */
static unsigned less_a_tenth(unsigned long long limit)
{
	return limit > 1000000 ? 0 : (unsigned)(limit - limit / 10);
}

/* Reads a small file; the length, or -1. */
static ssize_t read_file(const char *path, char *text, size_t size)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC, 0);
	ssize_t n = fd < 0 ? -1 : sys_read(fd, text, size - 1);

	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

/* pids.max of a control group (cgroups(7), version 2). */
static unsigned pids_limit_of(const char *path)
{
	char text[32];
	int fd = cgroup_open(AT_FDCWD, path);
	ssize_t n = fd < 0 ? -1 : cgroup_read(fd, "pids.max", text, sizeof text);

	fd_close(&fd);
	return n <= 0 || text[0] == 'm' ? 0 : less_a_tenth(strtoull(text, NULL, 10));
}

/* The least of all the groups that we are in. */
static unsigned pids_limit(void)
{
	char own[PATH_MAX], top[PATH_MAX];
	unsigned least = 0;

	if (cgroup_find(CGROUP_PROC, own, top) < 0)
		return 0;
	for (;;) {
		unsigned limit = pids_limit_of(own);

		if (limit > 0 && (least == 0 || limit < least))
			least = limit;
		if (strcmp(own, top) == 0)
			return least;
		*strrchr(own, '/') = '\0';
	}
}

/* Descriptors that a session takes, at most: its pidfd, and both ends of a pipe
 * where its standard error is logged. */
static unsigned session_fds(const struct supervisor *sup)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (sup->services[i]->conf->stderr_to == CONF_STDERR_LOG)
			return 3;
	return 1;
}

/* Processes that a session takes of ours, before it does anything: a usherd-cell counts. */
static unsigned session_processes(const struct supervisor *sup)
{
	for (size_t i = 0; i < sup->service_count; i++)
		if (sup->services[i]->conf->private_pids)
			return 2;
	return 1;
}

static unsigned derive_max_sessions(const struct supervisor *sup)
{
	unsigned fixed = sup->fixed_fds + sup->port_count + RESERVE_FDS + 2,
		 each = session_fds(sup);
	unsigned max = fd_limit() > fixed + each ? (fd_limit() - fixed) / each : 1;
	unsigned pids = pids_limit(), procs = 0;
	struct rlimit rl;

	if (getrlimit(RLIMIT_NPROC, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY && geteuid() != 0)
		procs = less_a_tenth(rl.rlim_cur);
	pids /= session_processes(sup);
	procs /= session_processes(sup);
	if (pids > 0 && pids < max)
		max = pids;
	if (procs > 0 && procs < max)
		max = procs;
	return max;
}

static void on_signals(struct loop_watch *watch, uint32_t events)
{
	struct supervisor *sup = list_entry(watch, struct supervisor, signal_watch);
	uint64_t taken = signals_take();

	(void)events;
	if (taken & 1ULL << SIGCHLD)
		reap_all(sup, true);
	if (taken & 1ULL << SIGHUP && sup->reload)
		reload_now(sup->reload);
	if (taken & 1ULL << SIGUSR1 && sup->hooks.reopen)
		sup->hooks.reopen(sup->hooks.context);
	if (taken & 1ULL << SIGUSR2 && sup->upgrade)
		upgrade_now(sup->upgrade);
	if (taken & 1ULL << SIGQUIT)
		supervisor_drain(sup);
	if (taken & (1ULL << SIGTERM | 1ULL << SIGINT))
		supervisor_stop(sup);
}

static void on_stop_timer(struct loop_timer *timer)
{
	struct supervisor *sup = list_entry(timer, struct supervisor, stop_timer);

	log_error("handlers still there after SIGKILL: %u; leaving them", sup->session_count);
	sup->state = SUPERVISOR_DONE;
}

/* Until 5.16 a core dump killed all processes that share the memory, and with
 * suid_dumpable 2 a child that changes its user can be made to dump core. */
static bool kernel_is_before(int major, int minor)
{
	struct utsname name;
	int has_major = 0, has_minor = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &has_major, &has_minor) != 2)
		return false;
	return has_major < major || (has_major == major && has_minor < minor);
}

static int open_mechanisms(struct supervisor *sup)
{
	struct spawn_options spawn = {.settled = start_settled};
	unsigned lingerers = fd_limit() / 8;
	char dumpable[4];

	if (read_file("/proc/sys/fs/suid_dumpable", dumpable, sizeof dumpable) > 0)
		spawn.fork_for_users =
		    dumpable[0] == '1' || (dumpable[0] == '2' && kernel_is_before(5, 16));
	sup->spawner = spawn_new(&spawn);
	sup->linger = linger_new(sup->loop, lingerers < LINGER_MOST ? lingerers : LINGER_MOST);
	sup->fold = fold_new(sup);
	if (!sup->spawner || !sup->linger || !sup->fold || reap_init(sup) < 0 ||
	    resources_init(sup) < 0 || pulse_init(sup) < 0 || stderr_init(sup) < 0 ||
	    bans_init(sup) < 0 || groups_init(sup) < 0)
		return -1;
	return loop_timer_init(sup->loop, &sup->stop_timer, on_stop_timer);
}

static int make_services(struct supervisor *sup)
{
	sup->services = sys_calloc(sup->conf->service_count + 1, sizeof *sup->services);
	if (!sup->services)
		return -1;
	for (; sup->service_count < sup->conf->service_count; sup->service_count++) {
		const struct conf_service *conf = sup->conf->services[sup->service_count];
		struct service *service = service_new(sup, sup->conf, conf);

		if (!service)
			return -1;
		sup->services[sup->service_count] = service;
		if (service_make_ports(service) < 0)
			return -1;
	}
	return 0;
}

static int watch_signals(struct supervisor *sup)
{
	sup->signal_watch.ready = on_signals;
	sup->signal_watch.fd = signals_open();
	if (sup->signal_watch.fd < 0)
		return -1;
	return loop_watch(sup->loop, &sup->signal_watch, EPOLLIN);
}

struct supervisor *supervisor_new(struct conf *conf, const struct supervisor_options *options)
{
	struct supervisor *sup = sys_calloc(1, sizeof *sup);

	if (!sup) {
		log_error("cannot start: %m");
		return NULL;
	}
	sup->conf = conf_ref(conf);
	sup->original_files = options->original_files;
	sup->started_wall = sup->loaded_wall = clock_wall();
	tzset(); /* while there are descriptors for it: access_times */
	sup->reaper.epoll_fd = -1;
	machine_init(sup);
	groups_begin(sup);
	list_init(&sup->ready);
	list_init(&sup->waiting);
	list_init(&sup->headers);
	sup->loop = loop_new();
	if (!sup->loop || admit_init(&sup->admit, SOURCES_MOST, conf->max_sessions) < 0 ||
	    open_mechanisms(sup) < 0 || watch_signals(sup) < 0 || make_services(sup) < 0) {
		log_error("cannot start: %m");
		supervisor_free(&sup);
	}
	return sup;
}

void supervisor_free(struct supervisor **supervisor)
{
	struct supervisor *sup = *supervisor;

	*supervisor = NULL;
	if (!sup)
		return;
	upgrade_free(&sup->upgrade);
	reload_free(&sup->reload);
	for (size_t i = 0; i < sup->service_count; i++)
		service_free(&sup->services[i]);
	free(sup->services);
	if (sup->loop) {
		linger_free(&sup->linger);
		fold_free(&sup->fold);
		loop_unwatch(sup->loop, &sup->signal_watch);
		loop_timer_free(sup->loop, &sup->stop_timer);
		groups_free(sup);
		bans_free(sup);
		stderr_free(sup);
		pulse_free(sup);
		resources_free(sup);
		reap_free(sup);
	}
	signals_close();
	machine_free(sup);
	spawn_free(&sup->spawner);
	admit_free(&sup->admit);
	conn_free_spare(sup);
	conf_unref(&sup->conf);
	loop_free(&sup->loop);
	free(sup);
}

static void set_max_sessions(struct supervisor *sup)
{
	sup->admit.max_sessions =
	    sup->conf->max_sessions ? sup->conf->max_sessions : derive_max_sessions(sup);
}

void supervisor_adopted(struct supervisor *sup)
{
	machine_open(sup);
	bans_filter_soon(sup);
	groups_tidy(sup);
	set_max_sessions(sup);
	sup->loaded_wall = clock_wall();
	sup->pump_wanted = sup->collect_wanted = true;
}

static unsigned open_ports(const struct supervisor *sup)
{
	unsigned n = 0;

	for (size_t i = 0; i < sup->service_count; i++) {
		list_each (link, &sup->services[i]->ports)
			n += list_entry(link, struct port, link)->listener.fd >= 0;
		list_each (link, &sup->services[i]->leaving)
			n += list_entry(link, struct port, link)->listener.fd >= 0;
	}
	return n;
}

void supervisor_resume(struct supervisor *sup)
{
	unsigned open, others;

	machine_open(sup);
	open = fd_count();
	others = supervisor_fds(sup) - sup->fixed_fds - sup->port_count + open_ports(sup);
	sup->fixed_fds = open > others ? open - others : 0;
	set_max_sessions(sup);
}

void supervisor_start(struct supervisor *sup)
{
	machine_open(sup);
	sup->fixed_fds = fd_count();
	set_max_sessions(sup);
	for (size_t i = 0; i < sup->service_count; i++)
		service_open(sup->services[i]);
}

int supervisor_add_service(struct supervisor *sup, struct service *service)
{
	struct service **services =
	    sys_realloc(sup->services, (sup->service_count + 1) * sizeof(struct service *));

	if (!services) {
		service_free(&service);
		return -1;
	}
	sup->services = services;
	sup->services[sup->service_count++] = service;
	return 0;
}

void supervisor_settle_plans(struct supervisor *sup)
{
	unsigned before = fd_count();

	for (size_t i = 0; i < sup->service_count; i++)
		plan_trim(sup->services[i]->plan);
	sup->fixed_fds += fd_count() - before;
	set_max_sessions(sup);
}

void supervisor_drain(struct supervisor *sup)
{
	if (sup->state != SUPERVISOR_RUNNING)
		return;
	log_info("draining: nobody new is accepted; handlers that may end: %u", sup->session_count);
	sup->state = SUPERVISOR_DRAINING;
	for (size_t i = 0; i < sup->service_count; i++)
		service_close_gently(sup->services[i]);
}

static void kill_all(struct supervisor *sup)
{
	log_warn("stopping at once; handlers that get SIGKILL: %u", sup->session_count);
	for (size_t i = 0; i < sup->service_count; i++)
		(void)service_signal(sup->services[i], SIGKILL);
}

void supervisor_stop(struct supervisor *sup)
{
	msec_t longest = 0;

	if (sup->state >= SUPERVISOR_STOPPING) {
		kill_all(sup);
		return;
	}
	log_info("stopping; handlers that get SIGTERM: %u", sup->session_count);
	sup->state = SUPERVISOR_STOPPING;
	pulse_stopping(sup);
	groups_tell(sup, SIGTERM);
	for (size_t i = 0; i < sup->service_count; i++) {
		struct service *service = sup->services[i];

		service_close(service);
		conn_refuse_waiting(service, REASON_STOPPING);
		service_stop_sessions(service);
		if (service->conf->stop_timeout_msec > longest)
			longest = service->conf->stop_timeout_msec;
	}
	loop_timer_set(sup->loop, &sup->stop_timer, loop_now(sup->loop) + longest + KILLED_MSEC);
}

/* Is there nobody left to wait for? */
static bool is_done(const struct supervisor *sup)
{
	if (sup->state == SUPERVISOR_RUNNING)
		return false;
	for (size_t i = 0; i < sup->service_count; i++)
		if (sup->services[i]->state == SERVICE_CLOSING)
			return false;
	return sup->session_count == 0 && sup->conn_count == 0 && linger_count(sup->linger) == 0;
}

/* How long the loop may sleep: not at all while there is more to reap. */
static int longest_sleep(const struct supervisor *sup)
{
	if (sup->reaper.more)
		return 0;
	if (spawn_in_flight(sup->spawner) > 0)
		return FLIGHT_MSEC;
	return log_wait_msec();
}

/* Services that are in no configuration any more stand at the end of the list. */
static void collect(struct supervisor *sup)
{
	size_t n = sup->service_count;

	sup->collect_wanted = false;
	while (n > 0 && sup->services[n - 1]->retired)
		n--;
	for (size_t i = n; i < sup->service_count; i++) {
		if (service_is_gone(sup->services[i]))
			service_free(&sup->services[i]);
		else
			sup->services[n++] = sup->services[i];
	}
	sup->service_count = n;
}

int supervisor_run(struct supervisor *sup)
{
	while (sup->state != SUPERVISOR_DONE) {
		/* Clients that cannot be started would keep the loop awake for nothing. */
		if (sup->held_back && !spawn_is_stuck(sup->spawner))
			spawn_wait(sup->spawner);
		sup->held_back = false;
		spawn_settle(sup->spawner, loop_now(sup->loop));
		start_pump(sup);
		bans_turn(sup);
		log_flush();
		if (loop_turn(sup->loop, longest_sleep(sup)) < 0) {
			log_error("epoll_wait: %m");
			return 1;
		}
		pulse_turned(sup);
		if (sup->reaper.more || sup->reaper.blind)
			reap_all(sup, false);
		if (sup->collect_wanted)
			collect(sup);
		if (sup->upgrade)
			upgrade_turn(sup->upgrade);
		if (is_done(sup))
			sup->state = SUPERVISOR_DONE;
	}
	return 0;
}
