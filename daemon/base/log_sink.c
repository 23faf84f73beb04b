#include "base/log_sink.h"

#include <ctype.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"

enum { TEXTS_MAX = 2048 /* bytes of all texts of a record, before they are escaped */ };

static const char ident[] = "usherd";

const char *log_sink_level_name(int level)
{
	if (level <= LOG_ERR)
		return "error";
	if (level <= LOG_WARNING)
		return "warning";
	return level <= LOG_INFO ? "info" : "debug";
}

/* Bytes that could forge a line or steer a terminal become \xNN. */
static void add_escaped(struct buf *out, const char *text, size_t len, bool quote)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	for (; p < end; p++) {
		if (quote && (*p == '"' || *p == '\\'))
			buf_addf(out, "\\%c", *p);
		else if (*p >= 0x20 && *p < 0x7f)
			buf_addc(out, (char)*p);
		else
			buf_addf(out, "\\x%02x", *p);
	}
}

static bool is_plain(unsigned char c)
{
	static const bool other[256] = {['.'] = true, [':'] = true, ['/'] = true, ['@'] = true,
	                                ['_'] = true, ['+'] = true, ['-'] = true, ['%'] = true};

	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       other[c];
}

/* A value of key=value: quoted where it would not be one word. */
static void add_value(struct buf *out, const char *text, size_t len)
{
	size_t plain = 0;

	while (plain < len && is_plain((unsigned char)text[plain]))
		plain++;
	if (plain == len) {
		buf_add(out, text, len);
		return;
	}
	buf_addc(out, '"');
	add_escaped(out, text, len, true);
	buf_addc(out, '"');
}

static void add_time(struct buf *out, usec_t wall)
{
	char text[CLOCK_TEXT_MAX];

	buf_add(out, text, clock_format(wall, text, sizeof text));
}

static void json_time(struct json *json, usec_t wall)
{
	char text[CLOCK_TEXT_MAX];

	json_key(json, "time");
	json_bytes(json, text, clock_format(wall, text, sizeof text));
}

/* How much of the field's text there is room for. */
static size_t take_text(const struct log_field *field, size_t *room)
{
	size_t len = field->type == LOG_TEXT ? strnlen(field->text, *room) : 0;

	*room -= len;
	return len;
}

static bool is_left_out(const struct log_field *field)
{
	return field->type == LOG_TEXT && !field->text;
}

/* ---- what is said, on one line ---- */

static void message_body(struct buf *out, const struct log_options *options, usec_t wall, int level,
                         const char *text)
{
	struct json json = JSON_INIT(out);

	if (options->format == LOG_FORMAT_TEXT) {
		add_escaped(out, text, strlen(text), false);
		return;
	}
	json_object(&json);
	json_time(&json, wall);
	json_key(&json, "level");
	json_string(&json, log_sink_level_name(level));
	json_key(&json, "message");
	json_string(&json, text);
	json_object_end(&json);
}

static void event_text(struct buf *out, usec_t wall, const struct log_field *field, size_t count)
{
	size_t room = TEXTS_MAX;

	buf_adds(out, "time=");
	add_time(out, wall);
	for (const struct log_field *f = field; f < field + count; f++) {
		if (is_left_out(f))
			continue;
		buf_addc(out, ' ');
		buf_adds(out, f->name);
		buf_addc(out, '=');
		if (f->type == LOG_TEXT)
			add_value(out, f->text, take_text(f, &room));
		else if (f->type == LOG_NUMBER)
			buf_addi(out, f->number);
	}
}

static void event_json(struct buf *out, usec_t wall, const struct log_field *field, size_t count)
{
	struct json json = JSON_INIT(out);
	size_t room = TEXTS_MAX;

	json_object(&json);
	json_time(&json, wall);
	for (const struct log_field *f = field; f < field + count; f++) {
		if (is_left_out(f))
			continue;
		json_key(&json, f->name);
		if (f->type == LOG_TEXT)
			json_bytes(&json, f->text, take_text(f, &room));
		else if (f->type == LOG_NUMBER)
			json_int(&json, f->number);
		else
			json_null(&json);
	}
	json_object_end(&json);
}

