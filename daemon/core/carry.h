/* core/carry.h - what lives, written down by one usherd and brought to life by the next.
 *
 * core/upgrade.c calls it at both ends, with core/state.h in between. Reading has
 * two halves. carry_read() builds all of it in memory and touches no descriptor, so
 * that a trial can do it in another process. carry_attach() then puts everything
 * into the loop; what comes after that may read, accept and reap. The records
 * stand in the order of their kinds below, so that each finds what it refers to.
 *
 * The model is that of the new usherd's own reading. A service that is not in it
 * (any more) comes with its text and lives on until its last session is gone; an
 * address that is in no model of its is emptied and closed, as after a reload. */
#ifndef CORE_CARRY_H
#define CORE_CARRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "config/read.h"
#include "core/state.h"

/* The kinds of records. Numbers are for ever; new ones come at the end. */
enum carry_kind {
	CARRY_MAIN = 1, /* main.c: how it was started, privileges, pid file */
	CARRY_CONTROL,  /* control/control.c */
	CARRY_WHOLE,
	CARRY_SERVICE,
	CARRY_COUNT,     /* of the service before it: a counter ... */
	CARRY_EXIT,      /* ... how often handlers ended so ... */
	CARRY_HISTOGRAM, /* ... */
	CARRY_PORT,      /* ... and an address */
	CARRY_SOURCE,
	CARRY_PIPE, /* standard error of the session behind it, or of one that is gone */
	CARRY_SESSION,
	CARRY_CONN,
	CARRY_LINGER,
	CARRY_BAN,
	CARRY_KEPT,  /* a socket of the service manager that no service has open */
	CARRY_TREE,  /* where the control groups of sessions are */
	CARRY_GROUP, /* one whose session is over */
	CARRY_KINDS
};

enum { CARRY_KEPT_FD = 1 }; /* the tag of a record CARRY_KEPT */

struct conn;
struct port;
struct service;
struct session;
struct stats;
struct stderr_pipe;
struct supervisor;

/* All but what is main's and control's own. */
void carry_write(struct supervisor *sup, struct state_writer *state);

/* Into a supervisor that was made from a model and has not been started. False
 * with state->why. options: how to read the text of services that are in no file. */
bool carry_read(struct supervisor *sup, struct state_reader *state,
                const struct conf_options *options);
/* False where the kernel lacks something; then the process is not to go on. */
bool carry_attach(struct supervisor *sup, struct state_reader *state);
/* From here on there is no way back: opens addresses that are new. */
void carry_settle(struct supervisor *sup);

/* The whole configuration as it was served, or NULL: for who cannot read the files. */
const char *carry_text(struct state_reader *state);

/* The RLIMIT_NOFILE with which it was started. */
bool carry_read_files(struct state_reader *state, struct rlimit *files);

/* For the files carry_*.c: what has been read so far. */
struct carry {
	struct supervisor *sup;
	struct state_reader *state;
	const struct conf_options *options;
	struct service **service; /* by number */
	size_t service_count, service_size;
	struct port **port; /* by number, from 0 */
	size_t port_count, port_size;
	struct stderr_pipe *pipe; /* the last one */
};

struct service *carry_last_service(struct carry *carry);               /* fails if there is none */
struct service *carry_find_service(struct carry *carry, unsigned tag); /* so, too */
struct port *carry_find_port(struct carry *carry, unsigned tag);       /* NULL: there is none */
bool carry_add_port(struct carry *carry, struct port *port);
bool carry_no_memory(struct carry *carry);

void carry_write_service(const struct service *service, struct state_writer *state);
bool carry_read_service(struct carry *carry);
void carry_write_stats(const struct stats *stats, struct state_writer *state);
bool carry_read_stats(struct state_reader *state, struct stats *stats);
void carry_write_port(const struct port *port, struct state_writer *state);
bool carry_read_port(struct carry *carry);
void carry_write_sources(const struct supervisor *sup, struct state_writer *state);
bool carry_read_source(struct carry *carry);
void carry_write_bans(const struct supervisor *sup, struct state_writer *state);
bool carry_read_ban(struct carry *carry);
void carry_write_session(const struct session *session, struct state_writer *state);
bool carry_read_session(struct carry *carry);
void carry_write_groups(const struct supervisor *sup, struct state_writer *state);
bool carry_read_tree(struct carry *carry);
bool carry_read_group(struct carry *carry);
enum { CARRY_SESSION_GROUP = 6 }; /* tags, from the first one on */
void carry_write_session_group(const struct session *session, unsigned tag,
                               struct state_writer *state);
bool carry_read_session_group(struct carry *carry, struct session *session, unsigned tag);
struct header;
void carry_write_conn(const struct conn *conn, const struct header *header,
                      struct state_writer *state); /* header: while one is awaited, else NULL */
bool carry_read_conn(struct carry *carry);

/* Of whom a session or connection is; first tag and those that follow. */
struct facts;
enum { CARRY_FACTS = 5 };
void carry_write_facts(const struct facts *facts, unsigned tag, struct state_writer *state);
void carry_read_facts(struct state_reader *state, unsigned tag, struct facts *facts);
void carry_write_prefix(const struct prefix *prefix, unsigned tag, struct state_writer *state);
bool carry_read_prefix(struct state_reader *state, unsigned tag, struct prefix *prefix);

#endif
