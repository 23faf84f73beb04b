/* core/upgrade.h - another program takes the place of this one, and nobody notices.
 *
 * SIGUSR2 asks by upgrade_now(), `usherctl upgrade` by upgrade_ask(). First the
 * configuration is read anew (core/reload.h), so that the next program, which reads
 * the files, finds what is served. Then the program that stands where this one was
 * started from shows that it can go on (core/trial.h). Then nobody is accepted or
 * started, which takes as long as the starts in flight; and once there are none,
 * this process executes it with all that lives in a state (core/carry.h). Whatever
 * fails before leaves all as it was, and is said. What fails after, in the other
 * program, brings this one back (core/fallback.h).
 *
 * One at a time, and none while usherd drains or stops. */
#ifndef CORE_UPGRADE_H
#define CORE_UPGRADE_H

#include <stdbool.h>

#include "core/handoff.h"
#include "core/image.h"

struct supervisor;
struct upgrade;

struct upgrade_outcome {
	const char *why;  /* it failed: lines of text; NULL: the other program is about to go on */
	const char *from; /* versions */
	const char *to;
};

struct upgrade_asker {
	void (*told)(struct upgrade_asker *asker, const struct upgrade_outcome *outcome);
};

struct upgrade_options {
	const struct image *image;
	char **argv;
	void *context;
	/* Adds what only main and control know. */
	void (*carry)(void *context, struct state_writer *state);
	uint64_t kept; /* capabilities, and whether root has started us: what stays if it fails */
	bool root;
};

/* Keeps the options' pointers. NULL: no memory. */
struct upgrade *upgrade_new(struct supervisor *sup, const struct upgrade_options *options);
void upgrade_free(struct upgrade **upgrade);

void upgrade_now(struct upgrade *upgrade);
/* NULL, and told later; or why it is refused. */
const char *upgrade_ask(struct upgrade *upgrade, struct upgrade_asker *asker);
void upgrade_forget(struct upgrade *upgrade, struct upgrade_asker *asker); /* who asked has gone */

/* Between two turns of the loop. */
void upgrade_turn(struct upgrade *upgrade);

/* What became of the one before this program: why it failed, or NULL. */
void upgrade_came(struct upgrade *upgrade, const char *why);
/* Of the last one: "none", "done", "under way", or "failed: " and why. */
const char *upgrade_last(const struct upgrade *upgrade);

#endif
