#include "load.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static const char *const names[LOAD_ERRORS] = {
    [LOAD_OK] = "ok",           [LOAD_REFUSED] = "refused", [LOAD_RESET] = "reset",
    [LOAD_TIMEOUT] = "timeout", [LOAD_SHORT] = "short",     [LOAD_WRONG] = "wrong",
    [LOAD_OTHER] = "other",
};

const char *load_error_name(enum load_error error)
{
	return names[error];
}

int64_t load_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

void stats_add(struct load_stats *stats, int64_t nsec)
{
	int64_t usec = nsec / 1000;

	if (stats->count == stats->room) {
		stats->room = stats->room ? 2 * stats->room : 65536;
		stats->samples = reallocarray(stats->samples, stats->room, sizeof(*stats->samples));
		if (!stats->samples)
			err(1, "%zu samples", stats->room);
	}
	stats->samples[stats->count++] = usec < UINT32_MAX ? (uint32_t)usec : UINT32_MAX;
}

uint64_t stats_failures(const struct load_stats *stats)
{
	uint64_t sum = 0;

	for (int i = LOAD_OK + 1; i < LOAD_ERRORS; i++)
		sum += stats->errors[i];
	return sum;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Of the sorted samples, the smallest that so many per cent do not exceed. */
static uint32_t percentile(const struct load_stats *stats, unsigned int per_cent)
{
	return stats->count ? stats->samples[(stats->count * per_cent + 99) / 100 - 1] : 0;
}

static double own_cpu_msec(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1e3 +
	       (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e3;
}

static double a_second(uint64_t count, int64_t from, int64_t to)
{
	return to > from ? (double)count * 1e9 / (double)(to - from) : 0;
}

static void print_for_people(const struct load_stats *stats)
{
	printf("%" PRIu64 " connections in %.3f s: %.0f a second\n", stats->errors[LOAD_OK],
	       (double)(stats->ended - stats->began) / 1e9,
	       a_second(stats->errors[LOAD_OK], stats->began, stats->ended));
	printf("connect to end, ms: p50 %.3f  p90 %.3f  p99 %.3f  max %.3f; longest connect %.3f\n",
	       percentile(stats, 50) / 1e3, percentile(stats, 90) / 1e3,
	       percentile(stats, 99) / 1e3, percentile(stats, 100) / 1e3,
	       (double)stats->connect_max / 1e6);
	if (stats->held)
		printf("held: %" PRIu64 ", opened in %.3f s, %" PRIu64 " of them failed\n",
		       stats->held, (double)stats->hold_opened / 1e9, stats->held_failed);
	printf("errors: %" PRIu64, stats_failures(stats));
	for (int i = LOAD_OK + 1; i < LOAD_ERRORS; i++)
		printf("%s%s %" PRIu64, i == LOAD_OK + 1 ? " (" : ", ", names[i], stats->errors[i]);
	printf(")\n");
}

static void print_for_machines(const struct load_stats *stats, const struct load_options *options)
{
	printf("clients=%u started=%" PRIu64 " seconds=%.6f rate=%.1f", options->clients,
	       stats->started, (double)(stats->ended - stats->began) / 1e9,
	       a_second(stats->errors[LOAD_OK], stats->began, stats->ended));
	printf(" p50_us=%u p90_us=%u p99_us=%u max_us=%u connect_max_us=%" PRId64,
	       percentile(stats, 50), percentile(stats, 90), percentile(stats, 99),
	       percentile(stats, 100), stats->connect_max / 1000);
	if (options->rate > 0)
		printf(" offered=%.1f achieved=%.1f", options->rate,
		       a_second(stats->started ? stats->started - 1 : 0, stats->began,
		                stats->last_begun));
	printf(" held=%" PRIu64 " held_failed=%" PRIu64 " hold_opened_us=%" PRId64 " cpu_ms=%.1f",
	       stats->held, stats->held_failed, stats->hold_opened / 1000, own_cpu_msec());
	for (int i = LOAD_OK; i < LOAD_ERRORS; i++)
		printf(" %s=%" PRIu64, names[i], stats->errors[i]);
	printf(" errors=%" PRIu64 "\n", stats_failures(stats));
}

void stats_print(struct load_stats *stats, const struct load_options *options)
{
	if (stats->count)
		qsort(stats->samples, stats->count, sizeof(*stats->samples), compare);
	if (!options->quiet)
		print_for_people(stats);
	print_for_machines(stats, options);
}
