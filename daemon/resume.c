#include "resume.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/signals.h"
#include "core/carry.h"
#include "core/fallback.h"
#include "core/reload.h"
#include "core/upgrade.h"
#include "logging.h"
#include "net/activation.h"

enum {
	MAIN_VERSION = 1,
	MAIN_IMAGE,
	MAIN_ROOT,
	MAIN_OWNER,
	MAIN_CONTROL,
	MAIN_KEPT,
	MAIN_MISSING,
	MAIN_FILTERED,
	MAIN_UNFILTERED_WHY,
	MAIN_PIDFILE,
	MAIN_PIDFILE_FD,
	MAIN_LOG,
	MAIN_LOG_MIDLINE,
	MAIN_LOG_DATAGRAMS,
	MAIN_LOG_LOST,
};

static void carry_log(struct state_writer *state)
{
	struct log_rest rest = log_rest();

	if (rest.len > 0)
		state_add_bytes(state, MAIN_LOG, rest.data, rest.len);
	state_add(state, MAIN_LOG_MIDLINE, rest.midline);
	state_add(state, MAIN_LOG_DATAGRAMS, rest.datagrams);
	state_add(state, MAIN_LOG_LOST, rest.lost);
}

static void carry(void *context, struct state_writer *state)
{
	const struct life *life = context;
	const struct options *opt = life->opt;

	state_record(state, CARRY_MAIN);
	state_add_text(state, MAIN_VERSION, PACKAGE_VERSION);
	state_add_text(state, MAIN_IMAGE, life->image.path);
	state_add(state, MAIN_ROOT, opt->reading.root);
	state_add(state, MAIN_OWNER, opt->reading.owner);
	state_add_text(state, MAIN_CONTROL, opt->control);
	state_add(state, MAIN_KEPT, life->privileges.kept);
	state_add(state, MAIN_MISSING, life->privileges.missing);
	state_add(state, MAIN_FILTERED, life->privileges.filtered);
	state_add_text(state, MAIN_UNFILTERED_WHY, life->privileges.unfiltered_why);
	if (pidfile_fd() >= 0) {
		state_add_text(state, MAIN_PIDFILE, opt->pidfile);
		state_add_fd(state, MAIN_PIDFILE_FD, pidfile_fd());
	}
	carry_log(state);
	control_carry(life->control, state);
}

int resume_offer(struct life *life, struct supervisor *sup)
{
	const struct upgrade_options options = {.image = &life->image,
	                                        .argv = life->argv,
	                                        .context = life,
	                                        .carry = carry,
	                                        .kept = life->privileges.kept,
	                                        .root = life->opt->reading.root};

	life->image.fd = fd_up(life->image.fd);
	sup->upgrade = upgrade_new(sup, &options);
	if (!sup->upgrade)
		log_error("cannot start: %m");
	return sup->upgrade ? 0 : -1;
}

void resume_find(struct handoff *handoff)
{
	if (handoff_find(handoff))
		return;
	fprintf(stderr, "usherd: %s\n", handoff->why);
	exit(EXIT_FAILED);
}

/* A trial says so to who tries; else the program before us goes on. */
static void __attribute__((noreturn, format(printf, 2, 3)))
give_up(const struct handoff *handoff, const char *format, ...)
{
	char why[HANDOFF_WHY_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof why, format, ap);
	va_end(ap);
	if (handoff->phase == HANDOFF_EXEC)
		fallback_go(why);
	if (handoff->phase == HANDOFF_TRIAL)
		fprintf(stderr, "%s\n", why);
	else
		log_error("cannot go on: %s", why);
	exit(EXIT_FAILED);
}

static void read_log(struct state_reader *state, struct log_rest *rest)
{
	rest->data = state_get_bytes(state, MAIN_LOG, &rest->len);
	rest->midline = state_get(state, MAIN_LOG_MIDLINE);
	rest->datagrams = state_get(state, MAIN_LOG_DATAGRAMS);
	rest->lost = state_get(state, MAIN_LOG_LOST);
}

