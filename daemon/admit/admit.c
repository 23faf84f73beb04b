#include "admit/admit.h"

#include <assert.h>
#include <string.h>

#include "admit/hours.h"

int admit_init(struct admit *admit, size_t max_sources, unsigned max_sessions)
{
	memset(admit, 0, sizeof *admit);
	admit->max_sessions = max_sessions;
	if (ban_table_init(&admit->bans, ADMIT_BANS_MOST) < 0)
		return -1;
	return source_table_init(&admit->sources, max_sources);
}

void admit_free(struct admit *admit)
{
	source_table_free(&admit->sources);
	ban_table_free(&admit->bans);
}

void admit_service_init(struct admit_service *service, struct admit *admit,
                        const struct conf_service *conf)
{
	service->admit = admit;
	service->conf = conf;
	service->number = admit->next_service++;
	service->running = 0;
	queue_init(&service->queue);
}

void admit_service_change(struct admit_service *service, const struct conf_service *conf)
{
	service->conf = conf;
}

void admit_service_free(struct admit_service *service)
{
	assert(service->running == 0 && service->queue.count == 0);
	source_forget(&service->admit->sources, service->number);
	queue_free(&service->queue);
}

bool admit_has_room(const struct admit_service *service)
{
	return service->running < service->conf->instances &&
	       service->admit->running < service->admit->max_sessions;
}

/* What keeps a client of this source from starting now. */
static enum reason admit_obstacle(const struct admit_service *service, const struct source *source)
{
	if (service->admit->running >= service->admit->max_sessions)
		return REASON_MAX_SESSIONS;
	if (service->running >= service->conf->instances)
		return REASON_INSTANCES;
	if (source->running >= service->conf->per_source)
		return REASON_PER_SOURCE;
	return REASON_NONE;
}

static void admit_run(struct admit_service *service, struct admit_client *client)
{
	client->state = ADMIT_RUNNING;
	client->source->running++;
	service->running++;
	service->admit->running++;
	queue_source_served(&service->queue, client->source);
	source_touch(&service->admit->sources, client->source);
}

static struct admit_answer refuse(enum reason reason)
{
	return (struct admit_answer){.verdict = ADMIT_REFUSE, .reason = reason};
}

static struct admit_client *client_of(struct queue_node *node)
{
	return node ? list_entry(node, struct admit_client, node) : NULL;
}

/* Is the machine too busy for another client? */
static enum reason admit_machine(const struct admit_service *service)
{
	const unsigned *most = service->conf->busy_most, *busy = service->admit->busy;

	/* A socket that is lent would be ready again at once. */
	if (!service->conf->heeds_machine || service->conf->wait || !busy)
		return REASON_NONE;
	for (int i = 0; i < PROC_FIGURES; i++)
		if (most[i] > 0 && busy[i] > most[i])
			return i == PROC_LOAD ? REASON_LOAD : REASON_PRESSURE;
	return REASON_NONE;
}

static struct admit_explanation turn_away(struct admit_explanation so_far, enum reason reason)
{
	so_far.verdict = ADMIT_REFUSE;
	so_far.reason = reason;
	return so_far;
}

/* The ban that the client is in, if that is one for this service. */
static struct ban *find_ban(const struct admit_service *service, const struct addr *peer,
                            msec_t now)
{
	struct ban *ban = ban_around(&service->admit->bans, peer, now);

	return ban && !acl_exempt(service->conf, peer) ? ban : NULL;
}

/* What is asked before anything is known of the source. */
static struct admit_explanation ask_at_the_door(const struct admit_service *service,
                                                const struct addr *peer, msec_t now)
{
	const struct conf_service *conf = service->conf;
	struct admit_explanation so_far = {.ban = find_ban(service, peer, now)};
	enum reason busy;

	if (so_far.ban)
		return turn_away(so_far, REASON_BANNED);
	so_far.acl = acl_ask(conf, peer);
	if (so_far.acl.refuses)
		return turn_away(so_far, REASON_ACCESS);
	if (conf->access_times_count) {
		so_far.times = hours_find(conf->access_times, conf->access_times_count,
		                          service->admit->week_minute);
		if (!so_far.times)
			return turn_away(so_far, REASON_TIME);
	}
	if (conf->sensor && addr_is_ip(peer))
		return turn_away(so_far, REASON_SENSOR);
	busy = admit_machine(service);
	return busy ? turn_away(so_far, busy) : so_far;
}

/* May one more of this source wait, in a queue that may be full? */
static bool may_wait(const struct admit_service *service, const struct source *source)
{
	const struct conf_service *conf = service->conf;
	const struct queue_node *last;

	if (source->waiting >= conf->queue_per_source)
		return false;
	if (service->queue.count < conf->queue)
		return true;
	/* A flood displaces itself; on a tie it is the newcomer that goes. */
	last = queue_last_of_longest(&service->queue);
	return last && source->waiting + 1 < last->source->waiting;
}

static struct admit_explanation ask_inside(const struct admit_service *service,
                                           const struct source *source,
                                           struct admit_explanation so_far)
{
	const struct conf_service *conf = service->conf;

