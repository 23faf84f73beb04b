/* tools/legacy.h - what the files of inetd and of xinetd have in common. */
#ifndef TOOLS_LEGACY_H
#define TOOLS_LEGACY_H

#include "tools/draft.h"

/* A service that the old server did by itself becomes a handler. false: there is
 * no handler of that name. */
bool legacy_internal(struct draft *draft, struct draft_service *service, const char *name);

/* A program of the old kind: descriptor 2 is the client's, and nothing is closed
 * to it but descriptors. */
void legacy_program(struct draft *draft, struct draft_service *service);

/* Adds `kind:host:port` to listen. The host is NULL or "*" for all addresses, a
 * number, or localhost, which is both of its addresses unless `kind` says which.
 * false: it is a name, and *why_r says so. */
bool legacy_listen(struct draft *draft, struct draft_service *service, const char *kind,
                   const char *host, const char *port, const char **why_r);

/* "0" is root; a number with an account is left as it is. */
const char *legacy_account(const char *name);

/* Bytes as "64k" or "1m" into text that usherd.conf(5) takes; NULL: none. */
const char *legacy_size(struct draft *draft, const char *text);

/* Decimal digits and nothing else, at most `most`; -1: not so. */
long legacy_number(const char *text, long most);

#endif
