/* core/state.h - the state of an upgrade as bytes: written by one usherd, read by the next.
 *
 * A state is a header and records; a record has a kind and typed fields with a
 * tag each. Nothing in it is a pointer or a structure of the compiler's. Whoever
 * reads it trusts nothing: state_open() refuses what is not whole, not of this
 * format, not under this nonce or not of this process, and walks through all of
 * it once, so that nothing later reaches outside. A version that has more to say
 * adds fields or kinds that are optional, which older ones step over; a field that
 * is not optional has to be asked for, or state_done() refuses its record.
 *
 * Errors stick, on both sides: ask once at the end. Descriptors are fields of a
 * type of their own, since who reads has to know all of them first of all. */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/buf.h"

enum {
	STATE_FORMAT = 1,
	STATE_FIELDS = 64, /* of one record, at most */
	STATE_MAX_BYTES = 256 << 20,
	STATE_FDS_MAX = 1 << 20, /* descriptors in all */
};

/* To be added to a kind or a tag: who does not know it may step over it. */
enum { STATE_OPTIONAL = 0x8000 };

struct state_nonce {
	uint64_t word[2];
};

struct state_writer {
	struct buf out;
	size_t record; /* where the one that is open begins; 0: none is */
	size_t fields;
};

void state_begin(struct state_writer *writer);
void state_record(struct state_writer *writer, unsigned kind); /* ends the one before */
void state_add(struct state_writer *writer, unsigned tag, uint64_t number);
void state_add_bytes(struct state_writer *writer, unsigned tag, const void *data, size_t len);
void state_add_text(struct state_writer *writer, unsigned tag, const char *text); /* NULL: none */
void state_add_addr(struct state_writer *writer, unsigned tag, const struct addr *addr);
void state_add_fd(struct state_writer *writer, unsigned tag, int fd); /* -1: none */
/* The whole, or NULL if something did not fit. Belongs to the writer. */
const void *state_finish(struct state_writer *writer, const struct state_nonce *nonce, pid_t pid,
                         size_t *len_r);
void state_free(struct state_writer *writer);

enum state_type { STATE_NUMBER = 1, STATE_BYTES, STATE_FD };

struct state_field {
	enum state_type type;
	unsigned tag; /* without STATE_OPTIONAL */
	bool optional, taken;
	const unsigned char *data;
	size_t len;
};

struct state_reader {
	const unsigned char *data;
	size_t len, at;
	unsigned kinds; /* that are known */
	unsigned kind;  /* of the record that is read */
	struct state_field field[STATE_FIELDS];
	size_t count, hint;
	bool failed;
	char why[160]; /* in words, if so */
};

/* `kinds`: those from 1 to below it are known. False, with `why`, where it is refused. */
bool state_open(struct state_reader *reader, const void *data, size_t len, unsigned kinds,
                const struct state_nonce *nonce, pid_t pid);
void state_rewind(struct state_reader *reader);
/* The next record whose kind is known; false at the end, or where something failed. */
bool state_next(struct state_reader *reader);
/* The record has been read: refuses it if there is something that nobody asked for. */
bool state_done(struct state_reader *reader);

/* A field that is not there fails, but with the calls that take a default. */
uint64_t state_get(struct state_reader *reader, unsigned tag);
uint64_t state_get_below(struct state_reader *reader, unsigned tag, uint64_t bound);
uint64_t state_get_or(struct state_reader *reader, unsigned tag, uint64_t number);
/* NULL where there is none. */
const void *state_get_bytes(struct state_reader *reader, unsigned tag, size_t *len_r);
const char *state_get_text(struct state_reader *reader, unsigned tag);
void state_get_addr(struct state_reader *reader, unsigned tag, struct addr *addr);
int state_get_fd(struct state_reader *reader, unsigned tag); /* -1: there is none */

/* Says why, unless something failed before. Always false. */
bool state_fail(struct state_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* All descriptors of a state that was opened, sorted, to be freed. NULL: out of
 * memory, or one is there twice. */
int *state_fds(const struct state_reader *reader, size_t *count_r);

#endif
