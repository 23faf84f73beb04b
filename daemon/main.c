/* usherd - the super-server. Its options, then start-up told from top to bottom.
 *
 * Order matters: what needs root comes before the drop of privileges, and
 * nothing is bound before the control socket has said that we are alone. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/detach.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/runtime.h"
#include "base/signals.h"
#include "config/check.h"
#include "config/print.h"
#include "config/read.h"
#include "control/control.h"
#include "core/access.h"
#include "core/privileges.h"
#include "core/reload.h"
#include "core/supervisor.h"
#include "net/activation.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *config, *handlers, *log, *pidfile;
	bool test, background, verbose;
	char control[RUNTIME_PATH_MAX]; /* the default of `control` */
	struct conf_options reading;
};

static const struct option long_options[] = {
    {"background", no_argument, NULL, 'b'},     {"config", required_argument, NULL, 'c'},
    {"handlers", required_argument, NULL, 'H'}, {"help", no_argument, NULL, 'h'},
    {"log", required_argument, NULL, 'l'},      {"pidfile", required_argument, NULL, 'p'},
    {"test", no_argument, NULL, 't'},           {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, 'V'},        {NULL, 0, NULL, 0},
};

static void print_usage(FILE *to)
{
	fputs("usage: usherd [-btvVh] [-c file] [-H handler-dir] [-l log] [-p pidfile]\n", to);
}

static void print_help(void)
{
	print_usage(stdout);
	fputs("Listens on the ports that its configuration names and starts a handler for each\n"
	      "connection. See usherd(8) and usherd.conf(5).\n"
	      "\n"
	      "  -c, --config FILE     the configuration (" SYSCONFDIR "/usherd/usherd.conf)\n"
	      "  -t, --test            check the configuration, print every problem, and exit;\n"
	      "                        with -v also the effective configuration\n"
	      "  -b, --background      detach once all is well; the caller gets the errors of\n"
	      "                        the start, and its status\n"
	      "  -p, --pidfile FILE    where to write the pid\n"
	      "  -H, --handlers DIR    where bare handler names are looked up\n"
	      "                        (" PKGLIBEXECDIR ")\n"
	      "  -l, --log WHERE       overrides log.to: stderr, syslog, journal, or the path\n"
	      "                        of a file\n"
	      "  -v, --verbose         say more: log level debug\n"
	      "  -V, --version         the version, and how it was built\n"
	      "  -h, --help            this text\n",
	      stdout);
}

static void print_version(void)
{
	puts("usherd " PACKAGE_VERSION "\n" CONFIGURE_SUMMARY);
}

static void usage_error(const char *text)
{
	if (text)
		fprintf(stderr, "usherd: %s\n", text);
	print_usage(stderr);
	exit(EXIT_USAGE);
}

/* -l WHERE, as log.to has it; false: it is nothing of the kind. */
static bool parse_where(const char *where, struct log_options *log)
{
	static const struct {
		const char *name;
		enum log_to to;
	} known[] = {
	    {"stderr", LOG_TO_STDERR}, {"syslog", LOG_TO_SYSLOG}, {"journal", LOG_TO_JOURNAL}};

	log->path = NULL;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(where, known[i].name) == 0) {
			log->to = known[i].to;
			return true;
		}
	}
	log->to = LOG_TO_FILE;
	log->path = where;
	return where[0] == '/';
}

