/* options.h - the command line of usherd. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "base/log.h"
#include "base/runtime.h"
#include "config/read.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
	const char *config, *handlers, *log, *pidfile;
	bool test, background, verbose;
	char control[RUNTIME_PATH_MAX]; /* the default of `control` */
	struct conf_options reading;
};

/* Ends the process where something is wrong, or all that was wanted was to be told. */
void options_parse(int argc, char **argv, struct options *opt);

/* -l WHERE, as log.to has it; false: it is nothing of the kind. */
bool options_where(const char *where, struct log_options *log);

#endif
