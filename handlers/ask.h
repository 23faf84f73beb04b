/* ask.h - puts questions to usherd, over its control socket.
 *
 * A question is one line, "metrics" or "-j status" (usherctl(8) has them all), and one connection.
 * The answer begins with a line "ok FORM" or with one that says why not, and its body ends with
 * a line of a single ".": without that it was cut off, and is no answer. */
#ifndef HANDLERS_ASK_H
#define HANDLERS_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { ASK_WHY_MAX = 512 };

struct ask {
	const char *path;      /* of the control socket */
	int64_t deadline_msec; /* of all questions together (client.h) */
	char why[ASK_WHY_MAX]; /* what went wrong, in words for the log */
};

/* The arguments of a handler that asks, "[-s PATH] [SECONDS]": the control socket, which is
 * left as it is without -s, and the seconds that a client has for its request (10). 0: they are
 * none. */
long ask_options(int argc, char **argv, const char **path_r);

/* Where usherd is to be found: at path, or if that is NULL where one that this user has started
 * listens, or if there is none where root's does. */
void ask_init(struct ask *ask, const char *path, int64_t deadline_msec);

/* Appends the answer's body, in which tables have a line for each row and a tab between cells.
 * On failure the answer is as it was and ask->why is filled in. */
bool ask(struct ask *ask, const char *question, struct buf *answer);

#endif
