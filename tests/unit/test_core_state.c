/* core/state.h and core/statefile.h: what was written is read, and nothing else is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "core/state.h"
#include "core/statefile.h"
#include "unit/test.h"

enum { KIND_A = 1, KIND_B, KINDS };
enum { PID = 4711 };

static const struct state_nonce nonce = {{0x0123456789abcdef, 42}};

/* A copy of exactly that size, so that a sanitizer sees one byte too many read. */
static unsigned char *finish(struct state_writer *writer, size_t *len)
{
	const void *data = state_finish(writer, &nonce, PID, len);
	unsigned char *copy;

	assert_non_null(data);
	copy = malloc(*len);
	assert_non_null(copy);
	memcpy(copy, data, *len);
	state_free(writer);
	return copy;
}

static void write_sample(struct state_writer *writer)
{
	struct addr addr = {.len = 0};

	assert_int_equal(addr_parse_ip("192.0.2.1", 80, &addr), 0);
	addr.uid = 7;
	state_begin(writer);
	state_record(writer, KIND_A);
	state_add(writer, 1, UINT64_MAX);
	state_add_text(writer, 2, "a text");
	state_add_text(writer, 3, NULL);
	state_add_addr(writer, 4, &addr);
	state_add_fd(writer, 5, 17);
	state_add_fd(writer, 6, -1);
	state_record(writer, KIND_B);
	state_add_fd(writer, 5, 12);
	state_add_bytes(writer, 7, "\0\1", 2);
}

static void state__written__is_read_again(void **s)
{
	struct state_writer writer;
	struct state_reader reader;
	struct addr addr;
	size_t len, n;
	unsigned char *data;
	int *fd;

	(void)s;
	write_sample(&writer);
	data = finish(&writer, &len);
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	for (int i = 0; i < 2; i++, state_rewind(&reader)) {
		assert_true(state_next(&reader));
		assert_int_equal(reader.kind, KIND_A);
		assert_int_equal(state_get(&reader, 1), UINT64_MAX);
		assert_string_equal(state_get_text(&reader, 2), "a text");
		assert_null(state_get_text(&reader, 3));
		state_get_addr(&reader, 4, &addr);
		assert_int_equal(addr_port(&addr), 80);
		assert_int_equal(addr.uid, 7);
		assert_int_equal(state_get_fd(&reader, 6), -1);
		assert_int_equal(state_get_fd(&reader, 5), 17);
		assert_int_equal(state_get_or(&reader, 9, 3), 3);
		assert_true(state_done(&reader));
		assert_true(state_next(&reader));
		assert_int_equal(state_get_fd(&reader, 5), 12);
		assert_memory_equal(state_get_bytes(&reader, 7, &n), "\0\1", 2);
		assert_int_equal(n, 2);
		assert_true(state_done(&reader));
		assert_false(state_next(&reader));
		assert_false(reader.failed);
	}
	fd = state_fds(&reader, &n);
	assert_non_null(fd);
	assert_int_equal(n, 2);
	assert_int_equal(fd[0], 12);
	assert_int_equal(fd[1], 17);
	free(fd);
	free(data);
}

static void state__cut_or_longer__is_refused(void **s)
{
	struct state_writer writer;
	struct state_reader reader;
	size_t len;
	unsigned char *data, *longer;

	(void)s;
	write_sample(&writer);
	data = finish(&writer, &len);
	for (size_t n = 0; n < len; n++) {
		unsigned char *part = malloc(n ? n : 1);

		assert_non_null(part);
		memcpy(part, data, n);
		assert_false(state_open(&reader, part, n, KINDS, &nonce, PID));
		free(part);
	}
	longer = calloc(1, len + 8);
	assert_non_null(longer);
	memcpy(longer, data, len);
	assert_false(state_open(&reader, longer, len + 8, KINDS, &nonce, PID));
	assert_true(state_open(&reader, longer, len, KINDS, &nonce, PID));
	free(longer);
	free(data);
}

static void state__one_bit_changed__is_refused(void **s)
{
	struct state_writer writer;
	struct state_reader reader;
	size_t len;
	unsigned char *data;

	(void)s;
	write_sample(&writer);
	data = finish(&writer, &len);
	for (size_t bit = 0; bit < len * 8; bit++) {
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_false(state_open(&reader, data, len, KINDS, &nonce, PID));
		assert_string_not_equal(reader.why, "");
		data[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	free(data);
}

static void state__foreign__is_refused(void **s)
{
	const struct state_nonce other = {{0x0123456789abcdef, 43}};
	struct state_writer writer;
	struct state_reader reader;
	size_t len;
	unsigned char *data;

	(void)s;
	write_sample(&writer);
	data = finish(&writer, &len);
	assert_false(state_open(&reader, data, len, KINDS, &other, PID));
	assert_false(state_open(&reader, data, len, KINDS, &nonce, PID + 1));
	assert_string_equal(reader.why, "it is that of process 4711");
	assert_false(state_open(&reader, data, len, KIND_B, &nonce, PID));
	assert_string_equal(reader.why, "this version does not know its records of kind 2");
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	free(data);
}

static void state__of_a_newer_version__optional_parts_are_stepped_over(void **s)
{
	struct state_writer writer;
	struct state_reader reader;
	size_t len;
	unsigned char *data;

	(void)s;
	state_begin(&writer);
	state_record(&writer, KINDS | STATE_OPTIONAL);
	state_add(&writer, 1, 1);
	state_record(&writer, KIND_A);
	state_add(&writer, 30 | STATE_OPTIONAL, 1);
	state_add(&writer, 1, 5);
	state_record(&writer, KIND_B);
	state_add(&writer, 31, 1);
	data = finish(&writer, &len);
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	assert_true(state_next(&reader));
	assert_int_equal(reader.kind, KIND_A);
	assert_int_equal(state_get(&reader, 1), 5);
	assert_true(state_done(&reader));
	assert_true(state_next(&reader));
	assert_false(state_done(&reader));
	assert_string_equal(reader.why, "this version does not know field 31 of kind 2");
	free(data);
}

/* What the checksum covers may still be nonsense: an error of whoever wrote it. */
static void state__nonsense_inside__is_refused(void **s)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
	    {"\1", 1},
	    {"\1\0\0\0\1\0\0\0", 8},                           /* beyond the end */
	    {"\1\0\0\0\3\0\0\0\1\0\1", 11},                    /* half a field's head */
	    {"\1\0\0\0\x8\0\0\0\1\0\1\0\0\0\0\0", 16},         /* a number without bytes */
	    {"\1\0\0\0\x8\0\0\0\1\0\2\0\1\0\0\0", 16},         /* a field beyond its record */
	    {"\1\0\0\0\x8\0\0\0\1\0\x9\0\0\0\0\0", 16},        /* a type that is none */
	    {"\1\0\0\0\xc\0\0\0\1\0\3\0\4\0\0\0\2\0\0\0", 20}, /* standard error */
	    {"\0\0\0\0\0\0\0\0", 8},                           /* no kind */
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct state_writer writer;
		struct state_reader reader;
		size_t len;
		unsigned char *data;

		state_begin(&writer);
		buf_add(&writer.out, rows[i].bytes, rows[i].len);
		data = finish(&writer, &len);
		assert_false(state_open(&reader, data, len, KINDS, &nonce, PID));
		free(data);
	}
}

