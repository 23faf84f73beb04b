/* config/root.h - the root directory of a service's handlers. */
#ifndef CONFIG_ROOT_H
#define CONFIG_ROOT_H

#include "config/builder.h"

/* To be called before anything is looked for that the handler will see. */
void root_build(struct builder *b);

#endif
