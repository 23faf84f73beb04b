/* tools/xinetd_access.h - the addresses of only_from and no_access.
 *
 * xinetd has networks as 10.0.0.0 (the zeros at the end are any), 10.0,
 * 10.0.{1,2}, 10.0.0.0/8, and names; usherd has 10.0.0.0/8 alone. Pure. */
#ifndef TOOLS_XINETD_ACCESS_H
#define TOOLS_XINETD_ACCESS_H

#include "tools/draft.h"

/* Adds what a value means to a list option. false: it is a name. */
bool xinetd_access(struct draft *draft, struct draft_service *service, const char *option,
                   const char *value);

#endif
