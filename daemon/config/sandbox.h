/* config/sandbox.h - how far the handler of a service is shut in.
 *
 * Works out what `sandbox` stands for, and asks the machine whether it can do
 * that. To be called when it is known who the handler will be. */
#ifndef CONFIG_SANDBOX_H
#define CONFIG_SANDBOX_H

#include "base/buf.h"
#include "config/builder.h"

void sandbox_build(struct builder *b);

/* In one line: "none", "standard: no new privileges, no capabilities, ...". */
void sandbox_format(const struct conf_service *service, struct buf *out);

#endif
