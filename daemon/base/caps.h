/* base/caps.h - sets of capabilities (capabilities(7)), a bit each. */
#ifndef BASE_CAPS_H
#define BASE_CAPS_H

#include <stdint.h>

#include "base/buf.h"

#define CAPS_BIT(cap) ((uint64_t)1 << (cap))

/* "net_raw" or "cap_net_raw", in either case; -1: there is none of that name. */
int caps_find(const char *name);
const char *caps_name(int cap); /* with cap_ in front; NULL: not known */

void caps_format(uint64_t set, struct buf *out); /* "cap_kill cap_setuid", "none" */

/* What this process may make effective; 0 where that cannot be asked. */
uint64_t caps_permitted(void);

#endif
