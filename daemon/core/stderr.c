#include "core/stderr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/carry.h"
#include "core/service.h"
#include "core/supervisor.h"

enum {
	LINE_MAX_BYTES = 1024,
	READ_BYTES = 4096,       /* of one pipe a turn */
	BUDGET_BYTES = 64 << 10, /* of one session a second */
	BUDGET_MSEC = 1000,
	IDLE_MOST = 16,     /* pipes that a service keeps for the next sessions */
	RETIRED_MOST = 256, /* pipes of all services whose sessions are gone */
};

struct stderr_pipe {
	struct loop_watch watch; /* the end that is read */
	int write_fd;            /* -1: retired */
	struct service *service;
	struct list link; /* in the service's idle, used or retired */
	struct list loud; /* in the pool's list while it is left unread */
	uint64_t session;
	pid_t pid;
	unsigned budget; /* bytes that may still be read this second */
	msec_t since;    /* when that second began */
	size_t used;
	char line[LINE_MAX_BYTES];
};

static struct stderr_pool *pool_of(const struct stderr_pipe *pipe)
{
	return &pipe->service->sup->stderr_pool;
}

static void pipe_free(struct stderr_pipe *pipe)
{
	struct stderr_pool *pool = pool_of(pipe);

	loop_unwatch(pipe->service->sup->loop, &pipe->watch);
	pool->fds -= 1 + (pipe->write_fd >= 0);
	pool->retired -= pipe->write_fd < 0;
	fd_close(&pipe->watch.fd);
	fd_close(&pipe->write_fd);
	list_remove(&pipe->link);
	list_remove(&pipe->loud);
	free(pipe);
}

static void write_line(struct stderr_pipe *pipe)
{
	const struct log_field field[] = {
	    {.name = "event", .type = LOG_TEXT, .text = "stderr"},
	    {.name = "service", .type = LOG_TEXT, .text = pipe->service->conf->name},
	    {.name = "session", .type = LOG_NUMBER, .number = (int64_t)pipe->session},
	    {.name = "pid", .type = LOG_NUMBER, .number = pipe->pid},
	    {.name = "text", .type = LOG_TEXT, .text = pipe->line},
	};

	pipe->line[pipe->used] = '\0';
	if (pipe->used > 0)
		log_event(LOG_INFO, field, sizeof field / sizeof *field);
	pipe->used = 0;
}

static void take_bytes(struct stderr_pipe *pipe, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\0') {
			write_line(pipe);
			continue;
		}
		if (pipe->used == sizeof pipe->line - 1)
			write_line(pipe);
		pipe->line[pipe->used++] = bytes[i];
	}
}

/* One read; false when there was nothing more. */
static bool read_some(struct stderr_pipe *pipe)
{
	char bytes[READ_BYTES];
	size_t want = pipe->budget < sizeof bytes ? pipe->budget : sizeof bytes;
	ssize_t n = sys_read(pipe->watch.fd, bytes, want);

	if (n <= 0)
		return false;
	pipe->budget -= (unsigned)n;
	take_bytes(pipe, bytes, (size_t)n);
	return (size_t)n == want;
}

static void refresh_budget(struct stderr_pipe *pipe, msec_t now)
{
	if (now - pipe->since < BUDGET_MSEC)
		return;
	pipe->since = now;
	pipe->budget = BUDGET_BYTES;
}

static void be_quiet(struct stderr_pipe *pipe)
{
	struct stderr_pool *pool = pool_of(pipe);
	struct loop *loop = pipe->service->sup->loop;

	loop_unwatch(loop, &pipe->watch);
	list_append(&pool->loud, &pipe->loud);
	if (!pool->timer.node.at)
		loop_timer_set(loop, &pool->timer, loop_now(loop) + BUDGET_MSEC / 4);
}

