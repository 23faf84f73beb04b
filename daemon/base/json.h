/* base/json.h - writes JSON (RFC 8259) into a buf.
 *
 * Commas are put where they belong by json_key() and json_value's callers need
 * not think of them. Any bytes may be given as text: what is not UTF-8 comes
 * out as U+FFFD. Only writes: usherd reads no JSON anywhere. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* something stands before in this object or array */
};

#define JSON_INIT(buf)       \
	{                    \
		(buf), false \
	}

void json_object(struct json *json); /* { */
void json_object_end(struct json *json);
void json_array(struct json *json); /* [ */
void json_array_end(struct json *json);
void json_key(struct json *json, const char *name);
void json_string(struct json *json, const char *text);
void json_bytes(struct json *json, const char *bytes, size_t len);
void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);
void json_bool(struct json *json, bool value);
void json_number(struct json *json, double value);
void json_null(struct json *json);

#endif
