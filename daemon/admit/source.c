#include "admit/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum {
	BUCKETS_MOST = 1 << 16,
	LOOKS = 8, /* at idle ones, for one that can go */
};

int source_table_init(struct source_table *table, size_t max)
{
	table->max = max;
	list_init(&table->pools);
	table->pool_count = 0;
	hash_key_draw(&table->key);
	return hash_init(&table->hash, max < BUCKETS_MOST ? max : BUCKETS_MOST);
}

static void source_free(struct source_table *table, struct source *source)
{
	list_remove(&source->idle);
	source->pool->count--;
	hash_remove(&table->hash, &source->hash);
	free(source);
}

void source_table_free(struct source_table *table)
{
	for (size_t i = 0; i < table->hash.buckets; i++)
		while (table->hash.bucket[i])
			source_free(table, list_entry(table->hash.bucket[i], struct source, hash));
	hash_free(&table->hash);
}

static uint64_t source_hash(const struct source_table *table, uint32_t service,
                            const struct prefix *prefix)
{
	unsigned char name[sizeof *prefix + sizeof service];

	memcpy(name, prefix, sizeof *prefix);
	memcpy(name + sizeof *prefix, &service, sizeof service);
	return hash_bytes(&table->key, name, sizeof name);
}

static struct source *source_among(const struct source_table *table, uint64_t value,
                                   uint32_t service, const struct prefix *prefix)
{
	struct hash_node *node = hash_find(&table->hash, value);

	for (; node; node = hash_next(node)) {
		struct source *source = list_entry(node, struct source, hash);

		if (source->service == service && prefix_equal(&source->prefix, prefix))
			return source;
	}
	return NULL;
}

struct source *source_find(const struct source_table *table, uint32_t service,
                           const struct prefix *prefix)
{
	return source_among(table, source_hash(table, service, prefix), service, prefix);
}

void source_pool_init(struct source_table *table, struct source_pool *pool, uint32_t service)
{
	pool->service = service;
	pool->count = 0;
	list_init(&pool->idle);
	list_init(&pool->link);
	list_append(&table->pools, &pool->link);
	table->pool_count++;
}

void source_pool_free(struct source_table *table, struct source_pool *pool)
{
	list_each_safe (link, &pool->idle)
		source_free(table, list_entry(link, struct source, idle));
	assert(pool->count == 0);
	list_remove(&pool->link);
	table->pool_count--;
}

/* The one of these that tells the least about the past. */
static struct source *pool_least(const struct source_pool *pool, const struct conf_rate *rate,
                                 msec_t now)
{
	struct source *least = NULL;
	msec_t least_wait = 0;
	int looks = 0;

	list_each (link, &pool->idle) {
		struct source *source = list_entry(link, struct source, idle);
		msec_t wait = rate->count ? bucket_wait_full(&source->bucket, rate, now) : 0;

		if (!least || wait < least_wait) {
			least = source;
			least_wait = wait;
		}
		if (least_wait == 0 || ++looks == LOOKS)
			break;
	}
	return least;
}

/* The longest idle one of the service that has most. */
static struct source *source_of_most(const struct source_table *table)
{
	const struct source_pool *most = NULL;

	list_each (link, &table->pools) {
		const struct source_pool *pool = list_entry(link, struct source_pool, link);

		if (!list_empty(&pool->idle) && (!most || pool->count > most->count))
			most = pool;
	}
	return most ? list_entry(list_first(&most->idle), struct source, idle) : NULL;
}

/* Who gives way to a newcomer of this service, or NULL. */
static struct source *source_victim(const struct source_table *table,
                                    const struct source_pool *pool, const struct conf_rate *rate,
                                    msec_t now)
{
	struct source *own;

	if (table->hash.count < table->max)
		return NULL;
	own = pool_least(pool, rate, now);
	return own && pool->count * table->pool_count >= table->max ? own : source_of_most(table);
}

static struct bucket bucket_left_by(const struct source *victim, const struct source_pool *pool)
{
	return victim && victim->pool == pool ? victim->bucket : (struct bucket){.taken = 0};
}

struct bucket source_newcomer(const struct source_table *table, const struct source_pool *pool,
                              const struct conf_rate *rate, msec_t now)
{
	return bucket_left_by(source_victim(table, pool, rate, now), pool);
}

struct source *source_get(struct source_table *table, struct source_pool *pool,
                          const struct prefix *prefix, const struct conf_rate *rate, msec_t now)
{
	uint64_t value = source_hash(table, pool->service, prefix);
	struct source *source = source_among(table, value, pool->service, prefix), *victim;

	if (source)
		return source;
	victim = source_victim(table, pool, rate, now);
	source = sys_calloc(1, sizeof *source);
	if (!source)
		return NULL;
	source->bucket = bucket_left_by(victim, pool);
	if (victim)
		source_free(table, victim);
	source->prefix = *prefix;
	source->service = pool->service;
	source->pool = pool;
	pool->count++;
	list_init(&source->queue);
	list_init(&source->idle);
	list_append(&pool->idle, &source->idle);
	hash_add(&table->hash, &source->hash, value);
	return source;
}

void source_touch(struct source *source)
{
	list_remove(&source->idle);
	if (source->running == 0 && source->waiting == 0)
		list_append(&source->pool->idle, &source->idle);
}
