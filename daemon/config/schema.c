#include <limits.h>
#include <string.h>
#include <syslog.h>

#include "config/model.h"
#include "config/schema.h"

#define S(field) offsetof(struct conf_service, field)
#define C(field) offsetof(struct conf, field)
#define DAY      (INT64_C(86400) * 1000)
#define DUALS    (CONF_KIND(CONF_TCP) | CONF_KIND(CONF_UDP) | CONF_KIND(CONF_MPTCP))
#define STREAMS  (CONF_ANY_TCP | CONF_KIND(CONF_MPTCP))

#define LIMIT(n, field, u, h)                                                        \
	{                                                                            \
		.name = "rlimit_" n, .type = SCHEMA_LIMIT, .unit = (u), .help = (h), \
		.offset = S(rlimit[(field)])                                         \
	}
#define OPTION(n, t) .name = (n), .type = (t)

static const struct schema_option top_options[] = {
    {OPTION("user", SCHEMA_TEXT), .help = "account of the supervisor once everything is bound"},
    {OPTION("control", SCHEMA_TEXT), .help = "path of the control socket"},
    {OPTION("control_group", SCHEMA_TEXT),
     .help = "group that may change things by the control socket"},
    {OPTION("control_mode", SCHEMA_MODE), .value = "0660", .max = 0777, .offset = C(control_mode),
     .help = "permissions of the control socket"},
    {OPTION("max_sessions", SCHEMA_NUMBER), .unit = "handlers", .value = "0", .max = 10000000,
     .offset = C(max_sessions), .help = "handlers at a time in all, 0: what the machine allows"},
};

static const struct schema_option log_options[] = {
    {OPTION("to", SCHEMA_TEXT), .value = "auto",
     .help = "where: auto, stderr, syslog, journal or a file"},
    {OPTION("format", SCHEMA_WORD), .value = "text", .words = "text json", .offset = C(log.format),
     .help = "text or json"},
    {OPTION("level", SCHEMA_WORD), .value = "info", .words = "error warning notice info debug",
     .min = LOG_ERR, .offset = C(log.level), .help = "the least important that is still logged"},
};

