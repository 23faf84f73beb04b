/* usherd - the super-server. Its start-up told from top to bottom.
 *
 * Order matters: what needs root comes before the drop of privileges, and
 * nothing is bound before the control socket has said that we are alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/detach.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/signals.h"
#include "config/check.h"
#include "config/print.h"
#include "config/read.h"
#include "control/control.h"
#include "core/access.h"
#include "core/privileges.h"
#include "core/reload.h"
#include "core/supervisor.h"
#include "logging.h"
#include "net/activation.h"
#include "options.h"
#include "resume.h"

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
	caps_format(privileges_needed(conf), &out);
	buf_addc(&out, '\n');
	fwrite(out.data, 1, out.len, stdout);
	buf_free(&out);
}

/* Says what would not work any more after the drop of privileges. */
static bool works_as_user(const struct conf *conf, const struct options *opt)
{
	struct buf problems = BUF_INIT(1 << 16);
	struct log_options log = logging_options(conf, opt);
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
		caps_format(now.missing, &kept);
		log_warn("capabilities that are needed but not to be had here: %s", kept.data);
		buf_clear(&kept);
	}
	caps_format(now.kept, &kept);
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

static int can_reload(struct supervisor *sup, const struct options *opt)
{
	sup->reload = reload_new(sup, opt->config, &opt->reading);
	if (!sup->reload)
		log_error("cannot start: %m");
	return sup->reload ? 0 : -1;
}

/* Before privileges are dropped, for only root can make and give away the first group. */
static int make_groups(struct supervisor *sup)
{
	struct buf why = BUF_INIT(1 << 16);
	int rc = groups_open(sup, &why);
	char *rest = why.data, *line;

	while (rc < 0 && (line = strsep(&rest, "\n")))
		if (*line)
			log_error("%s", line);
	buf_free(&why);
	return rc;
}

/* Binds what the configuration names, and serves it. */
static int serve_alone(struct supervisor *sup, struct life *life)
{
	struct options *opt = life->opt;
	int status;

	activation_sort(sup->conf);
	if (make_groups(sup) < 0)
		return EXIT_FAILED;
	supervisor_start(sup);
	if (can_reload(sup, opt) < 0 || write_pidfile(opt->pidfile) < 0 ||
	    drop_privileges(sup->conf, &life->privileges) < 0 || resume_offer(life, sup) < 0) {
		pidfile_remove();
		return EXIT_FAILED;
	}
	supervisor_settle_plans(sup);
	sup->privileges = &life->privileges;
	sup->hooks = (struct supervisor_hooks){opt, logging_reopen, logging_follow};
	log_info("serving, version %s; services: %zu, sessions at most: %u, children by %s",
	         PACKAGE_VERSION, sup->service_count, sup->admit.max_sessions,
	         spawn_way_name(spawn_way(sup->spawner, false)));
	pulse_ready(sup);
	log_echo(false);
	detach_ready(logging_is_stderr(sup->conf, opt));
	status = supervisor_run(sup);
	pidfile_remove();
	log_info("the end; sessions in all: %llu", (unsigned long long)sup->last_session);
	return status;
}

/* Who has the control socket is the only one who serves this configuration. */
static int serve(struct supervisor *sup, struct life *life)
{
	struct control_options options = {.privileges = &life->privileges};
	struct claim_failure failure;
	int status;

	life->control = control_open(sup, &options, &failure);
	if (!life->control) {
		if (failure.running > 0)
			log_error("already running, pid %d", (int)failure.running);
		else
			log_error("%s", failure.text);
		return EXIT_FAILED;
	}
	status = serve_alone(sup, life);
	control_close(&life->control);
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
	struct life life = {.argv = argv, .opt = &opt};
	struct handoff handoff;
	struct conf *conf;
	int status = EXIT_FAILED;

	resume_find(&handoff);
	if (handoff.phase != HANDOFF_NONE)
		return resume(&life, &handoff, argc);
	clean_inheritance();
	options_parse(argc, argv, &opt);
	if (opt.test)
		return test_configuration(&opt);
	image_find(&life.image, argv[0]);
	if (opt.background)
		go_into_background();
	conf = read_configuration(&opt);
	if (!conf)
		return EXIT_FAILED;
	fd_raise_limit(&options.original_files);
	if (logging_open(conf, &opt) == 0 && works_as_user(conf, &opt) &&
	    detach_standard_io() == 0) {
		sup = supervisor_new(conf, &options);
		if (sup)
			status = serve(sup, &life);
		supervisor_free(&sup);
	}
	activation_close();
	log_close();
	conf_unref(&conf);
	return status;
}
