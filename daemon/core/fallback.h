/* core/fallback.h - while a program takes over from another: the way back.
 *
 * From fallback_begin() to fallback_end() whatever ends this program, its own
 * exit(3) or a crash, executes the one before it instead, in the same process and
 * with the same descriptors, which goes on as if nothing had been. So does a
 * program that takes too long. Nothing may happen in between that could not happen
 * once more: nobody is accepted, reaped or read. */
#ifndef CORE_FALLBACK_H
#define CORE_FALLBACK_H

#include "core/handoff.h"

/* Keeps both. Fails with ENOMEM. */
int fallback_begin(const struct handoff *handoff, char **argv);
void fallback_end(void);
void fallback_go(const char *why) __attribute__((noreturn));

#endif
