#include "base/log_sink.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"

const char *log_sink_level_name(int level)
{
	if (level <= LOG_ERR)
		return "error";
	if (level <= LOG_WARNING)
		return "warning";
	return level <= LOG_INFO ? "info" : "debug";
}

/* Bytes that could forge a line or steer a terminal become \xNN. */
static void add_escaped(struct buf *out, const char *text, bool quote)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (quote && (*p == '"' || *p == '\\'))
			buf_addf(out, "\\%c", *p);
		else if (*p >= 0x20 && *p < 0x7f)
			buf_addc(out, (char)*p);
		else
			buf_addf(out, "\\x%02x", *p);
	}
}

/* A value of key=value: quoted where it would not be one word. */
static void add_value(struct buf *out, const char *text)
{
	size_t plain = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789.:/@_+-%");

	if (text[plain] == '\0') {
		buf_add(out, text, plain);
		return;
	}
	buf_addc(out, '"');
	add_escaped(out, text, true);
	buf_addc(out, '"');
}

static void add_time(struct buf *out, usec_t wall)
{
	char text[CLOCK_TEXT_MAX];

	buf_add(out, text, clock_format(wall, text, sizeof text));
}

void log_sink_message(struct buf *out, const struct log_options *options, usec_t wall, int level,
                      const char *text)
{
	struct json json = JSON_INIT(out);
	char time[CLOCK_TEXT_MAX];

	if (options->prefix)
		buf_addf(out, "<%d>", level);
	if (options->format == LOG_FORMAT_JSON) {
		clock_format(wall, time, sizeof time);
		json_object(&json);
		json_key(&json, "time");
		json_string(&json, time);
		json_key(&json, "level");
		json_string(&json, log_sink_level_name(level));
		json_key(&json, "message");
		json_string(&json, text);
		json_object_end(&json);
	} else {
		if (!options->prefix) {
			add_time(out, wall);
			buf_addf(out, " %s: ", log_sink_level_name(level));
		}
		add_escaped(out, text, false);
	}
	buf_addc(out, '\n');
}

static void event_text(struct buf *out, usec_t wall, const struct log_field *field, size_t count)
{
	buf_adds(out, "time=");
	add_time(out, wall);
	for (size_t i = 0; i < count; i++) {
		if (field[i].type == LOG_TEXT && !field[i].text)
			continue;
		buf_addc(out, ' ');
		buf_adds(out, field[i].name);
		buf_addc(out, '=');
		if (field[i].type == LOG_TEXT)
			add_value(out, field[i].text);
		else
			buf_addf(out, "%" PRId64, field[i].number);
	}
}

static void event_json(struct buf *out, usec_t wall, const struct log_field *field, size_t count)
{
	struct json json = JSON_INIT(out);
	char time[CLOCK_TEXT_MAX];

	clock_format(wall, time, sizeof time);
	json_object(&json);
	json_key(&json, "time");
	json_string(&json, time);
	for (size_t i = 0; i < count; i++) {
		if (field[i].type == LOG_TEXT && !field[i].text)
			continue;
		json_key(&json, field[i].name);
		if (field[i].type == LOG_TEXT)
			json_string(&json, field[i].text);
		else
			json_int(&json, field[i].number);
	}
	json_object_end(&json);
}

void log_sink_event(struct buf *out, const struct log_options *options, usec_t wall, int level,
                    const struct log_field *field, size_t count)
{
	if (options->prefix)
		buf_addf(out, "<%d>", level);
	if (options->format == LOG_FORMAT_JSON)
		event_json(out, wall, field, count);
	else
		event_text(out, wall, field, count);
	buf_addc(out, '\n');
}
