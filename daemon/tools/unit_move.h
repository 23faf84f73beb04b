/* tools/unit_move.h - a socket unit and its service unit on their way to usherd.conf.
 *
 * A socket unit becomes one service for each type of socket that it has; both
 * tables are gone through for each of them. */
#ifndef TOOLS_UNIT_MOVE_H
#define TOOLS_UNIT_MOVE_H

#include "tools/convert.h"
#include "tools/unit_file.h"
#include "tools/unit_words.h"

enum unit_type { UNIT_STREAM, UNIT_SEQPACKET, UNIT_DATAGRAM, UNIT_TYPES };

struct unit_move {
	struct draft *draft;
	const struct unit *socket, *unit; /* unit: the service's, or NULL */
	struct draft_service *service;
	enum unit_type type;
	bool accept;     /* Accept=yes */
	bool root;       /* no User=, or root */
	bool clean_argv; /* the command is not to be expanded: it began with ":" */
};

/* A row may have several names: "One, Other". */
struct unit_option {
	struct convert_row row;
	bool list;
	/* NULL: it is left out, and row.becomes says why. */
	void (*carry)(struct unit_move *move, const struct unit_said *said);
};

/* Carries over what a section of a unit says, in the order of the table; what no
 * table knows is a remark. */
void unit_walk(struct unit_move *move, const struct unit *unit, const char *section,
               const struct unit_option *option, size_t count);

/* How much of "x@.service" is "x". */
size_t unit_stem(const char *name);

/* Nothing has to be done, or others do it. */
void unit_nothing(struct unit_move *move, const struct unit_said *said);

/* "Name=value: what", in the service and as a warning. */
void unit_remark(struct unit_move *move, const struct unit_said *said, const char *what);

/* With systemd's % specifiers replaced; of those that only a running systemd
 * knows, a remark. */
const char *unit_expand(struct unit_move *move, const struct unit_said *said, const char *text);

void unit_listen(struct unit_move *move, const struct unit_said *said);
/* The type of socket that an option like ListenStream makes, or UNIT_TYPES. */
enum unit_type unit_listen_type(const char *name);

/* Environment of the service, the command, and the three standard streams. */
void unit_environment(struct unit_move *move, const struct unit_said *said);
void unit_exec_start(struct unit_move *move, const struct unit_said *said);
void unit_streams(struct unit_move *move);
/* How far it is shut in: what several options say together. */
void unit_sandbox(struct unit_move *move);

const struct unit_option *unit_socket_options(size_t *count);
const struct unit_option *unit_service_options(size_t *count);

/* The options that are the same in both kinds of unit: times, sizes, accounts ... */
#define UNIT_CARRY(name) \
	void unit_carry_##name(struct unit_move *move, const struct unit_said *said)

UNIT_CARRY(addresses);
UNIT_CARRY(capabilities);
UNIT_CARRY(cpu_affinity);
UNIT_CARRY(cpu_quota);
UNIT_CARRY(directory);
UNIT_CARRY(group);
UNIT_CARRY(groups);
UNIT_CARRY(limit);
UNIT_CARRY(memory_max);
UNIT_CARRY(nice);
UNIT_CARRY(no_new_privs);
UNIT_CARRY(oom_score);
UNIT_CARRY(pass_env);
UNIT_CARRY(root);
UNIT_CARRY(runtime_max);
UNIT_CARRY(stop_timeout);
UNIT_CARRY(tasks_max);
UNIT_CARRY(umask);
UNIT_CARRY(user);

#endif
