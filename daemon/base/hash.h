/* base/hash.h - a keyed hash and a table whose links live in the members.
 *
 * The hash is SipHash-2-4 (Aumasson and Bernstein, 2012) under a key drawn once
 * a process: who does not know the key cannot make entries collide. A table's
 * buckets grow with its members, by doubling, up to a bound; how many members it
 * may hold is its owner's business. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* From the kernel; waits for its entropy pool at boot. */
void hash_key_draw(struct hash_key *key);
uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t len);

struct hash_node {
	struct hash_node *next;
	uint64_t hash;
};

struct hash {
	struct hash_node **bucket;
	size_t buckets; /* a power of two */
	size_t most;    /* ... never above this */
	size_t count;   /* members */
};

int hash_init(struct hash *hash, size_t most); /* buckets, rounded up; fails with ENOMEM */
void hash_free(struct hash *hash);             /* the members are not touched */
void hash_add(struct hash *hash, struct hash_node *node, uint64_t value);
void hash_remove(struct hash *hash, struct hash_node *node);

/* Members with this hash: hash_find() gives the first, hash_next() the others. */
struct hash_node *hash_find(const struct hash *hash, uint64_t value);
struct hash_node *hash_next(const struct hash_node *node);

/* A walk over all members in pieces: one bucket's chain (`next` links it), and
 * *cursor, 0 at first, becomes where to go on, 0 again at the end. Between two
 * pieces the table may change and grow: who is in it all the time comes once. */
struct hash_node *hash_scan(const struct hash *hash, size_t *cursor);

#endif
