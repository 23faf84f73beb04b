/* The half of core/state.h that reads, and trusts nothing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "core/state_form.h"

bool state_fail(struct state_reader *reader, const char *format, ...)
{
	va_list ap;

	if (reader->failed)
		return false;
	reader->failed = true;
	va_start(ap, format);
	vsnprintf(reader->why, sizeof reader->why, format, ap);
	va_end(ap);
	return false;
}

static bool check_header(struct state_reader *reader, const struct state_nonce *nonce, pid_t pid)
{
	struct state_header header;

	if (reader->len < sizeof header)
		return state_fail(reader, "it is too short to be one");
	memcpy(&header, reader->data, sizeof header);
	if (memcmp(header.magic, STATE_MAGIC, sizeof header.magic) != 0)
		return state_fail(reader, "it is none");
	if (header.format != STATE_FORMAT)
		return state_fail(reader, "it has format %u, and this version knows %d",
		                  header.format, STATE_FORMAT);
	if (header.len != reader->len)
		return state_fail(reader, "it was cut off, or something was added");
	if (header.pid != pid)
		return state_fail(reader, "it is that of process %d", (int)header.pid);
	if (memcmp(&header.nonce, nonce, sizeof *nonce) != 0)
		return state_fail(reader, "it is another one than was announced");
	if (header.check != state_checksum(reader->data, reader->len, nonce))
		return state_fail(reader, "it was changed");
	return true;
}

/* The field at data; its length with its head, or 0. */
static size_t parse_field(const unsigned char *data, size_t left, struct state_field *field)
{
	struct state_field_head head;

	if (left < sizeof head)
		return 0;
	memcpy(&head, data, sizeof head);
	if (head.len > left - sizeof head)
		return 0;
	*field = (struct state_field){.type = (enum state_type)head.type,
	                              .tag = head.tag & ~(unsigned)STATE_OPTIONAL,
	                              .optional = head.tag & STATE_OPTIONAL,
	                              .data = data + sizeof head,
	                              .len = head.len};
	switch (field->type) {
	case STATE_NUMBER:
		return head.len == sizeof(uint64_t) ? sizeof head + head.len : 0;
	case STATE_FD:
		return head.len == sizeof(int32_t) ? sizeof head + head.len : 0;
	case STATE_BYTES:
		return sizeof head + head.len;
	}
	return 0;
}

static bool parse_fields(struct state_reader *reader, const unsigned char *data, size_t len)
{
	reader->count = reader->hint = 0;
	while (len > 0) {
		size_t used;

		if (reader->count == STATE_FIELDS)
			return state_fail(reader, "a record has too many fields");
		used = parse_field(data, len, &reader->field[reader->count++]);
		if (used == 0)
			return state_fail(reader, "a field of kind %u is broken", reader->kind);
		data += used;
		len -= used;
	}
	return true;
}

/* Any record; false at the end. */
static bool next_record(struct state_reader *reader, bool *optional_r)
{
	size_t left = reader->len - reader->at;
	struct state_record_head head;

	if (reader->failed || left == 0)
		return false;
	if (left < sizeof head)
		return state_fail(reader, "its last record is broken");
	memcpy(&head, reader->data + reader->at, sizeof head);
	if (head.len > left - sizeof head)
		return state_fail(reader, "a record reaches beyond the end");
	reader->kind = head.kind & ~(unsigned)STATE_OPTIONAL;
	*optional_r = head.kind & STATE_OPTIONAL;
	if (!parse_fields(reader, reader->data + reader->at + sizeof head, head.len))
		return false;
	reader->at += sizeof head + head.len;
	return true;
}

static int32_t fd_of(const struct state_field *field)
{
	int32_t fd;

	memcpy(&fd, field->data, sizeof fd);
	return fd;
}

static bool check_fds(struct state_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		if (reader->field[i].type == STATE_FD && fd_of(&reader->field[i]) <= 2)
			return state_fail(reader, "it names a descriptor that cannot be");
	return true;
}

bool state_open(struct state_reader *reader, const void *data, size_t len, unsigned kinds,
                const struct state_nonce *nonce, pid_t pid)
{
	bool optional = false;

	memset(reader, 0, sizeof *reader);
	reader->data = data;
	reader->len = len;
	reader->kinds = kinds;
	if (!check_header(reader, nonce, pid))
		return false;
	state_rewind(reader);
	while (next_record(reader, &optional) && check_fds(reader))
		if (!optional && (reader->kind == 0 || reader->kind >= kinds))
			state_fail(reader, "this version does not know its records of kind %u",
			           reader->kind);
	state_rewind(reader);
	return !reader->failed;
}

