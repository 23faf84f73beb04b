/* base/buf.h: what was appended is there, up to the bound and not a byte more. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "unit/test.h"

static void buf__fresh__holds_nothing_and_may_be_freed(void **state)
{
	struct buf buf = BUF_INIT(100);

	(void)state;
	buf_clear(&buf);
	buf_consume(&buf, 0);
	buf_add(&buf, "", 0);
	assert_int_equal(buf.len, 0);
	assert_false(buf.failed);
	buf_free(&buf);
	buf_free(&buf);
}

static void buf__appends__stand_one_after_another(void **state)
{
	struct buf buf = BUF_INIT(1000);

	(void)state;
	buf_adds(&buf, "one");
	buf_addc(&buf, ' ');
	buf_addf(&buf, "%d %s", 2, "three");
	buf_add(&buf, "\0x", 2);
	assert_int_equal(buf.len, 13);
	assert_memory_equal(buf.data, "one 2 three\0x", 14);
	buf_clear(&buf);
	assert_string_equal(buf.data, "");
	buf_free(&buf);
}

/* The bound counts the NUL: of 8 bytes, 7 can be used. */
static void buf__at_the_bound__keeps_what_it_had(void **state)
{
	struct buf buf = BUF_INIT(8);

	(void)state;
	buf_adds(&buf, "1234567");
	assert_false(buf.failed);
	buf_addc(&buf, '8');
	assert_true(buf.failed);
	assert_string_equal(buf.data, "1234567");
	buf_clear(&buf);
	buf_addf(&buf, "%08d", 1);
	assert_true(buf.failed);
	assert_int_equal(buf.len, 0);
	buf_clear(&buf);
	buf_addf(&buf, "%07d", 1);
	assert_false(buf.failed);
	assert_string_equal(buf.data, "0000001");
	assert_true(buf.size <= 8);
	buf_free(&buf);
}

/* Nothing that is appended after a failure gets in: a text never has a hole. */
static void buf__after_a_failure__takes_nothing_until_cleared(void **state)
{
	struct buf buf = BUF_INIT(16);

	(void)state;
	buf_adds(&buf, "abc");
	buf_adds(&buf, "much too long for it");
	buf_adds(&buf, "d");
	buf_addc(&buf, 'e');
	buf_addf(&buf, "%s", "f");
	assert_null(buf_reserve(&buf, 1));
	assert_string_equal(buf.data, "abc");
	buf_clear(&buf);
	buf_adds(&buf, "d");
	assert_false(buf.failed);
	assert_string_equal(buf.data, "d");
	buf_free(&buf);
}

static void buf__no_room_at_all__fails(void **state)
{
	struct buf none = BUF_INIT(0), one = BUF_INIT(1);

	(void)state;
	buf_addc(&none, 'x');
	assert_true(none.failed);
	buf_addc(&one, 'x');
	assert_true(one.failed);
	assert_null(buf_reserve(&none, SIZE_MAX));
	buf_clear(&one);
	assert_null(buf_reserve(&one, SIZE_MAX));
	buf_free(&none);
	buf_free(&one);
}

static void buf__consume__drops_from_the_front(void **state)
{
	struct buf buf = BUF_INIT(100);

	(void)state;
	buf_adds(&buf, "0123456789");
	buf_consume(&buf, 4);
	assert_string_equal(buf.data, "456789");
	buf_consume(&buf, 6);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_adds(&buf, "ab");
	buf_consume(&buf, 99);
	assert_int_equal(buf.len, 0);
	buf_free(&buf);
}

static void buf__reserve__gives_room_to_write_in(void **state)
{
	struct buf buf = BUF_INIT(5000);
	char *to;

	(void)state;
	buf_adds(&buf, "head");
	to = buf_reserve(&buf, 4000);
	assert_non_null(to);
	memset(to, 'x', 4000);
	buf.len += 4000;
	buf_adds(&buf, "tail");
	assert_int_equal(buf.len, 4008);
	assert_memory_equal(buf.data, "headx", 5);
	assert_string_equal(buf.data + 4003, "xtail");
	buf_free(&buf);
}

/* Against a plain array: any mixture of appends, drops and bounds. */
static void buf__any_sequence__is_like_a_plain_array(void **state)
{
	enum { MOST = 700 };
	struct buf buf = BUF_INIT(MOST + 1);
	char model[MOST], piece[200];
	size_t len = 0;
	uint64_t seed = 4;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = test_random(&seed) % sizeof piece;

		if (test_random(&seed) % 4 == 0) {
			n = n < len ? n : len;
			buf_consume(&buf, n);
			memmove(model, model + n, len - n);
			len -= n;
			continue;
		}
		for (size_t k = 0; k < n; k++)
			piece[k] = (char)test_random(&seed);
		buf_add(&buf, piece, n);
		assert_int_equal(buf.failed, len + n > MOST);
		if (buf.failed) {
			buf.failed = false;
		} else {
			memcpy(model + len, piece, n);
			len += n;
		}
		assert_int_equal(buf.len, len);
		if (len) {
			assert_memory_equal(buf.data, model, len);
			assert_int_equal(buf.data[len], '\0');
		}
		assert_true(buf.size <= MOST + 1);
	}
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buf__fresh__holds_nothing_and_may_be_freed),
	    cmocka_unit_test(buf__appends__stand_one_after_another),
	    cmocka_unit_test(buf__at_the_bound__keeps_what_it_had),
	    cmocka_unit_test(buf__after_a_failure__takes_nothing_until_cleared),
	    cmocka_unit_test(buf__no_room_at_all__fails),
	    cmocka_unit_test(buf__consume__drops_from_the_front),
	    cmocka_unit_test(buf__reserve__gives_room_to_write_in),
	    cmocka_unit_test(buf__any_sequence__is_like_a_plain_array),
	};

	return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
