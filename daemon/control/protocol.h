/* control/protocol.h - how usherctl asks usherd, and the commands that there are.
 *
 * A connection to the control socket (unix(7), stream) carries one request, a
 * line of words, printable ASCII without spaces in them:
 *
 *     [-j] COMMAND [ARGUMENT...]\n
 *
 * and one answer, after which the server closes. Its first line is one of
 *
 *     ok FORM        the body follows, and after it a line of a single "."
 *     failed FORM    the same, but what was asked for could not be done
 *     error TEXT     it could not be done
 *     denied TEXT    this user may not
 *     usage TEXT     there is no such command, or it takes other arguments
 *
 * where FORM says what the body is. With -j it is always json, one line.
 *
 *     table    rows of cells with a tab between them, the first row the titles
 *     fields   lines of a name, a tab and a value
 *     text     lines as they are
 *
 * Cells are printable ASCII; any other byte, and "\" itself, stands there as
 * \xNN. A body without its "." was cut off: the server died, or the client was
 * too slow. Included by the server and by tools, so it knows neither. */
#ifndef CONTROL_PROTOCOL_H
#define CONTROL_PROTOCOL_H

enum {
	CONTROL_REQUEST_MAX = 512, /* bytes of a request, its newline included */
	CONTROL_WORDS_MAX = 16,
	CONTROL_ARGS_ANY = CONTROL_WORDS_MAX
};

#define CONTROL_JSON "-j"
#define CONTROL_END  ".\n"

enum control_rights {
	CONTROL_LOOK,  /* whoever may connect */
	CONTROL_CHANGE /* root, the supervisor's own account, members of control_group */
};

/* X(identifier, name, arguments, least and most of them, rights, help) */
#define CONTROL_COMMANDS(X)                                                                \
	X(status, "status", "", 0, 0, CONTROL_LOOK, "what usherd is and how it is")        \
	X(services, "services", "", 0, 0, CONTROL_LOOK,                                    \
	  "the services: state, addresses and numbers of each")                            \
	X(sessions, "sessions", "[SERVICE]", 0, 1, CONTROL_LOOK, "the handlers that run")  \
	X(sources, "sources", "[SERVICE]", 0, 1, CONTROL_LOOK,                             \
	  "the sources that have clients, and how many")                                   \
	X(show, "show", "SERVICE", 1, 1, CONTROL_LOOK,                                     \
	  "everything of one service, its options too")                                    \
	X(check, "check", "SERVICE ADDRESS", 2, 2, CONTROL_LOOK,                           \
	  "would this client be let in now, and if not, why")                              \
	X(metrics, "metrics", "", 0, 0, CONTROL_LOOK,                                      \
	  "the numbers of all services, for Prometheus")                                   \
	X(enable, "enable", "SERVICE", 1, 1, CONTROL_CHANGE,                               \
	  "open its addresses, whatever the configuration says")                           \
	X(disable, "disable", "SERVICE", 1, 1, CONTROL_CHANGE,                             \
	  "close its addresses and refuse who waits; handlers go on")                      \
	X(drain, "drain", "[SERVICE]", 0, 1, CONTROL_CHANGE,                               \
	  "close its addresses, serve who came; all services: then end")                   \
	X(bans, "bans", "", 0, 0, CONTROL_LOOK, "who is banned, and for how long")         \
	X(ban, "ban", "ADDRESS[/LEN] [DURATION]", 1, 2, CONTROL_CHANGE,                    \
	  "no service lets them in, for so long or for ever")                              \
	X(unban, "unban", "ADDRESS[/LEN]", 1, 1, CONTROL_CHANGE, "lift all bans of these") \
	X(kill, "kill", "SESSION|SERVICE [SIGNAL]", 1, 2, CONTROL_CHANGE,                  \
	  "a signal, else TERM, to one handler or to a service's")                         \
	X(log_level, "log-level", "LEVEL", 1, 1, CONTROL_CHANGE,                           \
	  "what is logged: error, warning, notice, info, debug")                           \
	X(reload, "reload", "[--dry-run]", 0, 1, CONTROL_CHANGE,                           \
	  "read the configuration anew, or only say what would change")                    \
	X(upgrade, "upgrade", "", 0, 0, CONTROL_CHANGE,                                    \
	  "go on as the program that is installed now, in the same process")               \
	X(stop, "stop", "", 0, 0, CONTROL_CHANGE,                                          \
	  "end all handlers, by force after their stop_timeout, and then usherd")

/* A row of that table without what the server does for it. */
struct control_command {
	const char *name, *args, *help;
	int least, most; /* arguments */
	enum control_rights rights;
};

#define CONTROL_COMMAND_ROW(id, name, args, least, most, rights, help) \
	{name, args, help, least, most, rights},

#endif
