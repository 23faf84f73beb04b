/* config/model.h - what the configuration says, typed and ready to use.
 *
 * config/read.c builds a model, config/check.c has approved it, and from then
 * on it is const: nobody changes a model, a reload builds another one. All that
 * has a name (users, groups, programs, addresses) is resolved in it. Everything
 * it points at lives as long as the model: conf_ref() it to keep it. */
#ifndef CONFIG_MODEL_H
#define CONFIG_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/nets.h"
#include "base/proc.h"

/* Where something stands, for messages. A value that came by default: line 0. */
struct conf_where {
	const char *file;
	unsigned line;
};

/* An option that is set, here or in what applies here, with its values as text. */
struct conf_setting {
	const char *option;
	const char *const *text; /* NULL-terminated */
	size_t count;
	struct conf_where where;
};

enum conf_kind {
	CONF_TCP, /* both families on one socket where the address allows it */
	CONF_TCP4,
	CONF_TCP6,
	CONF_UDP, /* like CONF_TCP */
	CONF_UDP4,
	CONF_UDP6,
	CONF_UNIX,
	CONF_UNIX_DGRAM,
	CONF_UNIX_SEQPACKET,
	CONF_VSOCK,
	CONF_MPTCP, /* like CONF_TCP */
	CONF_KINDS
};

/* Sets of kinds, a bit each: what an option of sockets is for. */
#define CONF_KIND(kind) (1U << (kind))
#define CONF_ANY_TCP    (CONF_KIND(CONF_TCP) | CONF_KIND(CONF_TCP4) | CONF_KIND(CONF_TCP6))
#define CONF_ANY_UDP    (CONF_KIND(CONF_UDP) | CONF_KIND(CONF_UDP4) | CONF_KIND(CONF_UDP6))
#define CONF_ANY_IP     (CONF_ANY_TCP | CONF_ANY_UDP | CONF_KIND(CONF_MPTCP))
#define CONF_ANY_UNIX \
	(CONF_KIND(CONF_UNIX) | CONF_KIND(CONF_UNIX_DGRAM) | CONF_KIND(CONF_UNIX_SEQPACKET))

/* One address of `listen`. */
struct conf_listen {
	const char *text; /* as written */
	enum conf_kind kind;
	int type;     /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	int protocol; /* of socket(2) */
	struct addr addr;
	const char *device; /* the only network device to be served, or NULL */
	bool dual;          /* an IPv6 wildcard that serves IPv4 too */
	struct conf_where where;
};

enum conf_stderr { CONF_STDERR_LOG, CONF_STDERR_CLIENT, CONF_STDERR_NULL };
/* Of which version a PROXY header is read. */
enum conf_proxy { CONF_PROXY_NO, CONF_PROXY_ANY, CONF_PROXY_V1, CONF_PROXY_V2 };
enum conf_full { CONF_FULL_WAIT, CONF_FULL_REFUSE };
enum conf_slot { CONF_SLOT_PROCESS, CONF_SLOT_TREE };

/* Which limits of setrlimit(2) can be set, as `rlimit_<name>`. */
enum conf_rlimit_name {
	CONF_RLIMIT_AS,
	CONF_RLIMIT_CORE,
	CONF_RLIMIT_CPU,
	CONF_RLIMIT_DATA,
	CONF_RLIMIT_FILES,
	CONF_RLIMIT_FSIZE,
	CONF_RLIMIT_MEMLOCK,
	CONF_RLIMIT_NPROC,
	CONF_RLIMIT_RSS,
	CONF_RLIMIT_STACK,
	CONF_RLIMITS
};

struct conf_rlimit {
	bool set;
	int resource; /* RLIMIT_... */
	rlim_t soft, hard;
};

/* What a record at the end of a session (success) or at a refusal shows, besides
 * time, event, service, session and reason; a set of these. */
enum conf_records {
	CONF_RECORD_NONE = 0, /* there is no record */
	CONF_RECORD_ATTEMPT = 1 << 0,
	CONF_RECORD_PID = 1 << 1,
	CONF_RECORD_HOST = 1 << 2,     /* peer and peer_port */
	CONF_RECORD_LOCAL = 1 << 3,    /* local and local_port */
	CONF_RECORD_EXIT = 1 << 4,     /* status or signal */
	CONF_RECORD_DURATION = 1 << 5, /* duration_ms and queued_ms */
	CONF_RECORD_USAGE = 1 << 6,    /* user_ms, system_ms, max_rss_kb */
	CONF_RECORD_ALL = (1 << 7) - 1
};

/* Addresses, sorted for base/nets.h; the note of each is its conf_where. */
struct conf_nets {
	const struct net *net;
	size_t count;
};

/* When clients may come in, in local time; one that ends before it begins ends
 * on the next day. */
