/* config/machine.h - how busy the machine may be while a service takes clients in. */
#ifndef CONFIG_MACHINE_H
#define CONFIG_MACHINE_H

#include "config/builder.h"

void machine_build(struct builder *b);

#endif
