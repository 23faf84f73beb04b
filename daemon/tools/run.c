#include "tools/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/runtime.h"
#include "base/signals.h"
#include "base/sys.h"
#include "config/read.h"
#include "config/sandbox.h"
#include "spawn/env.h"
#include "spawn/spawn.h"
#include "tools/pair.h"
#include "tools/relay.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *config, *handlers, *service;
	bool has_peer;
	struct addr peer;
};

/* A handler that is being started, and how that went. */
struct start {
	struct spawner *spawner;
	bool settled;
	struct spawn_result result;
};

static volatile pid_t handler; /* 0: none yet */

static int __attribute__((format(printf, 1, 2))) complain(const char *format, ...)
{
	va_list ap;

	fputs("usherctl: run: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	putc('\n', stderr);
	return EXIT_FAILED;
}

static void __attribute__((noreturn)) usage(void)
{
	fputs("usage: usherctl run [-c file] [-H handler-dir] service [--peer address]\n", stderr);
	exit(EXIT_USAGE);
}

/* "192.0.2.1", "192.0.2.1:1234", "2001:db8::1", "[2001:db8::1]:1234" */
static int parse_peer(const char *text, struct addr *peer)
{
	char host[ADDR_TEXT_MAX], *end;
	const char *port = strrchr(text, ':');
	size_t len;
	long number;

	if (addr_parse_ip(text, 0, peer) == 0)
		return 0;
	if (!port || port[1] < '0' || port[1] > '9')
		return -1;
	number = strtol(port + 1, &end, 10);
	len = (size_t)(port - text);
	if (*end || number > 65535 || len >= sizeof host)
		return -1;
	if (text[0] == '[' && len > 2 && port[-1] == ']')
		snprintf(host, sizeof host, "%.*s", (int)len - 2, text + 1);
	else
		snprintf(host, sizeof host, "%.*s", (int)len, text);
	return addr_parse_ip(host, (uint16_t)number, peer);
}

static void parse_options(int argc, char **argv, struct options *opt)
{
	static const struct option names[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"handlers", required_argument, NULL, 'H'},
	    {"peer", required_argument, NULL, 'p'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*opt =
	    (struct options){.config = SYSCONFDIR "/usherd/usherd.conf", .handlers = PKGLIBEXECDIR};
	optind = 0; /* a scan from the beginning */
	while ((c = getopt_long(argc, argv, "c:H:", names, NULL)) != -1) {
		switch (c) {
		case 'c':
			opt->config = optarg;
			break;
		case 'H':
			opt->handlers = optarg;
			break;
		case 'p':
			if (parse_peer(optarg, &opt->peer) < 0) {
				complain("--peer: \"%s\" is no IP address, or address and port",
				         optarg);
				exit(EXIT_USAGE);
			}
			opt->has_peer = true;
			break;
		default:
			usage();
		}
	}
	if (optind != argc - 1)
		usage();
	opt->service = argv[optind];
}

/* What is wrong is told; what is only strange is for usherd -t. */
static struct conf *read_configuration(const struct options *opt)
{
	char control[RUNTIME_PATH_MAX], text[2048];
	struct conf_problems problems = {.item = NULL};
	struct conf_options options = {.handler_dir = opt->handlers,
	                               .own_dir = PKGLIBEXECDIR,
	                               .control = control,
	                               .root = geteuid() == 0};
	struct conf *conf;

	runtime_control_path(geteuid(), control);
	conf = conf_read_apart(opt->config, &options, &problems);
	for (size_t i = 0; !conf && i < problems.count; i++) {
		conf_problem_format(&problems.item[i], text, sizeof text);
		fprintf(stderr, "%s\n", text);
	}
	if (!conf)
		complain("%s: %zu error%s", opt->config, problems.errors,
		         problems.errors == 1 ? "" : "s");
	conf_problems_free(&problems);
	return conf;
}

static const struct conf_service *find_service(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->service_count; i++)
		if (strcmp(conf->services[i]->name, name) == 0)
			return conf->services[i];
	complain("%s has no service \"%s\"", conf->file, name);
	return NULL;
}

/* A child takes /dev/null from 0 where its standard error goes there, so the
 * terminal's ends are moved. */
static int move_terminal(struct relay *relay)
{
	int null = sys_open("/dev/null", O_RDWR | O_CLOEXEC, 0);

	relay->in = fd_up(sys_dupfd(STDIN_FILENO, 3));
	relay->out = fd_up(sys_dupfd(STDOUT_FILENO, 3));
	if (null < 0 || relay->in < 0 || relay->out < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return complain("standard input and output: %s", strerror(errno));
	close(null);
	return 0;
}

static int connect_pair(const struct options *opt, const struct conf_service *service,
                        struct pair *pair)
{
	const struct addr *peer = opt->has_peer ? &opt->peer : NULL;
	const struct conf_listen *listen = pair_choose(service, peer);
	const char *call;

	if (!listen)
		return complain("no address of \"%s\" is one that this peer could come to",
		                service->name);
	if (pair_open(pair, listen, service->wait, peer, &call) < 0)
		return complain("%s: %s: %s", listen->text, call, strerror(errno));
	if (pair->other_peer)
		complain("the peer is no address of this machine: the handler's environment has "
		         "it, its socket has not");
	if (service->banner && !service->wait)
		(void)!sys_send(pair->handler, service->banner, service->banner_len, MSG_NOSIGNAL);
	return 0;
}

static void on_settled(void *owner, const struct spawn_result *result)
{
	struct start *start = owner;

	start->settled = true;
	start->result = *result;
}

static int fill_slot(struct slot *slot, struct plan *plan, const struct conf_service *service,
                     const struct pair *pair)
{
	struct env_facts facts = {
	    .service = service,
	    .session = 1,
	    .fd = pair->handler,
	    .type = pair->type,
	    .local = &pair->local,
	    .peer = service->wait ? NULL : &pair->peer,
	};

	return env_build(slot, plan, &facts);
}

/* Waits until the program runs, or could not be executed. */
static int settle(struct start *start, const struct conf_service *service, pid_t pid)
{
	const struct spawn_result *result = &start->result;
	siginfo_t info = {.si_pid = 0};

	while (!start->settled) {
		spawn_wait(start->spawner);
		spawn_settle(start->spawner, clock_msec());
		/* Its status is for later. */
		if (!start->settled &&
		    sys_waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT, NULL) == 0 &&
		    info.si_pid == pid)
			spawn_ended(start->spawner, pid);
	}
	if (result->error)
		return complain("%s: %s: %s: %s", service->path, spawn_step_name(result->step),
		                spawn_step_call(result->step), strerror(result->error));
	if (result->killed)
		return complain("%s: stuck before it was executed", service->path);
	return 0;
}

static pid_t start_handler(struct start *start, struct conf *conf,
                           const struct conf_service *service, const struct pair *pair,
                           int *pidfd_r)
{
	struct rlimit files = {.rlim_cur = 1024, .rlim_max = 1024};
	struct plan *plan;
	struct slot *slot = spawn_slot(start->spawner);
	pid_t pid = -1;

	(void)getrlimit(RLIMIT_NOFILE, &files);
	plan = plan_new(conf, service, &files);
	if (plan)
		plan_trim(plan);
	if (plan && fill_slot(slot, plan, service, pair) == 0)
		pid = spawn_start(start->spawner, slot, plan, pair->handler, -1, start,
		                  clock_msec(), pidfd_r);
	if (plan && plan->group.wanted)
		complain("note: memory_max, pids_max, cpu_max and slot are not in effect here");
	if (pid < 0)
		complain("%s: %s", service->path, strerror(errno));
	else if (settle(start, service, pid) != 0)
		pid = -1;
	plan_unref(&plan);
	return pid;
}

/* It has a session of its own, so the terminal's signals come to us alone. */
static void pass_on(int signal)
{
	if (handler > 0)
		(void)kill(-handler, signal);
}

static void nothing(int signal)
{
	(void)signal;
}

static void pass_signals(pid_t pid)
{
	static const int passed[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};

	handler = pid;
	for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
		sigaction(passed[i], &action, NULL);
}

/* An ignored signal would be the handler's, too. */
static void survive_broken_pipes(void)
{
	struct sigaction action = {.sa_handler = nothing};

	sigaction(SIGPIPE, &action, NULL);
}

struct ended {
	pid_t pid;
	int status;
	bool reaped;
};

static bool has_ended(void *arg)
{
	struct ended *ended = arg;

	if (!ended->reaped)
		ended->reaped = waitpid(ended->pid, &ended->status, WNOHANG) == ended->pid;
	return ended->reaped;
}

static int carry(struct relay *relay, pid_t pid, int pidfd)
{
	struct ended ended = {.pid = pid};

	relay_run(relay, pidfd, has_ended, &ended);
	while (!ended.reaped && waitpid(pid, &ended.status, 0) < 0)
		if (errno != EINTR)
			return complain("waitpid: %s", strerror(errno));
	return WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : 128 + WTERMSIG(ended.status);
}

/* For who looks; what is not looked at is for the program alone. */
static void tell_sandbox(const struct conf_service *service)
{
	struct buf text = BUF_INIT(4096);

	if (!isatty(STDERR_FILENO))
		return;
	sandbox_format(service, &text);
	fprintf(stderr, "usherctl: run: sandbox: %s\n", text.data ? text.data : "");
	buf_free(&text);
}

static int run_service(const struct options *opt, struct conf *conf,
                       const struct conf_service *service, struct relay *relay)
{
	/* A handler of another user must not share our memory where it can be looked
	 * into; one start more or less by fork is no matter here. */
	struct spawn_options options = {.fork_for_users = true, .settled = on_settled};
	struct start start = {.settled = false};
	struct pair pair = {.handler = -1, .client = -1};
	int pidfd = -1;
	pid_t pid;

	tell_sandbox(service);
	if (move_terminal(relay) != 0 || connect_pair(opt, service, &pair) != 0)
		return EXIT_FAILED;
	relay->sock = pair.client;
	relay->datagrams = pair.type == SOCK_DGRAM;
	start.spawner = spawn_new(&options);
	if (!start.spawner)
		return complain("%s", strerror(errno));
	pid = start_handler(&start, conf, service, &pair, &pidfd);
	spawn_free(&start.spawner);
	fd_close(&pair.handler);
	if (pid < 0)
		return EXIT_FAILED;
	pass_signals(pid);
	return carry(relay, pid, pidfd);
}

int run_main(int argc, char **argv)
{
	static struct relay relay;
	const struct conf_service *service;
	struct options opt;
	struct conf *conf;
	int status;

	parse_options(argc, argv, &opt);
	signals_reset();
	survive_broken_pipes();
	if (fd_fill_standard() < 0)
		return complain("/dev/null: %s", strerror(errno));
	conf = read_configuration(&opt);
	if (!conf)
		return EXIT_FAILED;
	service = find_service(conf, opt.service);
	status = service ? run_service(&opt, conf, service, &relay) : EXIT_FAILED;
	conf_unref(&conf);
	return status;
}
