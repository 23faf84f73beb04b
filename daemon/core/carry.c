#include "core/carry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "config/print.h"
#include "core/conn.h"
#include "core/header.h"
#include "core/service.h"
#include "core/stderr.h"
#include "core/supervisor.h"
#include "net/activation.h"

enum {
	WHOLE_TEXT = 1,
	WHOLE_SERVICES,
	WHOLE_PORTS,
	WHOLE_STARTED,
	WHOLE_LAST_SESSION,
	WHOLE_LOG_LEVEL,
	WHOLE_FILES_SOFT,
	WHOLE_FILES_HARD,
	WHOLE_REAPED,
	WHOLE_EPISODES,
	WHOLE_UPGRADES,
};

enum { LINGER_FD = 1, LINGER_DUE };
enum { TEXT_MAX_BYTES = 64 << 20, MOST = 1 << 20 };

struct service *carry_last_service(struct carry *carry)
{
	if (carry->service_count > 0)
		return carry->service[carry->service_count - 1];
	state_fail(carry->state, "something is of no service");
	return NULL;
}

struct service *carry_find_service(struct carry *carry, unsigned tag)
{
	uint64_t number = state_get(carry->state, tag);

	if (number > 0 && number <= carry->service_count)
		return carry->service[number - 1];
	state_fail(carry->state, "there is no service %llu", (unsigned long long)number);
	return NULL;
}

struct port *carry_find_port(struct carry *carry, unsigned tag)
{
	uint64_t number = state_get_or(carry->state, tag, 0);

	if (number == 0)
		return NULL;
	if (number <= carry->port_count)
		return carry->port[number - 1];
	state_fail(carry->state, "there is no address %llu", (unsigned long long)number);
	return NULL;
}

bool carry_add_port(struct carry *carry, struct port *port)
{
	if (carry->port_count == carry->port_size)
		return state_fail(carry->state, "there are too many addresses");
	carry->port[carry->port_count++] = port;
	return true;
}

bool carry_no_memory(struct carry *carry)
{
	return state_fail(carry->state, "%s", strerror(ENOMEM));
}

/* Numbers by which the others refer to them, in the order in which they are written. */
static void number_all(struct supervisor *sup)
{
	uint32_t service_number = 0, port_number = 0;

	for (size_t i = 0; i < sup->service_count; i++) {
		struct service *service = sup->services[i];

		service->carried = ++service_number;
		list_each (link, &service->ports)
			list_entry(link, struct port, link)->carried = ++port_number;
		list_each (link, &service->leaving)
			list_entry(link, struct port, link)->carried = ++port_number;
	}
}

static void write_whole(const struct supervisor *sup, struct state_writer *state)
{
	struct buf text = BUF_INIT(TEXT_MAX_BYTES);

	conf_print(sup->conf, &text);
	state->out.failed |= text.failed;
	state_record(state, CARRY_WHOLE);
	state_add_text(state, WHOLE_TEXT, text.data);
	state_add(state, WHOLE_SERVICES, sup->service_count);
	state_add(state, WHOLE_PORTS, sup->port_count);
	state_add(state, WHOLE_STARTED, (uint64_t)sup->started_wall);
	state_add(state, WHOLE_LAST_SESSION, sup->last_session);
	state_add(state, WHOLE_LOG_LEVEL, (uint64_t)sup->live_log_level);
	state_add(state, WHOLE_FILES_SOFT, sup->original_files.rlim_cur);
	state_add(state, WHOLE_FILES_HARD, sup->original_files.rlim_max);
	state_add(state, WHOLE_REAPED, sup->reaper.reaped);
	state_add(state, WHOLE_EPISODES, sup->resources.episodes);
	state_add(state, WHOLE_UPGRADES, sup->upgrades);
	buf_free(&text);
}

static void write_linger(void *context, int fd, msec_t due)
{
	state_record(context, CARRY_LINGER);
	state_add_fd(context, LINGER_FD, fd);
	state_add(context, LINGER_DUE, (uint64_t)due);
}

static void write_kept(struct state_writer *state)
{
	int fd;

	for (int i = 0; (fd = activation_unclaimed(i)) >= 0; i++) {
		state_record(state, CARRY_KEPT);
		state_add_fd(state, CARRY_KEPT_FD, fd);
	}
}

/* Each session behind its pipe. */
static void write_sessions(const struct service *service, struct state_writer *state)
{
	stderr_carry_retired(service, state);
	list_each (link, &service->sessions) {
		const struct session *session = list_entry(link, struct session, link);

		if (session->stderr_pipe)
			stderr_carry(session->stderr_pipe, state);
		carry_write_session(session, state);
	}
}

static void write_conns(const struct supervisor *sup, struct state_writer *state)
{
	list_each (link, &sup->headers) {
		const struct header *header = list_entry(link, struct header, all);

		carry_write_conn(header->conn, header, state);
	}
	for (size_t i = 0; i < sup->service_count; i++)
		list_each (link, &sup->services[i]->admit.queue.arrival) {
			const struct admit_client *client =
			    list_entry(link, struct admit_client, node.arrival);

			carry_write_conn(list_entry(client, struct conn, admit), NULL, state);
		}
	list_each (link, &sup->ready)
		carry_write_conn(list_entry(link, struct conn, link), NULL, state);
}

