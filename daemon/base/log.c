#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_out.h"
#include "base/log_sink.h"

enum {
	PENDING_MAX = 1 << 20, /* what is kept while nobody takes it */
	GATHER_MAX = 16 << 10, /* written before the end of the turn */
	COMPACT = 64 << 10,    /* taken bytes that are worth a move */
	SLOW_MSEC = 200,       /* longest rest while a reader is asleep */
	GONE_MSEC = 100,       /* first rest while there is no logger */
	GONE_MAX_MSEC = 5000,
	SAY_MSEC = 1000, /* between two words on what was lost */
	END_MSEC = 1000, /* for a slow reader, at the very end */
	END_DEAD_MSEC = 100,
};

static struct log_options options = {.level = LOG_INFO};
static bool echo;
static struct log_out out = LOG_OUT_INIT;
/* Bytes of a stream, or for a socket: a length (a size_t), so many bytes, ... */
static struct buf pending = BUF_INIT(PENDING_MAX);
static size_t taken;     /* bytes of pending that were written */
static bool midline;     /* ... and the last of them ends no line */
static uint64_t dropped; /* lines, since it was last said */
static uint64_t lost;    /* ... since the start */
static msec_t said;
static int rest;     /* milliseconds between two tries, 0: nobody keeps us waiting */
static msec_t again; /* when to try next, while there is a rest */

/* The length of the next datagram. */
static size_t next_length(size_t at)
{
	size_t len;

	memcpy(&len, pending.data + at, sizeof len);
	return len;
}

static uint64_t count_lines(void)
{
	uint64_t n = 0;

	if (log_out_is_socket(&out)) {
		for (size_t i = taken; i < pending.len; n++)
			i += sizeof i + next_length(i);
	} else {
		for (size_t i = taken; i < pending.len; i++)
			n += pending.data[i] == '\n';
	}
	return n;
}

static void lose(uint64_t lines)
{
	dropped += lines;
	lost += lines;
}

static void lose_pending(void)
{
	lose(count_lines());
	buf_clear(&pending);
	taken = 0;
}

int log_open(const struct log_options *wanted)
{
	struct log_out fresh;

	if (log_out_open(&fresh, wanted) < 0)
		return -1;
	log_flush();
	lose_pending();
	log_out_close(&out);
	out = fresh;
	rest = 0;
	midline = false;
	options = *wanted;
	options.path = NULL;
	return 0;
}

int log_reopen(void)
{
	log_flush();
	rest = 0;
	return log_out_reopen(&out);
}

void log_close(void)
{
	msec_t end = clock_msec() + END_MSEC;

	log_flush();
	while (log_pending() && clock_msec() < end && log_out_wait(&out, END_DEAD_MSEC)) {
		rest = 0;
		log_flush();
	}
	lose_pending();
	log_out_close(&out);
	buf_free(&pending);
	options = (struct log_options){.level = LOG_INFO};
	rest = 0;
	dropped = 0;
}

int log_trouble(void)
{
	return out.fd < 0 ? out.error : 0;
}

uint64_t log_lost(void)
{
	return lost;
}

void log_set_level(int level)
{
	options.level = level;
}

void log_echo(bool on)
{
	echo = on;
}

bool log_wants(int level)
{
	return level <= options.level;
}

bool log_pending(void)
{
	return pending.len > taken;
}

size_t log_pending_bytes(void)
{
	return pending.len - taken;
}

int log_wait_msec(void)
{
	msec_t left;

	if (!log_pending())
		return -1;
	left = rest ? again - clock_msec() : 0;
	return left > 0 ? (int)left : 0;
}

/* Tried more seldom each time, but a reader that took something is soon back. */
static void rest_for(int first, int longest)
{
	rest = rest < first ? first : 2 * rest;
	if (rest > longest)
		rest = longest;
	again = clock_msec() + rest;
}

static void compact(void)
{
	if (taken < pending.len && taken < COMPACT)
		return;
	buf_consume(&pending, taken);
	taken = 0;
}

/* Writes the next datagram, or bytes of the stream; false when no more can be
 * written now. */
