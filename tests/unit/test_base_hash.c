/* base/hash.h: SipHash as its authors define it, and a table of members. */
#include "base/hash.h"
#include "unit/test.h"

/* From the paper's appendix A and its reference vectors: key 00 01 .. 0f, the
 * message 00 01 .. of a length. */
static void hash__bytes__is_siphash_2_4(void **state)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} row[] = {
	    {0, 0x726fdb47dd0e0e31}, {1, 0x74f839c593dc67fd},  {7, 0xab0200f58b01d137},
	    {8, 0x93f5f5799a932462}, {15, 0xa129ca6149be45e5},
	};
	const struct hash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	unsigned char message[16];

	(void)state;
	for (size_t i = 0; i < sizeof message; i++)
		message[i] = (unsigned char)i;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_true(hash_bytes(&key, message, row[i].len) == row[i].hash);
}

static void hash__keys__differ_from_draw_to_draw(void **state)
{
	struct hash_key a = {0, 0}, b = {0, 0};

	(void)state;
	hash_key_draw(&a);
	hash_key_draw(&b);
	assert_memory_not_equal(&a, &b, sizeof a);
	assert_true(hash_bytes(&a, "x", 1) != hash_bytes(&b, "x", 1));
}

static void hash__buckets__are_rounded_up(void **state)
{
	static const size_t row[][2] = {{0, 1}, {1, 1}, {2, 2}, {3, 4}, {1000, 1024}};
	struct hash hash;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(hash_init(&hash, row[i][0]), 0);
		assert_int_equal(hash.most, row[i][1]);
		hash_free(&hash);
	}
}

static void hash__same_value_twice__both_are_found(void **state)
{
	struct hash_node a, b, other;
	struct hash hash;
	struct hash_node *first, *second;

	(void)state;
	assert_int_equal(hash_init(&hash, 2), 0);
	hash_add(&hash, &a, 4);
	hash_add(&hash, &other, 6);
	hash_add(&hash, &b, 4);
	first = hash_find(&hash, 4);
	assert_non_null(first);
	second = hash_next(first);
	assert_non_null(second);
	assert_ptr_not_equal(first, second);
	assert_null(hash_next(second));
	assert_null(hash_find(&hash, 2));
	hash_remove(&hash, first);
	assert_ptr_equal(hash_find(&hash, 4), second);
	hash_remove(&hash, second);
	assert_null(hash_find(&hash, 4));
	assert_ptr_equal(hash_find(&hash, 6), &other);
	hash_free(&hash);
}

static void hash__remove_what_is_not_in__changes_nothing(void **state)
{
	struct hash_node in, out = {NULL, 3};
	struct hash hash;

	(void)state;
	assert_int_equal(hash_init(&hash, 4), 0);
	hash_add(&hash, &in, 3);
	hash_remove(&hash, &out);
	assert_int_equal(hash.count, 1);
	assert_ptr_equal(hash_find(&hash, 3), &in);
	hash_remove(&hash, &in);
	hash_remove(&hash, &in);
	assert_int_equal(hash.count, 0);
	hash_free(&hash);
}

/* Against a plain array, with values that collide often. */
static void hash__any_sequence__finds_what_is_in(void **state)
{
	enum { MEMBERS = 200 };
	struct hash_node node[MEMBERS];
	bool in[MEMBERS] = {false};
	struct hash hash;
	size_t count = 0;
	uint64_t seed = 5;

	(void)state;
	assert_int_equal(hash_init(&hash, 16), 0);
	for (int i = 0; i < 50000; i++) {
		size_t k = test_random(&seed) % MEMBERS;
		uint64_t value = k % 50;
		bool found = false;

		if (in[k])
			hash_remove(&hash, &node[k]);
		else
			hash_add(&hash, &node[k], value);
		count = in[k] ? count - 1 : count + 1;
		in[k] = !in[k];
		assert_int_equal(hash.count, count);
		for (struct hash_node *it = hash_find(&hash, value); it; it = hash_next(it)) {
			assert_true(it->hash == value);
			found |= it == &node[k];
		}
		assert_int_equal(found, in[k]);
	}
	hash_free(&hash);
}

/* Members come and go and the buckets double while the walk is under way. */
static void hash__scan_while_it_grows__tells_each_once(void **state)
{
	enum { STAY = 300, COME = 5000 };
	static struct hash_node stay[STAY], come[COME];
	unsigned told[STAY] = {0}, came = 0, steps = 0;
	struct hash hash;
	size_t cursor = 0, at_first;
	uint64_t seed = 11;

	(void)state;
	assert_int_equal(hash_init(&hash, COME), 0);
	for (size_t i = 0; i < STAY; i++)
		hash_add(&hash, &stay[i], test_random(&seed));
	at_first = hash.buckets;
	do {
		for (struct hash_node *node = hash_scan(&hash, &cursor); node; node = node->next)
			if (node >= stay && node < stay + STAY)
				told[node - stay]++;
		if (++steps > 40 && came < COME)
			for (int i = 0; i < 100 && came < COME; i++)
				hash_add(&hash, &come[came++], test_random(&seed));
	} while (cursor);
	assert_true(hash.buckets > at_first);
	for (size_t i = 0; i < STAY; i++)
		assert_int_equal(told[i], 1);
	hash_free(&hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hash__bytes__is_siphash_2_4),
	    cmocka_unit_test(hash__keys__differ_from_draw_to_draw),
	    cmocka_unit_test(hash__buckets__are_rounded_up),
	    cmocka_unit_test(hash__same_value_twice__both_are_found),
	    cmocka_unit_test(hash__remove_what_is_not_in__changes_nothing),
	    cmocka_unit_test(hash__any_sequence__finds_what_is_in),
	    cmocka_unit_test(hash__scan_while_it_grows__tells_each_once),
	};

	return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
