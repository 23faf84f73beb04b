#include "base/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void json_separate(struct json *json)
{
	if (json->comma)
		buf_addc(json->out, ',');
	json->comma = true;
}

static void json_raw(struct json *json, const char *text)
{
	json_separate(json);
	buf_adds(json->out, text);
}

void json_object(struct json *json)
{
	json_raw(json, "{");
	json->comma = false;
}

void json_object_end(struct json *json)
{
	buf_addc(json->out, '}');
	json->comma = true;
}

void json_array(struct json *json)
{
	json_raw(json, "[");
	json->comma = false;
}

void json_array_end(struct json *json)
{
	buf_addc(json->out, ']');
	json->comma = true;
}

/* How many bytes the UTF-8 character (RFC 3629) at p has; 0 if it is none. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} form[] = {{0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t i = 0; i < 3; i++) {
		uint32_t c = p[0] & (unsigned char)~form[i].mask;

		if ((p[0] & form[i].mask) != form[i].lead)
			continue;
		if (left < i + 2)
			return 0;
		for (size_t k = 1; k < i + 2; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[k] & 0x3f);
		}
		if (c < form[i].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		return i + 2;
	}
	return 0;
}

static void json_escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c ? strchr(from, c) : NULL;

	if (at)
		buf_addf(out, "\\%c", to[at - from]);
	else
		buf_addf(out, "\\u%04x", c);
}

void json_bytes(struct json *json, const char *bytes, size_t len)
{
	const unsigned char *p = (const unsigned char *)bytes, *end = p + len;

	json_separate(json);
	buf_addc(json->out, '"');
	while (p < end) {
		const unsigned char *plain = p;
		size_t n;

		while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
			p++;
		buf_add(json->out, plain, (size_t)(p - plain));
		if (p == end)
			break;
		if (*p < 0x80) {
			json_escape(json->out, *p++);
		} else if (p[0] == 0xc2 && end - p > 1 && p[1] >= 0x80 && p[1] < 0xa0) {
			json_escape(json->out, p[1]); /* controls, for some terminals */
			p += 2;
		} else if ((n = utf8_length(p, (size_t)(end - p))) > 0) {
			buf_add(json->out, p, n);
			p += n;
		} else {
			buf_adds(json->out, "\\ufffd");
			p++;
		}
	}
	buf_addc(json->out, '"');
}

void json_string(struct json *json, const char *text)
{
	json_bytes(json, text, strlen(text));
}

void json_key(struct json *json, const char *name)
{
	json_string(json, name);
	buf_addc(json->out, ':');
	json->comma = false;
}

void json_int(struct json *json, int64_t value)
{
	json_separate(json);
	buf_addi(json->out, value);
}

void json_uint(struct json *json, uint64_t value)
{
	json_separate(json);
	buf_addf(json->out, "%" PRIu64, value);
}

void json_bool(struct json *json, bool value)
{
	json_raw(json, value ? "true" : "false");
}

void json_number(struct json *json, double value)
{
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	json_separate(json);
	buf_addf(json->out, "%.17g", value);
}

void json_null(struct json *json)
{
	json_raw(json, "null");
}