struct conf_times {
	uint8_t days;        /* on which it begins: a bit each, Monday is the lowest */
	uint16_t begin, end; /* minutes of the day; the end is no part of it; at most 1440 */
	const char *text;    /* as written */
	struct conf_where where;
};

/* A user, or a group of them, that may use a unix socket. */
struct conf_user {
	const char *text; /* as written */
	bool is_group;
	uid_t uid;           /* of a user */
	gid_t gid;           /* of a group */
	const uid_t *member; /* ... who belongs to it besides, by the group's own list */
	size_t member_count;
	struct conf_where where;
};

/* So many in so much time. */
struct conf_rate {
	unsigned count; /* 0: no limit */
	unsigned burst; /* that may come at once; at least 1 where there is a limit */
	msec_t time;    /* a second, a minute, an hour or a day */
};

enum conf_sandbox { CONF_SANDBOX_NONE, CONF_SANDBOX_STANDARD, CONF_SANDBOX_STRICT };

/* What becomes of a system call that nothing else is said of. OPEN: it is allowed. */
enum conf_filter { CONF_FILTER_NONE, CONF_FILTER_OPEN, CONF_FILTER_STANDARD, CONF_FILTER_STRICT };

/* What `syscalls` says of one. */
enum conf_call {
	CONF_CALL_UNSAID,
	CONF_CALL_ALLOW, /* with any arguments */
	CONF_CALL_GROUP, /* allowed as one of a group, with what the filter wants of arguments */
	CONF_CALL_DENY
};

/* What a handler may do with a file, or with all that is below a directory. Who may
 * write or execute may read as well. */
enum conf_path_use { CONF_PATH_READ = 1 << 0, CONF_PATH_WRITE = 1 << 1, CONF_PATH_EXEC = 1 << 2 };

struct conf_path {
	const char *text; /* absolute */
	unsigned use;     /* enum conf_path_use */
	bool implied;     /* no option names it: may be missing */
	bool optional;    /* ... and so may this one, here */
	bool regular;     /* counts only if it is a regular file */
};

/* The walls of Landlock (config/paths.h); on only where the kernel has it. */
struct conf_landlock {
	bool on;         /* of the file system it has only the paths below */
	bool files_free; /* ... but with this, all of it: no_tcp is what it is for */
	bool lacks;      /* it should be on, and the kernel cannot */
	bool no_tcp;     /* it neither connects nor binds, from version 4 on */
	bool scoped; /* no signals, and no abstract unix sockets, of others: from version 6 on */
	int version; /* the kernel's (its ABI), as far as we know them */
	const struct conf_path *path;
	size_t count;
};

struct conf_service {
	const char *name;
	struct conf_where where;
	bool enabled;

	const struct conf_listen *listen;
	size_t listen_count;
	const char *path;        /* of the program, absolute */
	const char *const *argv; /* NULL-terminated; argv0 is in place */
	bool wait;               /* the handler gets the socket itself; of datagrams always */
	bool listen_fds;         /* ... as descriptor 3, too; only with wait */

	/* Sockets. 0 (-1 for keepalive_*): what the kernel does by itself. */
	int backlog;
	bool v6only;
	bool reuse_port;
	bool freebind;
	bool transparent;
	int defer_accept_sec;
	int fast_open; /* connections that are not confirmed yet */
	bool nodelay;
	bool keepalive;
	int keepalive_time_sec, keepalive_interval_sec, keepalive_probes;
	unsigned user_timeout_msec;
	int sndbuf, rcvbuf; /* bytes, as they are asked for */
	uint32_t tos;       /* the byte of the IP header, the traffic class of IPv6 */
	uint32_t mark;
	uint32_t priority;
	const char *congestion; /* or NULL */
	uid_t socket_uid;       /* (uid_t)-1: not changed */
	gid_t socket_gid;       /* (gid_t)-1: not changed */
	mode_t socket_mode;

	/* The process. */
	const char *user; /* the account's name */
	bool change_user; /* ids differ from those that usherd was started with */
	uid_t uid;        /* valid with change_user or without */
	gid_t gid;
	const gid_t *groups; /* supplementary */
	size_t group_count;
	const char *directory;
	mode_t umask;
	const char *const *env; /* NAME=VALUE, NULL-terminated: all that does not
	                         * depend on the connection, in the order of design */
	enum conf_stderr stderr_to;
	bool nice_set;
	int nice;
	bool oom_score_adj_set;
	int oom_score_adj;
	const void *cpus; /* it may run on, as sched_setaffinity(2) wants them; NULL: any */
	size_t cpus_size; /* in bytes */
	struct conf_rlimit rlimit[CONF_RLIMITS];

