/* base/signals.h - signals arrive as bytes on a pipe (the self-pipe).
 *
 * The handlers note the signal and write one byte, nothing else; the pipe never
 * blocks, and a full one does no harm: what is noted stays noted. The loop
 * calls signals_take(), which drains first and looks at the notes after, so a
 * signal that comes in between wakes the loop once more, and none is missed. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <signal.h>
#include <stdint.h>

/* Undoes what was inherited: nothing is blocked and nothing ignored. To be
 * called first thing, before any other thread or child exists. */
void signals_reset(void);

/* Makes the pipe and installs handlers for HUP INT QUIT TERM USR1 USR2 CHLD,
 * and an empty one for PIPE (an ignored one would be inherited by handlers).
 * Returns the end to wait for, or -1. */
int signals_open(void);
/* For an upgrade. All are held back, those that come meanwhile are pending, over an
 * exec as well. Behind it signals_resume() takes the place of signals_reset():
 * nothing is ignored, and all stay held back until signals_release(). */
void signals_hold(void);
void signals_resume(void);
void signals_release(void);

void signals_close(void);

/* The signals that came since the last call: bit 1 << N for signal N. */
uint64_t signals_take(void);

#endif
