#include "control/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "control/commands.h"
#include "control/share.h"

enum {
	CLIENTS_MOST = 64,
	CLIENTS_LEAST = 4,
	ACCEPT_BATCH = 16,
	ACCEPT_AGAIN_MSEC = 100, /* after it failed */
	STALE_MSEC = 200,        /* who has not got on for so long may be displaced */
	REQUEST_MSEC = 5000,
	ANSWER_MSEC = 30000,
	ANSWER_MAX = 4 << 20, /* what one row may need; else it is COMMAND_PIECE */
};

struct control {
	struct supervisor *sup;
	struct control_options options;
	usec_t since;
	struct claim claim;
	struct share share;      /* by which all comes that is asked */
	struct loop_watch watch; /* of the listener, while there is room */
	struct loop_timer again;
	struct list clients; /* who got on longest ago is the first */
	unsigned client_count, client_max;
};

struct client {
	struct list link;
	struct control *control;
	struct loop_watch watch;
	struct loop_timer deadline;
	msec_t moved; /* when it last got on: came, said or took something */
	char line[CONTROL_REQUEST_MAX];
	size_t len;
	bool asked; /* the request is complete, the answer begun */
	struct request request;
	struct answer answer;
	struct buf out;
	size_t sent; /* of out */
};

static void client_close(struct client *client);

/* Who would give way to a newcomer. Who waits for us cannot get on, and stays. */
static struct client *client_stalest(const struct control *control)
{
	list_each (link, &control->clients) {
		struct client *client = list_entry(link, struct client, link);

		if (!client->answer.pending)
			return client;
	}
	return NULL;
}

/* When there is room for one more: now, later, or -1: when somebody has gone. */
static msec_t control_room(const struct control *control)
{
	msec_t now = loop_now(control->sup->loop);
	struct client *stalest;

	if (control->client_count < control->client_max)
		return now;
	stalest = client_stalest(control);
	if (!stalest)
		return -1;
	return stalest->moved + STALE_MSEC > now ? stalest->moved + STALE_MSEC : now;
}

/* In the loop while there is room for one more. */
static void control_listen(struct control *control)
{
	struct loop *loop = control->sup->loop;
	msec_t room = control_room(control);

	if (room != loop_now(loop)) {
		loop_unwatch(control->share.inner, &control->watch);
		if (room >= 0)
			loop_timer_set(loop, &control->again, room);
	} else if (loop_watch(control->share.inner, &control->watch, EPOLLIN) < 0) {
		loop_timer_set(loop, &control->again, loop_now(loop) + ACCEPT_AGAIN_MSEC);
	}
}

static void client_moved(struct client *client)
{
	client->moved = loop_now(client->control->sup->loop);
	list_remove(&client->link);
	list_append(&client->control->clients, &client->link);
}

static void on_again(struct loop_timer *timer)
{
	control_listen(list_entry(timer, struct control, again));
}

/* Makes more of the answer if there is little left to send. */
static void client_produce(struct client *client)
{
	if (client->answer.done || client->out.len - client->sent >= COMMAND_PIECE)
		return;
	buf_consume(&client->out, client->sent);
	client->sent = 0;
	command_continue(&client->answer);
}

/* Sends what the client takes now. False if the client is gone by it. */
static bool client_send(struct client *client)
{
	struct buf *out = &client->out;
	ssize_t n = sys_send(client->watch.fd, out->data + client->sent, out->len - client->sent,
	                     MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN) {
		client_close(client);
		return false;
	}
	if (n > 0) {
		client->sent += (size_t)n;
		client_moved(client);
	}
	if (client->answer.done && client->sent == out->len) {
		client_close(client);
		return false;
	}
	if (client->answer.pending) {
		loop_unwatch(client->control->share.inner, &client->watch);
	} else if (loop_watch(client->control->share.inner, &client->watch, EPOLLOUT) < 0) {
		client_close(client);
		return false;
	}
	return true;
}

/* The answer could not be made at once, and now it can be sent. */
static void client_resume(struct answer *answer)
{
	struct client *client = list_entry(answer, struct client, answer);

	if (client->out.failed)
		client_close(client);
	else
		(void)client_send(client);
}

static void client_write(struct client *client)
{
	client_produce(client);
	if (client->out.failed) {
		log_warn("control: no memory for the answer to \"%s\"", client->request.command);
		client_close(client);
		return;
	}
	(void)client_send(client);
}

static bool peer_may_change(const struct client *client, const struct peer *peer)
{
	gid_t gid = client->control->sup->conf->control_gid;

	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	return gid != (gid_t)-1 && peer_is_in(client->watch.fd, peer, gid);
}

