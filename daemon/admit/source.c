#include "admit/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

enum { BUCKETS_MOST = 1 << 16 };

int source_table_init(struct source_table *table, size_t max)
{
	table->max = max;
	list_init(&table->idle);
	hash_key_draw(&table->key);
	return hash_init(&table->hash, max < BUCKETS_MOST ? max : BUCKETS_MOST);
}

static void source_free(struct source_table *table, struct source *source)
{
	list_remove(&source->idle);
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

struct source *source_get(struct source_table *table, uint32_t service, const struct prefix *prefix)
{
	uint64_t value = source_hash(table, service, prefix);
	struct source *source = source_among(table, value, service, prefix);

	if (source)
		return source;
	if (table->hash.count >= table->max && !list_empty(&table->idle))
		source_free(table, list_entry(list_first(&table->idle), struct source, idle));
	source = sys_calloc(1, sizeof *source);
	if (!source)
		return NULL;
	source->prefix = *prefix;
	source->service = service;
	list_init(&source->queue);
	list_init(&source->idle);
	list_append(&table->idle, &source->idle);
	hash_add(&table->hash, &source->hash, value);
	return source;
}

void source_touch(struct source_table *table, struct source *source)
{
	list_remove(&source->idle);
	if (source->running == 0 && source->waiting == 0)
		list_append(&table->idle, &source->idle);
}

void source_forget(struct source_table *table, uint32_t service)
{
	list_each_safe (link, &table->idle) {
		struct source *source = list_entry(link, struct source, idle);

		if (source->service == service)
			source_free(table, source);
	}
}
