/* base/log_sink.h: each form byte by byte, and hostile bytes in all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log_sink.h"
#include "unit/test.h"

static const usec_t wall = 1795428003000042; /* 2026-11-23T10:00:03.000042Z */
#define TIME "2026-11-23T10:00:03.000042Z"

static struct buf out = BUF_INIT(1 << 20);

static int set_up(void **state)
{
	(void)state;
	buf_clear(&out);
	return 0;
}

static const char *message(enum log_to to, enum log_format format, int level, const char *text)
{
	const struct log_options options = {.to = to, .format = format};

	log_sink_message(&out, &options, wall, level, text);
	assert_false(out.failed);
	return out.data;
}

static const char *event(enum log_to to, enum log_format format, const struct log_field *field,
                         size_t count)
{
	const struct log_options options = {.to = to, .format = format};

	log_sink_event(&out, &options, wall, LOG_INFO, field, count);
	assert_false(out.failed);
	return out.data;
}

static const char *with_pid(const char *before, const char *after)
{
	static char text[1024];

	snprintf(text, sizeof text, "%s usherd[%d]: %s", before, (int)getpid(), after);
	return text;
}

static const struct log_field fields[] = {
    {"event", LOG_TEXT, "end", 0},
    {"pid", LOG_NUMBER, NULL, 77},
    {"peer", LOG_TEXT, "@a b\n\x1b\xff", 0},
    {"status", LOG_EMPTY, NULL, 0},
    {"signal", LOG_TEXT, "", 0},
    {"reason", LOG_TEXT, NULL, 0},
    {"min", LOG_NUMBER, NULL, INT64_MIN},
};

static void sink__syslog_message__is_as_rfc_3164_has_it(void **state)
{
	(void)state;
	assert_string_equal(message(LOG_TO_SYSLOG, LOG_FORMAT_TEXT, LOG_ERR, "no\nsuch \xff"),
	                    with_pid("<27>Nov 23 10:00:03", "no\\x0asuch \\xff"));
}

static void sink__syslog_day_of_one_digit__is_padded(void **state)
{
	const struct log_options options = {.to = LOG_TO_SYSLOG};

	(void)state;
	log_sink_message(&out, &options, 0, LOG_DEBUG, "x");
	assert_string_equal(out.data, with_pid("<31>Jan  1 00:00:00", "x"));
}

static void sink__syslog_time__is_local(void **state)
{
	(void)state;
	setenv("TZ", "XYZ-5:30", 1);
	tzset();
	message(LOG_TO_SYSLOG, LOG_FORMAT_TEXT, LOG_INFO, "x");
	setenv("TZ", "UTC", 1);
	tzset();
	assert_string_equal(out.data, with_pid("<30>Nov 23 15:30:03", "x"));
}

static void sink__syslog_event__is_key_and_value(void **state)
{
	(void)state;
	assert_string_equal(event(LOG_TO_SYSLOG, LOG_FORMAT_TEXT, fields, ARRAY_LEN(fields)),
	                    with_pid("<30>Nov 23 10:00:03",
	                             "time=" TIME " event=end pid=77"
	                             " peer=\"@a b\\x0a\\x1b\\xff\" status= signal="
	                             " min=-9223372036854775808"));
}

static void sink__syslog_in_json__has_the_same_head(void **state)
{
	(void)state;
	assert_string_equal(event(LOG_TO_SYSLOG, LOG_FORMAT_JSON, fields, ARRAY_LEN(fields)),
	                    with_pid("<30>Nov 23 10:00:03",
	                             "{\"time\":\"" TIME "\",\"event\":\"end\",\"pid\":77,"
	                             "\"peer\":\"@a b\\n\\u001b\\ufffd\",\"status\":null,"
	                             "\"signal\":\"\",\"min\":-9223372036854775808}"));
}

static void sink__journal_message__is_four_fields(void **state)
{
	(void)state;
	assert_string_equal(message(LOG_TO_JOURNAL, LOG_FORMAT_TEXT, LOG_WARNING, "a\nb=c"),
	                    "PRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=usherd\n"
	                    "MESSAGE=a\\x0ab=c\n");
}

