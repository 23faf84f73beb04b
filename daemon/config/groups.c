#include "config/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cgroup.h"
#include "base/fd.h"
#include "base/proc.h"
#include "config/value.h"

enum {
	PERIOD_USEC = 100 * 1000, /* of a percentage: what the kernel does by itself */
	QUOTA_LEAST_USEC = 1000,
	PERIOD_LEAST_USEC = 1000,
	PERIOD_MOST_USEC = 1000 * 1000,
	PROCESSORS_MOST = 4096,
	MEMORY_LEAST = 256 << 10, /* below it no program can be started at all */
};

static void build_memory(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "memory_max");
	char quoted[QUOTED_MAX];
	uint64_t bytes;

	if (!value || strcmp(value->text, "unlimited") == 0)
		return;
	problem_quote(value->text, strlen(value->text), quoted);
	if (value_size(value->text, &bytes) < 0 || bytes > INT64_MAX)
		builder_error(b, "memory_max", value, "\"%s\" is not a size (like 64M, 1G)",
		              quoted);
	else if (bytes > 0 && bytes < MEMORY_LEAST)
		builder_error(b, "memory_max", value,
		              "\"%s\" is too little to start any program in (at least 256K)",
		              quoted);
	else
		b->service->memory_max = bytes;
}

/* "50ms", or microseconds as the kernel writes them: "50000". */
static bool parse_usec(const char *text, size_t len, uint64_t *usec_r)
{
	char copy[24], *end;

	if (len == 0 || len >= sizeof copy || text[0] < '0' || text[0] > '9')
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	errno = 0;
	*usec_r = strtoull(copy, &end, 10);
	if (errno || *usec_r > UINT64_C(1) << 40)
		return false;
	if (strcmp(end, "ms") == 0)
		*usec_r *= 1000;
	else if (strcmp(end, "s") == 0)
		*usec_r *= 1000 * 1000;
	else if (strcmp(end, "us") != 0 && *end)
		return false;
	return true;
}

/* "50%" of one processor, or "50ms/100ms": so much of its time in so much time. */
static bool parse_cpu(const char *text, uint64_t *quota_r, uint64_t *period_r)
{
	size_t len = strcspn(text, "/ ");
	const char *end;
	unsigned hundredths;

	if (text[len])
		return parse_usec(text, len, quota_r) &&
		       parse_usec(text + len + 1, strlen(text + len + 1), period_r);
	if (proc_hundredths(text, &end, &hundredths) < 0 || (strcmp(end, "%") != 0 && *end))
		return false;
	*quota_r = (uint64_t)hundredths * (PERIOD_USEC / 10000);
	*period_r = PERIOD_USEC;
	return true;
}

static void build_cpu(struct builder *b)
{
	const struct setting_value *value = section_value(b->section, "cpu_max");
	char quoted[QUOTED_MAX];
	uint64_t quota = 0, period = 0;

	if (!value || strcmp(value->text, "unlimited") == 0 || strcmp(value->text, "0") == 0)
		return;
	problem_quote(value->text, strlen(value->text), quoted);
	if (!parse_cpu(value->text, &quota, &period))
		builder_error(b, "cpu_max", value,
		              "\"%s\" is no share of a processor (like 50%%, or 50ms/100ms: so "
		              "much of its time in so much time)",
		              quoted);
	else if (period < PERIOD_LEAST_USEC || period > PERIOD_MOST_USEC)
		builder_error(b, "cpu_max", value, "\"%s\": the period is from 1ms to 1s", quoted);
	else if (quota < QUOTA_LEAST_USEC || quota > period * PROCESSORS_MOST)
		builder_error(b, "cpu_max", value,
		              "\"%s\" is out of range (at least 1 %%, and 1ms of a period)",
		              quoted);
	else {
		b->service->cpu_quota_usec = quota;
		b->service->cpu_period_usec = (unsigned)period;
	}
}

unsigned groups_controllers(const struct conf_service *service)
{
	return (service->memory_max ? (unsigned)CGROUP_MEMORY : 0) |
	       (service->pids_max ? (unsigned)CGROUP_PIDS : 0) |
	       (service->cpu_quota_usec ? (unsigned)CGROUP_CPU : 0);
}

static void drop(struct conf_service *service, unsigned controller)
{
	if (controller == CGROUP_MEMORY)
		service->memory_max = 0;
	else if (controller == CGROUP_PIDS)
		service->pids_max = 0;
	else if (controller == CGROUP_CPU)
		service->cpu_quota_usec = 0;
	else
		service->slot = CONF_SLOT_PROCESS;
}

static void lacks(struct builder *b, const char *option, unsigned controller, const char *why)
{
	const struct setting_value *value = section_value(b->section, option);

	if (!value)
		return;
	if (b->service->sandbox_required) {
		builder_error(b, option, value, "%s (sandbox_required = no does without)", why);
		return;
	}
	builder_warn(b, option, value, "%s: it is done without%s", why,
	             controller ? "" : ", by process groups");
	drop(b->service, controller);
}

static const char *const options[] = {"memory_max", "pids_max", "cpu_max"};

/* What the whole machine has, as far as it is seen from here. */
static void ask_kernel(struct builder *b)
{
	char own[PATH_MAX], top[PATH_MAX], why[160];
	unsigned wanted = groups_controllers(b->service), has = 0;
	bool any = cgroup_find(CGROUP_PROC, own, top) == 0;
	int fd = any ? cgroup_open(AT_FDCWD, top) : -1;

	if (fd >= 0)
		has = cgroup_read_controllers(fd, "cgroup.controllers");
	for (unsigned i = 0; i < sizeof options / sizeof *options; i++) {
		if (!(wanted & ~has & 1U << i))
			continue;
		snprintf(why, sizeof why,
		         any ? "the kernel's control groups of version 2 have no %s controller here"
		             : "no control groups of version 2 are mounted here",
		         cgroup_controller(1U << i));
		lacks(b, options[i], 1U << i, why);
	}
	if (!any && b->service->slot == CONF_SLOT_TREE)
		lacks(b, "slot", 0, "no control groups of version 2 are mounted here");
	fd_close(&fd);
}

void groups_build(struct builder *b)
{
	struct conf_service *service = b->service;

	build_memory(b);
	build_cpu(b);
	service->grouped = groups_controllers(service) || service->slot == CONF_SLOT_TREE;
	if (!service->grouped || b->reader->no_files)
		return;
	ask_kernel(b);
	service->grouped = groups_controllers(service) || service->slot == CONF_SLOT_TREE;
}

static void part(struct buf *out, bool *any)
{
	buf_adds(out, *any ? ", " : "");
	*any = true;
}

void groups_format(const struct conf_service *service, struct buf *out)
{
	unsigned long long memory = service->memory_max, quota = service->cpu_quota_usec;
	bool any = false;

	if (memory) {
		part(out, &any);
		if (memory % (1 << 20))
			buf_addf(out, "memory %llu KiB", memory >> 10);
		else
			buf_addf(out, "memory %llu MiB", memory >> 20);
	}
	if (service->pids_max) {
		part(out, &any);
		buf_addf(out, "processes %u", service->pids_max);
	}
	if (quota) {
		part(out, &any);
		buf_addf(out, "processor %llu %%", quota * 100 / service->cpu_period_usec);
	}
	if (service->slot == CONF_SLOT_TREE) {
		part(out, &any);
		buf_adds(out, "a place until all of its processes have ended");
	}
	if (!any)
		buf_adds(out, "none");
}
