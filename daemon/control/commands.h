/* control/commands.h - what usherd answers to a command (control/protocol.h).
 *
 * An answer is made in pieces: command_begin() looks at the request and writes
 * the first line, and while the answer is not done command_continue() adds a
 * piece, about COMMAND_PIECE bytes, whenever the client has taken what there
 * was. So neither time nor memory grows with what there is to tell. Between two
 * pieces services and sessions may come and go: each that is there all the time
 * is told once. */
#ifndef CONTROL_COMMANDS_H
#define CONTROL_COMMANDS_H

#include <stdbool.h>

#include "control/peer.h"
#include "control/report.h"
#include "control/request.h"
#include "core/privileges.h"
#include "core/reload.h"
#include "core/supervisor.h"
#include "core/upgrade.h"

enum { COMMAND_PIECE = 32 * 1024, COMMAND_ROWS = 256 };

struct service;

struct answer {
	struct supervisor *sup;
	const struct privileges *privileges; /* NULL: not known */
	usec_t serving_since;                /* monotonic */
	const struct request *request;
	struct peer peer;
	bool may_change;
	void (*run)(struct answer *answer);
	struct report report; /* report.out takes all that is written */
	bool begun, done;
	bool pending; /* what is to be told is not known yet; then resume() is called */
	void (*resume)(struct answer *answer); /* set by who sends it */
	uint64_t generation;                   /* of the services, when it began */
	/* Of one that is pending: takes back what was asked for. */
	void (*abandon)(struct answer *answer);
	struct reload_asker asker;
	struct upgrade_asker upgrading;

	/* How far the walk has come. */
	size_t family;  /* of metrics */
	size_t service; /* its place in sup->services */
	size_t bucket;  /* of the table of sources, a cursor of hash_scan() */
	uint64_t ban;   /* the number of the one told last */
	usec_t session; /* when the last session that was told had started */
	unsigned rows;  /* in this piece */
};

/* The answer's fields up to `may_change` and its report are filled in. */
void command_begin(struct answer *answer);
void command_continue(struct answer *answer);
/* Nobody is there to be told any more. */
void command_abandon(struct answer *answer);

/* The first line says that it went wrong ("error", "denied", "usage"); done. */
void answer_refuse(struct answer *answer, const char *status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For the commands: the first line, and the end of the body. */
void answer_ok(struct answer *answer, const char *form);
void answer_failed(struct answer *answer, const char *form);
void answer_end(struct answer *answer);
/* The first line and the titles of a table, in the first piece. */
void answer_table(struct answer *answer, const char *name, const struct report_column *column,
                  size_t columns);
/* Refuses in the first piece where no service has this name; NULL is no name. */
bool answer_lacks_service(struct answer *answer, const char *name);
/* The next column's value: the addresses of a service, each with what is wrong. */
void answer_ports(struct report *report, const struct service *service, bool with_state);
/* In the log: "control: WHAT, asked for by ...", for a command that changes something. */
void answer_say(const struct answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Has this piece become long enough? Counts a row. */
bool answer_is_full(struct answer *answer);

void status_answer(struct answer *answer);
void services_answer(struct answer *answer);
void sessions_answer(struct answer *answer);
void show_answer(struct answer *answer);
void sources_answer(struct answer *answer);
void check_answer(struct answer *answer);
void bans_answer(struct answer *answer);
void ban_answer(struct answer *answer);
void unban_answer(struct answer *answer);
void metrics_answer(struct answer *answer);
void enable_answer(struct answer *answer);
void disable_answer(struct answer *answer);
void drain_answer(struct answer *answer);
void kill_answer(struct answer *answer);
void log_level_answer(struct answer *answer);
void reload_answer(struct answer *answer);
void upgrade_answer(struct answer *answer);
void stop_answer(struct answer *answer);

#endif