static void event_body(struct buf *out, const struct log_options *options, usec_t wall,
                       const struct log_field *field, size_t count)
{
	if (options->format == LOG_FORMAT_JSON)
		event_json(out, wall, field, count);
	else
		event_text(out, wall, field, count);
}

/* ---- what stands around it ---- */

static void syslog_head(struct buf *out, usec_t wall, int level)
{
	static const char month[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t sec = (time_t)(wall / 1000000);
	struct tm tm;

	if (!localtime_r(&sec, &tm))
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	buf_addf(out, "<%d>%s %2d %02d:%02d:%02d %s[%d]: ", LOG_DAEMON | level, month[tm.tm_mon],
	         tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ident, (int)getpid());
}

static void journal_head(struct buf *out, int level)
{
	buf_addf(out, "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=", level,
	         LOG_DAEMON >> 3, ident);
}

static void journal_name(struct buf *out, const char *name)
{
	buf_adds(out, "USHERD_");
	for (; *name; name++)
		buf_addc(out, (char)toupper((unsigned char)*name));
}

/* A value with a newline has its length in front, in 64 little-endian bits. */
static void journal_text(struct buf *out, const char *name, const char *text, size_t len)
{
	journal_name(out, name);
	if (!len || !memchr(text, '\n', len)) {
		buf_addc(out, '=');
	} else {
		buf_addc(out, '\n');
		for (int i = 0; i < 8; i++)
			buf_addc(out, (char)((uint64_t)len >> 8 * i));
	}
	if (len)
		buf_add(out, text, len);
	buf_addc(out, '\n');
}

static void journal_fields(struct buf *out, usec_t wall, const struct log_field *field,
                           size_t count)
{
	char time[CLOCK_TEXT_MAX] = "";
	size_t room = TEXTS_MAX;

	journal_text(out, "time", time, clock_format(wall, time, sizeof time));
	for (const struct log_field *f = field; f < field + count; f++) {
		if (is_left_out(f))
			continue;
		if (f->type == LOG_NUMBER) {
			journal_name(out, f->name);
			buf_addc(out, '=');
			buf_addi(out, f->number);
			buf_addc(out, '\n');
		} else {
			journal_text(out, f->name, f->text, take_text(f, &room));
		}
	}
}

static void head(struct buf *out, const struct log_options *options, usec_t wall, int level)
{
	if (options->to == LOG_TO_SYSLOG)
		syslog_head(out, wall, level);
	else if (options->to == LOG_TO_JOURNAL)
		journal_head(out, level);
	else if (options->prefix)
		buf_addf(out, "<%d>", level);
}

static bool is_datagram(const struct log_options *options)
{
	return options->to == LOG_TO_SYSLOG || options->to == LOG_TO_JOURNAL;
}

void log_sink_message(struct buf *out, const struct log_options *options, usec_t wall, int level,
                      const char *text)
{
	head(out, options, wall, level);
	if (options->format == LOG_FORMAT_TEXT && !options->prefix && !is_datagram(options)) {
		add_time(out, wall);
		buf_addf(out, " %s: ", log_sink_level_name(level));
	}
	message_body(out, options, wall, level, text);
	if (options->to != LOG_TO_SYSLOG)
		buf_addc(out, '\n');
}

void log_sink_event(struct buf *out, const struct log_options *options, usec_t wall, int level,
                    const struct log_field *field, size_t count)
{
	head(out, options, wall, level);
	event_body(out, options, wall, field, count);
	if (options->to != LOG_TO_SYSLOG)
		buf_addc(out, '\n');
	if (options->to == LOG_TO_JOURNAL)
		journal_fields(out, wall, field, count);
}
