/* config/handler.h - what a handler of a service will get, in words.
 *
 * For usherd -tv: lines that are comments in the language of the configuration,
 * each with a tab and "# " in front. What depends on the connection is named and
 * not valued; what a kernel may refuse is not asked. */
#ifndef CONFIG_HANDLER_H
#define CONFIG_HANDLER_H

#include "base/buf.h"
#include "config/model.h"

void handler_print(const struct conf_service *service, struct buf *out);

#endif
