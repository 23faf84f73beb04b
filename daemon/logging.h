/* logging.h - where the log goes, by the command line and the configuration. */
#ifndef LOGGING_H
#define LOGGING_H

#include <stdbool.h>

#include "config/model.h"
#include "options.h"

struct log_options logging_options(const struct conf *conf, const struct options *opt);

/* Opens it; -1, and said on standard error. */
int logging_open(const struct conf *conf, const struct options *opt);

/* For the supervisor's hooks; the context is the struct options. */
int logging_follow(void *context, const struct conf *conf);
void logging_reopen(void *context);

/* Is standard error asked for by name? */
bool logging_is_stderr(const struct conf *conf, const struct options *opt);

#endif
