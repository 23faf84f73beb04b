/* core/session.h - a handler that runs, from its start to its reaping. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "admit/admit.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/list.h"
#include "spawn/child.h"

struct service;
struct session_group;
struct port;
struct stderr_pipe;
struct supervisor;

/* What is known of a connection, for its handler and its record. */
struct facts {
	uint64_t session; /* 0: it never got one */
	struct addr peer, local;
	usec_t accepted; /* monotonic */
	usec_t started;  /* or refused */
};

struct session {
	struct list link;     /* in service->sessions */
	struct list overtime; /* in one of service->overtime (core/overtime.h) */
	msec_t told;          /* when it got TERM for that */
	struct service *service;
	struct facts facts;
	struct admit_client admit;
	struct port *lent;               /* a wait service's: the socket that it has */
	struct stderr_pipe *stderr_pipe; /* borrowed; NULL: none */
	pid_t pid;
	int pidfd;                   /* -1: none */
	pid_t cell;                  /* usherd-cell, our child as well; 0: none */
	struct session_group *group; /* its control group; NULL: none */
	bool ended;                  /* ... in which others live on: pid is no process any more */
	bool blind;                  /* no pidfd watches it */
	bool starting;               /* its child may not have executed the program yet */
	/* The program was never executed: */
	bool void_;           /* ... and the client is started anew; no record */
	enum spawn_step step; /* ... since this step failed */
};

/* Makes room before the start, so that what was started is never forgotten.
 * NULL: out of memory. */
struct session *session_new(struct service *service, const struct facts *facts);
/* The handler runs: enters it everywhere. */
void session_add(struct session *session, pid_t pid, int pidfd);
/* Its last words are read, and the pipe goes back. Before the record of its end. */
void session_end_stderr(struct session *session);
/* Its process has ended, and others of its group keep its place. */
void session_leave_process(struct session *session);
/* It has ended, or is given up: leaves everything and frees it. */
void session_free(struct session *session);

struct session *session_of_pid(const struct supervisor *sup, pid_t pid);
struct session *session_of_number(const struct supervisor *sup, uint64_t number);

/* To the handler and to its process group, or to all in its control group. */
void session_signal(const struct session *session, int signal);

#endif
