#include "unit/start.h"

#include "unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

enum { DEADLINE_MSEC = 20000 };

/* Takes away one call, or clone(2) where it is asked for a pidfd: only spawn/ does. */
static int take_away(long number, uint32_t flag)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 0, flag ? 1 : 0),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = ARRAY_LEN(code), .filter = code};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0)
		return 0;
	/* Who is not root must give up more for that. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int descend_to(enum spawn_way way)
{
	static enum spawn_way best = SPAWN_BY_CLONE3;

	for (; best < way; best++)
		if (best == SPAWN_BY_CLONE3 ? take_away(SYS_clone3, 0) < 0
		                            : take_away(SYS_clone, CLONE_PIDFD) < 0)
			return -1;
	return 0;
}

static void on_settled(void *owner, const struct spawn_result *result)
{
	struct start *start = owner;

	assert_false(start->settled);
	start->settled = true;
	start->result = *result;
}

struct spawner *start_spawner(enum spawn_way way, const char **why_r)
{
	struct spawn_options options = {.settled = on_settled};
	struct spawner *spawner = NULL;

	*why_r = "there is no seccomp here to take the better ways away";
	if (descend_to(way) == 0)
		spawner = spawn_new(&options);
	if (spawner && spawn_way(spawner, false) != way) {
		*why_r = "children cannot be made in this way here";
		spawn_free(&spawner);
	}
	return spawner;
}

const char *start_probe(void)
{
	static char path[4096];
	const char *build = getenv("USHERD_BUILD");

	snprintf(path, sizeof path, "%s/tests/system/probe", build ? build : ".");
	if (path[0] != '/')
		assert_non_null(realpath("tests/system/probe", path));
	return path;
}

struct plan *start_plan(void)
{
	static const char *const argv[] = {"probe", "report", NULL}, *const env[] = {NULL};
	static struct plan plan;

	plan = (struct plan){.refs = 1,
	                     .path = start_probe(),
	                     .argv = argv,
	                     .env = env,
	                     .directory = "/",
	                     .umask = 022};
	return &plan;
}

void start_begin(struct start *start, struct spawner *spawner, struct plan *plan, msec_t now)
{
	struct slot *slot = spawn_slot(spawner);
	int fds[2];

	assert_non_null(slot);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	/* As core does it: what is not the child's lives high up. */
	*start = (struct start){.client = fds[0], .peer = fd_up(fds[1])};
	assert_int_equal(slot_env_begin(slot, plan), 0);
	assert_int_equal(slot_env_end(slot), 0);
	start->pid = spawn_start(spawner, slot, plan, start->client, -1, start, now, &start->pidfd);
	assert_true(start->pid > 0);
}

void start_settle(struct start *start, struct spawner *spawner)
{
	msec_t until = clock_msec() + DEADLINE_MSEC;

	while (!start->settled && clock_msec() < until) {
		spawn_settle(spawner, 0);
		poll(NULL, 0, !start->settled);
	}
	assert_true(start->settled);
	fd_close(&start->client);
}

siginfo_t start_end(struct start *start)
{
	siginfo_t info = {.si_pid = 0};

	fd_close(&start->client);
	fd_close(&start->peer);
	assert_int_equal(waitid(P_PID, (id_t)start->pid, &info, WEXITED), 0);
	fd_close(&start->pidfd);
	return info;
}

const char *start_report(struct spawner *spawner, struct plan *plan)
{
	static char text[1 << 16];
	struct start start;
	size_t len = 0;
	ssize_t n;

	start_begin(&start, spawner, plan, 0);
	start_settle(&start, spawner);
	assert_int_equal(start.result.error, 0);
	do {
		struct pollfd p = {.fd = start.peer, .events = POLLIN};

		assert_int_equal(poll(&p, 1, DEADLINE_MSEC), 1);
		n = read(start.peer, text + len, sizeof text - 1 - len);
		assert_true(n >= 0);
		len += (size_t)n;
	} while (n > 0);
	text[len] = '\0';
	assert_int_equal(start_end(&start).si_status, 0);
	return text;
}

bool report_has(const char *report, const char *format, ...)
{
	char line[8192] = "\n";
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + 1, sizeof line - 2, format, ap);
	va_end(ap);
	strcat(line, "\n");
	return strncmp(report, line + 1, strlen(line + 1)) == 0 || strstr(report, line);
}

unsigned report_count(const char *report, const char *key)
{
	unsigned n = 0;

	for (const char *at = report; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		n += strncmp(at, key, strlen(key)) == 0 && at[strlen(key)] == ' ';
	}
	return n;
}