/* What has a newline goes with its length, and is what it was. */
static void sink__journal_event__has_a_field_for_each(void **state)
{
	static const char wanted[] = "PRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=usherd\n"
				     "MESSAGE=time=" TIME " event=end pid=77"
				     " peer=\"@a b\\x0a\\x1b\\xff\" status= signal="
				     " min=-9223372036854775808\n"
				     "USHERD_TIME=" TIME "\n"
				     "USHERD_EVENT=end\n"
				     "USHERD_PID=77\n"
				     "USHERD_PEER\n\x07\0\0\0\0\0\0\0@a b\n\x1b\xff\n"
				     "USHERD_STATUS=\n"
				     "USHERD_SIGNAL=\n"
				     "USHERD_MIN=-9223372036854775808\n";

	(void)state;
	event(LOG_TO_JOURNAL, LOG_FORMAT_TEXT, fields, ARRAY_LEN(fields));
	assert_int_equal(out.len, sizeof wanted - 1);
	assert_memory_equal(out.data, wanted, out.len);
}

static void sink__stream__ends_in_a_newline(void **state)
{
	(void)state;
	assert_string_equal(message(LOG_TO_FILE, LOG_FORMAT_TEXT, LOG_INFO, "x"),
	                    TIME " info: x\n");
	buf_clear(&out);
	assert_string_equal(event(LOG_TO_STDERR, LOG_FORMAT_TEXT, fields, 2),
	                    "time=" TIME " event=end pid=77\n");
}

static void sink__huge_hostile_texts__stay_within_the_bound(void **state)
{
	static char text[5000], sentence[LOG_TEXT_MAX];
	struct log_field huge[16];

	(void)state;
	memset(text, '\x01', sizeof text - 1);
	memset(sentence, '\x01', sizeof sentence - 1);
	for (size_t i = 0; i < ARRAY_LEN(huge); i++)
		huge[i] = (struct log_field){"field_of_long_name", LOG_TEXT, text, 0};
	for (int to = LOG_TO_STDERR; to <= LOG_TO_JOURNAL; to++)
		for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
			buf_clear(&out);
			message((enum log_to)to, (enum log_format)format, LOG_ERR, sentence);
			assert_in_range(out.len, sizeof sentence, LOG_LINE_MAX);
			buf_clear(&out);
			event((enum log_to)to, (enum log_format)format, huge, ARRAY_LEN(huge));
			assert_in_range(out.len, 2048, LOG_LINE_MAX);
		}
}

/* Whatever bytes come, a text line has none that is not printable. */
static void sink__random_bytes__never_leave_a_line(void **state)
{
	uint64_t seed = 7;
	char text[40];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct log_field field = {"peer", LOG_TEXT, text, 0};
		size_t len = test_random(&seed) % (sizeof text - 1);

		for (size_t k = 0; k < len; k++)
			text[k] = (char)(test_random(&seed) % 255 + 1);
		text[len] = '\0';
		buf_clear(&out);
		event(LOG_TO_FILE, LOG_FORMAT_TEXT, &field, 1);
		for (size_t k = 0; k + 1 < out.len; k++)
			assert_in_range(out.data[k], 0x20, 0x7e);
		assert_int_equal(out.data[out.len - 1], '\n');
	}
}

static int in_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

int main(void)
{
#define SINK_TEST(test) cmocka_unit_test_setup(test, set_up)
	const struct CMUnitTest tests[] = {
	    SINK_TEST(sink__syslog_message__is_as_rfc_3164_has_it),
	    SINK_TEST(sink__syslog_day_of_one_digit__is_padded),
	    SINK_TEST(sink__syslog_time__is_local),
	    SINK_TEST(sink__syslog_event__is_key_and_value),
	    SINK_TEST(sink__syslog_in_json__has_the_same_head),
	    SINK_TEST(sink__journal_message__is_four_fields),
	    SINK_TEST(sink__journal_event__has_a_field_for_each),
	    SINK_TEST(sink__stream__ends_in_a_newline),
	    SINK_TEST(sink__huge_hostile_texts__stay_within_the_bound),
	    SINK_TEST(sink__random_bytes__never_leave_a_line),
	};

	return cmocka_run_group_tests_name("base/log_sink", tests, in_utc, free_all);
}