static void state__missing_or_wrong__fails_and_sticks(void **s)
{
	struct state_writer writer;
	struct state_reader reader;
	size_t len;
	unsigned char *data;

	(void)s;
	state_begin(&writer);
	state_record(&writer, KIND_A);
	state_add(&writer, 1, 8);
	state_add_bytes(&writer, 2, "no end", 6);
	data = finish(&writer, &len);
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	assert_true(state_next(&reader));
	assert_int_equal(state_get_below(&reader, 1, 8), 0);
	assert_true(reader.failed);
	assert_string_equal(reader.why, "field 1 of kind 1 is out of range");
	assert_int_equal(state_get(&reader, 3), 0);
	assert_string_equal(reader.why, "field 1 of kind 1 is out of range");
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	assert_true(state_next(&reader));
	assert_null(state_get_text(&reader, 2));
	assert_string_equal(reader.why, "field 2 of kind 1 is no text");
	assert_false(state_next(&reader));
	free(data);
}

static void state__a_descriptor_twice__is_refused(void **s)
{
	struct state_writer writer;
	struct state_reader reader;
	size_t len, n;
	unsigned char *data;

	(void)s;
	state_begin(&writer);
	state_record(&writer, KIND_A);
	state_add_fd(&writer, 1, 9);
	state_add_fd(&writer, 1, 9);
	data = finish(&writer, &len);
	assert_true(state_open(&reader, data, len, KINDS, &nonce, PID));
	assert_null(state_fds(&reader, &n));
	free(data);
}

static void state__too_many_fields__is_no_state(void **s)
{
	struct state_writer writer;
	size_t len;

	(void)s;
	state_begin(&writer);
	state_record(&writer, KIND_A);
	for (unsigned i = 0; i <= STATE_FIELDS; i++)
		state_add(&writer, i, i);
	assert_null(state_finish(&writer, &nonce, PID, &len));
	state_free(&writer);
}

static void statefile__made__is_sealed_and_mapped(void **s)
{
	struct statefile file;
	const char *why;
	int fd = statefile_make("bytes", 5);

	(void)s;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 1), -1);
	assert_int_equal(statefile_map(fd, &file, &why), 0);
	assert_int_equal(file.len, 5);
	assert_memory_equal(file.data, "bytes", 5);
	statefile_unmap(&file);
	fd_close(&fd);
}

static void statefile__not_sealed_or_no_memfd__is_refused(void **s)
{
	struct statefile file;
	const char *why;
	int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING), null;

	(void)s;
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK), 0);
	assert_int_equal(statefile_map(fd, &file, &why), -1);
	assert_string_equal(why, "it is not sealed");
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	assert_int_equal(statefile_map(fd, &file, &why), 0);
	statefile_unmap(&file);
	fd_close(&fd);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(statefile_map(null, &file, &why), -1);
	assert_string_equal(why, "it cannot be sealed, so it is none");
	fd_close(&null);
	assert_int_equal(statefile_map(-1, &file, &why), -1);
	fd = statefile_make("", 0);
	assert_int_equal(statefile_map(fd, &file, &why), -1);
	assert_string_equal(why, "it is empty, or too long");
	fd_close(&fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(state__written__is_read_again),
	    cmocka_unit_test(state__cut_or_longer__is_refused),
	    cmocka_unit_test(state__one_bit_changed__is_refused),
	    cmocka_unit_test(state__foreign__is_refused),
	    cmocka_unit_test(state__of_a_newer_version__optional_parts_are_stepped_over),
	    cmocka_unit_test(state__nonsense_inside__is_refused),
	    cmocka_unit_test(state__missing_or_wrong__fails_and_sticks),
	    cmocka_unit_test(state__a_descriptor_twice__is_refused),
	    cmocka_unit_test(state__too_many_fields__is_no_state),
	    cmocka_unit_test(statefile__made__is_sealed_and_mapped),
	    cmocka_unit_test(statefile__not_sealed_or_no_memfd__is_refused),
	};

	return cmocka_run_group_tests_name("core/state", tests, NULL, NULL);
}
