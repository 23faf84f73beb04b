/* tools/upgrade.h - usherctl upgrade: asks for it, and waits until the other version answers. */
#ifndef TOOLS_UPGRADE_H
#define TOOLS_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>

/* Shows both versions, or as JSON what came of it. The exit status; where that is not
 * 0, `why` says why in words, "" if all was said. */
int upgrade_main(const char *socket, bool as_json, char *why, size_t size);

#endif