static void on_readable(struct loop_watch *watch, uint32_t events)
{
	struct stderr_pipe *pipe = list_entry(watch, struct stderr_pipe, watch);

	refresh_budget(pipe, loop_now(pipe->service->sup->loop));
	if (events & EPOLLIN)
		(void)read_some(pipe);
	/* Nobody writes any more to one that is retired. */
	if (pipe->write_fd < 0 && (events & EPOLLHUP) && !(events & EPOLLIN)) {
		write_line(pipe);
		pipe_free(pipe);
	} else if (pipe->budget == 0) {
		be_quiet(pipe);
	}
}

static void on_timer(struct loop_timer *timer)
{
	struct stderr_pool *pool = list_entry(timer, struct stderr_pool, timer);
	struct supervisor *sup = list_entry(pool, struct supervisor, stderr_pool);
	msec_t now = loop_now(sup->loop);

	list_each_safe (link, &pool->loud) {
		struct stderr_pipe *pipe = list_entry(link, struct stderr_pipe, loud);

		if (now - pipe->since < BUDGET_MSEC)
			continue;
		if (loop_watch(sup->loop, &pipe->watch, EPOLLIN) == 0)
			list_remove(&pipe->loud);
	}
	if (!list_empty(&pool->loud))
		loop_timer_set(sup->loop, timer, now + BUDGET_MSEC / 4);
}

int stderr_init(struct supervisor *sup)
{
	list_init(&sup->stderr_pool.loud);
	return loop_timer_init(sup->loop, &sup->stderr_pool.timer, on_timer);
}

void stderr_free(struct supervisor *sup)
{
	loop_timer_free(sup->loop, &sup->stderr_pool.timer);
}

static struct stderr_pipe *pipe_new(struct service *service)
{
	struct stderr_pipe *pipe = sys_calloc(1, sizeof *pipe);
	int end[2];

	if (!pipe)
		return NULL;
	if (sys_pipe2(end, O_CLOEXEC) < 0) {
		free(pipe);
		return NULL;
	}
	pipe->service = service;
	pipe->watch.fd = fd_up(end[0]);
	pipe->watch.ready = on_readable;
	pipe->write_fd = fd_up(end[1]);
	list_init(&pipe->link);
	list_init(&pipe->loud);
	service->sup->stderr_pool.fds += 2;
	/* Non-blocking for us, who read; the writer's end is another description. */
	if (fd_set_nonblock(pipe->watch.fd, true) < 0 || fchmod(pipe->write_fd, 0622) < 0 ||
	    loop_watch(service->sup->loop, &pipe->watch, EPOLLIN) < 0) {
		pipe_free(pipe);
		return NULL;
	}
	return pipe;
}

struct stderr_pipe *stderr_borrow(struct service *service)
{
	struct list *first = list_first(&service->stderr_idle);
	struct stderr_pipe *pipe = NULL;

	if (first) {
		pipe = list_entry(first, struct stderr_pipe, link);
		list_remove(&pipe->link);
		service->stderr_idle_count--;
	} else if (supervisor_has_fds(service->sup)) {
		pipe = pipe_new(service);
	}
	if (!pipe)
		return NULL;
	list_append(&service->stderr_used, &pipe->link);
	return pipe;
}

int stderr_end(const struct stderr_pipe *pipe)
{
	return fd_down(pipe->write_fd);
}

void stderr_begin(struct stderr_pipe *pipe, uint64_t session, pid_t pid)
{
	pipe->session = session;
	pipe->pid = pid;
	pipe->since = 0;
	pipe->budget = BUDGET_BYTES;
}

/* Processes of its group are left: they may write on, but nobody else may get
 * the pipe. Once the last of them is gone, its end is seen. */
static void pipe_retire(struct stderr_pipe *pipe)
{
	struct stderr_pool *pool = pool_of(pipe);

	if (pool->retired >= RETIRED_MOST) {
		pipe_free(pipe);
		return;
	}
	fd_close(&pipe->write_fd);
	pool->fds--;
	pool->retired++;
}

