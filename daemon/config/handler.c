#include "config/handler.h"
#include "config/groups.h"
#include "config/sandbox.h"

#include <string.h>

enum { LINE_MAX_LEN = 90 };

/* What depends on the connection, as spawn/env.c makes it. */
static const char *const tcp[] = {"PROTO=TCP",   "TCPLOCALIP",    "TCPLOCALPORT",
                                  "TCPREMOTEIP", "TCPREMOTEPORT", "REMOTE_ADDR",
                                  "REMOTE_PORT", "REMOTE_HOST",   NULL};
static const char *const vsock[] = {"PROTO=VSOCK",    "VSOCKLOCALCID",   "VSOCKLOCALPORT",
                                    "VSOCKREMOTECID", "VSOCKREMOTEPORT", "REMOTE_ADDR",
                                    "REMOTE_PORT",    "REMOTE_HOST",     NULL};
static const char *const ipc[] = {"PROTO=IPC", "IPCREMOTEEUID", "IPCREMOTEEGID", NULL};
static const char *const tcp_lent[] = {"PROTO=TCP", "TCPLOCALIP", "TCPLOCALPORT", NULL};
static const char *const udp_lent[] = {"PROTO=UDP", "UDPLOCALIP", "UDPLOCALPORT", NULL};
static const char *const vsock_lent[] = {"PROTO=VSOCK", "VSOCKLOCALCID", "VSOCKLOCALPORT", NULL};
static const char *const ipc_lent[] = {"PROTO=IPC", NULL};
static const char *const lent_fds[] = {"LISTEN_FDS=1", "LISTEN_FDNAMES", "LISTEN_PID", NULL};
static const char *const all[] = {"SO_COOKIE", "USHERD_SERVICE", "USHERD_SESSION", NULL};

static const char *const *names_of(const struct conf_listen *listen, bool lent)
{
	if (listen->kind == CONF_VSOCK)
		return lent ? vsock_lent : vsock;
	if (CONF_KIND(listen->kind) & CONF_ANY_UNIX)
		return lent ? ipc_lent : ipc;
	if (CONF_KIND(listen->kind) & CONF_ANY_UDP)
		return udp_lent;
	return lent ? tcp_lent : tcp;
}

/* Words after a title, in as many lines as they need. */
struct words {
	struct buf *out;
	const char *title;
	size_t column;
};

static void add_words(struct words *words, const char *const *text)
{
	for (; *text; text++) {
		size_t len = strlen(*text);

		if (words->column && words->column + len > LINE_MAX_LEN) {
			buf_addc(words->out, '\n');
			words->column = 0;
		}
		if (!words->column) {
			buf_addf(words->out, "\t# %s:", words->title);
			words->column = strlen(words->title) + 11;
		}
		buf_addf(words->out, " %s", *text);
		words->column += len + 1;
	}
}

/* Addresses of one kind have the same names. */
static bool is_first_of_kind(const struct conf_service *service, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names_of(&service->listen[i], service->wait) ==
		    names_of(&service->listen[n], service->wait))
			return false;
	return true;
}

static void print_connection(const struct conf_service *service, struct buf *out)
{
	for (size_t i = 0; i < service->listen_count; i++) {
		struct words words = {.out = out, .title = "of the connection"};

		if (!is_first_of_kind(service, i))
			continue;
		add_words(&words, names_of(&service->listen[i], service->wait));
		if (service->listen_fds)
			add_words(&words, lent_fds);
		add_words(&words, all);
		buf_addc(out, '\n');
	}
}

/* A value may hold any byte, and must not end the comment. */
static void print_environment(const struct conf_service *service, struct buf *out)
{
	for (const char *const *env = service->env; *env; env++) {
		buf_adds(out, "\t# environment: ");
		for (const char *p = *env; *p; p++) {
			unsigned char c = (unsigned char)*p;

			if (c < 0x20 || c == 0x7f)
				buf_addf(out, "\\x%02x", c);
			else
				buf_addc(out, (char)c);
		}
		buf_addc(out, '\n');
	}
}

static void print_ids(const struct conf_service *service, struct buf *out)
{
	buf_addf(out, "\t# runs as: uid %u, gid %u", (unsigned)service->uid,
	         (unsigned)service->gid);
	if (!service->change_user) {
		buf_adds(out, ", and the groups of usherd itself\n");
		return;
	}
	buf_adds(out, ", groups");
	for (size_t i = 0; i < service->group_count; i++)
		buf_addf(out, " %u", (unsigned)service->groups[i]);
	buf_adds(out, service->group_count ? "\n" : " none\n");
}

static void print_descriptors(const struct conf_service *service, struct buf *out)
{
	static const char *const second[] = {[CONF_STDERR_LOG] = "a pipe to the log",
	                                     [CONF_STDERR_CLIENT] = "the same",
	                                     [CONF_STDERR_NULL] = "/dev/null"};

	buf_addf(out, "\t# descriptors: 0 and 1%s %s; 2 %s; no other\n",
	         service->listen_fds ? " and 3" : "",
	         service->wait ? "the socket itself" : "the client's socket",
	         second[service->stderr_to]);
}

static void add_limit(struct buf *out, const char *sign, rlim_t value)
{
	if (value == RLIM_INFINITY)
		buf_addf(out, "%sunlimited", sign);
	else
		buf_addf(out, "%s%llu", sign, (unsigned long long)value);
}

static void print_limits(const struct conf_service *service, struct buf *out)
{
	static const char *const name[CONF_RLIMITS] = {
	    [CONF_RLIMIT_AS] = "as",       [CONF_RLIMIT_CORE] = "core",
	    [CONF_RLIMIT_CPU] = "cpu",     [CONF_RLIMIT_DATA] = "data",
	    [CONF_RLIMIT_FILES] = "files", [CONF_RLIMIT_FSIZE] = "fsize",
	    [CONF_RLIMIT_NPROC] = "nproc", [CONF_RLIMIT_MEMLOCK] = "memlock",
	    [CONF_RLIMIT_RSS] = "rss",     [CONF_RLIMIT_STACK] = "stack"};

	buf_adds(out, "\t# limits: ");
	for (size_t i = 0; i < CONF_RLIMITS; i++) {
		if (!service->rlimit[i].set)
			continue;
		buf_adds(out, name[i]);
		add_limit(out, " ", service->rlimit[i].soft);
		add_limit(out, ":", service->rlimit[i].hard);
		buf_adds(out, ", ");
	}
	buf_adds(out, "all else as usherd was started with\n");
}

static void print_sandbox(const struct conf_service *service, struct buf *out)
{
	buf_adds(out, "\t# sandbox: ");
	sandbox_format(service, out);
	buf_addc(out, '\n');
}

static void print_groups(const struct conf_service *service, struct buf *out)
{
	if (!service->grouped)
		return;
	buf_adds(out, "\t# with all that it starts: ");
	groups_format(service, out);
	buf_addc(out, '\n');
}

void handler_print(const struct conf_service *service, struct buf *out)
{
	buf_addf(out, "\t# program: %s\n", service->path);
	print_ids(service, out);
	print_sandbox(service, out);
	print_groups(service, out);
	print_descriptors(service, out);
	print_limits(service, out);
	print_environment(service, out);
	print_connection(service, out);
}
