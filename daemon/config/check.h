/* config/check.h - rules between values that are each right on their own. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/reader.h"

/* Reports errors and warnings. With `partial` set a file could not be read, so
 * nothing is said of what may stand there. */
void check_model(const struct reader *reader, const struct conf *conf, bool partial);

#endif
