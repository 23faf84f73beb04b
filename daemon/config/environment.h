/* config/environment.h - the part of a handler's environment that is known at load. */
#ifndef CONFIG_ENVIRONMENT_H
#define CONFIG_ENVIRONMENT_H

#include "config/account.h"
#include "config/reader.h"
#include "config/section.h"

/* PATH, what `env` and `pass_env` say, USER LOGNAME HOME SHELL; of each name
 * only one, in favour of `env`, then of `pass_env`. Reports bad entries of the
 * section. NULL: out of memory. */
const char *const *environment_build(struct reader *reader, const struct section *section,
                                     const struct account *account);

#endif