void carry_write(struct supervisor *sup, struct state_writer *state)
{
	number_all(sup);
	write_whole(sup, state);
	for (size_t i = 0; i < sup->service_count; i++)
		carry_write_service(sup->services[i], state);
	carry_write_sources(sup, state);
	for (size_t i = 0; i < sup->service_count; i++)
		write_sessions(sup->services[i], state);
	write_conns(sup, state);
	linger_each(sup->linger, write_linger, state);
	write_kept(state);
	carry_write_bans(sup, state);
	carry_write_groups(sup, state);
}

const char *carry_text(struct state_reader *state)
{
	state_rewind(state);
	while (state_next(state))
		if (state->kind == CARRY_WHOLE)
			return state_get_text(state, WHOLE_TEXT);
	return NULL;
}

static bool read_whole(struct carry *carry)
{
	struct state_reader *state = carry->state;
	struct supervisor *sup = carry->sup;

	if (carry->service)
		return state_fail(state, "it begins twice");
	(void)state_get_text(state, WHOLE_TEXT);
	carry->service_size = (size_t)state_get_below(state, WHOLE_SERVICES, MOST);
	carry->port_size = (size_t)state_get_below(state, WHOLE_PORTS, MOST);
	sup->started_wall = (usec_t)state_get(state, WHOLE_STARTED);
	sup->last_session = state_get(state, WHOLE_LAST_SESSION);
	sup->live_log_level = (int)state_get_below(state, WHOLE_LOG_LEVEL, LOG_DEBUG + 1);
	(void)state_get(state, WHOLE_FILES_SOFT);
	(void)state_get(state, WHOLE_FILES_HARD);
	sup->reaper.reaped = state_get(state, WHOLE_REAPED);
	sup->resources.episodes = state_get(state, WHOLE_EPISODES);
	sup->upgrades = state_get(state, WHOLE_UPGRADES);
	if (!state_done(state))
		return false;
	carry->service = sys_calloc(carry->service_size + 1, sizeof(struct service *));
	carry->port = sys_calloc(carry->port_size + 1, sizeof(struct port *));
	return (carry->service && carry->port) || carry_no_memory(carry);
}

bool carry_read_files(struct state_reader *state, struct rlimit *files)
{
	state_rewind(state);
	while (state_next(state)) {
		if (state->kind != CARRY_WHOLE)
			continue;
		files->rlim_cur = state_get(state, WHOLE_FILES_SOFT);
		files->rlim_max = state_get(state, WHOLE_FILES_HARD);
		return !state->failed;
	}
	return state_fail(state, "it does not begin");
}

static bool read_linger(struct carry *carry)
{
	struct state_reader *state = carry->state;
	int fd = state_get_fd(state, LINGER_FD);
	msec_t due = (msec_t)state_get(state, LINGER_DUE);

	if (!state_done(state))
		return false;
	if (fd < 0)
		return state_fail(state, "who lingers has no connection");
	return linger_adopt(carry->sup->linger, fd, due) == 0 || carry_no_memory(carry);
}

static bool read_pipe(struct carry *carry)
{
	struct service *service = carry_find_service(carry, STDERR_TAG_SERVICE);

	if (!service)
		return false;
	carry->pipe = stderr_adopt(service, carry->state);
	return carry->pipe || carry_no_memory(carry);
}

static bool read_record(struct carry *carry)
{
	struct service *service;

	switch ((enum carry_kind)carry->state->kind) {
	case CARRY_WHOLE:
		return read_whole(carry);
	case CARRY_SERVICE:
		return carry_read_service(carry);
	case CARRY_COUNT:
	case CARRY_EXIT:
	case CARRY_HISTOGRAM:
		service = carry_last_service(carry);
		return service && carry_read_stats(carry->state, &service->stats);
	case CARRY_PORT:
		return carry_read_port(carry);
	case CARRY_SOURCE:
		return carry_read_source(carry);
	case CARRY_PIPE:
		return read_pipe(carry);
	case CARRY_SESSION:
		return carry_read_session(carry);
	case CARRY_CONN:
		return carry_read_conn(carry);
	case CARRY_LINGER:
		return read_linger(carry);
	case CARRY_KEPT:
		(void)state_get_fd(carry->state, CARRY_KEPT_FD);
		return state_done(carry->state);
	case CARRY_BAN:
		return carry_read_ban(carry);
	case CARRY_TREE:
		return carry_read_tree(carry);
	case CARRY_GROUP:
		return carry_read_group(carry);
	default: /* main's, and control's */
		return true;
	}
}

/* What follows from what was read, and needs no descriptor. */
static void conclude(struct supervisor *sup)
{
	for (size_t i = 0; i < sup->service_count; i++) {
		service_queue_changed(sup->services[i]);
		overtime_update(sup->services[i]);
	}
	sup->pump_wanted = sup->collect_wanted = true;
	if (sup->live_log_level)
		log_set_level(sup->live_log_level);
}

bool carry_read(struct supervisor *sup, struct state_reader *state,
                const struct conf_options *options)
{
	struct carry carry = {.sup = sup, .state = state, .options = options};

	state_rewind(state);
	while (state_next(state) && read_record(&carry))
		;
	if (!carry.service)
		state_fail(state, "it does not begin");
	free(carry.service);
	free(carry.port);
	if (!state->failed)
		conclude(sup);
	return !state->failed;
}