	/* What a handler and all that it starts may have together; 0: no limit. */
	bool grouped;        /* each session has a control group */
	uint64_t memory_max; /* bytes */
	unsigned pids_max;
	uint64_t cpu_quota_usec;
	unsigned cpu_period_usec;

	/* Confinement: what the options and `sandbox` come to together, less what cannot
	 * be had here (config/sandbox.h). Who applies a part looks at the part, not at
	 * the level. All of it zero: nothing is done. */
	enum conf_sandbox sandbox;
	bool sandbox_required;
	bool no_new_privs;
	bool capabilities_set; /* it has exactly these, else what its user has */
	uint64_t capabilities; /* a bit each */
	enum conf_filter filter;
	const uint8_t *calls; /* enum conf_call, by number up to CALLS_LAST; NULL: all unsaid */
	struct conf_landlock landlock;
	bool network;
	bool no_network; /* but the client's socket */
	bool private_tmp;
	bool private_pids;
	const char *cell; /* usherd-cell, with private_pids */
	bool user_space;  /* ... by means of a user namespace: the supervisor needs no privilege */
	const char *root; /* directory, or NULL */

	/* Limits. */
	unsigned instances;
	unsigned per_source;
	enum conf_full when_full;
	unsigned queue; /* 0: leave clients in the kernel's backlog */
	unsigned queue_per_source;
	msec_t queue_timeout_msec; /* 0: none */
	uint8_t source_prefix_v4;  /* bits */
	uint8_t source_prefix_v6;
	unsigned busy_most[PROC_FIGURES]; /* max_load, max_pressure, in hundredths; 0: none */
	bool heeds_machine;               /* one of them is set */
	msec_t max_runtime_msec;          /* 0: none */
	msec_t stop_timeout_msec;
	enum conf_slot slot;
	struct conf_nets exempt; /* no limits for these, but those of the service */
	struct conf_rate rate;
	struct conf_rate rate_per_source;

	/* Access. What is not set lets everybody in; set and empty: nobody. */
	bool drop_early;      /* bans and no_access as a filter on the sockets, too */
	bool sensor;          /* who comes is banned */
	msec_t ban_time_msec; /* 0: for ever */
	bool only_from_set;
	struct conf_nets only_from;
	struct conf_nets no_access;
	const struct conf_times *access_times; /* none: at any time */
	size_t access_times_count;
	bool allow_users_set;
	const struct conf_user *allow_users; /* of unix sockets */
	size_t allow_users_count;

	enum conf_proxy proxy_protocol;
	const struct prefix *proxy_from; /* proxies that are trusted */
	size_t proxy_from_count;
	bool proxy_from_unix; /* ... and who may connect to a unix socket */
	msec_t proxy_timeout_msec;

	const char *banner; /* text sent to a client that is let in, or NULL */
	size_t banner_len;
	const char *banner_fail; /* text sent to a client that is refused, or NULL */
	size_t banner_fail_len;

	unsigned log_on_success; /* enum conf_records */
	unsigned log_on_failure;
	const struct prefix *quiet_from; /* whose sessions end without a record */
	size_t quiet_from_count;
	bool anonymize; /* records show IPv4 peers cut to /24, IPv6 to /48 */

	const struct conf_setting *setting; /* all that is set, for printing */
	size_t setting_count;
};

enum conf_log_to {
	CONF_LOG_AUTO,
	CONF_LOG_STDERR,
	CONF_LOG_FILE,
	CONF_LOG_SYSLOG,
	CONF_LOG_JOURNAL
};
enum conf_log_format { CONF_LOG_TEXT, CONF_LOG_JSON };

struct conf_log {
	enum conf_log_to to;
	const char *path; /* of CONF_LOG_FILE, absolute; else NULL */
	enum conf_log_format format;
	int level; /* LOG_ERR .. LOG_DEBUG of syslog(3) */
};

struct conf {
	unsigned refs;
	const char *file;         /* the one that was named at start */
	const char *const *files; /* every file that was read, NULL-terminated */

	const char *user; /* the supervisor's account, NULL: stays what it is */
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t group_count;
	bool user_is_default; /* not set in the file */
	const char *control;  /* path of the control socket */
	gid_t control_gid;    /* (gid_t)-1: not changed */
	mode_t control_mode;
	unsigned max_sessions; /* 0: derived from the machine's limits */
	struct conf_log log;

	const struct conf_setting *setting; /* outside of all sections */
	size_t setting_count;
	const struct conf_setting *log_setting; /* in log { } */
	size_t log_setting_count;

	const struct conf_service *const *services; /* in the order of the files */
	size_t service_count;

	void *arena; /* owns all of the above */
};

struct conf *conf_ref(struct conf *conf);
void conf_unref(struct conf **conf); /* accepts NULL, clears the pointer */

#endif