static void parse_options(int argc, char **argv, struct options *opt)
{
	int c;

	*opt =
	    (struct options){.config = SYSCONFDIR "/usherd/usherd.conf", .handlers = PKGLIBEXECDIR};
	while ((c = getopt_long(argc, argv, "bc:H:hl:p:tvV", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			opt->config = optarg;
			break;
		case 't':
			opt->test = true;
			break;
		case 'b':
			opt->background = true;
			break;
		case 'p':
			opt->pidfile = optarg;
			break;
		case 'H':
			opt->handlers = optarg;
			break;
		case 'l':
			if (!parse_where(optarg, &(struct log_options){.to = LOG_TO_STDERR}))
				usage_error(
				    "-l: takes stderr, syslog, journal or an absolute path");
			opt->log = optarg;
			break;
		case 'v':
			opt->verbose = true;
			break;
		case 'V':
			print_version();
			exit(EXIT_SUCCESS);
		case 'h':
			print_help();
			exit(EXIT_SUCCESS);
		default:
			usage_error(NULL);
		}
	}
	if (optind < argc)
		usage_error("takes no arguments but options");
	runtime_control_path(geteuid(), opt->control);
	opt->reading = (struct conf_options){.handler_dir = opt->handlers,
	                                     .control = opt->control,
	                                     .root = geteuid() == 0,
	                                     .owner = geteuid()};
}

/* The state in which we were started must not matter, to us or to a handler. */
static void clean_inheritance(void)
{
	signals_reset();
	umask(022);
	if (fd_fill_standard() < 0) {
		perror("usherd: /dev/null");
		exit(EXIT_FAILED);
	}
	fd_close_from(activation_take());
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

static struct conf *read_configuration(const struct options *opt)
{
	char text[2048];
	struct conf_problems problems = {.item = NULL};
	struct conf *conf = conf_read_apart(opt->config, &opt->reading, &problems);

	for (size_t i = 0; i < problems.count; i++) {
		conf_problem_format(&problems.item[i], text, sizeof text);
		fprintf(stderr, "%s\n", text);
	}
	if (!conf)
		fprintf(stderr, "usherd: %s: %zu error%s, nothing was started\n", opt->config,
		        problems.errors, problems.errors == 1 ? "" : "s");
	conf_problems_free(&problems);
	return conf;
}

/* What -tv shows. */
static void print_configuration(const struct conf *conf)
{
	struct buf out = BUF_INIT(16 << 20);

	conf_print(conf, &out);
	buf_adds(&out, "\n# capabilities that the supervisor keeps: ");
	privileges_format(privileges_needed(conf), &out);
	buf_addc(&out, '\n');
	fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}

/* Does the journal read our standard error? It says which file it is. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static void log_as_configured(const struct conf_log *conf, bool background, struct log_options *log)
{
	static const enum log_to to[] = {[CONF_LOG_STDERR] = LOG_TO_STDERR,
	                                 [CONF_LOG_FILE] = LOG_TO_FILE,
	                                 [CONF_LOG_SYSLOG] = LOG_TO_SYSLOG,
	                                 [CONF_LOG_JOURNAL] = LOG_TO_JOURNAL};

	log->path = conf->path;
	if (conf->to != CONF_LOG_AUTO) {
		log->to = to[conf->to];
	} else if (background) {
		log->to = LOG_TO_SYSLOG;
	} else {
		log->to = LOG_TO_STDERR;
		log->prefix = stderr_is_journal();
	}
}

static struct log_options log_options_of(const struct conf *conf, const struct options *opt)
{
	struct log_options log = {
	    .format = conf->log.format == CONF_LOG_JSON ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT,
	    .level = opt->verbose ? LOG_DEBUG : conf->log.level,
	    .uid = conf->user ? conf->uid : (uid_t)-1,
	    .gid = conf->user ? conf->gid : (gid_t)-1,
	};

	if (opt->log)
		(void)parse_where(opt->log, &log);
	else
		log_as_configured(&conf->log, opt->background, &log);
	return log;
}

/* Says what would not work any more after the drop of privileges. */
static bool works_as_user(const struct conf *conf, const struct options *opt)
{
	struct buf problems = BUF_INIT(1 << 16);
	struct log_options log = log_options_of(conf, opt);
	int rc = access_check(conf, &log, &problems);

	if (rc < 0)
		fprintf(stderr, "usherd: cannot try what %s may do: %s\n", conf->user,
		        strerror(errno));
	else if (rc > 0)
		fputs(problems.data, stderr);
	buf_free(&problems);
	return rc == 0;
}

static int test_configuration(const struct options *opt)
{
	struct conf *conf = read_configuration(opt);
	bool fine;

	if (!conf)
		return EXIT_FAILED;
	fine = works_as_user(conf, opt);
	if (opt->verbose)
		print_configuration(conf);
	else if (fine)
		printf("%s: fine, %zu service%s\n", opt->config, conf->service_count,
		       conf->service_count == 1 ? "" : "s");
	conf_unref(&conf);
	return fine ? EXIT_SUCCESS : EXIT_FAILED;
}

static int open_log(const struct conf *conf, const struct options *opt)
{
	struct log_options log = log_options_of(conf, opt);

	if (log_open(&log) < 0) {
		fprintf(stderr, "usherd: log: %s: %s\n", log.path, strerror(errno));
		return -1;
	}
	if (log_trouble())
		fprintf(stderr, "usherd: log: %s: %s; it is waited for\n",
		        log.to == LOG_TO_SYSLOG ? LOG_SYSLOG_PATH : LOG_JOURNAL_PATH,
		        strerror(log_trouble()));
	return 0;
}

static int relog(void *context, const struct conf *conf)
{
	struct log_options log = log_options_of(conf, context);

	return log_open(&log);
}

static void reopen_log(void *context)
{
	(void)context;
	if (log_reopen() < 0)
		log_error("the log cannot be reopened, going on as before: %m");
	else
		log_info("the log was reopened");
}

/* From here on 0 and 1 are /dev/null: a child takes its standard error from 0
 * where that is wanted, and nobody reads our terminal. */
static int detach_standard_io(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		return -1;
	close(fd);
	return 0;
}

static int drop_privileges(const struct conf *conf, struct privileges *result)
{
	struct buf kept = BUF_INIT(4096);
	struct privileges now;
	const char *why;

	if (privileges_drop(conf, &now, &why) < 0) {
		log_error("cannot drop privileges: %s: %m", why);
		return -1;
	}
	if (now.missing) {
		privileges_format(now.missing, &kept);
		log_warn("capabilities that are needed but not to be had here: %s", kept.data);
		buf_clear(&kept);
	}
	privileges_format(now.kept, &kept);
	log_info("running as uid %u with capabilities: %s; uid 0 is %s%s%s", geteuid(),
	         kept.data ? kept.data : "none", now.filtered ? "out of reach" : "not filtered (",
	         now.filtered ? "" : now.unfiltered_why, now.filtered ? "" : ")");
	buf_free(&kept);
	*result = now;
	return 0;
}

static int write_pidfile(const char *path)
{
	if (!path || pidfile_write(path) == 0)
		return 0;
	if (errno == ENOTSUP)
		log_error("pid file %s: there is something that is no plain file", path);
	else
		log_error("pid file %s: %m", path);
	return -1;
}

static bool logs_to_stderr(const struct conf *conf, const struct options *opt)
{
	return opt->log ? strcmp(opt->log, "stderr") == 0 : conf->log.to == CONF_LOG_STDERR;
}

static int can_reload(struct supervisor *sup, const struct options *opt)
{
	sup->reload = reload_new(sup, opt->config, &opt->reading);
	if (!sup->reload)
		log_error("cannot start: %m");
	return sup->reload ? 0 : -1;
}

/* Binds what the configuration names, and serves it. */
static int serve_alone(struct supervisor *sup, struct options *opt, struct privileges *privileges)
{
	int status;

	activation_sort(sup->conf);
	supervisor_start(sup);
	if (can_reload(sup, opt) < 0 || write_pidfile(opt->pidfile) < 0 ||
	    drop_privileges(sup->conf, privileges) < 0) {
		pidfile_remove();
		return EXIT_FAILED;
	}
	supervisor_settle_plans(sup);
	sup->privileges = privileges;
	sup->hooks = (struct supervisor_hooks){opt, reopen_log, relog};
	log_info("serving, version %s; services: %zu, sessions at most: %u, children by %s",
	         PACKAGE_VERSION, sup->service_count, sup->admit.max_sessions,
	         spawn_way_name(spawn_way(sup->spawner, false)));
	pulse_ready(sup);
	log_echo(false);
	detach_ready(logs_to_stderr(sup->conf, opt));
	status = supervisor_run(sup);
	pidfile_remove();
	log_info("the end; sessions in all: %llu", (unsigned long long)sup->last_session);
	return status;
}

/* Who has the control socket is the only one who serves this configuration. */
static int serve(struct supervisor *sup, struct options *opt)
{
	struct privileges privileges = {.kept = 0};
	struct control_options options = {.privileges = &privileges};
	struct claim_failure failure;
	struct control *control = control_open(sup, &options, &failure);
	int status;

	if (!control) {
		if (failure.running > 0)
			log_error("already running, pid %d", (int)failure.running);
		else
			log_error("%s", failure.text);
		return EXIT_FAILED;
	}
	status = serve_alone(sup, opt, &privileges);
	control_close(&control);
	return status;
}

/* Only the child comes back; the parent ends as its start did. */
static void go_into_background(void)
{
	int status;

	switch (detach(&status)) {
	case DETACH_FAILED:
		perror("usherd: cannot detach");
		exit(EXIT_FAILED);
	case DETACH_PARENT:
		if (status > 128)
			fprintf(stderr, "usherd: ended by signal %d at the start\n", status - 128);
		exit(status == 0 ? EXIT_SUCCESS : EXIT_FAILED);
	case DETACH_CHILD:
		log_echo(true);
	}
}

int main(int argc, char **argv)
{
	struct supervisor_options options;
	struct supervisor *sup;
	struct options opt;
	struct conf *conf;
	int status = EXIT_FAILED;

	clean_inheritance();
	parse_options(argc, argv, &opt);
	if (opt.test)
		return test_configuration(&opt);
	if (opt.background)
		go_into_background();
	conf = read_configuration(&opt);
	if (!conf)
		return EXIT_FAILED;
	fd_raise_limit(&options.original_files);
	if (open_log(conf, &opt) == 0 && works_as_user(conf, &opt) && detach_standard_io() == 0) {
		sup = supervisor_new(conf, &options);
		if (sup)
			status = serve(sup, &opt);
		supervisor_free(&sup);
	}
	activation_close();
	log_close();
	conf_unref(&conf);
	return status;
}
