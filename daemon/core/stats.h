/* core/stats.h - what a service has done so far: the numbers behind the metrics.
 *
 * Counters only grow. Bounded: statuses that were seen are kept in a list that
 * cannot become longer than there are statuses. */
#ifndef CORE_STATS_H
#define CORE_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "admit/verdict.h"
#include "base/clock.h"
#include "spawn/child.h"

/* Upper bounds in milliseconds, for sessions and for the queue. */
enum { STATS_BUCKETS = 14 };
extern const msec_t stats_bound_msec[STATS_BUCKETS];

struct stats_histogram {
	uint64_t bucket[STATS_BUCKETS + 1]; /* not cumulative; the last: above all */
	uint64_t count;
	uint64_t sum_usec;
};

/* How often handlers ended so: an exit status, or a signal. */
struct stats_exit {
	int signal; /* 0: by exit */
	int status;
	uint64_t count;
};

struct stats {
	uint64_t connections; /* accepted */
	uint64_t refused[REASONS];
	uint64_t started;
	uint64_t spawn_failures[SPAWN_STEPS]; /* [SPAWN_NONE]: the clone itself */
	struct stats_histogram session, queue;
	uint64_t cpu_usec;
	struct stats_exit *exit;
	size_t exit_count, exit_size;
};

void stats_free(struct stats *stats);
void stats_observe(struct stats_histogram *histogram, usec_t usec);
/* How it is called in the metrics: "0" or "SIGKILL". */
enum { STATS_EXIT_MAX = 16 };
void stats_exit_name(const struct stats_exit *exit, char text[STATS_EXIT_MAX]);
void stats_exited(struct stats *stats, int signal, int status);

#endif
