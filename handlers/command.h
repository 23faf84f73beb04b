/* command.h - runs a program to its end, within a time, and gathers what it says.
 *
 * It gets /dev/null for standard input, our standard error, and nothing else of ours: not the
 * client, and none of the variables that tell of it. It leads a process group, which is killed
 * when the program has ended, when its time is over, and when we get SIGTERM. */
#ifndef HANDLERS_COMMAND_H
#define HANDLERS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is said beyond that is thrown away. */
enum { COMMAND_TEXT_MAX = 4096 };

struct command {
	bool timed_out;
	int status; /* as waitpid(2) has it */
	char text[COMMAND_TEXT_MAX + 1];
	size_t len;
};

/* False with errno: it was not run. A program that is not there is one that ends with 127, and
 * says so on standard error. */
bool command_run(char *const argv[], int64_t deadline_msec, struct command *command);

#endif