static void client_asked(struct client *client, size_t line_len)
{
	struct control *control = client->control;
	struct loop *loop = control->sup->loop;
	struct answer *answer = &client->answer;
	const char *why = NULL;
	int rc = request_parse(&client->request, client->line, line_len, &why);

	client->asked = true;
	loop_timer_set(loop, &client->deadline, loop_now(loop) + control->options.answer_msec);
	*answer = (struct answer){.sup = control->sup,
	                          .privileges = control->options.privileges,
	                          .serving_since = control->since,
	                          .resume = client_resume,
	                          .request = &client->request};
	report_init(&answer->report, &client->out, rc == 0 && client->request.json);
	if (rc < 0) {
		answer_refuse(answer, "usage", "%s", why);
	} else if (peer_of(client->watch.fd, &answer->peer) < 0) {
		answer_refuse(answer, "error", "who asks cannot be told: %s", strerror(errno));
	} else {
		answer->may_change = peer_may_change(client, &answer->peer);
		command_begin(answer);
	}
	/* At once, for after "stop" there may be no further turn. */
	if (client->out.failed)
		client_close(client);
	else
		(void)client_send(client);
}

static void client_read(struct client *client)
{
	size_t room = sizeof client->line - client->len;
	ssize_t n = sys_recv(client->watch.fd, client->line + client->len, room, MSG_DONTWAIT);
	char *newline;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		client_close(client);
		return;
	}
	client_moved(client);
	newline = memchr(client->line + client->len, '\n', (size_t)n);
	client->len += (size_t)n;
	if (newline)
		client_asked(client, (size_t)(newline - client->line));
	else if (client->len == sizeof client->line)
		client_asked(client, client->len);
}

static void on_client(struct loop_watch *watch, uint32_t events)
{
	struct client *client = list_entry(watch, struct client, watch);

	(void)events;
	if (client->asked)
		client_write(client);
	else
		client_read(client);
}

static void on_deadline(struct loop_timer *timer)
{
	struct client *client = list_entry(timer, struct client, deadline);
	static const char late[] = "error the request took too long\n";

	if (!client->asked)
		(void)sys_send(client->watch.fd, late, sizeof late - 1, MSG_DONTWAIT);
	client_close(client);
}

static void client_free(struct client *client)
{
	struct loop *loop = client->control->sup->loop;

	loop_unwatch(client->control->share.inner, &client->watch);
	loop_timer_free(loop, &client->deadline);
	command_abandon(&client->answer);
	fd_close(&client->watch.fd);
	buf_free(&client->out);
	free(client);
}

static void client_close(struct client *client)
{
	struct control *control = client->control;

	list_remove(&client->link);
	control->client_count--;
	control->sup->control_fds--;
	client_free(client);
	control_listen(control);
}

static void client_displace(struct client *client)
{
	static const char busy[] = "error others wait, and this one did not go on\n";

	if (!client)
		return;
	if (!client->asked)
		(void)sys_send(client->watch.fd, busy, sizeof busy - 1, MSG_DONTWAIT);
	client_close(client);
}

static void client_new(struct control *control, int fd)
{
	struct client *client = sys_calloc(1, sizeof *client);
	struct loop *loop = control->sup->loop;

	if (!client) {
		fd_close(&fd);
		return;
	}
	if (control->client_count >= control->client_max)
		client_displace(client_stalest(control));
	client->control = control;
	client->watch = (struct loop_watch){.fd = fd, .ready = on_client};
	client->out.max = ANSWER_MAX;
	if (loop_timer_init(loop, &client->deadline, on_deadline) < 0 ||
	    loop_watch(control->share.inner, &client->watch, EPOLLIN) < 0) {
		client_free(client);
		return;
	}
	loop_timer_set(loop, &client->deadline, loop_now(loop) + control->options.request_msec);
	list_init(&client->link);
	client_moved(client);
	control->client_count++;
	control->sup->control_fds++;
}

static bool is_lost_client(int error)
{
	return error == ECONNABORTED || error == EINTR;
}

static void on_connect(struct loop_watch *watch, uint32_t events)
{
	struct control *control = list_entry(watch, struct control, watch);
	struct loop *loop = control->sup->loop;

	(void)events;
	for (int i = 0; i < ACCEPT_BATCH && control_room(control) == loop_now(loop); i++) {
		int fd = fd_up(sys_accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));

		if (fd >= 0) {
			client_new(control, fd);
		} else if (errno == EAGAIN) {
			break;
		} else if (!is_lost_client(errno)) {
			/* Descriptors or memory; the client waits in the backlog. */
			loop_unwatch(control->share.inner, watch);
			loop_timer_set(loop, &control->again, loop_now(loop) + ACCEPT_AGAIN_MSEC);
			return;
		}
	}
	control_listen(control);
}

