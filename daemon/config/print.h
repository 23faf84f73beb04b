/* config/print.h - the effective configuration as text (usherd -tv).
 *
 * Prints every option with its value, defaults included, in the syntax of
 * usherd.conf(5), so that the output can be used as a configuration. */
#ifndef CONFIG_PRINT_H
#define CONFIG_PRINT_H

#include "base/buf.h"
#include "config/model.h"

void conf_print(const struct conf *conf, struct buf *out);
void conf_print_service(const struct conf_service *service, struct buf *out);

#endif