static bool write_next(void)
{
	bool is_socket = log_out_is_socket(&out);
	size_t head = is_socket ? sizeof(size_t) : 0;
	size_t len = is_socket ? next_length(taken) : pending.len - taken;
	ssize_t n = log_out_write(&out, pending.data + taken + head, len);

	if (n >= 0) {
		taken += is_socket ? head + len : (size_t)n;
		midline = !is_socket && taken > 0 && pending.data[taken - 1] != '\n';
		rest = 0;
		return true;
	}
	if (errno == EAGAIN) {
		rest_for(1, SLOW_MSEC);
		return false;
	}
	if (errno == ENOTCONN && is_socket) {
		rest_for(GONE_MSEC, GONE_MAX_MSEC);
		return false;
	}
	if (is_socket) { /* this one cannot be sent, the next may */
		lose(1);
		taken += head + len;
		return true;
	}
	/* A disk that is full, a reader that is gone: these lines are lost. */
	out.torn |= midline;
	midline = false;
	lose_pending();
	return false;
}

static size_t line_begin(void)
{
	size_t start = pending.len;

	if (log_out_is_socket(&out))
		buf_add(&pending, &start, sizeof start);
	return start;
}

/* Keeps the line whose first byte is at `start`, or drops it whole. */
static bool line_end(size_t start)
{
	size_t len = pending.len - start - sizeof len;

	if (pending.failed) {
		pending.failed = false;
		pending.len = start;
		if (pending.data)
			pending.data[start] = '\0';
		return false;
	}
	if (log_out_is_socket(&out))
		memcpy(pending.data + start, &len, sizeof len);
	return true;
}

static void say_dropped(void)
{
	msec_t now = clock_msec();
	char text[80];
	size_t start;

	if (log_pending() && now - said < SAY_MSEC)
		return;
	snprintf(text, sizeof text, "%llu %s lost: nobody took %s", (unsigned long long)dropped,
	         dropped == 1 ? "line of the log was" : "lines of the log were",
	         dropped == 1 ? "it" : "them");
	start = line_begin();
	log_sink_message(&pending, &options, clock_wall(), LOG_WARNING, text);
	if (!line_end(start))
		return;
	said = now;
	dropped = 0;
}

void log_flush(void)
{
	int saved = errno;
	uint64_t before = lost;
	bool wrote = false;

	if (!log_pending() || (rest && clock_msec() < again))
		return;
	while (log_pending() && write_next())
		wrote = true;
	if (wrote && dropped && lost == before)
		say_dropped();
	compact();
	errno = saved;
}

static void add_done(size_t start, int level)
{
	if (!line_end(start))
		lose(1);
	else if (level <= LOG_ERR || pending.len - taken >= GATHER_MAX)
		log_flush();
}

void log_message(int level, const char *format, ...)
{
	int saved = errno;
	char text[LOG_TEXT_MAX];
	size_t start;
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (echo && level <= LOG_WARNING && out.to != LOG_TO_STDERR)
		dprintf(STDERR_FILENO, "usherd: %s\n", text);
	start = line_begin();
	log_sink_message(&pending, &options, clock_wall(), level, text);
	add_done(start, level);
	errno = saved;
}

void log_event(int level, const struct log_field *field, size_t count)
{
	int saved = errno;
	size_t start;

	if (!log_wants(level))
		return;
	start = line_begin();
	log_sink_event(&pending, &options, clock_wall(), level, field, count);
	add_done(start, level);
	errno = saved;
}

struct log_rest log_rest(void)
{
	return (struct log_rest){.data = pending.data + taken,
	                         .len = pending.len - taken,
	                         .midline = midline,
	                         .datagrams = log_out_is_socket(&out),
	                         .lost = lost + dropped};
}

void log_adopt(const struct log_rest *before)
{
	struct buf own = pending;
	size_t own_taken = taken;

	lost += before->lost;
	if (before->len == 0 || before->datagrams != log_out_is_socket(&out))
		return;
	/* It comes before what has been said since. */
	pending = (struct buf)BUF_INIT(PENDING_MAX);
	buf_add(&pending, before->data, before->len);
	buf_add(&pending, own.data + own_taken, own.len - own_taken);
	if (pending.failed) {
		buf_free(&pending);
		pending = own;
		return;
	}
	buf_free(&own);
	taken = 0;
	midline = before->midline;
}
