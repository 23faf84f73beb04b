#include "core/upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/sys.h"
#include "core/carry.h"
#include "core/fold.h"
#include "core/privileges.h"
#include "core/reload.h"
#include "core/service.h"
#include "core/supervisor.h"
#include "core/trial.h"

enum {
	QUIET_MSEC = 12 * 1000, /* one that is stuck in its start is killed before that */
	VERSION_MAX = 72,
};

enum phase { IDLE, READING, TRYING, QUIETING };

struct upgrade {
	struct supervisor *sup;
	struct upgrade_options options;
	enum phase phase;
	struct upgrade_asker *asker;
	struct reload_asker reading;
	struct trial *trial;
	msec_t quiet_until;
	char version[VERSION_MAX]; /* of the other program */
	char last[HANDOFF_WHY_MAX + 16];
	struct state_nonce nonce; /* of the state that goes over the exec */
	int state_fd;
	int *fd;
	size_t fd_count;
};

static void tell(struct upgrade *upgrade, const char *why)
{
	struct upgrade_outcome outcome = {
	    .why = why, .from = PACKAGE_VERSION, .to = upgrade->version};
	struct upgrade_asker *asker = upgrade->asker;

	upgrade->asker = NULL;
	if (asker)
		asker->told(asker, &outcome);
}

static void hold_back(struct supervisor *sup, bool hold)
{
	sup->holding = hold;
	for (size_t i = 0; i < sup->service_count; i++)
		service_refresh(sup->services[i]);
	sup->pump_wanted |= !hold;
}

/* All goes on as before. `why` may have several lines, the log has had them. */
static void fail(struct upgrade *upgrade, const char *why)
{
	int first = (int)strcspn(why, "\n");

	if (upgrade->phase == QUIETING)
		hold_back(upgrade->sup, false);
	upgrade->phase = IDLE;
	trial_free(&upgrade->trial);
	fd_close(&upgrade->state_fd);
	free(upgrade->fd);
	upgrade->fd = NULL;
	snprintf(upgrade->last, sizeof upgrade->last, "failed: %.*s", first, why);
	log_error("upgrade failed: %.*s; version %s goes on", first, why, PACKAGE_VERSION);
	tell(upgrade, why);
}

static void fail_by(struct upgrade *upgrade, const char *what)
{
	char why[256];

	snprintf(why, sizeof why, "%.180s: %.64s", what, strerror(errno));
	fail(upgrade, why);
}

/* All that lives, sealed. Fails with *what_r and errno. */
static int write_state(struct upgrade *upgrade, int *fd_r, const char **what_r)
{
	struct state_writer state;
	struct state_reader check;
	const void *data;
	size_t len;

	*what_r = "the state cannot be written down";
	errno = ENOMEM;
	handoff_draw(&upgrade->nonce);
	state_begin(&state);
	upgrade->options.carry(upgrade->options.context, &state);
	carry_write(upgrade->sup, &state);
	data = state_finish(&state, &upgrade->nonce, getpid(), &len);
	free(upgrade->fd);
	upgrade->fd = NULL;
	if (data && state_open(&check, data, len, CARRY_KINDS, &upgrade->nonce, getpid()))
		upgrade->fd = state_fds(&check, &upgrade->fd_count);
	*fd_r = upgrade->fd ? statefile_make(data, len) : -1;
	state_free(&state);
	return *fd_r < 0 ? -1 : 0;
}

static void on_tried(void *context, const char *version, const char *why)
{
	struct upgrade *upgrade = context;
	char text[512];

	if (!version) {
		snprintf(text, sizeof text, "%.200s cannot go on: %.280s",
		         upgrade->options.image->path, why);
		fail(upgrade, text);
		return;
	}
	snprintf(upgrade->version, sizeof upgrade->version, "%s", version);
	log_info("upgrade: %s, version %s, can go on", upgrade->options.image->path, version);
	upgrade->phase = QUIETING;
	upgrade->quiet_until = loop_now(upgrade->sup->loop) + QUIET_MSEC;
	hold_back(upgrade->sup, true);
}

static void try_it(struct upgrade *upgrade)
{
	const char *what;
	int fd;

	if (write_state(upgrade, &fd, &what) < 0) {
		fail_by(upgrade, what);
		return;
	}
	upgrade->phase = TRYING;
	upgrade->trial = trial_new(upgrade->sup, upgrade->options.image->path,
	                           upgrade->options.argv, fd, &upgrade->nonce, on_tried, upgrade);
	fd_close(&fd);
	if (!upgrade->trial)
		fail_by(upgrade, "no process can be made to try it");
}

static void on_read(struct reload_asker *asker, const struct reload_outcome *outcome)
{
	struct upgrade *upgrade = list_entry(asker, struct upgrade, reading);
	struct buf why = BUF_INIT(1 << 16);

	if (outcome->done) {
		try_it(upgrade);
		return;
	}
	buf_adds(&why, "the configuration cannot be reloaded, which comes first\n");
	if (outcome->problems->len)
		buf_add(&why, outcome->problems->data, outcome->problems->len);
	fail(upgrade, why.data ? why.data : "the configuration cannot be reloaded");
	buf_free(&why);
}