void state_rewind(struct state_reader *reader)
{
	reader->at = sizeof(struct state_header);
	reader->count = 0;
}

bool state_next(struct state_reader *reader)
{
	bool optional = false;

	while (next_record(reader, &optional))
		if (reader->kind > 0 && reader->kind < reader->kinds)
			return true;
	return false;
}

bool state_done(struct state_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		if (!reader->field[i].taken && !reader->field[i].optional)
			return state_fail(reader, "this version does not know field %u of kind %u",
			                  reader->field[i].tag, reader->kind);
	return !reader->failed;
}

/* They are asked for in the order in which they stand, mostly. */
static struct state_field *find_field(struct state_reader *reader, unsigned tag,
                                      enum state_type type)
{
	tag &= ~(unsigned)STATE_OPTIONAL;
	for (size_t i = 0; i < reader->count; i++) {
		size_t at = (reader->hint + i) % reader->count;
		struct state_field *field = &reader->field[at];

		if (field->tag != tag || field->type != type || field->taken)
			continue;
		field->taken = true;
		reader->hint = at + 1;
		return field;
	}
	return NULL;
}

static uint64_t number_of(const struct state_field *field)
{
	uint64_t number;

	memcpy(&number, field->data, sizeof number);
	return number;
}

uint64_t state_get(struct state_reader *reader, unsigned tag)
{
	const struct state_field *field = find_field(reader, tag, STATE_NUMBER);

	if (field)
		return number_of(field);
	state_fail(reader, "field %u of kind %u is missing", tag, reader->kind);
	return 0;
}

uint64_t state_get_below(struct state_reader *reader, unsigned tag, uint64_t bound)
{
	uint64_t number = state_get(reader, tag);

	if (number < bound)
		return number;
	state_fail(reader, "field %u of kind %u is out of range", tag, reader->kind);
	return 0;
}

uint64_t state_get_or(struct state_reader *reader, unsigned tag, uint64_t number)
{
	const struct state_field *field = find_field(reader, tag, STATE_NUMBER);

	return field ? number_of(field) : number;
}

const void *state_get_bytes(struct state_reader *reader, unsigned tag, size_t *len_r)
{
	const struct state_field *field = find_field(reader, tag, STATE_BYTES);

	*len_r = field ? field->len : 0;
	return field ? field->data : NULL;
}

const char *state_get_text(struct state_reader *reader, unsigned tag)
{
	size_t len;
	const char *text = state_get_bytes(reader, tag, &len);

	if (!text || (len > 0 && memchr(text, '\0', len) == text + len - 1))
		return text;
	state_fail(reader, "field %u of kind %u is no text", tag, reader->kind);
	return NULL;
}

void state_get_addr(struct state_reader *reader, unsigned tag, struct addr *addr)
{
	struct state_addr_head head;
	size_t len;
	const unsigned char *bytes = state_get_bytes(reader, tag, &len);

	memset(addr, 0, sizeof *addr);
	if (bytes && len >= sizeof head) {
		memcpy(&head, bytes, sizeof head);
		if (head.len == len - sizeof head && head.len <= sizeof addr->storage) {
			memcpy(&addr->storage, bytes + sizeof head, head.len);
			addr->len = head.len;
			addr->uid = head.uid;
			addr->gid = head.gid;
			return;
		}
	}
	state_fail(reader, "field %u of kind %u is no address", tag, reader->kind);
}

int state_get_fd(struct state_reader *reader, unsigned tag)
{
	const struct state_field *field = find_field(reader, tag, STATE_FD);

	return field ? fd_of(field) : -1;
}

static int by_number(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t collect_fds(const struct state_reader *reader, int *fd)
{
	struct state_reader walk = *reader;
	bool optional = false;
	size_t n = 0;

	state_rewind(&walk);
	while (next_record(&walk, &optional)) {
		for (size_t i = 0; i < walk.count; i++) {
			if (walk.field[i].type != STATE_FD)
				continue;
			if (fd)
				fd[n] = fd_of(&walk.field[i]);
			n++;
		}
	}
	return n;
}

int *state_fds(const struct state_reader *reader, size_t *count_r)
{
	size_t count = collect_fds(reader, NULL);
	int *fd = count > STATE_FDS_MAX ? NULL : sys_calloc(count + 1, sizeof *fd);

	if (!fd)
		return NULL;
	(void)collect_fds(reader, fd);
	qsort(fd, count, sizeof *fd, by_number);
	for (size_t i = 1; i < count; i++) {
		if (fd[i] == fd[i - 1]) {
			free(fd);
			errno = EINVAL;
			return NULL;
		}
	}
	*count_r = count;
	return fd;
}
