/* base/detach.h - into the background, and the news of the start back to the terminal.
 *
 * main calls detach() before anything that could fail. The process that was
 * called waits as the parent until its child is ready or has ended; the child
 * is the daemon, in a session of its own, its standard error still the caller's
 * so that every mistake is read there. Nothing here prints, and nothing exits. */
#ifndef BASE_DETACH_H
#define BASE_DETACH_H

#include <stdbool.h>

enum detach_side {
	DETACH_FAILED, /* with errno; nothing has happened */
	DETACH_PARENT, /* all is over here: *status_r is what to exit with */
	DETACH_CHILD   /* go on, and call detach_ready() once */
};

/* *status_r: 0 the child is ready; what it exited with, if it did before that;
 * 128 and the signal that ended it. */
enum detach_side detach(int *status_r);

/* The caller's process ends now, with 0. Standard error becomes /dev/null, too,
 * unless it is kept. Does nothing where there was no detach(). */
void detach_ready(bool keep_stderr);

#endif
