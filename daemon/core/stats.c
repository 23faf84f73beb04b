#include "core/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"

const msec_t stats_bound_msec[STATS_BUCKETS] = {
    1, 5, 10, 50, 100, 500, 1000, 5000, 10000, 30000, 60000, 300000, 1800000, 7200000};

void stats_free(struct stats *stats)
{
	free(stats->exit);
	stats->exit = NULL;
	stats->exit_count = stats->exit_size = 0;
}

void stats_observe(struct stats_histogram *histogram, usec_t usec)
{
	size_t i = 0;

	while (i < STATS_BUCKETS && usec > stats_bound_msec[i] * 1000)
		i++;
	histogram->bucket[i]++;
	histogram->count++;
	histogram->sum_usec += (uint64_t)usec;
}

static struct stats_exit *stats_exit(struct stats *stats, int signal, int status)
{
	struct stats_exit *exit = stats->exit;

	for (size_t i = 0; i < stats->exit_count; i++)
		if (exit[i].signal == signal && exit[i].status == status)
			return &exit[i];
	if (stats->exit_count == stats->exit_size) {
		size_t size = stats->exit_size ? stats->exit_size * 2 : 4;

		exit = sys_realloc(exit, size * sizeof *exit);
		if (!exit)
			return NULL;
		stats->exit = exit;
		stats->exit_size = size;
	}
	exit[stats->exit_count] = (struct stats_exit){.signal = signal, .status = status};
	return &exit[stats->exit_count++];
}

void stats_exit_name(const struct stats_exit *exit, char text[STATS_EXIT_MAX])
{
	const char *name = exit->signal ? sigabbrev_np(exit->signal) : NULL;

	if (name)
		snprintf(text, STATS_EXIT_MAX, "SIG%s", name);
	else if (exit->signal)
		snprintf(text, STATS_EXIT_MAX, "SIG%d", exit->signal);
	else
		snprintf(text, STATS_EXIT_MAX, "%d", exit->status);
}

void stats_exited(struct stats *stats, int signal, int status)
{
	struct stats_exit *exit = stats_exit(stats, signal, status);

	if (exit)
		exit->count++;
}