static const char *obstacle(const struct upgrade *upgrade)
{
	if (upgrade->phase != IDLE)
		return "an upgrade is under way";
	if (upgrade->sup->state != SUPERVISOR_RUNNING)
		return "usherd is about to end";
	if (!upgrade->options.image->path[0])
		return "it is not known where the program is";
	if (upgrade->options.image->fd < 0)
		return "there would be no way back: /proc/self/exe could not be opened";
	if (!upgrade->sup->reload)
		return "usherd is not ready for it yet";
	return NULL;
}

static void begin(struct upgrade *upgrade)
{
	snprintf(upgrade->last, sizeof upgrade->last, "under way");
	upgrade->phase = READING;
	upgrade->reading = (struct reload_asker){.told = on_read};
	reload_ask(upgrade->sup->reload, &upgrade->reading);
}

void upgrade_now(struct upgrade *upgrade)
{
	const char *why = obstacle(upgrade);

	if (why) {
		log_error("upgrade: %s", why);
		return;
	}
	log_info("upgrade: asked for by SIGUSR2");
	begin(upgrade);
}

const char *upgrade_ask(struct upgrade *upgrade, struct upgrade_asker *asker)
{
	const char *why = obstacle(upgrade);

	if (why)
		return why;
	upgrade->asker = asker;
	begin(upgrade);
	return NULL;
}

void upgrade_forget(struct upgrade *upgrade, struct upgrade_asker *asker)
{
	if (upgrade->asker == asker)
		upgrade->asker = NULL;
}

static void set_cloexec(const struct upgrade *upgrade, bool on)
{
	int flag = on ? FD_CLOEXEC : 0;

	for (size_t i = 0; i < upgrade->fd_count; i++)
		(void)fcntl(upgrade->fd[i], F_SETFD, flag);
	(void)fcntl(upgrade->state_fd, F_SETFD, flag);
	(void)fcntl(upgrade->options.image->fd, F_SETFD, flag);
}

/* Comes back only where it has failed, with errno, and then all is as it was. */
static void execute(struct upgrade *upgrade)
{
	struct handoff handoff = {.phase = HANDOFF_EXEC,
	                          .state_fd = upgrade->state_fd,
	                          .other_fd = upgrade->options.image->fd,
	                          .nonce = upgrade->nonce};
	char **envp = handoff_environment(&handoff, NULL);
	int saved;

	if (!envp)
		return;
	if (geteuid() != 0 && privileges_hand_on() < 0)
		log_warn("upgrade: the capabilities cannot be handed on: %m");
	set_cloexec(upgrade, false);
	if (!fault_wanted("upgrade-exec"))
		execve(upgrade->options.image->path, upgrade->options.argv, envp);
	saved = errno;
	set_cloexec(upgrade, true);
	if (geteuid() != 0)
		(void)privileges_resume(upgrade->options.kept, upgrade->options.root);
	free(envp);
	errno = saved;
}

/* What came and was not looked at yet comes again. */
static void raise_again(uint64_t taken)
{
	for (int sig = 1; sig < 64; sig++)
		if (taken & (uint64_t)1 << sig)
			(void)sys_kill(getpid(), sig);
}

static void go(struct upgrade *upgrade)
{
	struct supervisor *sup = upgrade->sup;
	const char *what;

	signals_hold();
	raise_again(signals_take());
	for (size_t i = 0; i < sup->service_count; i++)
		fold_forget(sup->fold, sup->services[i]);
	log_info("upgrade: going on as version %s; sessions: %u", upgrade->version,
	         sup->session_count);
	/* What it cannot write goes along, and must not be written here any more. */
	log_flush();
	if (write_state(upgrade, &upgrade->state_fd, &what) == 0) {
		tell(upgrade, NULL);
		execute(upgrade);
		what = upgrade->options.image->path;
	}
	fail_by(upgrade, what);
	signals_release();
}

/* The other program's copy of something that is half done would be another one. */
static bool is_quiet(const struct supervisor *sup)
{
	return spawn_in_flight(sup->spawner) == 0 && !reload_is_reading(sup->reload);
}

void upgrade_turn(struct upgrade *upgrade)
{
	struct supervisor *sup = upgrade->sup;

	if (upgrade->phase != QUIETING)
		return;
	trial_free(&upgrade->trial);
	if (sup->state != SUPERVISOR_RUNNING)
		fail(upgrade, "usherd is about to end");
	else if (is_quiet(sup))
		go(upgrade);
	else if (loop_now(sup->loop) >= upgrade->quiet_until)
		fail(upgrade, "starts of handlers are stuck, or a reload is");
}

struct upgrade *upgrade_new(struct supervisor *sup, const struct upgrade_options *options)
{
	struct upgrade *upgrade = sys_calloc(1, sizeof *upgrade);

	if (!upgrade)
		return NULL;
	upgrade->sup = sup;
	upgrade->options = *options;
	upgrade->state_fd = -1;
	strcpy(upgrade->last, "none");
	return upgrade;
}

/* Before the reload is freed. */
void upgrade_free(struct upgrade **upgrade)
{
	struct upgrade *u = *upgrade;

	*upgrade = NULL;
	if (!u)
		return;
	if (u->phase == READING)
		reload_forget(&u->reading);
	trial_free(&u->trial);
	fd_close(&u->state_fd);
	free(u->fd);
	free(u);
}

void upgrade_came(struct upgrade *upgrade, const char *why)
{
	if (why)
		snprintf(upgrade->last, sizeof upgrade->last, "failed: %s", why);
	else
		strcpy(upgrade->last, "done");
}

const char *upgrade_last(const struct upgrade *upgrade)
{
	return upgrade->last;
}
