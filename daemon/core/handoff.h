/* core/handoff.h - from one program to the next: what goes over an exec, and is found behind it.
 *
 * A variable of the environment names the state's descriptor (core/statefile.h),
 * its nonce, and what is to be done with it:
 *
 *     HANDOFF_TRIAL  bring it to life in memory, touch nothing, and say that it
 *                    was possible; as a child of the one that serves
 *     HANDOFF_EXEC   go on with it: we are the process that served so far
 *     HANDOFF_BACK   the same, since the program after us could not
 *
 * main takes the variable out of the environment first of all, so no handler ever
 * sees it. A state that is not whole and not meant for this process is refused. */
#ifndef CORE_HANDOFF_H
#define CORE_HANDOFF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/state.h"
#include "core/statefile.h"

enum handoff_phase { HANDOFF_NONE, HANDOFF_TRIAL, HANDOFF_EXEC, HANDOFF_BACK };

enum { HANDOFF_TEXT_MAX = 160, HANDOFF_WHY_MAX = 256 };

struct handoff {
	enum handoff_phase phase;
	int state_fd;
	int other_fd; /* of a trial: where to answer; else the program to go back to */
	struct state_nonce nonce;
	struct statefile file;
	struct state_reader state;
	int *fd; /* all that are in the state, sorted */
	size_t fd_count;
	char why[HANDOFF_WHY_MAX]; /* in words: what failed; with HANDOFF_BACK, before us */
};

void handoff_draw(struct state_nonce *nonce);

/* The environment that we have, with the variable in it; to be freed. NULL: no
 * memory. why: with HANDOFF_BACK, else NULL. */
char **handoff_environment(const struct handoff *handoff, const char *why);

/* False if there is such a variable and it cannot be read. */
bool handoff_find(struct handoff *handoff);
/* Opens the state, checks that all its descriptors are there, closes all others.
 * False, with why. */
bool handoff_open(struct handoff *handoff);
void handoff_close(struct handoff *handoff);

/* What a trial answers, a line with the version; only who knows the nonce can.
 * The same line for who awaits it. */
void handoff_answer(const struct state_nonce *nonce, const char *version,
                    char text[HANDOFF_TEXT_MAX]);

#endif
