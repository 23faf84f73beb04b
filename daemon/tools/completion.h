/* tools/completion.h - what a shell needs to complete usherctl's command line.
 *
 * Written from the table of commands, so it cannot lag behind: `usherctl
 * --completion SHELL` prints it, and the build installs what it prints. Names of
 * services and sessions are asked for at the moment of completion. */
#ifndef TOOLS_COMPLETION_H
#define TOOLS_COMPLETION_H

#include <stddef.h>
#include <stdio.h>

#include "control/protocol.h"

/* shell is bash, zsh or fish; -1: some other. */
int completion_print(FILE *to, const char *shell, const struct control_command *command,
                     size_t count);

#endif