static int claim_for(struct control *control, struct claim_failure *failure)
{
	const struct conf *conf = control->sup->conf;
	struct claim_options options = {.path = conf->control,
	                                .uid = conf->user ? conf->uid : geteuid(),
	                                .gid = conf->user ? conf->gid : getegid(),
	                                .socket_gid = conf->control_gid,
	                                .mode = conf->control_mode};

	return claim_take(&control->claim, &options, failure);
}

/* Descriptors of clients come out of the reserve, which is small where the
 * limit is. */
static unsigned clients_for(unsigned limit)
{
	unsigned most = limit / 16;

	if (most < CLIENTS_LEAST)
		return CLIENTS_LEAST;
	return most < CLIENTS_MOST ? most : CLIENTS_MOST;
}

/* Not open yet. NULL: no memory. */
static struct control *control_new(struct supervisor *sup, const struct control_options *options)
{
	struct control *control = sys_calloc(1, sizeof *control);

	if (!control)
		return NULL;
	control->sup = sup;
	control->options = *options;
	if (control->options.request_msec == 0)
		control->options.request_msec = REQUEST_MSEC;
	if (control->options.answer_msec == 0)
		control->options.answer_msec = ANSWER_MSEC;
	control->since = clock_usec();
	control->client_max = clients_for(fd_limit());
	control->claim = (struct claim){.fd = -1, .lock_fd = -1};
	list_init(&control->clients);
	return control;
}

int control_attach(struct control *control)
{
	control->watch = (struct loop_watch){.fd = control->claim.fd, .ready = on_connect};
	if (share_open(&control->share, control->sup->loop) < 0 ||
	    loop_timer_init(control->sup->loop, &control->again, on_again) < 0)
		return -1;
	return loop_watch(control->share.inner, &control->watch, EPOLLIN);
}

struct control *control_open(struct supervisor *sup, const struct control_options *options,
                             struct claim_failure *failure)
{
	struct control *control = control_new(sup, options);

	*failure = (struct claim_failure){.running = -1};
	if (!control) {
		snprintf(failure->text, sizeof failure->text, "%s", strerror(errno));
		return NULL;
	}
	if (claim_for(control, failure) < 0) {
		free(control);
		return NULL;
	}
	if (control_attach(control) < 0) {
		snprintf(failure->text, sizeof failure->text, "%s", strerror(errno));
		control_close(&control);
	}
	return control;
}

enum { CONTROL_PATH = 1, CONTROL_FD, CONTROL_LOCK, CONTROL_DEV, CONTROL_INO, CONTROL_SINCE };

void control_carry(const struct control *control, struct state_writer *state)
{
	const struct claim *claim = &control->claim;

	state_record(state, CARRY_CONTROL);
	state_add_text(state, CONTROL_PATH, claim->addr.un.sun_path);
	state_add_fd(state, CONTROL_FD, claim->fd);
	state_add_fd(state, CONTROL_LOCK, claim->lock_fd);
	state_add(state, CONTROL_DEV, claim->dev);
	state_add(state, CONTROL_INO, claim->ino);
	state_add(state, CONTROL_SINCE, (uint64_t)control->since);
}

static bool read_claim(struct control *control, struct state_reader *state)
{
	const char *path = state_get_text(state, CONTROL_PATH);
	struct claim was = {.fd = state_get_fd(state, CONTROL_FD),
	                    .lock_fd = state_get_fd(state, CONTROL_LOCK)};

	was.dev = state_get(state, CONTROL_DEV);
	was.ino = state_get(state, CONTROL_INO);
	control->since = (usec_t)state_get(state, CONTROL_SINCE);
	if (!state_done(state))
		return false;
	if (!path || was.fd < 0 || was.lock_fd < 0 || claim_adopt(&control->claim, &was, path) < 0)
		return state_fail(state, "there is no control socket");
	return true;
}

struct control *control_adopt(struct supervisor *sup, const struct control_options *options,
                              struct state_reader *state)
{
	struct control *control = control_new(sup, options);
	bool found = false;

	state_rewind(state);
	while (control && !found && state_next(state))
		found = state->kind == CARRY_CONTROL;
	if (!found)
		state_fail(state, "there is no control socket");
	if (control && !state->failed && read_claim(control, state))
		return control;
	free(control);
	return NULL;
}

void control_close(struct control **control)
{
	struct control *ctl = *control;

	*control = NULL;
	if (!ctl)
		return;
	list_each_safe (link, &ctl->clients) {
		struct client *client = list_entry(link, struct client, link);

		list_remove(&client->link);
		ctl->sup->control_fds--;
		client_free(client);
	}
	loop_timer_free(ctl->sup->loop, &ctl->again);
	if (ctl->share.inner)
		loop_unwatch(ctl->share.inner, &ctl->watch);
	share_close(&ctl->share);
	claim_release(&ctl->claim);
	free(ctl);
}
