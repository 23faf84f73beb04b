/* resume.h - how this usherd goes on as the next one, and went on from the last one.
 *
 * main calls resume_find() first of all; where there is something to go on with,
 * resume() takes the place of the start. resume_offer() lets core/upgrade.c do the
 * same with the next program: it knows what of main's own has to go along. */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>

#include "base/log.h"
#include "control/control.h"
#include "core/handoff.h"
#include "core/image.h"
#include "core/privileges.h"
#include "core/supervisor.h"
#include "options.h"

/* What lives as long as the process, whichever program it runs. */
struct life {
	char **argv;
	struct options *opt;
	struct image image;
	struct privileges privileges;
	struct control *control;
	struct log_rest log; /* of the last program, until it is taken over */
};

/* Ends the process where what it finds is not for us. */
void resume_find(struct handoff *handoff);

/* From the handoff to the end of usherd; the exit status. */
int resume(struct life *life, struct handoff *handoff, int argc);

/* Lets upgrades be asked for. -1: no memory. */
int resume_offer(struct life *life, struct supervisor *sup);

#endif
