/* control/request.h - a request line cut into words (control/protocol.h).
 *
 * Pure, and the one place that looks at what a user of the control socket sent. */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "control/protocol.h"

struct request {
	bool json;
	int args;                           /* words after the command */
	const char *command;                /* points into text, like the arguments */
	const char *arg[CONTROL_WORDS_MAX]; /* NULL-terminated */
	char text[CONTROL_REQUEST_MAX];
};

/* Takes the line without its newline. Fails with *why_r in words; what is in
 * *request is of no use then. */
int request_parse(struct request *request, const char *line, size_t len, const char **why_r);

#endif
