#include "admit/admit.h"

#include <assert.h>
#include <string.h>

#include "admit/hours.h"

/* How long a source that the service's rate refused is loud: so many come back
 * meanwhile. */
enum { LOUD_TOKENS = 4 };

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
	service->bucket = (struct bucket){.taken = 0};
	queue_init(&service->queue);
	source_pool_init(&admit->sources, &service->sources, service->number);
}

void admit_service_change(struct admit_service *service, const struct conf_service *conf)
{
	service->conf = conf;
}

void admit_service_free(struct admit_service *service)
{
	assert(service->running == 0 && service->queue.count == 0);
	source_pool_free(&service->admit->sources, &service->sources);
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
	if (source->running >= service->conf->per_source && !source->exempt)
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
	source_touch(client->source);
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

/* Who comes, and what limits there are for it. */
static struct admit_explanation look_at(const struct conf_service *conf, const struct addr *peer)
{
	const struct net *exempt = acl_exempt(conf, peer);
	struct admit_explanation so_far = {.exempt = exempt, .limited = !exempt && !conf->wait};

	/* An exempt one is itself, and not one of its network. */
	prefix_of(peer, exempt ? 32 : conf->source_prefix_v4, exempt ? 128 : conf->source_prefix_v6,
	          &so_far.source);
	return so_far;
}

/* What is asked before anything is known of the source. */
static struct admit_explanation ask_at_the_door(const struct admit_service *service,
                                                const struct addr *peer, msec_t now)
{
	const struct conf_service *conf = service->conf;
	struct admit_explanation so_far = look_at(conf, peer);
	enum reason busy;

	if (!so_far.exempt)
		so_far.ban = ban_around(&service->admit->bans, peer, now);
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

	if (source->waiting >= conf->queue_per_source && !source->exempt)
		return false;
	if (service->queue.count < conf->queue)
		return true;
	/* A flood displaces itself; on a tie it is the newcomer that goes. */
	last = queue_last_of_longest(&service->queue);
	return last && source->waiting + 1 < last->source->waiting;
}

static struct admit_explanation ask_for_room(const struct admit_service *service,
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

/* What must be left in the service's bucket. Whoever comes much more often than
 * the rate would find each token before anybody else does: once it was refused it
 * leaves the last one to the others, until it has been quiet for a while. */
static unsigned least_left(const struct admit_service *service, const struct source *source,
                           msec_t now)
{
	return now < source->loud_until && service->conf->rate.burst > 1 ? 2 : 1;
}

static struct admit_explanation ask_for_rates(const struct admit_service *service,
                                              const struct source *source,
                                              struct admit_explanation so_far, msec_t now)
{
	const struct conf_rate *rate = &service->conf->rate;
	const struct conf_rate *of_source = &service->conf->rate_per_source;

	if (rate->count) {
		so_far.rate_left = bucket_left(&service->bucket, rate, now);
		so_far.rate_wait_msec = bucket_wait(&service->bucket, rate, now);
	}
	if (of_source->count) {
		so_far.rate_source_left = bucket_left(&source->bucket, of_source, now);
		so_far.rate_source_wait_msec = bucket_wait(&source->bucket, of_source, now);
	}
	if (so_far.verdict == ADMIT_REFUSE)
		return so_far;
	if (of_source->count && so_far.rate_source_left == 0)
		return turn_away(so_far, REASON_RATE_SOURCE);
	if (rate->count && so_far.rate_left < least_left(service, source, now))
		return turn_away(so_far, REASON_RATE);
	return so_far;
}

static struct admit_explanation ask_inside(const struct admit_service *service,
                                           const struct source *source,
                                           struct admit_explanation so_far, msec_t now)
{
	so_far = ask_for_room(service, source, so_far);
	return so_far.limited ? ask_for_rates(service, source, so_far, now) : so_far;
}

struct admit_explanation admit_explain(const struct admit_service *service, const struct addr *peer,
                                       msec_t now)
{
	const struct source_table *sources = &service->admit->sources;
	struct admit_explanation outside = ask_at_the_door(service, peer, now), inside;
	const struct source *known = source_find(sources, service->number, &outside.source);
	struct source source = {.running = 0};

	if (known)
		source = *known;
	else
		source.bucket = source_newcomer(sources, &service->sources,
		                                &service->conf->rate_per_source, now);
	source.exempt = outside.exempt != NULL;
	inside = ask_inside(service, &source, outside, now);
	return outside.verdict == ADMIT_REFUSE ? turn_away(inside, outside.reason) : inside;
}

static struct admit_answer admit_refuse_inside(const struct admit_service *service,
                                               struct source *source, enum reason reason,
                                               msec_t now)
{
	const struct conf_rate *rate = &service->conf->rate;

	if (reason == REASON_RATE)
		source->loud_until =
		    now + (LOUD_TOKENS * rate->time + rate->count - 1) / rate->count;
	return refuse(reason);
}

/* What is let in is paid for. */
static void admit_pay(struct admit_service *service, struct source *source, msec_t now)
{
	const struct conf_service *conf = service->conf;

	if (conf->rate_per_source.count)
		bucket_take(&source->bucket, &conf->rate_per_source, now);
	if (conf->rate.count)
		bucket_take(&service->bucket, &conf->rate, now);
}

static struct admit_answer admit_wait(struct admit_service *service, struct admit_client *client,
                                      msec_t now)
{
	struct source *source = client->source;
	struct admit_answer answer = {.verdict = ADMIT_WAIT};

	if (service->queue.count >= service->conf->queue) {
		answer.displaced = client_of(queue_last_of_longest(&service->queue));
		admit_release(service, answer.displaced);
	}
	queue_add(&service->queue, source, &client->node, now);
	client->state = ADMIT_WAITING;
	source_touch(source);
	return answer;
}

/* Who comes to a sensor has a ban from now on: a new one, or a longer one. What
 * finds no room in the table is refused here all the same. */
static void admit_sense(const struct admit_service *service, const struct admit_explanation *found,
                        msec_t now)
{
	struct ban_table *bans = &service->admit->bans;
	msec_t until = ban_until(now, service->conf->ban_time_msec);
	const struct ban *has;

	if (found->exempt || (found->ban && found->ban->until >= until))
		return;
	has = ban_find(bans, &found->source);
	if (!has || has->until < until)
		(void)ban_set(bans, &found->source, BAN_BY_SENSOR, until, now);
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
		admit_sense(service, found, now);
	return refuse(found->reason);
}

struct admit_answer admit_check(struct admit_service *service, struct admit_client *client,
                                const struct addr *peer, msec_t now)
{
	struct admit_explanation so_far = ask_at_the_door(service, peer, now);
	struct admit_answer answer = {.verdict = ADMIT_START};

	client->state = ADMIT_OUT;
	if (so_far.verdict == ADMIT_REFUSE)
		return admit_turn_away(service, peer, &so_far, now);
	client->source = source_get(&service->admit->sources, &service->sources, &so_far.source,
	                            &service->conf->rate_per_source, now);
	if (!client->source)
		return refuse(REASON_RESOURCES);
	queue_source_exempt(&service->queue, client->source, so_far.exempt != NULL);
	so_far = ask_inside(service, client->source, so_far, now);
	if (so_far.verdict == ADMIT_REFUSE)
		return admit_refuse_inside(service, client->source, so_far.reason, now);
	if (so_far.verdict == ADMIT_WAIT && queue_reserve(&service->queue, client->source) < 0)
		return refuse(REASON_RESOURCES);
	if (so_far.limited)
		admit_pay(service, client->source, now);
	if (so_far.verdict == ADMIT_WAIT)
		answer = admit_wait(service, client, now);
	else
		admit_run(service, client);
	return answer;
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
	source_touch(source);
}