void stderr_return(struct stderr_pipe *pipe, pid_t pid)
{
	struct service *service = pipe->service;

	/* The last words: what the pipe holds, and no more. */
	pipe->budget = BUDGET_BYTES;
	while (pid > 0 && pipe->budget > 0 && read_some(pipe))
		;
	if (pid > 0 && (sys_kill(-pid, 0) == 0 || errno == EPERM)) {
		pipe_retire(pipe);
		return;
	}
	write_line(pipe);
	if (service->stderr_idle_count >= IDLE_MOST || pipe->budget == 0 ||
	    !list_empty(&pipe->loud)) {
		pipe_free(pipe);
		return;
	}
	list_remove(&pipe->link);
	list_append(&service->stderr_idle, &pipe->link);
	service->stderr_idle_count++;
}

static void close_list(struct list *list)
{
	list_each_safe (link, list)
		pipe_free(list_entry(link, struct stderr_pipe, link));
}

void stderr_close(struct service *service)
{
	close_list(&service->stderr_idle);
	close_list(&service->stderr_used);
	service->stderr_idle_count = 0;
}

uint64_t stderr_session(const struct stderr_pipe *pipe)
{
	return pipe->session;
}

enum {
	PIPE_READ = STDERR_TAG_SERVICE + 1,
	PIPE_WRITE,
	PIPE_SESSION,
	PIPE_PID,
	PIPE_BUDGET,
	PIPE_SINCE,
	PIPE_LINE
};

void stderr_carry(const struct stderr_pipe *pipe, struct state_writer *state)
{
	state_record(state, CARRY_PIPE);
	state_add(state, STDERR_TAG_SERVICE, pipe->service->carried);
	state_add_fd(state, PIPE_READ, pipe->watch.fd);
	state_add_fd(state, PIPE_WRITE, pipe->write_fd);
	state_add(state, PIPE_SESSION, pipe->session);
	state_add(state, PIPE_PID, (uint64_t)pipe->pid);
	state_add(state, PIPE_BUDGET, pipe->budget);
	state_add(state, PIPE_SINCE, (uint64_t)pipe->since);
	state_add_bytes(state, PIPE_LINE, pipe->line, pipe->used);
}

void stderr_carry_retired(const struct service *service, struct state_writer *state)
{
	list_each (link, &service->stderr_used) {
		const struct stderr_pipe *pipe = list_entry(link, struct stderr_pipe, link);

		if (pipe->write_fd < 0)
			stderr_carry(pipe, state);
	}
}

struct stderr_pipe *stderr_adopt(struct service *service, struct state_reader *state)
{
	struct stderr_pipe *pipe = sys_calloc(1, sizeof *pipe);
	struct stderr_pool *pool = &service->sup->stderr_pool;
	const void *line;

	if (!pipe)
		return NULL;
	pipe->service = service;
	pipe->watch.fd = state_get_fd(state, PIPE_READ);
	pipe->watch.ready = on_readable;
	pipe->write_fd = state_get_fd(state, PIPE_WRITE);
	pipe->session = state_get(state, PIPE_SESSION);
	pipe->pid = (pid_t)state_get(state, PIPE_PID);
	pipe->budget = (unsigned)state_get_below(state, PIPE_BUDGET, BUDGET_BYTES + 1);
	pipe->since = (msec_t)state_get(state, PIPE_SINCE);
	line = state_get_bytes(state, PIPE_LINE, &pipe->used);
	if (!state_done(state) || pipe->watch.fd < 0 || pipe->used >= sizeof pipe->line) {
		state_fail(state, "a pipe for standard error is broken");
		free(pipe);
		return NULL;
	}
	if (line)
		memcpy(pipe->line, line, pipe->used);
	list_init(&pipe->loud);
	list_append(&service->stderr_used, &pipe->link);
	pool->fds += 1 + (pipe->write_fd >= 0);
	pool->retired += pipe->write_fd < 0;
	return pipe;
}

/* One that was left unread is looked at at once: then it is left unread again. */
int stderr_attach(struct service *service)
{
	list_each (link, &service->stderr_used) {
		struct stderr_pipe *pipe = list_entry(link, struct stderr_pipe, link);

		if (loop_watch(service->sup->loop, &pipe->watch, EPOLLIN) < 0)
			return -1;
	}
	return 0;
}
