/* The state of an upgrade: any bytes are refused, or walked through without a step
 * outside of them. They are tried as they are, and as what a right header covers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KINDS = 12, TAGS = 40, PID = 1 };

static const struct state_nonce nonce = {{1, 2}};

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Asks for everything that may be there, each as one type and then another. */
static void read_record(struct state_reader *reader)
{
	for (unsigned tag = 0; tag < TAGS; tag++) {
		struct addr addr;
		size_t len;
		const unsigned char *bytes;
		const char *text;

		(void)state_get_or(reader, tag, 0);
		check(state_get_fd(reader, tag) != 2);
		if (tag % 4 == 0) {
			state_get_addr(reader, tag, &addr);
			check(addr.len <= sizeof addr.storage);
		}
		if (tag % 4 == 1) {
			text = state_get_text(reader, tag);
			check(!text || strlen(text) < STATE_MAX_BYTES);
		}
		bytes = state_get_bytes(reader, tag, &len);
		for (size_t i = 0; i < len; i++)
			check(bytes + i < reader->data + reader->len);
	}
}

static bool walk(const void *data, size_t len)
{
	struct state_reader reader;
	size_t count;

	if (!state_open(&reader, data, len, KINDS, &nonce, PID)) {
		check(reader.failed && *reader.why && !state_next(&reader));
		return false;
	}
	free(state_fds(&reader, &count));
	while (state_next(&reader)) {
		check(reader.kind > 0 && reader.kind < KINDS && reader.count <= STATE_FIELDS);
		read_record(&reader);
		check(state_done(&reader) || reader.failed);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state_writer writer;
	const void *whole;
	size_t len;
	void *copy;

	/* Who guesses a checksum has found a hole. */
	check(!walk(data, size));
	state_begin(&writer);
	if (size)
		buf_add(&writer.out, data, size);
	whole = state_finish(&writer, &nonce, PID, &len);
	check(whole != NULL);
	copy = malloc(len);
	check(copy != NULL);
	memcpy(copy, whole, len);
	state_free(&writer);
	(void)walk(copy, len);
	free(copy);
	return 0;
}
