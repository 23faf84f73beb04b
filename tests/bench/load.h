/* load.h - what the parts of the test client share.
 *
 * load.c decides when a connection begins; load_conn.c is the life of one;
 * load_options.c reads the command line; load_stats.c keeps the samples and
 * prints the counts.  One thread, one epoll set, no allocation while it measures
 * but for the samples.  All times are CLOCK_MONOTONIC in nanoseconds. */
#ifndef LOAD_H
#define LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#define NSEC_PER_SEC 1000000000LL

/* What is said and expected on a connection. */
enum load_mode {
	LOAD_PLAIN, /* send --send if set; the answer is exactly --expect */
	LOAD_HTTP,  /* a GET; status 200 and the body is exactly --expect */
	LOAD_ECHO   /* a pattern of --echo bytes comes back, all of it */
};

enum load_error {
	LOAD_OK,
	LOAD_REFUSED, /* connect was refused */
	LOAD_RESET,   /* ended by a reset, before or in place of the end of input */
	LOAD_TIMEOUT, /* not over after --timeout */
	LOAD_SHORT,   /* ended in order, but before all had come */
	LOAD_WRONG,   /* a byte differs, or there is one too many */
	LOAD_OTHER,   /* anything else; the first is explained on standard error */
	LOAD_ERRORS
};

struct load_options {
	unsigned int clients, conns; /* conns 0: no end but the time's */
	int64_t timeout, duration;   /* duration 0: no end but the count's */
	unsigned int hold;
	int64_t hold_time;
	double rate;          /* connections a second; 0: closed loop */
	unsigned int sources; /* 0: the kernel's choice */
	bool reset, quiet;

	enum load_mode mode;
	const char *send, *expect, *hold_send;
	size_t send_len, expect_len, hold_send_len, echo_size;

	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} peer;
	socklen_t peer_len;
};

/* Exits with status 2 where they make no sense, with 0 after --help. */
void options_read(int argc, char **argv, struct load_options *options);

enum conn_state {
	CONN_IDLE,
	CONN_CONNECTING,
	CONN_TALKING,
	CONN_HELD,  /* the answer has come, nothing more is to happen */
	CONN_ENDING /* was held; our side has ended, the end of input is due */
};

struct conn {
	int fd; /* -1 unless under way */
	enum conn_state state;
	uint32_t events;     /* those asked of epoll, 0: not in the set */
	bool hold;           /* stays after the answer, until conn_release() */
	unsigned int number; /* in the whole run; picks pattern and source */
	unsigned int left;   /* connections that this client has still to make */
	int64_t due, began, deadline, connect_time;
	size_t sent, received;    /* bytes; received counts no HTTP head */
	size_t head_len, line;    /* LOAD_HTTP: bytes of the head so far; of its last line */
	bool head_done;           /* always in the other modes */
	char status[13];          /* the head's beginning */
	struct conn *prev, *next; /* in load.c's list, oldest first */
};

/* Prepares what all connections send and expect. The options must outlive them. */
void conn_setup(const struct load_options *options);

/* Begins a connection; due is when it should have begun, now or earlier.
 * LOAD_OK: it is under way; else it has failed and is closed again. */
enum load_error conn_start(struct conn *conn, int epfd, int64_t due, int64_t now);

/* Goes on with it, on an event or (a unix socket's connect) after a while.
 * LOAD_OK with conn->fd -1: it has ended well.  After an error it is closed. */
enum load_error conn_event(struct conn *conn, int epfd, int64_t now);

/* True where the server's backlog is full and conn_event() must be called
 * again: unix sockets have no event for that. */
bool conn_must_retry(const struct conn *conn);

/* Ends the client's side of a held connection; conn_event() sees the rest. */
void conn_release(struct conn *conn, int64_t now);

void conn_close(struct conn *conn);

struct load_stats {
	uint32_t *samples; /* microseconds from the due time to the end of input, of successes */
	size_t count, room;
	uint64_t started, errors[LOAD_ERRORS]; /* errors[LOAD_OK] are the successes */
	int64_t connect_max;
	int64_t began, last_begun, ended;
	uint64_t held, held_failed;
	int64_t hold_opened; /* the time that it took to open them all */
};

int64_t load_now(void);
const char *load_error_name(enum load_error error);

/* Exits where memory runs out. */
void stats_add(struct load_stats *stats, int64_t nsec);

/* Everything that went wrong. */
uint64_t stats_failures(const struct load_stats *stats);

/* Lines for people, unless quiet, and one of name=value. Sorts the samples. */
void stats_print(struct load_stats *stats, const struct load_options *options);

#endif
