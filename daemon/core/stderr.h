/* core/stderr.h - what handlers write to standard error becomes lines of the log.
 *
 * A service keeps a pool of pipes, both ends open and always watched; a session
 * borrows one, which says whose lines they are, and it goes back when the session
 * has been reaped and the last line read. A pipe whose session left processes
 * behind is retired: it is read until they are gone. Anybody may open the pipe
 * anew for writing (echo >/dev/stderr), so its mode is 0622.
 *
 * Lines are bounded; so is what is read of one session a second: a loud one is
 * left unread, its writer blocks, and the others do not notice. Where no pipe can
 * be had, the handler gets the supervisor's own standard error. */
#ifndef CORE_STDERR_H
#define CORE_STDERR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "base/loop.h"

struct service;
struct session;
struct state_reader;
struct state_writer;
struct supervisor;
struct stderr_pipe;

/* What the supervisor has for all pipes. */
struct stderr_pool {
	struct loop_timer timer; /* looks again at those that were too loud */
	struct list loud;
	unsigned fds;     /* descriptors of all pipes */
	unsigned retired; /* pipes whose session is gone */
};

int stderr_init(struct supervisor *sup);
void stderr_free(struct supervisor *sup);

/* A pipe for a session that is about to start, or NULL where none can be had. */
struct stderr_pipe *stderr_borrow(struct service *service);
/* The end that the handler gets: a new low descriptor, -1 with errno. */
int stderr_end(const struct stderr_pipe *pipe);
/* The session that borrowed it runs under this number. */
void stderr_begin(struct stderr_pipe *pipe, uint64_t session, pid_t pid);
/* It has been reaped, or never began (pid 0). */
void stderr_return(struct stderr_pipe *pipe, pid_t pid);

/* The service goes: so do its pipes. */
void stderr_close(struct service *service);

/* For an upgrade: writes one down, or those of the service whose sessions are gone;
 * idle ones are made anew. */
void stderr_carry(const struct stderr_pipe *pipe, struct state_writer *state);
void stderr_carry_retired(const struct service *service, struct state_writer *state);
enum { STDERR_TAG_SERVICE = 1 };
/* From such a record; nobody looks at it before stderr_attach(). NULL: the reader has
 * failed, or memory lacks. */
struct stderr_pipe *stderr_adopt(struct service *service, struct state_reader *state);
int stderr_attach(struct service *service);
uint64_t stderr_session(const struct stderr_pipe *pipe);

#endif
