#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/sys.h"

enum { FIRST_BUCKETS = 256 };

void hash_key_draw(struct hash_key *key)
{
	ssize_t n;

	do
		n = getrandom(key, sizeof *key, 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof *key) {
		/* A kernel without getrandom: hard to guess is the best there is. */
		key->k0 = (uint64_t)clock_wall();
		key->k1 = (uint64_t)clock_usec() * 0x9e3779b97f4a7c15 ^ (uintptr_t)key;
	}
}

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

static uint64_t load_le64(const unsigned char *p, size_t len)
{
	uint64_t x = 0;

	for (size_t i = 0; i < len; i++)
		x |= (uint64_t)p[i] << 8 * i;
	return x;
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t v[4] = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
	                 key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
	uint64_t last = (uint64_t)len << 56;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t m = load_le64(p, 8);

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	last |= load_le64(p, len);
	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

int hash_init(struct hash *hash, size_t most)
{
	size_t n = 1;

	while (n < most)
		n *= 2;
	hash->most = n;
	hash->count = 0;
	hash->buckets = n < FIRST_BUCKETS ? n : FIRST_BUCKETS;
	hash->bucket = sys_calloc(hash->buckets, sizeof(struct hash_node *));
	if (hash->bucket)
		return 0;
	hash->buckets = 0;
	return -1;
}

/* Where there is no memory for more buckets, the chains become longer. */
static void hash_grow(struct hash *hash)
{
	size_t size = hash->buckets * 2;
	struct hash_node **bucket = sys_calloc(size, sizeof(struct hash_node *));

	if (!bucket)
		return;
	for (size_t i = 0; i < hash->buckets; i++) {
		for (struct hash_node *node = hash->bucket[i], *next; node; node = next) {
			struct hash_node **head = &bucket[node->hash & (size - 1)];

			next = node->next;
			node->next = *head;
			*head = node;
		}
	}
	free(hash->bucket);
	hash->bucket = bucket;
	hash->buckets = size;
}

void hash_free(struct hash *hash)
{
	free(hash->bucket);
	memset(hash, 0, sizeof *hash);
}

void hash_add(struct hash *hash, struct hash_node *node, uint64_t value)
{
	struct hash_node **head;

	if (hash->count >= hash->buckets && hash->buckets < hash->most)
		hash_grow(hash);
	head = &hash->bucket[value & (hash->buckets - 1)];
	node->hash = value;
	node->next = *head;
	*head = node;
	hash->count++;
}

void hash_remove(struct hash *hash, struct hash_node *node)
{
	struct hash_node **at = &hash->bucket[node->hash & (hash->buckets - 1)];

	while (*at && *at != node)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = node->next;
	node->next = NULL;
	hash->count--;
}

static struct hash_node *hash_same(struct hash_node *node, uint64_t value)
{
	while (node && node->hash != value)
		node = node->next;
	return node;
}

struct hash_node *hash_find(const struct hash *hash, uint64_t value)
{
	return hash_same(hash->bucket[value & (hash->buckets - 1)], value);
}

struct hash_node *hash_next(const struct hash_node *node)
{
	return hash_same(node->next, node->hash);
}

/* The cursor counts with its highest bit as the lowest: what a doubling makes of
 * a bucket that was told lies before it then, and all else behind it. */
struct hash_node *hash_scan(const struct hash *hash, size_t *cursor)
{
	struct hash_node *chain = hash->bucket[*cursor & (hash->buckets - 1)];
	size_t bit = hash->buckets >> 1;

	while (bit && *cursor & bit) {
		*cursor &= ~bit;
		bit >>= 1;
	}
	*cursor = bit ? *cursor | bit : 0;
	return chain;
}
