#include "core/state.h"

#include <string.h>

#include "base/hash.h"
#include "core/state_form.h"

uint64_t state_checksum(const unsigned char *data, size_t len, const struct state_nonce *nonce)
{
	struct hash_key key = {nonce->word[0], nonce->word[1]};
	struct state_header header;

	memcpy(&header, data, sizeof header);
	header.check = 0;
	/* Under another key for the head, so that the two are not exchanged. */
	key.k0 ^= hash_bytes(&key, &header, sizeof header);
	return hash_bytes(&key, data + sizeof header, len - sizeof header);
}

void state_begin(struct state_writer *writer)
{
	struct state_header header = {.len = 0};

	*writer = (struct state_writer){.out = BUF_INIT(STATE_MAX_BYTES)};
	buf_add(&writer->out, &header, sizeof header);
}

static void end_record(struct state_writer *writer)
{
	struct state_record_head head;

	if (writer->record == 0 || writer->out.failed)
		return;
	memcpy(&head, writer->out.data + writer->record, sizeof head);
	head.len = (uint32_t)(writer->out.len - writer->record - sizeof head);
	memcpy(writer->out.data + writer->record, &head, sizeof head);
	writer->record = 0;
}

void state_record(struct state_writer *writer, unsigned kind)
{
	struct state_record_head head = {.kind = (uint16_t)kind};

	end_record(writer);
	writer->record = writer->out.len;
	writer->fields = 0;
	buf_add(&writer->out, &head, sizeof head);
}

static void add_field(struct state_writer *writer, unsigned tag, enum state_type type,
                      const void *data, size_t len)
{
	struct state_field_head head = {
	    .tag = (uint16_t)tag, .type = (uint8_t)type, .len = (uint32_t)len};

	if (++writer->fields > STATE_FIELDS || len > STATE_MAX_BYTES)
		writer->out.failed = true;
	if (writer->out.failed)
		return;
	buf_add(&writer->out, &head, sizeof head);
	if (len)
		buf_add(&writer->out, data, len);
}

void state_add(struct state_writer *writer, unsigned tag, uint64_t number)
{
	add_field(writer, tag, STATE_NUMBER, &number, sizeof number);
}

void state_add_bytes(struct state_writer *writer, unsigned tag, const void *data, size_t len)
{
	add_field(writer, tag, STATE_BYTES, data, len);
}

void state_add_text(struct state_writer *writer, unsigned tag, const char *text)
{
	if (text)
		add_field(writer, tag, STATE_BYTES, text, strlen(text) + 1);
}

void state_add_addr(struct state_writer *writer, unsigned tag, const struct addr *addr)
{
	struct state_addr_head head = {.len = addr->len, .uid = addr->uid, .gid = addr->gid};
	unsigned char bytes[sizeof head + sizeof addr->storage] = {0};
	size_t len = addr->len < sizeof addr->storage ? addr->len : sizeof addr->storage;

	head.len = (uint32_t)len;
	memcpy(bytes, &head, sizeof head);
	memcpy(bytes + sizeof head, &addr->storage, len);
	add_field(writer, tag, STATE_BYTES, bytes, sizeof head + len);
}

void state_add_fd(struct state_writer *writer, unsigned tag, int fd)
{
	int32_t number = fd;

	if (fd >= 0)
		add_field(writer, tag, STATE_FD, &number, sizeof number);
}

const void *state_finish(struct state_writer *writer, const struct state_nonce *nonce, pid_t pid,
                         size_t *len_r)
{
	struct state_header header = {.format = STATE_FORMAT, .pid = pid, .nonce = *nonce};
	struct buf *out = &writer->out;

	end_record(writer);
	if (out->failed)
		return NULL;
	memcpy(header.magic, STATE_MAGIC, sizeof header.magic);
	header.len = out->len;
	memcpy(out->data, &header, sizeof header);
	header.check = state_checksum((unsigned char *)out->data, out->len, nonce);
	memcpy(out->data, &header, sizeof header);
	*len_r = out->len;
	return out->data;
}

void state_free(struct state_writer *writer)
{
	buf_free(&writer->out);
}