static const struct schema_option service_options[] = {
    /* What it is. */
    {OPTION("listen", SCHEMA_LIST), .help = "addresses: [kind:]address"},
    {OPTION("exec", SCHEMA_LIST), .help = "program and arguments"},
    {OPTION("argv0", SCHEMA_TEXT), .help = "the handler's name for itself"},
    {OPTION("enabled", SCHEMA_BOOL), .value = "yes", .offset = S(enabled),
     .help = "whether the service is started"},
    {OPTION("wait", SCHEMA_BOOL), .value = "no", .offset = S(wait),
     .help = "the handler gets the listening or datagram socket itself"},
    {OPTION("listen_fds", SCHEMA_BOOL), .value = "no", .offset = S(listen_fds),
     .help = "... as descriptor 3 as well, for sd_listen_fds(3)"},
    {OPTION("use", SCHEMA_LIST), .help = "templates whose options apply"},

    /* Its sockets. */
    {OPTION("backlog", SCHEMA_NUMBER), .unit = "connections", .value = "4096", .min = 1,
     .max = 65535, .offset = S(backlog), .help = "connections the kernel keeps for us"},
    {OPTION("v6only", SCHEMA_BOOL), .value = "no", .offset = S(v6only), .kinds = DUALS,
     .help = "an IPv6 wildcard does not take IPv4"},
    {OPTION("reuse_port", SCHEMA_BOOL), .value = "no", .offset = S(reuse_port),
     .kinds = CONF_ANY_IP, .help = "share the port with other processes"},
    {OPTION("freebind", SCHEMA_BOOL), .value = "no", .offset = S(freebind), .kinds = CONF_ANY_IP,
     .help = "bind addresses that do not exist yet"},
    {OPTION("transparent", SCHEMA_BOOL), .value = "no", .offset = S(transparent),
     .kinds = CONF_ANY_IP, .help = "serve addresses that are not ours"},
    {OPTION("bind_device", SCHEMA_TEXT), .kinds = CONF_ANY_IP,
     .help = "only from this network device"},
    {OPTION("defer_accept", SCHEMA_SECONDS), .value = "0", .max = 3600,
     .offset = S(defer_accept_sec), .kinds = STREAMS,
     .help = "start a handler when the client has sent something, or after this time"},
    {OPTION("fast_open", SCHEMA_NUMBER), .unit = "connections", .value = "0", .max = 65535,
     .offset = S(fast_open), .kinds = STREAMS,
     .help = "data in the first packet (TCP Fast Open): for so many unconfirmed connections"},
    {OPTION("nodelay", SCHEMA_BOOL), .value = "no", .offset = S(nodelay), .kinds = STREAMS,
     .help = "send small packets at once"},
    {OPTION("keepalive", SCHEMA_BOOL), .value = "no", .offset = S(keepalive), .kinds = STREAMS,
     .help = "find out when a silent client is gone"},
    {OPTION("keepalive_time", SCHEMA_SECONDS), .min = 1, .max = 32767,
     .offset = S(keepalive_time_sec), .kinds = STREAMS, .help = "silence before the first probe"},
    {OPTION("keepalive_interval", SCHEMA_SECONDS), .min = 1, .max = 32767,
     .offset = S(keepalive_interval_sec), .kinds = STREAMS, .help = "time between probes"},
    {OPTION("keepalive_probes", SCHEMA_NUMBER), .unit = "probes", .min = 1, .max = 127,
     .offset = S(keepalive_probes), .kinds = STREAMS,
     .help = "unanswered probes that end a connection"},
    {OPTION("user_timeout", SCHEMA_MSEC), .value = "0", .max = DAY, .offset = S(user_timeout_msec),
     .kinds = CONF_ANY_TCP,
     .help = "how long sent data may stay unacknowledged, 0: as the kernel does"},
    {OPTION("sndbuf", SCHEMA_SIZE), .unit = SCHEMA_UNIT_BYTES, .value = "0", .max = 1 << 30,
     .offset = S(sndbuf), .kinds = CONF_ANY_IP | CONF_ANY_UNIX,
     .help = "send buffer, 0: as the kernel does"},
    {OPTION("rcvbuf", SCHEMA_SIZE), .unit = SCHEMA_UNIT_BYTES, .value = "0", .max = 1 << 30,
     .offset = S(rcvbuf), .kinds = CONF_ANY_IP | CONF_ANY_UNIX,
     .help = "receive buffer, 0: as the kernel does"},
    {OPTION("tos", SCHEMA_CODE), .value = "0", .max = 255, .offset = S(tos), .kinds = CONF_ANY_IP,
     .help = "type of service, or traffic class, of the packets"},
    {OPTION("mark", SCHEMA_CODE), .value = "0", .max = UINT32_MAX, .offset = S(mark),
     .kinds = CONF_ANY_IP, .help = "mark of the packets, for firewall and routing"},
    {OPTION("priority", SCHEMA_CODE), .value = "0", .max = INT32_MAX, .offset = S(priority),
     .kinds = CONF_ANY_IP, .help = "queueing priority of the packets"},
    {OPTION("congestion", SCHEMA_TEXT), .kinds = STREAMS, .help = "congestion control"},
    {OPTION("socket_user", SCHEMA_TEXT), .kinds = CONF_ANY_UNIX, .help = "owner of a unix socket"},
    {OPTION("socket_group", SCHEMA_TEXT), .kinds = CONF_ANY_UNIX, .help = "group of a unix socket"},
    {OPTION("socket_mode", SCHEMA_MODE), .value = "0666", .max = 0777, .offset = S(socket_mode),
     .kinds = CONF_ANY_UNIX, .help = "permissions of a unix socket"},

    /* The process. */
    {OPTION("user", SCHEMA_TEXT), .help = "account that the handler runs as"},
    {OPTION("group", SCHEMA_TEXT), .help = "its group, if not that of the account"},
    {OPTION("groups", SCHEMA_LIST), .value = "yes",
     .help = "supplementary groups: those of the account (yes), none (no), or these"},
    {OPTION("directory", SCHEMA_TEXT), .value = "/", .help = "working directory"},
    {OPTION("root", SCHEMA_TEXT), .help = "root directory"},
    {OPTION("umask", SCHEMA_MODE), .value = "022", .max = 0777, .offset = S(umask),
     .help = "file mode creation mask"},
    {OPTION("env", SCHEMA_LIST), .help = "environment: NAME=VALUE"},
    {OPTION("pass_env", SCHEMA_LIST), .help = "names passed on from usherd's environment"},
    {OPTION("nice", SCHEMA_NUMBER), .min = -20, .max = 19, .offset = S(nice),
     .help = "scheduling priority"},
    {OPTION("oom_score_adj", SCHEMA_NUMBER), .min = -1000, .max = 1000, .offset = S(oom_score_adj),
     .help = "who is killed first when memory runs out"},
    {OPTION("cpu_affinity", SCHEMA_LIST), .help = "processors it may run on: numbers and ranges"},
    {OPTION("stderr", SCHEMA_WORD), .value = "log", .words = "log client null",
     .offset = S(stderr_to), .help = "where descriptor 2 goes"},
    LIMIT("as", CONF_RLIMIT_AS, SCHEMA_UNIT_BYTES, "address space"),
    LIMIT("core", CONF_RLIMIT_CORE, SCHEMA_UNIT_BYTES, "core dumps"),
    LIMIT("cpu", CONF_RLIMIT_CPU, SCHEMA_UNIT_SECONDS, "processor time"),
    LIMIT("data", CONF_RLIMIT_DATA, SCHEMA_UNIT_BYTES, "data segment"),
    LIMIT("files", CONF_RLIMIT_FILES, "descriptors", "open files"),
    LIMIT("fsize", CONF_RLIMIT_FSIZE, SCHEMA_UNIT_BYTES, "size of a file it writes"),
    LIMIT("memlock", CONF_RLIMIT_MEMLOCK, SCHEMA_UNIT_BYTES, "locked memory"),
    LIMIT("nproc", CONF_RLIMIT_NPROC, "processes", "processes of its user"),
    LIMIT("rss", CONF_RLIMIT_RSS, SCHEMA_UNIT_BYTES, "resident memory (the kernel ignores it)"),
    LIMIT("stack", CONF_RLIMIT_STACK, SCHEMA_UNIT_BYTES, "stack"),

    /* Limits. */
    {OPTION("instances", SCHEMA_NUMBER), .unit = "handlers", .value = "512", .min = 1,
     .max = 10000000, .offset = S(instances), .help = "handlers at a time"},
    {OPTION("per_source", SCHEMA_NUMBER), .unit = "handlers", .value = "128", .min = 1,
     .max = 10000000, .offset = S(per_source), .help = "handlers at a time for one source"},
    {OPTION("rate", SCHEMA_RATE), .unit = "connections", .value = "0", .offset = S(rate),
     .help = "connections in a time, 0: no limit"},
    {OPTION("rate_burst", SCHEMA_NUMBER), .unit = "connections", .min = 1, .max = 10000000,
     .offset = S(rate.burst), .help = "connections that may come at once"},
    {OPTION("rate_per_source", SCHEMA_RATE), .unit = "connections", .value = "0",
     .offset = S(rate_per_source), .help = "connections in a time from one source, 0: no limit"},
    {OPTION("rate_per_source_burst", SCHEMA_NUMBER), .unit = "connections", .min = 1,
     .max = 10000000, .offset = S(rate_per_source.burst),
     .help = "connections that may come at once from one source"},
    {OPTION("when_full", SCHEMA_WORD), .value = "wait", .words = "wait refuse",
     .offset = S(when_full), .help = "what happens to clients above instances"},
    {OPTION("queue", SCHEMA_NUMBER), .unit = "clients", .value = "4096", .max = 10000000,
     .offset = S(queue), .help = "clients that may wait, 0: only in the kernel's backlog"},
    {OPTION("queue_per_source", SCHEMA_NUMBER), .unit = "clients", .value = "2048", .min = 1,
     .max = 10000000, .offset = S(queue_per_source), .help = "clients of one source that may wait"},
    {OPTION("queue_timeout", SCHEMA_DURATION), .value = "60s", .max = 365 * DAY,
     .offset = S(queue_timeout_msec), .help = "how long a client waits, 0: for ever"},
    {OPTION("source_prefix_v4", SCHEMA_BITS), .unit = "bits", .value = "32", .min = 1, .max = 32,
     .offset = S(source_prefix_v4), .help = "how much of an IPv4 address is one source"},
    {OPTION("source_prefix_v6", SCHEMA_BITS), .unit = "bits", .value = "64", .min = 1, .max = 128,
     .offset = S(source_prefix_v6), .help = "how much of an IPv6 address is one source"},
    {OPTION("exempt", SCHEMA_LIST), .kinds = CONF_ANY_IP,
     .help = "clients that only the limits of the whole service hold for"},
    {OPTION("max_load", SCHEMA_TEXT), .value = "0",
     .help = "load average above which clients are refused, 0: none"},
    {OPTION("max_pressure", SCHEMA_LIST), .unit = "per cent", .value = "0",
     .help = "pressure above which clients are refused: PERCENT, cpu:, memory: or io:PERCENT"},
    {OPTION("max_runtime", SCHEMA_DURATION), .value = "0", .max = 365 * DAY,
     .offset = S(max_runtime_msec), .help = "how long a handler may run, 0: for ever"},
    {OPTION("stop_timeout", SCHEMA_DURATION), .value = "5s", .max = DAY,
     .offset = S(stop_timeout_msec), .help = "time between TERM and KILL"},
    {OPTION("slot", SCHEMA_WORD), .value = "process", .words = "process tree", .offset = S(slot),
     .help = "when a client's place is free: its process has ended, or all that came of it"},

    /* Access. */
    {OPTION("only_from", SCHEMA_LIST), .kinds = CONF_ANY_IP,
     .help = "who may come in: addresses and networks"},
    {OPTION("no_access", SCHEMA_LIST), .kinds = CONF_ANY_IP,
     .help = "who may not come in: addresses and networks"},
    {OPTION("access_times", SCHEMA_LIST), .help = "when clients may come in, in local time"},
    {OPTION("sensor", SCHEMA_BOOL), .value = "no", .offset = S(sensor),
     .kinds = CONF_ANY_IP | CONF_KIND(CONF_UNIX_DGRAM),
     .help = "a trap: who connects is banned from all services"},
    {OPTION("ban_time", SCHEMA_DURATION), .value = "1h", .max = 3650 * DAY,
     .offset = S(ban_time_msec), .help = "how long a sensor bans, 0: for ever"},
    {OPTION("drop_early", SCHEMA_BOOL), .value = "no", .offset = S(drop_early),
     .kinds = CONF_ANY_TCP | CONF_ANY_UDP,
     .help = "the kernel drops packets of who is banned or in no_access"},
    {OPTION("allow_users", SCHEMA_LIST), .kinds = CONF_ANY_UNIX,
     .help = "users and @groups that may use a unix socket"},

    /* Proxies. */
    {OPTION("proxy_protocol", SCHEMA_WORD), .value = "no", .words = "no yes v1 v2",
     .offset = S(proxy_protocol), .help = "a PROXY header comes first: of any version, or of one"},
    {OPTION("proxy_from", SCHEMA_LIST), .help = "proxies that are trusted: addresses, unix"},
    {OPTION("proxy_timeout", SCHEMA_DURATION), .value = "3s", .min = 1, .max = DAY,
     .offset = S(proxy_timeout_msec), .help = "how long to wait for the header"},

    /* Messages. */
    {OPTION("banner", SCHEMA_TEXT),
     .help = "text sent to a client that is let in, or @/path of a file"},
    {OPTION("banner_fail", SCHEMA_TEXT),
     .help = "text sent to a client that is refused, or @/path of a file"},

    /* Confinement. */
    {OPTION("sandbox", SCHEMA_WORD), .words = "none standard strict", .offset = S(sandbox),
     .help = "how far the handler is shut in"},
    {OPTION("sandbox_required", SCHEMA_BOOL), .value = "yes", .offset = S(sandbox_required),
     .help = "whether a sandbox that is not possible is an error"},
    {OPTION("no_new_privs", SCHEMA_BOOL), .value = "no", .offset = S(no_new_privs),
     .help = "setuid programs do not work inside"},
    {OPTION("capabilities", SCHEMA_LIST),
     .help = "capabilities that the handler has, and no others"},
    {OPTION("read_paths", SCHEMA_LIST),
     .help = "of the file system it may read only the system's programs and these"},
    {OPTION("write_paths", SCHEMA_LIST), .help = "... write only these"},
    {OPTION("exec_paths", SCHEMA_LIST), .help = "... execute only these"},
    {OPTION("network", SCHEMA_BOOL), .value = "yes", .offset = S(network),
     .help = "whether it has more of the network than its client's socket"},
    {OPTION("syscalls", SCHEMA_LIST),
     .help = "system calls that it may make (+) and may not (-), by name and by @group"},
    {OPTION("private_tmp", SCHEMA_BOOL), .value = "no", .offset = S(private_tmp),
     .help = "a /tmp of its own, for each handler"},
    {OPTION("private_pids", SCHEMA_BOOL), .value = "no", .offset = S(private_pids),
     .help = "sees and reaches no other processes, and leaves none behind"},
    {OPTION("memory_max", SCHEMA_TEXT), .unit = SCHEMA_UNIT_BYTES,
     .help = "memory of a handler and all that it starts"},
    {OPTION("pids_max", SCHEMA_NUMBER), .unit = "processes", .min = 0, .max = 4194304,
     .offset = S(pids_max), .help = "processes and threads of a handler and all that it starts"},
    {OPTION("cpu_max", SCHEMA_TEXT),
     .help = "processor time of a handler and all that it starts: 50% of one, or 50ms/100ms"},

    /* Records. */
    {OPTION("log_on_success", SCHEMA_LIST), .value = "all",
     .words = "all pid host local exit duration usage",
     .help = "what the record of an ended session shows; {}: no record"},
    {OPTION("log_on_failure", SCHEMA_LIST), .value = "all",
     .words = "all attempt host local duration",
     .help = "what the record of a refusal shows; {}: no record"},
    {OPTION("quiet_from", SCHEMA_LIST), .help = "clients whose sessions end without a record"},
    {OPTION("anonymize", SCHEMA_BOOL), .value = "no", .offset = S(anonymize),
     .help = "records show no whole address of a client"},
};

