/* tools/inetd_spec.h - one service of an inetd.conf, and what becomes of it.
 *
 * Both forms of an entry are read into the same struct; then it is carried over.
 * A sentence that comes back says why the entry makes no sense. */
#ifndef TOOLS_INETD_SPEC_H
#define TOOLS_INETD_SPEC_H

#include "tools/draft.h"
#include "tools/inetd_lex.h"

struct inetd_spec {
	struct draft_where where;
	bool off, quoted;
	const char *host;   /* list of them, or NULL */
	const char *name;   /* service, port, path */
	const char *type;   /* stream, dgram, ... */
	const char *proto;  /* tcp, udp6, unix, rpc/tcp, ... */
	const char *filter; /* of NetBSD, or NULL */
	const char *sndbuf, *rcvbuf;
	bool wait, has_wait;
	long per_minute;          /* starts; 0: not said */
	long instances;           /* 0: not said */
	long per_source;          /* 0: not said */
	long per_source_minute;   /* 0: not said */
	const char *user, *group; /* NULL: not said */
	const char *login_class;  /* NULL: not said */
	const char *ipsec;        /* NULL: not said */
	const char *exec;         /* path, or "internal" */
	const char *const *arg;   /* the first is argv[0] */
	size_t args;
};

const char *inetd_spec_words(struct inetd_spec *spec, struct draft *draft,
                             const struct inetd_entry *entry);
const char *inetd_spec_keys(struct inetd_spec *spec, struct draft *draft,
                            const struct inetd_entry *entry);
void inetd_spec_carry(const struct inetd_spec *spec, struct draft *draft);

#endif
