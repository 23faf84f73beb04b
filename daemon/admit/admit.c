#include "admit/admit.h"

#include <assert.h>
#include <string.h>

int admit_init(struct admit *admit, size_t max_sources, unsigned max_sessions)
{
	memset(admit, 0, sizeof *admit);
	admit->max_sessions = max_sessions;
	return source_table_init(&admit->sources, max_sources);
}

void admit_free(struct admit *admit)
{
	source_table_free(&admit->sources);
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

static struct admit_answer admit_wait(struct admit_service *service, struct admit_client *client,
                                      msec_t now)
{
	const struct conf_service *conf = service->conf;
	struct source *source = client->source;
	struct admit_answer answer = {.verdict = ADMIT_WAIT};

	if (source->waiting >= conf->queue_per_source)
		return refuse(REASON_QUEUE_FULL);
	if (queue_reserve(&service->queue, source) < 0)
		return refuse(REASON_RESOURCES);
	if (service->queue.count >= conf->queue) {
		struct queue_node *last = queue_last_of_longest(&service->queue);

		/* A flood displaces itself; on a tie it is the newcomer that goes. */
		if (!last || source->waiting + 1 >= last->source->waiting)
			return refuse(REASON_QUEUE_FULL);
		answer.displaced = client_of(last);
		admit_release(service, answer.displaced);
	}
	queue_add(&service->queue, source, &client->node, now);
	client->state = ADMIT_WAITING;
	source_touch(&service->admit->sources, source);
	return answer;
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

struct admit_answer admit_check(struct admit_service *service, struct admit_client *client,
                                const struct addr *peer, msec_t now)
{
	const struct conf_service *conf = service->conf;
	struct prefix prefix;
	enum reason obstacle;

	client->state = ADMIT_OUT;
	obstacle = admit_machine(service);
	if (obstacle)
		return refuse(obstacle);
	prefix_of(peer, conf->source_prefix_v4, conf->source_prefix_v6, &prefix);
	client->source = source_get(&service->admit->sources, service->number, &prefix);
	if (!client->source)
		return refuse(REASON_RESOURCES);
	obstacle = admit_obstacle(service, client->source);
	/* Nobody overtakes one who waits and could start as well. */
	if (obstacle == REASON_NONE && !queue_next(&service->queue, conf->per_source)) {
		admit_run(service, client);
		return (struct admit_answer){.verdict = ADMIT_START};
	}
	if (conf->when_full == CONF_FULL_REFUSE || conf->queue == 0)
		return refuse(obstacle ? obstacle : REASON_PER_SOURCE);
	return admit_wait(service, client, now);
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