static const struct {
	const char *name;
	bool titled;
	const struct schema_option *options;
	size_t count;
} sections[SCHEMA_SECTIONS] = {
#define OPTIONS(list) (list), sizeof(list) / sizeof((list)[0])
    [SCHEMA_TOP] = {"", false, OPTIONS(top_options)},
    [SCHEMA_LOG] = {"log", false, OPTIONS(log_options)},
    [SCHEMA_DEFAULTS] = {"defaults", false, OPTIONS(service_options)},
    [SCHEMA_TEMPLATE] = {"template", true, OPTIONS(service_options)},
    [SCHEMA_SERVICE] = {"service", true, OPTIONS(service_options)},
};

const struct schema_option *schema_options(enum schema_section section, size_t *count)
{
	*count = sections[section].count;
	return sections[section].options;
}

static bool same(const char *name, const char *text, size_t len)
{
	return strncmp(name, text, len) == 0 && !name[len];
}

const struct schema_option *schema_find(enum schema_section section, const char *name, size_t len)
{
	for (size_t i = 0; i < sections[section].count; i++) {
		if (same(sections[section].options[i].name, name, len))
			return &sections[section].options[i];
	}
	return NULL;
}

const char *schema_section_name(enum schema_section section)
{
	return sections[section].name;
}

bool schema_section_titled(enum schema_section section)
{
	return sections[section].titled;
}

enum schema_section schema_section_find(const char *name, size_t len)
{
	for (int i = SCHEMA_TOP + 1; i < SCHEMA_SECTIONS; i++) {
		if (same(sections[i].name, name, len))
			return (enum schema_section)i;
	}
	return SCHEMA_TOP;
}