	so_far.running = source->running;
	so_far.waiting = source->waiting;
	so_far.reason = admit_obstacle(service, source);
	/* Nobody overtakes one who waits and could start as well. */
	if (so_far.reason == REASON_NONE && !queue_next(&service->queue, conf->per_source)) {
		so_far.verdict = ADMIT_START;
		return so_far;
	}
	if (conf->when_full == CONF_FULL_REFUSE || conf->queue == 0)
		return turn_away(so_far, so_far.reason ? so_far.reason : REASON_PER_SOURCE);
	if (!may_wait(service, source))
		return turn_away(so_far, REASON_QUEUE_FULL);
	so_far.verdict = ADMIT_WAIT;
	return so_far;
}

static void admit_prefix(const struct admit_service *service, const struct addr *peer,
                         struct prefix *prefix)
{
	prefix_of(peer, service->conf->source_prefix_v4, service->conf->source_prefix_v6, prefix);
}

struct admit_explanation admit_explain(const struct admit_service *service, const struct addr *peer,
                                       msec_t now)
{
	static const struct source unknown;
	struct admit_explanation so_far = ask_at_the_door(service, peer, now);
	const struct source *source;
	struct prefix prefix;

	if (so_far.verdict == ADMIT_REFUSE)
		return so_far;
	admit_prefix(service, peer, &prefix);
	source = source_find(&service->admit->sources, service->number, &prefix);
	return ask_inside(service, source ? source : &unknown, so_far);
}

static struct admit_answer admit_wait(struct admit_service *service, struct admit_client *client,
                                      msec_t now)
{
	struct source *source = client->source;
	struct admit_answer answer = {.verdict = ADMIT_WAIT};

	if (queue_reserve(&service->queue, source) < 0)
		return refuse(REASON_RESOURCES);
	if (service->queue.count >= service->conf->queue) {
		answer.displaced = client_of(queue_last_of_longest(&service->queue));
		admit_release(service, answer.displaced);
	}
	queue_add(&service->queue, source, &client->node, now);
	client->state = ADMIT_WAITING;
	source_touch(&service->admit->sources, source);
	return answer;
}

/* Who comes to a sensor has a ban from now on: a new one, or a longer one. What
 * finds no room in the table is refused here all the same. */
static void admit_sense(const struct admit_service *service, const struct addr *peer,
                        const struct ban *around, msec_t now)
{
	struct ban_table *bans = &service->admit->bans;
	msec_t until = ban_until(now, service->conf->ban_time_msec);
	struct prefix prefix;
	const struct ban *has;

	if (acl_exempt(service->conf, peer) || (around && around->until >= until))
		return;
	admit_prefix(service, peer, &prefix);
	has = ban_find(bans, &prefix);
	if (!has || has->until < until)
		(void)ban_set(bans, &prefix, BAN_BY_SENSOR, until, now);
}

/* Refused, for what was found at the door. */
static struct admit_answer admit_turn_away(const struct admit_service *service,
                                           const struct addr *peer,
                                           const struct admit_explanation *found, msec_t now)
{
	if (found->ban)
		found->ban->refused++;
	if (service->conf->sensor && addr_is_ip(peer) &&
	    (found->ban || found->reason == REASON_SENSOR))
		admit_sense(service, peer, found->ban, now);
	return refuse(found->reason);
}

struct admit_answer admit_check(struct admit_service *service, struct admit_client *client,
                                const struct addr *peer, msec_t now)
{
	struct admit_explanation so_far = ask_at_the_door(service, peer, now);
	struct prefix prefix;

	client->state = ADMIT_OUT;
	if (so_far.verdict == ADMIT_REFUSE)
		return admit_turn_away(service, peer, &so_far, now);
	admit_prefix(service, peer, &prefix);
	client->source = source_get(&service->admit->sources, service->number, &prefix);
	if (!client->source)
		return refuse(REASON_RESOURCES);
	so_far = ask_inside(service, client->source, so_far);
	switch (so_far.verdict) {
	case ADMIT_START:
		admit_run(service, client);
		return (struct admit_answer){.verdict = ADMIT_START};
	case ADMIT_WAIT:
		return admit_wait(service, client, now);
	default:
		return refuse(so_far.reason);
	}
}

struct admit_client *admit_next(struct admit_service *service)
{
	struct admit_client *client;

	if (!admit_has_room(service))
		return NULL;
	client = client_of(queue_next(&service->queue, service->conf->per_source));
	if (!client)
		return NULL;
	queue_remove(&service->queue, &client->node);
	admit_run(service, client);
	return client;
}

msec_t admit_expiry(const struct admit_service *service)
{
	struct queue_node *oldest = queue_oldest(&service->queue);

	if (!oldest || service->conf->queue_timeout_msec == 0)
		return -1;
	return oldest->since + service->conf->queue_timeout_msec;
}

struct admit_client *admit_waiting(const struct admit_service *service)
{
	return client_of(queue_oldest(&service->queue));
}

struct admit_client *admit_expired(struct admit_service *service, msec_t now)
{
	msec_t expiry = admit_expiry(service);
	struct admit_client *client = admit_waiting(service);

	if (expiry < 0 || expiry > now)
		return NULL;
	admit_release(service, client);
	return client;
}

void admit_release(struct admit_service *service, struct admit_client *client)
{
	struct source *source = client->source;

	assert(client->state != ADMIT_OUT);
	if (client->state == ADMIT_WAITING) {
		queue_remove(&service->queue, &client->node);
	} else {
		assert(source->running > 0 && service->running > 0 && service->admit->running > 0);
		source->running--;
		service->running--;
		service->admit->running--;
		queue_source_moved(&service->queue, source);
	}
	client->state = ADMIT_OUT;
	source_touch(&service->admit->sources, source);
}
