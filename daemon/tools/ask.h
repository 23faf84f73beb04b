/* tools/ask.h - one request to usherd and its answer (control/protocol.h). */
#ifndef TOOLS_ASK_H
#define TOOLS_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What usherctl exits with. */
enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NO_DAEMON = 3 };

struct reply {
	struct buf raw;
	char why[1024];   /* what is wrong, in words for people */
	bool refused;     /* ... and usherd said it */
	const char *form; /* "table", "fields", "json", ...; NULL: there is no body */
	const char *body; /* whole */
	size_t len;
	bool failed; /* the command itself, although there is a body */
};

/* socket: a path, NULL is the default one. The request has its newline. 0, or an
 * exit status and reply->why. */
int ask(const char *socket, const struct buf *request, struct reply *reply);
void reply_free(struct reply *reply);

#endif
