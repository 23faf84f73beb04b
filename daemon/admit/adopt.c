#include "admit/adopt.h"

static struct source *find(struct admit_service *service, const struct prefix *prefix, msec_t now)
{
	return source_get(&service->admit->sources, &service->sources, prefix,
	                  &service->conf->rate_per_source, now);
}

int adopt_source(struct admit_service *service, const struct adopt_source *wanted, msec_t now)
{
	struct source *source = find(service, &wanted->prefix, now);

	if (!source)
		return -1;
	source->bucket = wanted->bucket;
	source->turn = wanted->turn;
	queue_source_exempt(&service->queue, source, wanted->exempt);
	source_touch(source);
	return 0;
}

int adopt_running(struct admit_service *service, struct admit_client *client,
                  const struct prefix *prefix, msec_t now)
{
	client->source = find(service, prefix, now);
	if (!client->source)
		return -1;
	client->state = ADMIT_RUNNING;
	client->source->running++;
	service->running++;
	service->admit->running++;
	queue_source_moved(&service->queue, client->source);
	source_touch(client->source);
	return 0;
}

int adopt_waiting(struct admit_service *service, struct admit_client *client,
                  const struct prefix *prefix, msec_t since, msec_t now)
{
	struct source *source = find(service, prefix, now);
	uint64_t turn, turns = service->queue.turns;

	if (!source || queue_reserve(&service->queue, source) < 0)
		return -1;
	turn = source->turn;
	client->source = source;
	client->state = ADMIT_WAITING;
	queue_add(&service->queue, source, &client->node, since);
	/* It has not come anew. */
	source->turn = turn;
	service->queue.turns = turns;
	queue_source_moved(&service->queue, source);
	source_touch(source);
	return 0;
}
