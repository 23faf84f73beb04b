/* unit/start.h - starts a program through spawn/, and what became of it.
 *
 * The client is one end of a pair of unix sockets; the test has the other. The
 * program is tests/system/probe unless the plan says otherwise, which answers
 * the argument "report" with one line for each thing that it inherited.
 * Everything that waits has a deadline. */
#ifndef UNIT_START_H
#define UNIT_START_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "spawn/spawn.h"

struct start {
	pid_t pid;
	int pidfd;
	int client; /* what the child was given */
	int peer;   /* our end */
	bool settled;
	struct spawn_result result;
};

/* A spawner that makes children by this way, or NULL where it is not to be had;
 * *why_r is the reason. Ways can only be asked for in their order, since what is
 * better is taken from this process by a filter, for good. */
struct spawner *start_spawner(enum spawn_way way, const char **why_r);

/* A plan of its own for each test: the probe's report, nothing special. */
struct plan *start_plan(void);
const char *start_probe(void); /* its path */

/* Starts it; fails the test if that cannot be. */
void start_begin(struct start *start, struct spawner *spawner, struct plan *plan, msec_t now);

/* Settles until this one is. */
void start_settle(struct start *start, struct spawner *spawner);

/* Reaps it and closes what is open; the status as waitid(2) has it. */
siginfo_t start_end(struct start *start);

/* All of that for a program that was started; its output in a text that lasts
 * until the next call. */
const char *start_report(struct spawner *spawner, struct plan *plan);

/* Is this line in the text, and how many lines have this first word? */
bool report_has(const char *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned report_count(const char *report, const char *key);

#endif