/* What main wrote down. The texts are copied: the state goes. */
static void read_main(struct life *life, struct handoff *handoff)
{
	static char why[128];
	struct state_reader *state = &handoff->state;
	struct options *opt = life->opt;
	struct privileges *privileges = &life->privileges;
	const char *image, *control, *text;

	state_rewind(state);
	while (state_next(state) && state->kind != CARRY_MAIN)
		;
	(void)state_get_text(state, MAIN_VERSION);
	image = state_get_text(state, MAIN_IMAGE);
	opt->reading.root = state_get(state, MAIN_ROOT);
	opt->reading.owner = (uid_t)state_get(state, MAIN_OWNER);
	control = state_get_text(state, MAIN_CONTROL);
	privileges->kept = state_get(state, MAIN_KEPT);
	privileges->missing = state_get(state, MAIN_MISSING);
	privileges->filtered = state_get(state, MAIN_FILTERED);
	text = state_get_text(state, MAIN_UNFILTERED_WHY);
	(void)state_get_text(state, MAIN_PIDFILE);
	(void)state_get_fd(state, MAIN_PIDFILE_FD);
	read_log(state, &life->log);
	if (!state_done(state) || !image || !control)
		give_up(handoff, "the state that was handed over: %s",
		        state->failed ? state->why : "it does not say who we are");
	image_is(&life->image, image);
	snprintf(opt->control, sizeof opt->control, "%s", control);
	snprintf(why, sizeof why, "%s", text ? text : "");
	privileges->unfiltered_why = text ? why : NULL;
}

static void adopt_pidfile(struct state_reader *state)
{
	const char *path;

	state_rewind(state);
	while (state_next(state) && state->kind != CARRY_MAIN)
		;
	path = state_get_text(state, MAIN_PIDFILE);
	if (path)
		pidfile_adopt(path, state_get_fd(state, MAIN_PIDFILE_FD));
}

static const char *old_version(struct state_reader *state)
{
	const char *version;

	state_rewind(state);
	while (state_next(state) && state->kind != CARRY_MAIN)
		;
	version = state_get_text(state, MAIN_VERSION);
	return version ? version : "?";
}

/* The files. Should they have been broken since they were read last, what was served
 * goes on; but a trial then says what is wrong. */
static struct conf *read_files(const struct options *opt, struct handoff *handoff, bool *lost_r)
{
	char text[200] = "it cannot be read";
	struct conf_problems problems = {.item = NULL};
	struct conf *conf = conf_read_apart(opt->config, &opt->reading, &problems);
	const char *served;

	if (!conf && problems.count)
		(void)conf_problem_format(&problems.item[0], text, sizeof text);
	conf_problems_free(&problems);
	if (!conf && handoff->phase == HANDOFF_TRIAL)
		give_up(handoff, "%s", text);
	*lost_r = !conf;
	served = conf ? NULL : carry_text(&handoff->state);
	if (served)
		conf = conf_read_text_apart(opt->config, served, strlen(served), &opt->reading,
		                            &problems);
	conf_problems_free(&problems);
	if (!conf)
		give_up(handoff, "%s", text);
	return conf;
}

/* All of it in memory, and nothing else. */
static struct supervisor *build(struct life *life, struct handoff *handoff, struct conf *conf)
{
	struct supervisor_options options;
	struct control_options control = {.privileges = &life->privileges};
	struct rlimit now;
	struct supervisor *sup;

	if (!carry_read_files(&handoff->state, &options.original_files))
		give_up(handoff, "the state that was handed over: %s", handoff->state.why);
	fd_raise_limit(&now);
	sup = supervisor_new(conf, &options);
	if (!sup)
		give_up(handoff, "%s", strerror(errno));
	if (carry_read(sup, &handoff->state, &life->opt->reading))
		life->control = control_adopt(sup, &control, &handoff->state);
	if (!life->control)
		give_up(handoff, "the state that was handed over: %s",
		        handoff->state.failed ? handoff->state.why : strerror(ENOMEM));
	return sup;
}

static int answer(const struct handoff *handoff)
{
	char text[HANDOFF_TEXT_MAX];
	size_t len;

	if (fault_wanted("trial-crash"))
		abort();
	if (fault_wanted("trial-hang"))
		pause();
	handoff_answer(&handoff->nonce, PACKAGE_VERSION, text);
	len = strlen(text);
	return write(handoff->other_fd, text, len) == (ssize_t)len ? EXIT_SUCCESS : EXIT_FAILED;
}

