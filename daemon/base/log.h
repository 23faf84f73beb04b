/* base/log.h - what usherd says, as sentences and as records.
 *
 * log_error() and its sisters take a sentence as printf(3) does ("%m" is
 * errno's text); log_event() takes the fields of a record. Both become one line
 * of text or JSON, or one datagram for syslog or the journal, control bytes
 * escaped, at most LOG_LINE_MAX bytes. Lines are gathered and written once a
 * turn of the loop, errors at once. Writing never blocks: what a full pipe, disk
 * or socket does not take is kept up to a bound, then dropped, counted and said.
 * errno is kept. Before log_open() all goes to standard error. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG */

enum { LOG_LINE_MAX = 16 << 10, LOG_TEXT_MAX = 1024 /* of a sentence */ };

enum log_to { LOG_TO_STDERR, LOG_TO_FILE, LOG_TO_SYSLOG, LOG_TO_JOURNAL };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

#define LOG_SYSLOG_PATH  "/dev/log"
#define LOG_JOURNAL_PATH "/run/systemd/journal/socket"

struct log_options {
	enum log_to to;
	const char *path; /* of the file; of the socket, NULL: the usual one */
	enum log_format format;
	int level; /* what is less urgent is not written */
	uid_t uid; /* whose file it becomes if it is made; (uid_t)-1: ours */
	gid_t gid;
	bool prefix; /* "<N>" in front of each line, for the journal, and no time */
};

/* Replaces what was open. Fails with errno, keeping the old, if the file cannot
 * be opened. The path is remembered for log_reopen(). A logger that does not
 * listen is waited for, and log_trouble() says so. */
int log_open(const struct log_options *options);
int log_reopen(void); /* after a rotation; fails as log_open() does */
void log_close(void); /* waits a little for a slow reader, but not for a dead one */

/* Why there is no logger to write to, as an errno; 0: there is. */
int log_trouble(void);
/* Lines that were lost since the start. */
uint64_t log_lost(void);

void log_set_level(int level);

/* From now on warnings and errors are also said on standard error, where it is
 * not the log itself: the start of a daemon has a reader there. */
void log_echo(bool on);

bool log_wants(int level);

void log_message(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define log_error(...) log_message(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_message(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

/* LOG_EMPTY: the field is there and has no value. */
enum log_field_type { LOG_TEXT, LOG_NUMBER, LOG_EMPTY };

struct log_field {
	const char *name;
	enum log_field_type type;
	const char *text; /* LOG_TEXT; NULL: the field is left out */
	int64_t number;
};

/* One record; the field "time" is put in front. Of all its texts together 2,048
 * bytes are shown. */
void log_event(int level, const struct log_field *field, size_t count);

/* For an upgrade: what is gathered and not written yet, as bytes of our own; and taken
 * over by a log that is open. Nothing where the two are not of the same kind. */
struct log_rest {
	const void *data;
	size_t len;
	bool midline, datagrams;
	uint64_t lost;
};
struct log_rest log_rest(void);
void log_adopt(const struct log_rest *rest);

/* Writes what is gathered, as far as it can be written now. */
void log_flush(void);
bool log_pending(void); /* something could not be written yet */
size_t log_pending_bytes(void);
/* In how many milliseconds log_flush() should be called again; -1: no need. */
int log_wait_msec(void);

#endif
