/* base/json.h: whatever is written, it is JSON (RFC 8259) in UTF-8. */
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "unit/test.h"

/* A reader of JSON that says yes or no. Each function returns what follows what
 * it read, or NULL. */
static const char *read_value(const char *p, int depth);

static const char *read_utf8(const char *p)
{
	unsigned char c = (unsigned char)*p++;
	int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	uint32_t point = more ? c & (0x3f >> more) : c;

	if (c < 0x20 || (c >= 0x80 && c < 0xc2) || c > 0xf4)
		return NULL;
	for (int i = 0; i < more; i++, p++) {
		if (((unsigned char)*p & 0xc0) != 0x80)
			return NULL;
		point = point << 6 | ((unsigned char)*p & 0x3f);
	}
	if ((more == 2 && point < 0x800) || (more == 3 && point < 0x10000) || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return NULL;
	return p;
}

static const char *read_string(const char *p)
{
	if (*p++ != '"')
		return NULL;
	while (p && *p != '"') {
		if (*p != '\\') {
			p = read_utf8(p);
			continue;
		}
		p++;
		if (*p == 'u')
			p = strspn(p + 1, "0123456789abcdefABCDEF") >= 4 ? p + 5 : NULL;
		else
			p = *p && strchr("\"\\/bfnrt", *p) ? p + 1 : NULL;
	}
	return p ? p + 1 : NULL;
}

static const char *read_number(const char *p)
{
	char *end;

	if (*p != '-' && (*p < '0' || *p > '9'))
		return NULL;
	strtod(p, &end);
	return end;
}

static const char *read_members(const char *p, char close, int depth)
{
	if (*p == close)
		return p + 1;
	for (; p; p++) {
		if (close == '}') {
			p = read_string(p);
			if (!p || *p++ != ':')
				return NULL;
		}
		p = read_value(p, depth + 1);
		if (!p || *p == close)
			return p ? p + 1 : NULL;
		if (*p != ',')
			return NULL;
	}
	return NULL;
}

static const char *read_value(const char *p, int depth)
{
	static const char *const word[] = {"true", "false", "null"};

	if (depth > 50)
		return NULL;
	if (*p == '{' || *p == '[')
		return read_members(p + 1, *p == '{' ? '}' : ']', depth);
	if (*p == '"')
		return read_string(p);
	for (size_t i = 0; i < ARRAY_LEN(word); i++)
		if (strncmp(p, word[i], strlen(word[i])) == 0)
			return p + strlen(word[i]);
	return read_number(p);
}

static void assert_json(const char *text)
{
	const char *end = read_value(text, 0);

	if (!end || *end)
		fail_msg("not JSON: %s", text);
}

static const char *string_of(const char *bytes, size_t len)
{
	static char text[4096];
	struct buf buf = BUF_INIT(sizeof text);
	struct json json = JSON_INIT(&buf);

	json_bytes(&json, bytes, len);
	assert_false(buf.failed);
	memcpy(text, buf.data, buf.len + 1);
	buf_free(&buf);
	assert_json(text);
	return text;
}

static void json__nesting__puts_commas_where_they_belong(void **state)
{
	struct buf buf = BUF_INIT(1000);
	struct json json = JSON_INIT(&buf);

	(void)state;
	json_object(&json);
	json_key(&json, "a");
	json_int(&json, -1);
	json_key(&json, "b");
	json_array(&json);
	json_array(&json);
	json_array_end(&json);
	json_object(&json);
	json_object_end(&json);
	json_bool(&json, true);
	json_bool(&json, false);
	json_null(&json);
	json_array_end(&json);
	json_key(&json, "c");
	json_object(&json);
	json_key(&json, "d");
	json_string(&json, "e");
	json_object_end(&json);
	json_key(&json, "f");
	json_uint(&json, 0);
	json_object_end(&json);
	assert_string_equal(buf.data, "{\"a\":-1,\"b\":[[],{},true,false,null],"
	                              "\"c\":{\"d\":\"e\"},\"f\":0}");
	assert_json(buf.data);
	buf_free(&buf);
}

static void json__numbers__come_out_whole(void **state)
{
	static const double number[] = {0, -0.0, 0.1, 1e-300, 1.7976931348623157e308, 123456789.25};
	struct buf buf = BUF_INIT(1000);
	struct json json = JSON_INIT(&buf);

	(void)state;
	json_array(&json);
	json_int(&json, INT64_MIN);
	json_int(&json, INT64_MAX);
	json_uint(&json, UINT64_MAX);
	json_number(&json, NAN);
	json_number(&json, INFINITY);
	json_number(&json, -INFINITY);
	json_array_end(&json);
	assert_string_equal(buf.data, "[-9223372036854775808,9223372036854775807,"
	                              "18446744073709551615,null,null,null]");
	for (size_t i = 0; i < ARRAY_LEN(number); i++) {
		buf_clear(&buf);
		json = (struct json)JSON_INIT(&buf);
		json_number(&json, number[i]);
		assert_json(buf.data);
		assert_true(strtod(buf.data, NULL) == number[i]);
	}
	buf_free(&buf);
}

static void json__ascii__is_escaped_where_it_must_be(void **state)
{
	char all[128];

	(void)state;
	assert_string_equal(string_of("", 0), "\"\"");
	assert_string_equal(string_of("a\"b\\c/d", 7), "\"a\\\"b\\\\c/d\"");
	assert_string_equal(string_of("\b\f\n\r\t", 5), "\"\\b\\f\\n\\r\\t\"");
	assert_string_equal(string_of("\0\x1f\x7f", 3), "\"\\u0000\\u001f\\u007f\"");
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	string_of(all, sizeof all);
}

static void json__utf8__passes_and_the_rest_is_replaced(void **state)
{
	static const struct {
		const char *in, *out;
	} row[] = {
	    {"\xc2\xa0", "\"\xc2\xa0\""},
	    {"\xc2\x80\xc2\x9b\xc2\x9f", "\"\\u0080\\u009b\\u009f\""}, /* steer terminals */
	    {"\xc3\xa9t\xc3\xa9", "\"\xc3\xa9t\xc3\xa9\""},
	    {"\xe2\x82\xac", "\"\xe2\x82\xac\""},
	    {"\xf0\x9f\x90\x91", "\"\xf0\x9f\x90\x91\""},
	    {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
	    {"\x80", "\"\\ufffd\""},
	    {"\xff", "\"\\ufffd\""},
	    {"\xc0\x80", "\"\\ufffd\\ufffd\""},
	    {"\xc1\xbf", "\"\\ufffd\\ufffd\""},
	    {"\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
	    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
	    {"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
	    {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
	    {"\xc3", "\"\\ufffd\""},
	    {"\xe2\x82", "\"\\ufffd\\ufffd\""},
	    {"\xc3(", "\"\\ufffd(\""},
	    {"\xf8\x88\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		assert_string_equal(string_of(row[i].in, strlen(row[i].in)), row[i].out);
	/* What would make it whole stands past the end. */
	assert_string_equal(string_of("\xe2\x82\xac", 2), "\"\\ufffd\\ufffd\"");
}

/* Any bytes make a string that a reader takes; half of them from the ranges
 * where UTF-8 goes wrong. */
static void json__any_bytes__make_a_string(void **state)
{
	static const unsigned char edge[] = {0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4,
	                                     0xf5, 0x80, 0x9f, 0xa0, 0xbf, '"',  '\\', 0};
	uint64_t seed = 8;
	char bytes[40];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		size_t len = test_random(&seed) % sizeof bytes;

		for (size_t k = 0; k < len; k++) {
			uint64_t r = test_random(&seed);

			bytes[k] = (char)(r % 2 ? r >> 8 : edge[(r >> 8) % sizeof edge]);
		}
		string_of(bytes, len);
	}
}

static void json__no_room__is_remembered_by_the_buf(void **state)
{
	struct buf buf = BUF_INIT(8);
	struct json json = JSON_INIT(&buf);

	(void)state;
	json_object(&json);
	json_key(&json, "long key");
	json_string(&json, "value");
	json_object_end(&json);
	assert_true(buf.failed);
	assert_true(buf.len < 8);
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json__nesting__puts_commas_where_they_belong),
	    cmocka_unit_test(json__numbers__come_out_whole),
	    cmocka_unit_test(json__ascii__is_escaped_where_it_must_be),
	    cmocka_unit_test(json__utf8__passes_and_the_rest_is_replaced),
	    cmocka_unit_test(json__any_bytes__make_a_string),
	    cmocka_unit_test(json__no_room__is_remembered_by_the_buf),
	};

	return cmocka_run_group_tests_name("base/json", tests, NULL, NULL);
}