/* Everything gets its descriptors; nothing is read, accepted or reaped yet. */
static void attach(struct life *life, struct handoff *handoff, struct supervisor *sup)
{
	adopt_pidfile(&handoff->state);
	if (!carry_attach(sup, &handoff->state) || control_attach(life->control) < 0)
		give_up(handoff, "what was open cannot be watched: %s", strerror(errno));
	sup->reload = reload_new(sup, life->opt->config, &life->opt->reading);
	if (!sup->reload || resume_offer(life, sup) < 0)
		give_up(handoff, "%s", strerror(ENOMEM));
	sup->privileges = &life->privileges;
	sup->hooks = (struct supervisor_hooks){life->opt, logging_reopen, logging_follow};
	if (handoff->phase == HANDOFF_EXEC && fault_wanted("resume-crash"))
		abort();
	while (handoff->phase == HANDOFF_EXEC && fault_wanted("resume-hang"))
		pause();
	if (handoff->phase == HANDOFF_EXEC && fault_wanted("resume"))
		give_up(handoff, "it was told to fail");
}

static void tell(const struct handoff *handoff, const struct supervisor *sup, const char *version)
{
	if (handoff->phase == HANDOFF_BACK)
		log_error("upgrade failed: the other version could not go on: %s; version %s goes "
		          "on",
		          handoff->why, PACKAGE_VERSION);
	else
		log_info("upgraded from version %s to %s; services: %zu, sessions: %u", version,
		         PACKAGE_VERSION, sup->service_count, sup->session_count);
}

/* The last step that can fail was before; from here on there is no way back. */
static int commit(struct life *life, struct handoff *handoff, struct supervisor *sup)
{
	char version[64];

	snprintf(version, sizeof version, "%s", old_version(&handoff->state));
	sup->upgrades += handoff->phase == HANDOFF_EXEC;
	upgrade_came(sup->upgrade, handoff->phase == HANDOFF_BACK ? handoff->why : NULL);
	fallback_end();
	log_adopt(&life->log);
	handoff_close(handoff);
	if (privileges_resume(life->privileges.kept, life->opt->reading.root) < 0) {
		log_error("cannot go on: the capabilities cannot be given up: %m");
		return EXIT_FAILED;
	}
	supervisor_resume(sup);
	tell(handoff, sup, version);
	carry_settle(sup);
	signals_release();
	pulse_ready(sup);
	return supervisor_run(sup);
}

static void inherit(const struct life *life, struct handoff *handoff)
{
	if (handoff->phase == HANDOFF_TRIAL)
		signals_reset();
	else
		signals_resume();
	umask(022);
	if (!handoff_open(handoff))
		give_up(handoff, "%s", handoff->why);
	if (handoff->phase == HANDOFF_EXEC && fallback_begin(handoff, life->argv) < 0)
		log_warn("upgrade: there is no way back: %m");
}

static int serve(struct life *life, struct handoff *handoff, struct supervisor *sup)
{
	int status;

	if (handoff->phase == HANDOFF_TRIAL)
		return answer(handoff);
	attach(life, handoff, sup);
	status = commit(life, handoff, sup);
	pidfile_remove();
	log_info("the end; sessions in all: %llu", (unsigned long long)sup->last_session);
	control_close(&life->control);
	return status;
}

int resume(struct life *life, struct handoff *handoff, int argc)
{
	struct supervisor *sup;
	struct conf *conf;
	bool lost;
	int status;

	inherit(life, handoff);
	options_parse(argc, life->argv, life->opt);
	read_main(life, handoff);
	/* An exec has undone it (prctl(2)). */
	if (life->opt->reading.root)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	conf = read_files(life->opt, handoff, &lost);
	if (handoff->phase != HANDOFF_TRIAL && logging_open(conf, life->opt) < 0)
		give_up(handoff, "the log cannot be opened");
	if (lost)
		log_error("upgrade: %s cannot be read any more; what was served goes on",
		          life->opt->config);
	sup = build(life, handoff, conf);
	supervisor_settle_plans(sup);
	status = serve(life, handoff, sup);
	if (handoff->phase == HANDOFF_TRIAL)
		_exit(status);
	supervisor_free(&sup);
	activation_close();
	log_close();
	conf_unref(&conf);
	return status;
}
