/* The attributes of xinetd, and what becomes of them. */
#include <string.h>

#include "tools/xinetd_attributes.h"

/* Others look at it. */
static void carry_core(struct xinetd_move *move, const struct xinetd_said *said)
{
	(void)move;
	(void)said;
}

/* In the order in which they are carried. */
static const struct xinetd_attribute attributes[] = {
    {{"id", "the name of the service"}, 1, false, false, carry_core},
    {{"type", "see the words below"}, -1, false, false, carry_core},
    {{"flags", "see the words below"}, -1, false, false, carry_core},
    {{"disable", "enabled = no"}, 1, false, false, xinetd_carry_disable},
    {{"socket_type", "stream: listen on tcp; dgram: on udp; services with others are comments"},
     1,
     false,
     false,
     carry_core},
    {{"protocol", "tcp and udp; services with others are comments"}, 1, false, false, carry_core},
    {{"wait", "wait"}, 1, false, false, carry_core},
    {{"port", "the port of listen; without it the name of the service"},
     1,
     false,
     false,
     carry_core},
    {{"bind", "the address of listen; a name must be written as an address"},
     1,
     true,
     false,
     carry_core},
    {{"interface", "the same"}, 1, true, false, carry_core},
    {{"v6only", "listen with tcp6 or udp6"}, 1, true, false, carry_core},
    {{"server", "exec, with argv0 as it was; with stderr = client and sandbox = none"},
     1,
     false,
     false,
     carry_core},
    {{"server_args", "the words of exec"}, -1, false, false, carry_core},
    {{"redirect", "exec of the handler forward; names must be written as addresses"},
     2,
     false,
     false,
     carry_core},
    {{"user", "user; 0 is root; nobody for the handlers of usherd"}, 1, false, false, carry_core},
    {{"group", "group"}, 1, false, false, carry_core},
    {{"groups", "groups = no, unless it is yes"}, 1, true, false, carry_core},
    {{"umask", "umask"}, 1, true, false, xinetd_carry_umask},
    {{"nice", "nice"}, 1, false, false, xinetd_carry_nice},
    {{"env", "env; without the variables that usherd sets itself"},
     -1,
     false,
     true,
     xinetd_carry_env},
    {{"passenv", "pass_env; without it xinetd passes on all that it has, usherd nothing"},
     -1,
     true,
     true,
     xinetd_carry_passenv},
    {{"instances", "instances, with when_full = refuse; UNLIMITED is 10000000; nothing with wait"},
     1,
     true,
     false,
     xinetd_carry_instances},
    {{"per_source", "per_source, the same; left out with wait"},
     1,
     true,
     false,
     xinetd_carry_per_source},
    {{"cps", "rate; who is above it is refused, where xinetd closed the service for all; left out "
             "with wait"},
     2,
     true,
     false,
     xinetd_carry_cps},
    {{"leaky_bucket", "a patch of few versions: rate and rate_burst are like it"},
     -1,
     true,
     false,
     NULL},
    {{"max_load", "max_load; left out with wait"}, 1, true, false, xinetd_carry_max_load},
    {{"rlimit_as", "rlimit_as"}, 1, false, false, xinetd_carry_rlimit_as},
    {{"rlimit_cpu", "rlimit_cpu"}, 1, false, false, xinetd_carry_rlimit_cpu},
    {{"rlimit_data", "rlimit_data"}, 1, false, false, xinetd_carry_rlimit_data},
    {{"rlimit_files", "rlimit_files"}, 1, false, false, xinetd_carry_rlimit_files},
    {{"rlimit_rss", "rlimit_rss"}, 1, false, false, xinetd_carry_rlimit_rss},
    {{"rlimit_stack", "rlimit_stack"}, 1, false, false, xinetd_carry_rlimit_stack},
    {{"only_from", "only_from, with networks as ADDRESS/LENGTH; names are left out; with wait the "
                   "service is off"},
     -1,
     true,
     true,
     xinetd_carry_only_from},
    {{"no_access", "no_access, the same; with a name the service is off"},
     -1,
     true,
     true,
     xinetd_carry_no_access},
    {{"access_times", "access_times; with wait the service is off"},
     -1,
     false,
     false,
     xinetd_carry_times},
    {{"deny_time", "ban_time of a SENSOR; without it, or with NEVER, all are refused and none is "
                   "banned"},
     1,
     false,
     false,
     carry_core},
    {{"banner_success", "banner"}, 1, true, false, xinetd_carry_banner_success},
    {{"banner_fail", "banner_fail"}, 1, true, false, xinetd_carry_banner_fail},
    {{"banner", "banner and banner_fail"}, 1, true, false, xinetd_carry_banner},
    {{"log_on_success", "log_on_success, without USERID and TRAFFIC"},
     -1,
     true,
     true,
     xinetd_carry_log_success},
    {{"log_on_failure", "log_on_failure, without USERID"},
     -1,
     true,
     true,
     xinetd_carry_log_failure},
    {{"log_type", "where the log goes is said once, in log { } of usherd.conf"},
     -1,
     true,
     true,
     NULL},
    {{"libwrap", "usherd does not read hosts.allow and hosts.deny (see only_from)"},
     1,
     false,
     false,
     NULL},
    {{"rpc_version", "an RPC service is a comment"}, 1, false, false, NULL},
    {{"rpc_number", "an RPC service is a comment"}, 1, false, false, NULL},
    {{"mdns", "usherd announces nothing"}, 1, false, false, NULL},
};

enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

static const struct xinetd_word words[] = {
    {{"INTERNAL", "the handler of that name, as nobody; servers and services are comments"},
     XINETD_INTERNAL},
    {{"RPC", "an RPC service: usherd registers nothing with rpcbind (run the program as a daemon)"},
     XINETD_RPC},
    {{"TCPMUX", "a service of tcpmux (RFC 1078), which usherd does not have (give it a port of its "
                "own)"},
     XINETD_TCPMUX},
    {{"TCPMUXPLUS", "the same"}, XINETD_TCPMUX},
    {{"UNLISTED", "nothing: a port may be any"}, XINETD_UNLISTED},
    {{"SPECIAL", "as INTERNAL"}, XINETD_INTERNAL},
    {{"NAMEINARGS", "the first word of server_args is argv0"}, XINETD_NAMEINARGS},
    {{"NODELAY", "nodelay = yes"}, XINETD_NODELAY},
    {{"KEEPALIVE", "keepalive = yes"}, XINETD_KEEPALIVE},
    {{"SENSOR", "sensor = yes and ban_time; not for datagrams"}, XINETD_SENSOR},
    {{"IPv4", "listen with tcp4 or udp4"}, XINETD_IPV4},
    {{"IPv6", "nothing: listen has both, unless v6only"}, XINETD_IPV6},
    {{"REUSE", "nothing: it is so"}, XINETD_NOTHING},
    {{"NOLIBWRAP", "nothing: it is so"}, XINETD_NOTHING},
    {{"NORETRY", "nothing: usherd keeps the client and tries again"}, XINETD_NOTHING},
    {{"INTERCEPT", "usherd does not stand between the clients and the program"}, 0},
    {{"IDONLY", "usherd asks no identd"}, 0},
    {{"LABELED", "usherd sets no labels of SELinux"}, 0},
};

enum { WORDS = sizeof words / sizeof *words };

/* What is no attribute of a service. */
static const struct convert_row others[] = {
    {"defaults", "what it says is written into each service that takes it over"},
    {"=, +=, -=", "the values that come of them; a second = takes the place of the first"},
    {"enabled, disabled", "enabled = no for those that are not on, or are off"},
    {"include", "the file is read in its place"},
    {"includedir", "its files are read, but for names with a dot or a ~ at the end"},
};

static const struct convert_row *other_row(size_t i)
{
	return &others[i];
}

static const struct convert_row *attribute_row(size_t i)
{
	return &attributes[i].row;
}

static const struct convert_row *word_row(size_t i)
{
	return &words[i].row;
}

const struct convert_table xinetd_table = {"xinetd", attribute_row, ATTRIBUTES};
const struct convert_table xinetd_others = {"xinetd-file", other_row,
                                            sizeof others / sizeof *others};
const struct convert_table xinetd_words = {"xinetd-words", word_row, WORDS};

const struct xinetd_attribute *xinetd_attribute(const char *name)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (strcmp(attributes[i].row.name, name) == 0)
			return &attributes[i];
	return NULL;
}

const struct xinetd_attribute *xinetd_attributes(size_t *count)
{
	*count = ATTRIBUTES;
	return attributes;
}

const struct xinetd_word *xinetd_find_word(const char *word)
{
	for (size_t i = 0; i < WORDS; i++)
		if (strcasecmp(words[i].row.name, word) == 0)
			return &words[i];
	return NULL;
}
