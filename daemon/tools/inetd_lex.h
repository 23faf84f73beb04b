/* tools/inetd_lex.h - the entries of an inetd.conf, of any of its kinds.
 *
 * A line is an entry of words; one that begins with blanks goes on with the
 * entry before. A word may stand in quotes, as FreeBSD and NetBSD have it.
 * "name on|off key = value ..., ...;" is NetBSD's other form. Pure. */
#ifndef TOOLS_INETD_LEX_H
#define TOOLS_INETD_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "config/arena.h"

enum inetd_kind {
	INETD_END,
	INETD_WORDS,
	INETD_KEYS,   /* word[0] on|off, then the keys */
	INETD_POLICY, /* "#@ policy": word[0], or none */
	INETD_BAD     /* `fault` says why; reading goes on behind it */
};

struct inetd_key {
	unsigned line;
	const char *name;
	const char **value;
	size_t count, size;
};

struct inetd_entry {
	enum inetd_kind kind;
	unsigned line;
	bool off;    /* "#<off>#" in front, or "off" */
	bool quoted; /* a word stood in quotes */
	const char **word;
	size_t count, size;
	struct inetd_key *key;
	size_t keys, key_size;
	const char *fault;
};

struct inetd_lex {
	const char *at, *end;
	unsigned line;
	struct arena *arena;
};

void inetd_lex_init(struct inetd_lex *lex, struct arena *arena, const char *text, size_t len);
void inetd_next(struct inetd_lex *lex, struct inetd_entry *entry);

#endif
