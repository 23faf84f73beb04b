#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/sys.h"
#include "config/schedule.h"

/* As many as the kernel can be built for. */
enum { CPUS_MAX = 8192, CPU_BYTES = CPUS_MAX / 8 };

static void build_nice(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "nice");
	struct conf_service *service = b->service;
	struct rlimit floor;

	service->nice_set = value != NULL;
	if (!value || b->reader->options->root || service->nice >= getpriority(PRIO_PROCESS, 0))
		return;
	if (getrlimit(RLIMIT_NICE, &floor) == 0 && floor.rlim_cur < (rlim_t)(20 - service->nice))
		builder_error(b, "nice", value,
		              "usherd was not started by root: handlers cannot come before others");
}

/* Up again is always possible. False where nothing can be tried, too. */
static bool is_below_what_we_may(int wanted)
{
	int fd = sys_open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC, 0);
	char old[16] = "", text[16];
	bool refused = false;
	ssize_t len;

	if (fd < 0)
		return false;
	len = sys_read(fd, old, sizeof(old) - 1);
	if (len > 0 && wanted < strtol(old, NULL, 10)) {
		snprintf(text, sizeof(text), "%d", wanted);
		refused = sys_write(fd, text, strlen(text)) < 0 && errno == EACCES;
		if (!refused && sys_write(fd, old, (size_t)len) < 0)
			refused = true;
	}
	close(fd);
	return refused;
}

static void build_oom(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "oom_score_adj");

	b->service->oom_score_adj_set = value != NULL;
	if (value && !b->reader->no_files && is_below_what_we_may(b->service->oom_score_adj))
		builder_error(b, "oom_score_adj", value,
		              "is below what usherd may give (it needs CAP_SYS_RESOURCE)");
}

/* A number; -1 if it is none, or too large. */
static int take_cpu(const char **text)
{
	size_t len = strspn(*text, "0123456789");
	unsigned long n = len && len < 6 ? strtoul(*text, NULL, 10) : CPUS_MAX;

	*text += len;
	return n < CPUS_MAX ? (int)n : -1;
}

/* "3", "0-3", and several of them between commas. */
static int parse_cpus(const char *text, uint8_t *mask)
{
	for (;;) {
		int first = take_cpu(&text), last = first;

		if (*text == '-') {
			text++;
			last = take_cpu(&text);
		}
		if (first < 0 || last < first)
			return -1;
		for (int cpu = first; cpu <= last; cpu++)
			mask[cpu / 8] |= (uint8_t)(1 << cpu % 8);
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -1;
	}
}

/* The bit of a processor is where the kernel looks for it: in a long. */
static void put_in_longs(uint8_t *mask)
{
	for (size_t i = 0; i < CPU_BYTES; i += sizeof(unsigned long)) {
		unsigned long word = 0;

		for (size_t j = 0; j < sizeof(word); j++)
			word |= (unsigned long)mask[i + j] << 8 * j;
		memcpy(mask + i, &word, sizeof(word));
	}
}

static bool has_any(const uint8_t *mask, size_t size)
{
	uint8_t old[CPU_BYTES] __attribute__((aligned(sizeof(unsigned long)))) = {0};
	bool has = true;

	if (sched_getaffinity(0, sizeof(old), (cpu_set_t *)(void *)old) < 0)
		return true;
	if (sched_setaffinity(0, size, (const cpu_set_t *)(const void *)mask) < 0)
		has = errno != EINVAL;
	(void)sched_setaffinity(0, sizeof(old), (cpu_set_t *)(void *)old);
	return has;
}

static void build_affinity(struct builder *b)
{
	const struct setting *setting = section_find(b->section, "cpu_affinity");
	uint8_t *mask;
	bool good = true;

	if (!setting || !setting->count)
		return;
	mask =
	    arena_array(b->reader->arena, CPU_BYTES / sizeof(unsigned long), sizeof(unsigned long));
	for (size_t i = 0; mask && i < setting->count; i++) {
		const struct setting_value *value = &setting->value[i];
		char quoted[QUOTED_MAX];

		if (parse_cpus(value->text, mask) == 0)
			continue;
		good = false;
		builder_error(
		    b, "cpu_affinity", value,
		    "\"%s\" is no processor and no range of them (like 0-3,6; at most %d)",
		    problem_quote(value->text, strlen(value->text), quoted), CPUS_MAX - 1);
	}
	if (!mask || !good)
		return;
	put_in_longs(mask);
	if (!b->reader->no_files && !has_any(mask, CPU_BYTES))
		section_error(b->reader, setting->value[0].section, "cpu_affinity", &setting->where,
		              "usherd may run on none of these processors");
	b->service->cpus = mask;
	b->service->cpus_size = CPU_BYTES;
}

void schedule_build(struct builder *b)
{
	build_nice(b);
	build_oom(b);
	build_affinity(b);
}
