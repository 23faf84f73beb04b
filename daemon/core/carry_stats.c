/* The counters of a service, each under its name: another version may have others. */
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "core/carry.h"
#include "core/stats.h"

enum { COUNT_NAME = 1, COUNT_KEY, COUNT_NUMBER };
enum { EXIT_SIGNAL = 1, EXIT_STATUS, EXIT_NUMBER };
enum { HISTOGRAM_NAME = 1, HISTOGRAM_BOUNDS, HISTOGRAM_BUCKETS, HISTOGRAM_COUNT, HISTOGRAM_SUM };

static void write_count(struct state_writer *state, const char *name, const char *key,
                        uint64_t number)
{
	if (number == 0)
		return;
	state_record(state, CARRY_COUNT);
	state_add_text(state, COUNT_NAME, name);
	state_add_text(state, COUNT_KEY, key);
	state_add(state, COUNT_NUMBER, number);
}

static void write_histogram(struct state_writer *state, const char *name,
                            const struct stats_histogram *histogram)
{
	state_record(state, CARRY_HISTOGRAM);
	state_add_text(state, HISTOGRAM_NAME, name);
	state_add_bytes(state, HISTOGRAM_BOUNDS, stats_bound_msec, sizeof stats_bound_msec);
	state_add_bytes(state, HISTOGRAM_BUCKETS, histogram->bucket, sizeof histogram->bucket);
	state_add(state, HISTOGRAM_COUNT, histogram->count);
	state_add(state, HISTOGRAM_SUM, histogram->sum_usec);
}

void carry_write_stats(const struct stats *stats, struct state_writer *state)
{
	write_count(state, "connections", "", stats->connections);
	write_count(state, "started", "", stats->started);
	write_count(state, "cpu_usec", "", stats->cpu_usec);
	for (int i = 0; i < REASONS; i++)
		write_count(state, "refused", reason_name((enum reason)i), stats->refused[i]);
	for (int i = 0; i < SPAWN_STEPS; i++)
		write_count(state, "spawn_failures", spawn_step_name((enum spawn_step)i),
		            stats->spawn_failures[i]);
	for (size_t i = 0; i < stats->exit_count; i++) {
		state_record(state, CARRY_EXIT);
		state_add(state, EXIT_SIGNAL, (uint64_t)stats->exit[i].signal);
		state_add(state, EXIT_STATUS, (uint64_t)stats->exit[i].status);
		state_add(state, EXIT_NUMBER, stats->exit[i].count);
	}
	write_histogram(state, "session", &stats->session);
	write_histogram(state, "queue", &stats->queue);
}

static uint64_t *find_keyed(struct stats *stats, const char *name, const char *key)
{
	if (strcmp(name, "refused") == 0) {
		for (int i = 0; i < REASONS; i++)
			if (strcmp(reason_name((enum reason)i), key) == 0)
				return &stats->refused[i];
	} else if (strcmp(name, "spawn_failures") == 0) {
		for (int i = 0; i < SPAWN_STEPS; i++)
			if (strcmp(spawn_step_name((enum spawn_step)i), key) == 0)
				return &stats->spawn_failures[i];
	}
	return NULL;
}

static uint64_t *find_count(struct stats *stats, const char *name, const char *key)
{
	if (strcmp(name, "connections") == 0)
		return &stats->connections;
	if (strcmp(name, "started") == 0)
		return &stats->started;
	if (strcmp(name, "cpu_usec") == 0)
		return &stats->cpu_usec;
	return find_keyed(stats, name, key);
}

/* What this version does not count is forgotten. */
static void read_count(struct state_reader *state, struct stats *stats)
{
	const char *name = state_get_text(state, COUNT_NAME);
	const char *key = state_get_text(state, COUNT_KEY);
	uint64_t number = state_get(state, COUNT_NUMBER);
	uint64_t *count = name && key ? find_count(stats, name, key) : NULL;

	if (count)
		*count = number;
}

static void read_exit(struct state_reader *state, struct stats *stats)
{
	int signal = (int)state_get_below(state, EXIT_SIGNAL, 256);
	int status = (int)state_get_below(state, EXIT_STATUS, 256);
	uint64_t number = state_get(state, EXIT_NUMBER);

	if (state->failed || number == 0)
		return;
	stats_exited(stats, signal, status);
	for (size_t i = 0; i < stats->exit_count; i++)
		if (stats->exit[i].signal == signal && stats->exit[i].status == status)
			stats->exit[i].count = number;
}

/* One with other bounds cannot be gone on with, and begins anew. */
static void read_histogram(struct state_reader *state, struct stats *stats)
{
	const char *name = state_get_text(state, HISTOGRAM_NAME);
	struct stats_histogram *histogram =
	    name && strcmp(name, "queue") == 0 ? &stats->queue : &stats->session;
	size_t bounds_len, len;
	const void *bounds = state_get_bytes(state, HISTOGRAM_BOUNDS, &bounds_len);
	const void *buckets = state_get_bytes(state, HISTOGRAM_BUCKETS, &len);
	uint64_t count = state_get(state, HISTOGRAM_COUNT), sum = state_get(state, HISTOGRAM_SUM);

	if (!bounds || !buckets || bounds_len != sizeof stats_bound_msec ||
	    len != sizeof histogram->bucket ||
	    memcmp(bounds, stats_bound_msec, sizeof stats_bound_msec) != 0)
		return;
	memcpy(histogram->bucket, buckets, len);
	histogram->count = count;
	histogram->sum_usec = sum;
}

bool carry_read_stats(struct state_reader *state, struct stats *stats)
{
	switch (state->kind) {
	case CARRY_COUNT:
		read_count(state, stats);
		break;
	case CARRY_EXIT:
		read_exit(state, stats);
		break;
	default:
		read_histogram(state, stats);
	}
	return state_done(state);
}
